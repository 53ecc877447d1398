"""A dossier with one document, as the milter makes it; the codes and attestations that open it."""

import json

import msgspec
from keeper_case import (
    DIGEST,
    DOSSIER,
    HEADER,
    LETTER,
    NOW,
    PDF,
    SERVICE,
    ask,
    encrypted,
    entity,
    event,
    opening,
    patient_in,
    raw_leaves,
)
from keeper_gpg import Gpg

from rmp_milter.calls.protocol import (
    ByCode,
    Create,
    Created,
    Opened,
    OpenedBody,
    Release,
    Reseal,
    Resealed,
    SealedDocument,
    ToReseal,
)
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.keeper.vitale import trust
from rmp_milter.keeper.vitale.jws import JwsVerifier
from testbed.vitale import CardSoftware, header_line

DOCUMENT = b"document-16bytes"
NIR, OTHER_NIR = "159013456789082", "255027512345687"
RPPS = "10001234567"
CODE = "JzbV-7kQ2"


class Deposit:
    """A mail opened, a dossier created, the mail's body resealed to it."""

    def __init__(self, gpg: Gpg, desk: Desk, readers: tuple[bytes, ...] = ()) -> None:
        self.desk = desk
        self.plain = entity(HEADER + LETTER, files=[("été.pdf", PDF)])
        message = encrypted(gpg, self.plain, signer="alice@x.fr")
        request, self.memory = opening([message], entity=True)
        opened = ask(desk, request, self.memory).reply
        assert isinstance(opened, Opened)
        self.body: OpenedBody = opened.bodies[0]
        self.held_code = held_code(gpg, desk)
        self.created = create(desk, self.held_code, NIR)
        resealed = ask(desk, self.reseal(readers)).reply
        assert isinstance(resealed, Resealed)
        (self.item,) = resealed.items

    def reseal(self, readers: tuple[bytes, ...] = ()) -> Reseal:
        body = self.body
        return Reseal(
            digest=DIGEST,
            dossier_id=DOSSIER,
            dossier_key=self.created.public_key,
            items=(ToReseal(DOCUMENT, body.container, body.digest, body.held),),
            readers=readers,
            event=event("depot"),
        )

    @property
    def sealed(self) -> SealedDocument:
        return SealedDocument(
            DOCUMENT, self.body.container, self.body.digest, self.item.sealed_key
        )

    def release(self, reader: bytes, held: bytes, **changed: object) -> Release:
        request = Release(
            digest=DIGEST,
            dossier_id=DOSSIER,
            way_in=ByCode(self.created.slots.code, held),
            items=(self.sealed,),
            readers=(reader,),
            event=event("dossier"),
        )
        return msgspec.structs.replace(request, **changed)

    def message(self, packets: bytes) -> bytes:
        span = self.body.span
        return packets + self.memory[span.offset : span.offset + span.length]


def held_code(gpg: Gpg, desk: Desk, code: str = CODE) -> bytes:
    text = HEADER + f"Code : {code}\r\n"
    request, memory = opening([encrypted(gpg, text.encode())], entity=False)
    opened = ask(desk, request, memory).reply
    assert isinstance(opened, Opened)
    return opened.held_code


def create(desk: Desk, held: bytes = b"", nir: str = "") -> Created:
    request = Create(DIGEST, DOSSIER, event("creation"), held, nir)
    made = ask(desk, request).reply
    assert isinstance(made, Created), made
    return made


def leaves(desk: Desk) -> list[dict[str, object]]:
    return [json.loads(leaf) for leaf in raw_leaves(desk.journal)]


def patient_of(desk: Desk, dossier_id: bytes = DOSSIER) -> str:
    """Return what stands for the dossier in its leaves."""
    return patient_in(desk.journal, dossier_id)


def reader_of_cards(desk: Desk) -> CardSoftware:
    """Return software whose attestations this keeper takes."""
    made = CardSoftware()
    assert isinstance(desk.verifier, JwsVerifier)
    trust.add(desk.verifier.folder, made.name, made.pem, NOW)
    return made


def attested(gpg: Gpg, desk: Desk, token: str, *, wrapped: int = 76) -> Opened:
    """Open a mail that carries the token."""
    text = HEADER + header_line(token, wrapped=wrapped)
    request, memory = opening([encrypted(gpg, text.encode())], entity=False)
    opened = ask(desk, request, memory).reply
    assert isinstance(opened, Opened), opened
    return opened


def held_attestation(gpg: Gpg, desk: Desk, software: CardSoftware, nir: str = NIR) -> bytes:
    return attested(gpg, desk, software.token(nir, RPPS, SERVICE, NOW)).held_attestation
