"""*Open*: what a body is, and what it was signed as, whatever the mail around it says."""

import itertools
from pathlib import Path

import pytest
from keeper_case import HEADER, LETTER, ask, desk_of, encrypted, entity, opening
from keeper_gpg import Gpg
from openpgp.composed import SignedSecretKey

from rmp_milter.calls.protocol.opening import Doubt, Opened
from rmp_milter.dossier.model import Container, Verb
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.mail.meaning.understanding import OwnWords, understood

REQUEST = (
    "Demande : remplacement\r\nRemplaçant : eve@x.fr\r\nDu : 29/11/2026\r\nAu : 28/02/2027\r\n"
)
TEXT = (HEADER + LETTER).encode()


@pytest.fixture
def desk(service: SignedSecretKey, tmp_path: Path) -> Desk:
    return desk_of(service, tmp_path)


def opened(desk: Desk, body: bytes, *, as_entity: bool = False, charset: str = "") -> Opened:
    request, memory = opening([body], entity=as_entity, charset=charset)
    reply = ask(desk, request, memory).reply
    assert isinstance(reply, Opened), reply
    return reply


def signed(gpg: Gpg, data: bytes, *options: str) -> bytes:
    return gpg.run("--sign", "-u", "alice@x.fr", *options, "-e", "-r", "rmp@x.fr", data=data)


@pytest.mark.parametrize(
    ("content", "container"),
    [
        (TEXT, Container.TEXT),
        (entity(HEADER + LETTER, files=[("a.pdf", b"%PDF-1.4")]), Container.ENTITY),
    ],
    ids=["text", "entity"],
)
def test_a_signed_content_is_read_the_same_in_every_mail_around_it(
    gpg: Gpg, desk: Desk, content: bytes, container: Container
) -> None:
    body = encrypted(gpg, content, signer="alice@x.fr")
    labels = ("", "utf-7", "utf-16", "iso-2022-jp", "cp037", "ISO-8859-15", "utf-8")
    for as_entity, charset in itertools.product((False, True), labels):
        found = opened(desk, body, as_entity=as_entity, charset=charset)
        assert found.header.splitlines() == HEADER.splitlines()
        assert [each.container for each in found.bodies] == [container]
        assert not found.doubts


def test_two_paragraphs_of_a_text_do_not_become_header_and_body(gpg: Gpg, desk: Desk) -> None:
    text = b"Patient: CIBLE Jean\r\nDocument: CR\r\n\r\nPatient : AUTRE Luc\r\n"
    body = encrypted(gpg, text, signer="alice@x.fr")
    inline, sent_on = (opened(desk, body, as_entity=each) for each in (False, True))
    assert sent_on.header == inline.header
    assert sent_on.doubts == inline.doubts


@pytest.mark.parametrize("name", ["note.txt", "dossier.eml", "mutt-pc-1-2-3", "stdin.txt"])
def test_what_was_signed_as_a_file_is_no_text_of_a_mail(
    gpg: Gpg, desk: Desk, name: str
) -> None:
    assert Doubt.FILE in opened(desk, signed(gpg, TEXT, "--set-filename", name)).doubts


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--textmode",),
        ("--for-your-eyes-only",),
        ("--set-filename", "-&20"),
        ("--textmode", "--set-filename", "mutt-vm-0-32435-7202856958272034542"),
        ("--textmode", "--set-filename", "epg-inputAbC123"),
        ("--textmode", "--set-filename", "msg.txt"),
    ],
)
def test_what_clients_write_for_a_text_is_no_file(
    gpg: Gpg, desk: Desk, options: tuple[str, ...]
) -> None:
    assert opened(desk, signed(gpg, TEXT, *options)).doubts == ()


def test_an_unsigned_text_may_bear_any_name(gpg: Gpg, desk: Desk) -> None:
    body = gpg.run("--set-filename", "note.txt", "-e", "-r", "rmp@x.fr", data=TEXT)
    assert opened(desk, body).doubts == ()


@pytest.mark.parametrize(
    ("words", "options", "doubts"),
    [
        (REQUEST, (), (Doubt.FILE,)),
        (REQUEST, ("--textmode",), ()),
        (f"Demande : dossier\r\n{HEADER}", (), ()),
        (f"Demande : clôture\r\n{HEADER}", (), (Doubt.FILE,)),
    ],
    ids=["binary", "text", "dossier", "closure"],
)
def test_an_act_for_others_needs_the_signature_of_a_text(
    gpg: Gpg, desk: Desk, words: str, options: tuple[str, ...], doubts: tuple[Doubt, ...]
) -> None:
    """Name and format are signed by nobody: who holds a signed file can take them off."""
    assert opened(desk, signed(gpg, words.encode(), *options)).doubts == doubts


def test_the_same_act_in_an_entity_is_no_file(gpg: Gpg, desk: Desk) -> None:
    body = encrypted(gpg, entity(REQUEST), signer="alice@x.fr")
    assert opened(desk, body, as_entity=True).doubts == ()


def test_an_emergency_is_heard_from_a_file_too(gpg: Gpg, desk: Desk) -> None:
    words = f"Demande : urgence\r\nMotif : inconscient\r\n{HEADER}".encode()
    found = opened(desk, signed(gpg, words, "--set-filename", "urgence.txt"))
    assert found.doubts == (Doubt.FILE,)
    header = understood(OwnWords(found.header, found.standing, found.doubts), 2026, None)
    assert (header.verb, header.problems) == (Verb.URGENCE, ())
