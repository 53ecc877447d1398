"""The main body of a mail, opened and read, and whose it is: OpenPGP's or S/MIME's."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

from rmp_milter.calls.protocol.message import Why
from rmp_milter.calls.protocol.opening import BodyRef, Open, Role, Signature, Trust
from rmp_milter.credentials import CertificateKind, kind_of
from rmp_milter.dossier.model import Container, MailProgram
from rmp_milter.dossier.rules import Proof
from rmp_milter.keeper.authority.ground import Registrant
from rmp_milter.keeper.desk.attached import keys_to_try
from rmp_milter.keeper.desk.containers import is_entity
from rmp_milter.keeper.desk.content import Opening, read_entity, read_main, weigh
from rmp_milter.keeper.desk.desk import CallFailed, Desk, Limits
from rmp_milter.keeper.desk.keeping import KnownBody
from rmp_milter.keeper.desk.programs import program_of
from rmp_milter.keeper.desk.smime import OpenedEnvelope, means_of, open_envelope, worth
from rmp_milter.keeper.desk.smime_outside import is_cms
from rmp_milter.keeper.desk.ticketing import sender_among
from rmp_milter.keeper.openpgp.decrypt import Plain, decrypt
from rmp_milter.keeper.openpgp.keypackets import Unwrapping
from rmp_milter.keeper.openpgp.packets import (
    EncryptedMessage,
    PacketError,
    ReadAt,
    read_message,
)
from rmp_milter.keeper.openpgp.sessionkey import SessionKey
from rmp_milter.keeper.openpgp.work import Work, text_within
from rmp_milter.x509 import X509Error, read_x509

_ENCLOSED = 4
"""Certificates that are looked at of those that came with an S/MIME signature."""

Whose = tuple[Registrant, Proof] | None


class MailAtWork(NamedTuple):
    """A mail while it is opened: ``read`` gives its bodies, ``work`` is what it may cost.

    ``this_year`` is that in which it came, for years of two digits.
    """

    desk: Desk
    request: Open
    read: ReadAt
    now: int
    work: Work
    unwrapping: Unwrapping
    persons: tuple[Registrant, ...]
    this_year: int

    @property
    def certificates(self) -> tuple[bytes, ...]:
        """What OpenPGP signatures of those are held against whom a card names."""
        return self.certificates_of(CertificateKind.OPENPGP)

    def certificates_of(self, kind: CertificateKind) -> tuple[bytes, ...]:
        """Return all certificates of a kind, of those whom a card names."""
        found = (one for each in self.persons for one in each.certificates)
        return tuple(each for each in found if kind_of(each) is kind)


class MainBody(NamedTuple):
    """The main body, opened: its plaintext, what was read in it, what its signature is worth.

    ``certificates`` are X.509 ones that came with an S/MIME signature, ``program`` what that says
    of the sender's; ``unproven`` says that only that signature makes the content anybody's.
    """

    body: KnownBody
    plain: Plain
    opening: Opening
    signature: Signature
    sender: Whose
    certificates: tuple[bytes, ...] = ()
    unproven: bool = False
    program: MailProgram | None = None


def opened_main(mail: MailAtWork, size: int) -> MainBody:
    """Open the main body and read it, within what a mail of that size is read of.

    Raises :class:`CallFailed`, :class:`PacketError`.
    """
    ref = next(ref for ref in mail.request.bodies if ref.role is Role.MAIN)
    limits = replace(mail.desk.limits, text=text_within(size, mail.desk.limits.text))
    if is_cms(mail.read, ref.span):
        return _of_smime(mail, ref, limits)
    return _of_openpgp(mail, ref, limits)


def _of_openpgp(mail: MailAtWork, ref: BodyRef, limits: Limits) -> MainBody:
    message = read_message(mail.read, ref.span, limits.key_packets, mail.work)
    key, plain = _decrypted(mail, message)
    opening = read_main(plain, ref.charset, limits, mail.this_year)
    signature, sender = _sender(mail, opening)
    return MainBody(KnownBody(ref, message.body, key), plain, opening, signature, sender)


def _of_smime(mail: MailAtWork, ref: BodyRef, limits: Limits) -> MainBody:
    """Open an envelope; what was signed in it is read, and nothing that stands around that.

    It must be a MIME entity (RFC 8551, 3.1): a card signs files too, which anybody may have
    written for its holder, and mail programs sign no bare text.
    """
    known = mail.certificates_of(CertificateKind.SMIME)
    found = open_envelope(means_of(mail.desk), mail.read, ref.span, known, mail.now)
    plain, opening = read_envelope_content(found, limits, mail.this_year)
    signature = worth(found.inside, mail.persons, mail.desk.world(), mail.now)
    unproven = found.container is Container.ENVELOPED
    account = "" if unproven else mail.request.account
    sender = sender_among(mail.persons, signature, account)
    body = KnownBody(ref, found.span, found.key, found.container)
    program = None
    if found.inside.signed and sender and signature.trust is Trust.GOOD:
        program = program_of(found.inside.signed, sender[0], mail.now)
    brought = brought_by(found)
    return MainBody(body, plain, opening, signature, sender, brought, unproven, program)


def read_envelope_content(
    found: OpenedEnvelope, limits: Limits, this_year: int
) -> tuple[Plain, Opening]:
    """Read what an envelope holds; raise :class:`CallFailed` for what is no MIME entity."""
    if not is_entity(found.inside.entity):
        raise CallFailed(Why.NO_TEXT, "no MIME entity in the envelope")
    plain = Plain(found.inside.entity, "", ())
    return plain, read_entity(plain, limits, this_year)._replace(is_entity=True)


def brought_by(found: OpenedEnvelope) -> tuple[bytes, ...]:
    """Return the certificates that came with a signature and are looked at, authorities' not."""
    return tuple(islice(filter(_is_somebodys, found.certificates), _ENCLOSED))


def _is_somebodys(certificate: bytes) -> bool:
    """Whether it is no authority's, of which mails bring several along."""
    try:
        return not read_x509(certificate).is_ca
    except X509Error:
        return False


def _sender(mail: MailAtWork, opening: Opening) -> tuple[Signature, Whose]:
    """Return what the signature is worth, and whose the mail is by cards alone.

    What is only tried is looked at where none of theirs fits. A copy of somebody's certificate
    from before he revoked a key would speak for him otherwise.
    """
    signature = weigh(opening, mail.certificates, mail.now, mail.work)
    sender = sender_among(mail.persons, signature, mail.request.account)
    if signature.trust is not Trust.UNKNOWN or not mail.request.candidates:
        return signature, sender
    tried = weigh(opening, mail.request.candidates, mail.now, mail.work)
    return (signature, sender) if tried.trust is Trust.UNKNOWN else (tried, None)


def keys_of(mail: MailAtWork, message: EncryptedMessage) -> Iterator[SessionKey]:
    """Yield the session keys that a message's key packets may hold; raises PacketError."""

    def decoy() -> SessionKey:
        return SessionKey(9, mail.desk.random(32))

    return keys_to_try(message, mail.unwrapping, decoy)


def _decrypted(mail: MailAtWork, message: EncryptedMessage) -> tuple[SessionKey, Plain]:
    """Try the session keys that the key packets give; the body's integrity decides."""
    most = mail.desk.limits.plaintext
    for key in keys_of(mail, message):
        try:
            return key, decrypt(mail.read, message.body, key, most, mail.work)
        except PacketError as error:
            if error.why is not Why.UNREADABLE:
                raise
    named = [packet[1:9] for packet in message.key_packets]
    present = {key.key_id for key in mail.desk.keys.decryption_at(mail.now)}
    if present.isdisjoint(named) and any(mail.desk.keys.is_over(n, mail.now) for n in named):
        raise CallFailed(Why.OLD_KEY, "encrypted to an old key of ours")
    raise CallFailed(Why.UNREADABLE, "not encrypted to the service, or damaged")
