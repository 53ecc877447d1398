"""Who writes S/MIME to the keeper: authorities, the service's certificates, doctors, intruders.

Keys and certificates are made once a run and kept; nothing of them is stored.
"""

import base64
import dataclasses
import secrets
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from keeper_case import ACCOUNT, HEADER, LETTER, PDF, ask, opening
from msgspec.structs import replace

from rmp_milter.calls.authority import Candidate
from rmp_milter.calls.protocol.calls import Reply
from rmp_milter.calls.protocol.message import Failed, Why
from rmp_milter.calls.protocol.opening import Opened
from rmp_milter.cms import CmsKind, head, read_envelope
from rmp_milter.cms.body import read_body
from rmp_milter.cms.oids import DATA
from rmp_milter.cms.tlv import framed, reading
from rmp_milter.dossier.cards import NO_ACT, OtherCredential, PersonCard
from rmp_milter.dossier.rules import Proof
from rmp_milter.keeper.authority.cards import Sealer
from rmp_milter.keeper.authority.ground import digest_of
from rmp_milter.keeper.authority.tickets import read_ticket
from rmp_milter.keeper.cms.capabilities import capabilities
from rmp_milter.keeper.cms.encoding import algorithm, octets, oid, sequence
from rmp_milter.keeper.cms.making import enveloped, recipient_info
from rmp_milter.keeper.cms.opening import content_keys
from rmp_milter.keeper.cms.signing import signed
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.keeper.keys.service_certificates import (
    ServiceCertificate,
    service_certificate_of,
)
from rmp_milter.x509 import Purpose, World, compile_list, read_x509
from rmp_milter.x509.paths import by_issuer
from testbed.outlook import Outlook, p7m
from testbed.shapes import letter
from testbed.x509_maker import DAY, Authorities, Made, Maker, authorities

NOW = int(time.time()) + 3600  # later than all keys that gpg makes in this run
PAUL = "paul@x.fr"
RPPS = "10001234567"
TEXT = HEADER + LETTER
FILES = {"écho.pdf": PDF}
ENTITY = letter(TEXT, FILES)
UNREADABLE = Failed(Why.SMIME_UNREADABLE, "the key, the content or its signature is wrong")
"""The one answer to whatever may not be told apart."""


@cache
def maker() -> Maker:
    return Maker(NOW, "RSA")


@cache
def trees() -> Authorities:
    return authorities(maker())


@cache
def user(name: str, kind: str = "RSA") -> Made:
    """Return a certificate of a public authority for ``name@x.fr``."""
    return maker().user(f"{name}@x.fr", trees().public, key=maker().key(kind))


def paul(kind: str = "RSA") -> Made:
    return user("paul", kind)


def service(kind: str = "RSA") -> Made:
    return user("rmp", kind)


@cache
def card(rpps: str = RPPS, *, signing: bool = True) -> Made:
    """Return a CPS card's certificate."""
    return maker().card(rpps, trees().igc, signing=signing, key=maker().key("RSA"))


def service_key(made: Made) -> ServiceCertificate:
    return service_certificate_of(made.key, read_x509(made.der), ())


def with_keys(desk: Desk, *made: Made) -> Desk:
    """Return a desk whose service has these certificates."""
    return with_services(desk, *map(service_key, made))


def with_services(desk: Desk, *own: ServiceCertificate) -> Desk:
    keys = dataclasses.replace(desk.keys, smime=own)
    return dataclasses.replace(desk, keys=keys, world=world)


def world() -> World:
    return World(
        {
            Purpose.PUBLIC: (read_x509(trees().public_root.der),),
            Purpose.IGC_SANTE: (read_x509(trees().igc_root.der),),
        },
        (read_x509(trees().public.der), read_x509(trees().igc.der)),
    )


def with_lists(
    *revoked: int, days: int = 7, issuer: Made | None = None, root: Made | None = None
) -> World:
    """Return a world with the lists of all authorities on the way to Dr Paul's certificate."""
    own = issuer or trees().public
    root = root or trees().public_root
    start = NOW - 2 * DAY
    made = [
        (maker().revocation_list(own, revoked, start=start, days=days), own),
        (maker().revocation_list(root, (), start=start, days=days), root),
    ]
    lists = [compile_list(raw, read_x509(by.der), read_x509(root.der), NOW) for raw, by in made]
    return world()._replace(lists=by_issuer(lists))


def in_world(desk: Desk, other: World) -> Desk:
    return dataclasses.replace(desk, world=lambda: other)


def outlook(folder: Path, own: Made | None = None, to: Made | None = None) -> Outlook:
    """Return Dr Paul's program."""
    return Outlook(
        folder / "paul",
        "Dr Paul",
        PAUL,
        own or paul(),
        service=(to or service()).pem,
        encryption=paul(),
        trusted=trees().public_root.pem,
        chain=trees().public.pem,
    )


def enrolled(
    desk: Desk, own: Made, *more: Made, rpps: str = RPPS, primary: bytes = b""
) -> Candidate:
    """Return Dr Paul of the directory, with these certificates alone.

    ``primary`` is another certificate, before all of them, that he is written to by.
    """
    others = (own, *more) if primary else more
    certificate = primary or own.der
    credentials = tuple(
        OtherCredential(digest_of(each.der), read_x509(each.der).digest, NOW) for each in others
    )
    said = PersonCard(
        person=digest_of(certificate + rpps.encode())[:16],
        revision=0,
        act=NO_ACT,
        certificate=digest_of(certificate),
        fingerprint="ab" * 20 if primary else read_x509(own.der).digest,
        signed_at=NOW,
        rpps=rpps,
        name="Dr Paul",
        mail=PAUL,
        is_doctor=True,
        account=ACCOUNT,
        credentials=credentials,
    )
    sealed = Sealer(desk.keys.pepper).sealed(said)
    return Candidate(sealed, certificate, more=tuple(each.der for each in others))


def relied_on(desk: Desk, found: Opened) -> bool:
    """Whether what the mail asks for may be done, for somebody who signed it."""
    if not found.ticket:
        return False
    ticket = read_ticket(desk.holder, found.ticket, NOW)
    return ticket.proof is Proof.SIGNATURE and ticket.verb is not None


def envelope_in(mail: bytes) -> bytes:
    return base64.b64decode(mail.partition(b"\r\n\r\n")[2])


def answered(
    desk: Desk, envelope: bytes, *persons: Candidate, account: str = "", now: int = NOW
) -> Reply:
    """Return what the keeper answers to an envelope."""
    request, memory = opening([envelope], entity=True)
    request = replace(request, persons=persons, account=account)
    return ask(desk, request, memory, now).reply


def opened(desk: Desk, envelope: bytes, *persons: Candidate, account: str = "") -> Opened:
    reply = answered(desk, envelope, *persons, account=account)
    assert isinstance(reply, Opened), reply
    return reply


def why(desk: Desk, envelope: bytes, *persons: Candidate, account: str = "") -> Why:
    reply = answered(desk, envelope, *persons, account=account)
    assert isinstance(reply, Failed), reply
    return reply.why


def signed_by(author: Made, content: bytes = ENTITY, now: int = NOW) -> bytes:
    """Return opaque SignedData, made by the keeper's own code: quick, and easily bent."""
    made = signed(
        [content],
        author.der,
        (trees().public.der,),
        author.key,
        now,
        capabilities(),
        author.der,
    )
    return b"".join(made)


def cbc(content: bytes, *readers: Made) -> bytes:
    """Return EnvelopedData for the readers, by the keeper's own code."""
    key = secrets.token_bytes(32)
    return around([content], key, *(readers or (service(),)))


def around(content: Sequence[bytes], key: bytes, *readers: Made) -> bytes:
    body = enveloped(content, key, secrets.token_bytes)
    infos = [recipient_info(each.der, key) for each in readers]
    return head(CmsKind.ENVELOPED, infos, len(body)) + body


def signed_mail(author: Made, content: bytes = ENTITY, now: int = NOW) -> bytes:
    """Return an entity as Outlook encrypts it: ``smime.p7m`` with the signature."""
    return p7m(signed_by(author, content, now), "signed-data")


def key_in(envelope: bytes, reader: Made) -> bytes:
    """Return an envelope's content key, as its reader has it."""
    found = read_envelope(reading(envelope), 0, len(envelope))
    return next(content_keys(found, [service_key(reader).key], secrets.token_bytes))


class Captured:
    """Somebody's real mail in AES-CBC, as an intruder holds it: ciphertext, and no key.

    ``blocks`` begin with the initialization vector.
    """

    def __init__(self, envelope: bytes) -> None:
        found = read_envelope(reading(envelope), 0, len(envelope))
        body = read_body(reading(envelope), *found.body, CmsKind.ENVELOPED)
        self._infos = [each.der for each in found.recipients]
        self._oid = body.cipher.oid
        whole = body.nonce + b"".join(body.pieces(reading(envelope)))
        self.blocks = [whole[at : at + 16] for at in range(0, len(whole), 16)]

    def sent_again(self, blocks: Sequence[bytes]) -> bytes:
        """Return an envelope for the same readers, with other blocks behind the same key."""
        vector, *rest = blocks
        content = b"".join(rest)
        body = sequence(oid(DATA), algorithm(self._oid, octets(vector)), framed(0x80, content))
        return head(CmsKind.ENVELOPED, self._infos, len(body)) + body
