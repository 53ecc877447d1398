"""A desk with throw-away keys, requests as the milter makes them, mails as clients do."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from keeper_gpg import Gpg
from openpgp.composed import SignedSecretKey

from rmp_milter.calls.authority import Candidate
from rmp_milter.calls.memory import Memory
from rmp_milter.calls.protocol.calls import Reply, Request
from rmp_milter.calls.protocol.message import HOST, Event, Failed, Span
from rmp_milter.calls.protocol.opening import BodyRef, Open, Opened, Role
from rmp_milter.dossier.cards import NO_ACT, PersonCard
from rmp_milter.engine.transaction import ReadOnly
from rmp_milter.keeper.authority.cards import Sealer
from rmp_milter.keeper.authority.ground import digest_of
from rmp_milter.keeper.authority.host_rules import AS_SHIPPED, HostRules
from rmp_milter.keeper.authority.next_cards import other_credential
from rmp_milter.keeper.authority.tickets import read_ticket
from rmp_milter.keeper.desk.answer import answer
from rmp_milter.keeper.desk.desk import Desk, Limits
from rmp_milter.keeper.desk.doors import Door
from rmp_milter.keeper.keys.held import Holder
from rmp_milter.keeper.keys.keys import Keys, ServiceCertificate
from rmp_milter.keeper.log import journal
from rmp_milter.keeper.log.dossier_leaves import commitment
from rmp_milter.keeper.log.journal import Journal
from rmp_milter.keeper.openpgp.secretkeys import decryption_keys, signing_key
from rmp_milter.keeper.openpgp.sessionkey import SessionKey, unpacked
from rmp_milter.keeper.vitale.jws import JwsVerifier

SERVICE = "rmp@x.fr"
AUDITORS = X25519PrivateKey.from_private_bytes(bytes(range(32)))
NOW = 1_900_000_000
ADDRESS, NAME = "rmp@chu.example", "Résumé médical partagé"
"""For whom services are made in most tests: a test run makes one RSA key a user id."""
ORIGIN = "x.fr/rmp"
PEPPER = secrets.token_bytes(32)
LOG_KEY = Ed25519PrivateKey.generate()
DIGEST = bytes(range(32))
DOSSIER = b"dossier-16-bytes"
PDF = b"%PDF-1.4\n" + bytes(range(256)) * 40

HEADER = "Patient : DUPONT Jean\r\nNé le : 30/01/1959\r\nDocument : CR radiologie\r\n"
LETTER = "\r\nCher confrère, la lettre confidentielle.\r\n"


def keys_of(service: SignedSecretKey, smime: tuple[ServiceCertificate, ...] = ()) -> Keys:
    decryption = decryption_keys(service.to_bytes())
    return Keys(
        service=service,
        signing=signing_key(service, decryption),
        certificate=service.to_public_key().to_bytes(),
        decryption=decryption,
        custody=X25519PrivateKey.generate(),
        waiting=X25519PrivateKey.generate(),
        pepper=PEPPER,
        log=LOG_KEY,
        auditors=AUDITORS.public_key(),
        smime=smime,
    )


def desk_of(
    service: SignedSecretKey,
    folder: Path,
    limits: Limits | None = None,
    services: frozenset[str] = frozenset(),
    rules: HostRules = AS_SHIPPED,
) -> Desk:
    log = folder / "log"
    journal.create(log, ORIGIN)
    holder = Holder(secrets.token_bytes(32), secrets.token_bytes)
    keys = keys_of(service)
    bounds = limits or Limits()
    verifier = JwsVerifier(folder / "trust", frozenset({SERVICE}), bounds.attestation)
    draw = secrets.token_bytes
    return Desk(keys, Journal(log), holder, draw, bounds, verifier, services, rules)


@dataclass
class Answered:
    """A reply, and what its shared memory held."""

    reply: Reply
    memory: bytes

    @property
    def failed(self) -> Failed:
        assert isinstance(self.reply, Failed), self.reply
        return self.reply


def ask(
    desk: Desk,
    request: Request,
    memory: bytes = b"",
    now: int = NOW,
    door: Door = Door.MILTER,
) -> Answered:
    with Memory() as shared:
        shared.write(memory)
        reply, back = answer(desk, request, shared.fd, now, door)
    if back is None:
        return Answered(reply, b"")
    with back, back.mapped() as view:
        return Answered(reply, bytes(view))


def event(action: str, request: bytes = DIGEST, **more: str) -> Event:
    return Event(
        at=NOW,
        action=action,
        request=request,
        actor_rpps="10001234567",
        actor_fingerprint=more.get("fingerprint", "ab" * 20),
        sender="alice@x.fr",
        dossier_id=DOSSIER,
    )


def hosts_event(action: str, request: bytes = DIGEST) -> Event:
    """Return the leaf of what the host does to the same dossier."""
    return Event(NOW, action, request, "", "", "rmp dossier", DOSSIER, proof=HOST)


def opening(
    bodies: Sequence[bytes],
    *,
    entity: bool,
    names: Sequence[str] = (),
    candidates: Sequence[bytes] = (),
    charset: str = "",
) -> tuple[Open, bytes]:
    """Return the request for these OpenPGP messages (the first is the main one).

    It comes from a doctor's account, whoever signed.
    """
    refs, offset = [], 0
    for at, body in enumerate(bodies):
        refs.append(
            BodyRef(
                span=Span(offset, len(body)),
                role=Role.ATTACHED if at else Role.MAIN,
                entity=entity and not at,
                name=names[at - 1] if at else "",
                charset="" if at else charset,
            )
        )
        offset += len(body)
    request = Open(tuple(refs), (with_an_account(),), ACCOUNT, tuple(candidates))
    return request, b"".join(bodies)


ACCOUNT = "carl"


def with_an_account(
    certificate: bytes = b"",
    pepper: bytes = PEPPER,
    fingerprint: str = "",
    more: tuple[bytes, ...] = (),
) -> Candidate:
    """Return somebody of the directory who has an account, and who has signed nothing.

    With ``more``, his other certificates, all are read: else one may be anything.
    """
    digest = digest_of(certificate)
    if more:
        fingerprint = other_credential(certificate).fingerprint
    card = PersonCard(
        person=digest[:16],
        revision=0,
        act=NO_ACT,
        certificate=digest,
        fingerprint=fingerprint or digest[:20].hex(),
        signed_at=0,
        rpps="10009876541",
        name="Dr Carl CAROLUS",
        mail="carl@x.fr",
        is_doctor=True,
        account=ACCOUNT,
        credentials=tuple(map(other_credential, more)),
    )
    return Candidate(Sealer(pepper).sealed(card), certificate, more=more)


def keys_in(desk: Desk, opened: Opened) -> list[SessionKey]:
    """Return the session keys of what a mail brought to store."""
    ticket = read_ticket(desk.holder, opened.ticket, NOW)
    return [unpacked(body.key) for body in ticket.bodies]


def entity(text: str, *, files: Sequence[tuple[str, bytes]] = ()) -> bytes:
    """Return a MIME entity as a client encrypts it."""
    mail = EmailMessage()
    mail.set_content(text)
    for name, data in files:
        mail.add_attachment(data, maintype="application", subtype="pdf", filename=name)
    return mail.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


AT_NOW = ("--faked-system-time", f"{NOW}!")
"""For gpg: what it does now, it does when mails come."""


def encrypted(
    gpg: Gpg, data: bytes, *, signer: str = "", to: str = "rmp@x.fr", at: int = NOW
) -> bytes:
    """Return a message of gpg's; it is signed when the mail comes, ``at`` that time."""
    signing = ["--sign", "-u", signer, "--faked-system-time", f"{at}!"]
    return gpg.run(*(signing if signer else ()), "-e", "-r", to, data=data)


def raw_leaves(log: Journal) -> list[bytes]:
    """Return all leaves of the log, in their order."""
    with log.snapshot() as seen:
        return list(seen.entries(0, len(log)))


def patient_in(log: Journal, dossier_id: bytes) -> str:
    """Return what stands for a dossier in its leaves, in hex."""
    with log._reading() as txn:
        return commitment(ReadOnly(txn), dossier_id, b"").hex()
