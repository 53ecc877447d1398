"""Deposits as Thunderbird, mutt, neomutt and claws-mail really sent them."""

from pathlib import Path

import pytest
from keeper_case import NOW, Answered, ask, desk_of
from keeper_gpg import CORPUS
from openpgp.composed import SignedSecretKey

from rmp_milter.calls.protocol.message import Span
from rmp_milter.calls.protocol.opening import BodyRef, Open, Opened, Role, Trust
from rmp_milter.certificates import parse, read_certificate
from rmp_milter.dossier.model import Container
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.mail.incoming.shapes import octets_of, recognise

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpora are not here")
FILES = {"report.pdf", "Übersicht déjà-vu.txt"}
ENTITIES = [
    "thunderbird-153",
    "mutt-classic",
    "mutt-gpgme",
    "neomutt-classic",
    "neomutt-gpgme",
    "claws-4.1.1-pgpmime",
]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    text = (CORPUS / "keys/rmp.sec.asc").read_text()
    return desk_of(SignedSecretKey.from_armor(text)[0], tmp_path)


def open_mail(desk: Desk, name: str) -> Answered:
    raw = (CORPUS / f"sent/{name}.eml").read_bytes()
    refs, memory = [], b""
    for piece in recognise(raw).pieces:
        body = b"".join(octets_of(raw, piece))
        role = Role.MAIN if piece.main else Role.ATTACHED
        span = Span(len(memory), len(body))
        refs.append(BodyRef(span, role, piece.entity, piece.name, piece.charset))
        memory += body
    alice = read_certificate((CORPUS / "keys/alice.pub.asc").read_bytes()).binary
    request = Open(tuple(refs), candidates=(alice,))
    # As soon as the mails were sent, for the clients' keys may expire.
    return ask(desk, request, memory, now=max(NOW, parse(alice).created_at))


@pytest.mark.parametrize("name", ENTITIES)
def test_an_entity_opens_with_its_names_and_its_authors_signature(
    desk: Desk, name: str
) -> None:
    opened = open_mail(desk, name).reply
    assert isinstance(opened, Opened), opened
    assert opened.signature.trust is Trust.GOOD, opened.signature
    (body,) = opened.bodies
    assert body.container is Container.ENTITY
    parts = {part.name: part for part in body.parts}
    assert set(parts) >= FILES
    pdf = (CORPUS / "payload/report.pdf").read_bytes()
    assert parts["report.pdf"].size == len(pdf)
    assert "" in parts


def test_an_inline_body_opens_as_text(desk: Desk) -> None:
    opened = open_mail(desk, "claws-4.1.1-pgpinline").reply
    assert isinstance(opened, Opened), opened
    assert opened.bodies[0].container is Container.TEXT
