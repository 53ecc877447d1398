"""What is inside an S/MIME envelope: whose signature, by which certificate; never a document."""

import hashlib
import secrets
from collections.abc import Sequence
from typing import NamedTuple

from rmp_milter.calls.authority import Candidate
from rmp_milter.calls.protocol.message import Span
from rmp_milter.calls.protocol.opening import Signature
from rmp_milter.credentials import CertificateKind, kind_of
from rmp_milter.dossier.cards import person_card
from rmp_milter.dossier.model import Container, Value
from rmp_milter.keeper.authority.ground import Registrant
from rmp_milter.keeper.authority.prolonged import replaced_among
from rmp_milter.keeper.desk.desk import Limits
from rmp_milter.keeper.desk.main_body import brought_by
from rmp_milter.keeper.desk.smime import EnvelopeMeans, OpenedEnvelope, open_envelope, worth
from rmp_milter.keeper.keys.keys import signature_by
from rmp_milter.keeper.keys.service_certificates import (
    ServiceCertificate,
    stated_capabilities,
)
from rmp_milter.keeper.openpgp.packets import ReadAt
from rmp_milter.x509 import World, X509Error, read_x509


class SignersCertificate(Value, frozen=True):
    """Whose certificate it says it is; that it may be believed is another question.

    ``serial`` and ``digest`` (SHA-256) are hex, times epoch seconds. ``rpps`` is the number that
    a CPS card's subject has, ``capabilities`` the ciphers that the certificate names.
    """

    digest: str
    subject: str = ""
    issuer: str = ""
    serial: str = ""
    not_before: int = 0
    not_after: int = 0
    rpps: str = ""
    addresses: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()


class SmimeInside(Value, frozen=True):
    """The one signature over everything: ``certificate`` is None where nobody signed.

    ``capabilities`` are the ciphers that the signature names, the author's best first; None where
    they are not known: the keeper does not tell. ``is_judged`` says that the certificate was held
    against the authorities whom the host trusts.
    """

    certificate: SignersCertificate | None
    capabilities: tuple[str, ...] | None = None
    is_judged: bool = True


class OpenedByKeyFile(NamedTuple):
    """An envelope, opened here; ``unproven``: only its signature makes it anybody's."""

    envelope: OpenedEnvelope
    signature: Signature
    shown: SmimeInside

    @property
    def unproven(self) -> bool:
        """Whether only the signature makes the content anybody's (CBC)."""
        return self.envelope.container is Container.ENVELOPED

    @property
    def keys(self) -> tuple[bytes, ...]:
        """The certificates that came with the signature, the signer's first."""
        return brought_by(self.envelope)


class EnvelopeOpener(NamedTuple):
    """What opens envelopes in this process: keys, whom the host trusts (None: not known)."""

    certificates: tuple[ServiceCertificate, ...]
    world: World | None
    limits: Limits
    now: int

    def open(self, read: ReadAt, span: Span, persons: Sequence[Registrant]) -> OpenedByKeyFile:
        """Open one; ``persons`` are those who may have signed.

        Raises :class:`~rmp_milter.keeper.desk.desk.CallFailed`.
        """
        means = EnvelopeMeans(
            self.certificates,
            lambda: signature_by(self.certificates[0]),
            secrets.token_bytes,
            self.limits.plaintext,
        )
        theirs = (one for each in persons for one in each.certificates)
        known = [each for each in theirs if is_x509(each)]
        found = open_envelope(means, read, span, known, self.now)
        signed = found.inside.signed
        shown = SmimeInside(
            shown_certificate(found.inside.certificate) if signed else None,
            signed.capabilities if signed else None,
            is_judged=self.world is not None,
        )
        signature = worth(found.inside, persons, self.world or World({}), self.now)
        return OpenedByKeyFile(found, signature, shown)


def registrant_of(person: Candidate, world: World | None, now: int) -> Registrant:
    """Return somebody of the directory as the keeper takes him, a later copy if it is one."""
    card = person_card(person.card)
    own = (person.certificate, *person.more)
    replaced = (
        replaced_among(own, person.newer, now, world or World({})) if person.newer else b""
    )
    newer = person.newer if replaced else b""
    return Registrant(card, person.certificate, newer, person.more, replaced)


def by_keeper(keys: Sequence[bytes]) -> SmimeInside:
    """Return what is shown of a mail that the keeper opened; ``keys`` came with it."""
    signer = next(filter(is_x509, keys), b"")
    return SmimeInside(shown_certificate(signer) if signer else None)


def is_x509(certificate: bytes) -> bool:
    """Whether a certificate is X.509, not OpenPGP's."""
    return kind_of(certificate) is CertificateKind.SMIME


def shown_certificate(der: bytes) -> SignersCertificate:
    """Return what is shown of a certificate; its digest alone where it cannot be read."""
    try:
        read = read_x509(der)
    except X509Error:
        return SignersCertificate(hashlib.sha256(der).hexdigest())
    return SignersCertificate(
        digest=read.digest,
        subject=read.subject,
        issuer=read.issuer,
        serial=f"{int.from_bytes(read.serial):x}",
        not_before=read.not_before,
        not_after=read.not_after,
        rpps=read.rpps,
        addresses=read.mail_addresses,
        capabilities=stated_capabilities(read),
    )
