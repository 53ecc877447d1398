"""Files encrypted by themselves: opened in memory, held against the mail, forgotten."""

import email
from collections.abc import Callable
from contextlib import nullcontext
from email.message import EmailMessage
from functools import cache
from pathlib import Path

import msgspec
import pytest
from keeper_case import (
    ACCOUNT,
    HEADER,
    LETTER,
    PDF,
    ask,
    desk_of,
    encrypted,
    entity,
    opening,
    with_an_account,
)
from keeper_gpg import Gpg
from openpgp.composed import SignedSecretKey

from rmp_milter.calls.protocol.message import Span, Why
from rmp_milter.calls.protocol.opening import FileFault, Opened
from rmp_milter.certificates import encryption_keys
from rmp_milter.dossier.model import Container
from rmp_milter.keeper.desk.desk import CallFailed, Desk, Limits
from rmp_milter.keeper.desk.inner_mail import reads_as_mail
from rmp_milter.keeper.desk.opening import open_mail
from rmp_milter.keeper.desk.sealmail import _encrypted, key_packets
from rmp_milter.keeper.openpgp.decrypt import Plain
from rmp_milter.keeper.openpgp.packets import LITERAL, frame, read_message
from rmp_milter.keeper.openpgp.sessionkey import SessionKey
from rmp_milter.mail.meaning.meaning import meaning
from rmp_milter.mail.whose.reading import read_plain
from testbed.said import cases

ALICE, BOB, EVE = "alice@x.fr", "bob@x.fr", "eve@x.fr"
TEXT = (HEADER + LETTER).encode()
EMERGENCY = f"Demande : urgence\r\nMotif : inconscient\r\n{HEADER}".encode()
KEY = SessionKey(9, bytes(range(32)))
WHOLE = 1 << 16


@pytest.fixture
def desk(service: SignedSecretKey, tmp_path: Path) -> Desk:
    return desk_of(service, tmp_path)


@pytest.fixture
def text(gpg: Gpg) -> bytes:
    return encrypted(gpg, TEXT, signer=ALICE)


@cache
def _public(gpg: Gpg, who: str) -> bytes:
    return gpg.public(who)


def opened(gpg: Gpg, desk: Desk, text: bytes, *files: bytes, account: bool = False) -> Opened:
    """Open a text with files; eve is not enrolled. ``account`` says that bob logged in."""
    names = [f"{at}.pgp" for at in range(len(files))]
    candidates = [_public(gpg, each) for each in (ALICE, BOB)]
    request, memory = opening([text, *files], entity=False, names=names, candidates=candidates)
    bob = with_an_account(_public(gpg, BOB), fingerprint=gpg.fingerprint(BOB).lower())
    persons, name = ((bob,), ACCOUNT) if account else ((), "")
    request = msgspec.structs.replace(request, persons=persons, account=name)
    reply = ask(desk, request, memory).reply
    assert isinstance(reply, Opened), reply
    return reply


def as_file(gpg: Gpg, data: bytes, *how: str, name: str = "a.pdf") -> bytes:
    return gpg.run(*how, "--set-filename", name, "-e", "-r", "rmp@x.fr", data=data)


def signed_by(who: str) -> tuple[str, ...]:
    return ("--sign", "-u", who)


def sealed(service: SignedSecretKey, clear: bytes) -> bytes:
    """Return a message with these packets inside, in a frame that hides no damage."""
    certificate = service.to_public_key().to_bytes()
    readers = encryption_keys(certificate, 1_900_000_000)
    return key_packets(KEY, readers) + b"".join(_encrypted([clear], KEY, bytes))


def literal(data: bytes, name: bytes = b"") -> bytes:
    return frame(LITERAL, b"b" + bytes((len(name),)) + name + bytes(4) + data)


def test_a_good_file_is_kept_as_it_came_and_nothing_of_it_is_told(
    gpg: Gpg, desk: Desk, text: bytes
) -> None:
    file = as_file(gpg, PDF, *signed_by(ALICE))
    found = opened(gpg, desk, text, file)
    assert [body.container for body in found.bodies] == [Container.TEXT, Container.FILE]
    assert found.file_fault is None
    assert found.file_signers == (gpg.fingerprint(ALICE).lower(),)
    assert PDF[:40] not in msgspec.msgpack.encode(found)


@pytest.mark.promise(number=11)
def test_damage_a_foreign_key_and_noise_are_one_fault(
    gpg: Gpg, desk: Desk, service: SignedSecretKey, text: bytes
) -> None:
    good = sealed(service, literal(PDF[:200]))
    broken = [bytearray(good) for _ in good]
    for at, each in enumerate(broken):
        each[at] ^= 0x11
    start = good.index(b"\xd2\xff")  # the encrypted data packet
    files = [
        *map(bytes, broken[start::3]),
        *(good[:cut] for cut in range(start, len(good), 17)),
        *map(bytes, broken[30:start:9]),
        b"",
        encrypted(gpg, PDF, to=ALICE),
        sealed(service, b""),
        sealed(service, b"no packet"),
        sealed(service, frame(2, b"\x04")),
    ]
    faults = {opened(gpg, desk, text, file).file_fault for file in files}
    # A flipped bit of a length or a tag may also make it a format that is not read.
    assert faults <= {FileFault.UNREADABLE, FileFault.UNSUPPORTED, FileFault.NO_INTEGRITY}
    of_the_octets = {
        opened(gpg, desk, text, bytes(each)).file_fault for each in broken[start + 7 :: 2]
    }
    assert of_the_octets == {FileFault.UNREADABLE}


def test_a_mail_with_one_bad_file_gives_none_of_them(gpg: Gpg, desk: Desk, text: bytes) -> None:
    good, bad = as_file(gpg, PDF), as_file(gpg, PDF)[:-3]
    for files in ((good, bad), (bad, good)):
        found = opened(gpg, desk, text, *files)
        assert found.file_fault is FileFault.UNREADABLE
        assert [body.container for body in found.bodies] == [Container.TEXT]
        assert len(found.seals) == 1


class Counting:
    """Reads in a memory and counts the octets that were asked for."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.octets = 0

    def read(self, offset: int, size: int) -> bytes:
        found = self.data[offset : offset + size]
        self.octets += len(found)
        return found


@pytest.mark.parametrize("main", [True, False])
@pytest.mark.promise(number=11)
def test_a_key_packet_that_does_not_open_costs_the_work_of_one_that_does(
    gpg: Gpg,
    desk: Desk,
    text: bytes,
    main: bool,  # noqa: FBT001 -- a parameter of the test
) -> None:
    file = as_file(gpg, PDF * 10, "--compress-algo", "none")
    body = read_message(lambda at, size: file[at : at + size], Span(0, len(file))).body
    damaged, other_key = bytearray(file), bytearray(file)
    damaged[-5] ^= 1
    other_key[body.offset - 5] ^= 1
    octets = []
    for broken in (bytes(damaged), bytes(other_key)):
        bodies = [broken] if main else [text, broken]
        request, memory = opening(bodies, entity=False, names=["a.pgp"])
        counting = Counting(memory)
        with pytest.raises(CallFailed) if main else nullcontext():
            open_mail(desk, request, counting.read, len(memory), 1_900_000_000)
        octets.append(counting.octets)
    assert octets[0] == octets[1] >= 2 * body.length


@pytest.mark.parametrize("shown", [True, False])
@pytest.mark.promise(number=5)
def test_no_file_stands_beside_an_entity_in_whatever_shape_it_travels(
    gpg: Gpg,
    desk: Desk,
    shown: bool,  # noqa: FBT001 -- a parameter of the test
) -> None:
    """The shape is nobody's word: a genuine PGP/MIME body may be sent on as an inline text."""
    body = encrypted(gpg, entity(HEADER + LETTER, files=[("a.pdf", PDF)]), signer=ALICE)
    request, memory = opening(
        [body, as_file(gpg, PDF)], entity=shown, candidates=[gpg.public(ALICE)], names=["x"]
    )
    reply = ask(desk, request, memory).reply
    assert isinstance(reply, Opened)
    assert reply.file_fault is FileFault.BESIDE
    assert Container.FILE not in {each.container for each in reply.bodies if not each.fresh}


SIGNED: dict[str, tuple[list[str], list[str], FileFault | None]] = {
    "by the sender": ([ALICE], [ALICE, ALICE], None),
    "not at all": ([ALICE], ["", ""], None),
    "by another enrolled one": ([ALICE], [BOB], FileFault.SIGNATURE),
    "by a stranger": ([ALICE], [EVE], FileFault.SIGNATURE),
    "by both": ([ALICE], ["both"], FileFault.SIGNATURE),
    "in part": ([ALICE], [ALICE, ""], FileFault.SIGNATURE),
    "in the other part": ([ALICE], ["", ALICE], FileFault.SIGNATURE),
    "text by a stranger": ([EVE], [EVE], FileFault.SIGNATURE),
    "text by nobody": ([], [BOB], None),
    "text by nobody, by another enrolled one": ([], [ALICE], FileFault.SIGNATURE),
    "text by nobody, by a stranger": ([], [EVE], FileFault.SIGNATURE),
}


@pytest.mark.parametrize("kind", SIGNED)
@pytest.mark.promise(number=5)
def test_whose_signature_a_file_may_have(gpg: Gpg, desk: Desk, kind: str) -> None:
    author, signers, fault = SIGNED[kind]
    text = encrypted(gpg, TEXT, signer=author[0] if author else "")
    both = ("--sign", "-u", EVE, "-u", BOB)
    files = [
        as_file(gpg, PDF, *(both if who == "both" else signed_by(who) if who else ()))
        for who in signers
    ]
    found = opened(gpg, desk, text, *files, account=author != [ALICE])
    assert found.file_fault is fault
    named = {gpg.fingerprint(who).lower() for who in signers if who} if fault is None else set()
    assert set(found.file_signers) == named


@pytest.mark.promise(number=5)
@pytest.mark.parametrize(
    ("author", "signer", "fault"),
    [
        (ALICE, BOB, None),
        (BOB, ALICE, None),
        ("", BOB, None),
        ("", ALICE, None),
        (ALICE, EVE, FileFault.SIGNATURE),
        ("", EVE, FileFault.SIGNATURE),
    ],
)
def test_who_has_two_certificates_signs_text_and_file_by_either(
    gpg: Gpg, desk: Desk, author: str, signer: str, fault: FileFault | None
) -> None:
    """Here bob's certificate is alice's other one."""
    text = encrypted(gpg, TEXT, signer=author)
    file = as_file(gpg, PDF, *signed_by(signer))
    request, memory = opening([text, file], entity=False, names=["0.pgp"])
    both = with_an_account(_public(gpg, ALICE), more=(_public(gpg, BOB),))
    request = msgspec.structs.replace(
        request, persons=(both,), account="" if author else ACCOUNT
    )
    found = ask(desk, request, memory).reply
    assert isinstance(found, Opened)
    assert found.file_fault is fault
    named = () if fault else (gpg.fingerprint(signer).lower(),)
    assert found.file_signers == named


@pytest.mark.promise(number=6)
@pytest.mark.parametrize("author", ["", EVE])
def test_nothing_is_opened_for_a_stranger(gpg: Gpg, desk: Desk, author: str) -> None:
    text = encrypted(gpg, TEXT, signer=author)
    damaged = bytearray(as_file(gpg, PDF))
    damaged[-5] ^= 1
    for file in (as_file(gpg, PDF), bytes(damaged), as_file(gpg, entity(HEADER))):
        found = opened(gpg, desk, text, file)
        assert (found.file_fault, len(found.bodies), len(found.seals)) == (None, 1, 1)


@pytest.mark.parametrize("how", [("--textmode",), ("--compress-algo", "bzip2"), ()])
def test_a_file_signed_as_text_or_compressed_is_its_senders(
    gpg: Gpg, desk: Desk, text: bytes, how: tuple[str, ...]
) -> None:
    file = as_file(gpg, b"une\nlettre\r\nsans rien\n", *how, *signed_by(ALICE), name="a.txt")
    assert opened(gpg, desk, text, file).file_fault is None


def test_a_signature_that_does_not_fit_the_file_refuses_it(
    gpg: Gpg, desk: Desk, service: SignedSecretKey, text: bytes
) -> None:
    signature = gpg.run("--detach-sign", "-u", ALICE, data=b"other")
    file = sealed(service, signature + literal(PDF))
    assert opened(gpg, desk, text, file).file_fault is FileFault.SIGNATURE


def _bare(text: str) -> EmailMessage:
    mail = EmailMessage()
    mail.set_content(text)
    return mail


def _sent(text: str) -> bytes:
    return b"Received: x\r\nFrom: a@x.fr\r\nTo: b@x.fr\r\nSubject: ...\r\n\r\n" + text.encode()


MAILS: dict[str, tuple[bytes, str]] = {
    "an entity": (entity("Bonjour.\n"), ""),
    "with files": (entity(HEADER, files=[("a.pdf", PDF)]), "x.bin"),
    "LF": (entity(HEADER).replace(b"\r\n", b"\n"), ""),
    "behind blank lines": (b"\r\n\r\n" + entity(HEADER), ""),
    "behind a mark of order": (b"\xef\xbb\xbf" + entity(HEADER), ""),
    "as in an mbox": (b"From a@x.fr Mon Nov 30\n" + entity(HEADER), "mail.mbox"),
    "without MIME": (_sent("Bonjour."), "lettre.eml"),
    "multipart alone": (b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\n", ""),
    "a text with a header": (TEXT, ""),
    "behind a letterhead": (b"Cabinet DEMO\n\nBonjour,\n\n" + TEXT, ""),
    "windows-1252": (TEXT.decode().encode("cp1252"), ""),
    "utf-16": (TEXT.decode().encode("utf-16"), ""),
    "a page": (b"<html><body><p>" + TEXT.replace(b"\r\n", b"</p><p>") + b"</p>", ""),
    "a request as a file": (b"Demande : dossier\n" + TEXT, "demande.txt"),
    "an emergency as a file": (EMERGENCY, "urgence.txt"),
    "a code in a file": (TEXT.replace(b"Document", b"Code patient : JzbV7kQ2\r\nX"), "a.txt"),
    "under a client's own name": (TEXT, "mutt-host-1000-1-1"),
    "from a pipe": (TEXT, "-&11"),
    "for your eyes only": (TEXT, "_CONSOLE"),
    "the page of an old plug-in": (b"<html>bonjour", "PGPexch.htm"),
}
DOCUMENTS: dict[str, tuple[bytes, str]] = {
    "pdf": (PDF, ""),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(100), "a.png"),
    "zip": (b"PK\x03\x04" + bytes(range(256)), ""),
    "a letter that names its patient": (TEXT, "lettre.txt"),
    "a letter": ("Cher confrère,\n\nvoici : tout va bien.\n".encode(), ""),
    "a table": (b"Date;Valeur\n30/01/2026;4,5\n", ""),
    "rtf": (b"{\\rtf1\\ansi Patient : DUPONT Jean\\par}", "a.rtf"),
    "xml": (
        b"<?xml version='1.0'?>\n<ClinicalDocument><title>CR</title></ClinicalDocument>",
        "",
    ),
    "hprim": (b"12345\nDUPONT\nJEAN\n\n\n\n30/01/1959\n\n1\n30/11/2026\n" * 2, "r.hpr"),
    "one line of a mail": (b"Date: 30/11/2026\n\nCompte-rendu.\n", "cr.txt"),
    "nothing": (b"", ""),
}


@pytest.mark.parametrize("kind", MAILS)
@pytest.mark.promise(number=5)
def test_a_mail_is_no_document(
    gpg: Gpg, desk: Desk, service: SignedSecretKey, text: bytes, kind: str
) -> None:
    data, name = MAILS[kind]
    file = sealed(service, literal(data, name.encode()))
    assert opened(gpg, desk, text, file).file_fault is FileFault.MAIL


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_a_document_is_no_mail(
    gpg: Gpg, desk: Desk, service: SignedSecretKey, text: bytes, kind: str
) -> None:
    data, name = DOCUMENTS[kind]
    file = sealed(service, literal(data, name.encode()))
    assert opened(gpg, desk, text, file).file_fault is None


@pytest.mark.promise(number=5)
def test_whatever_is_read_as_a_header_is_a_mail_when_it_is_attached() -> None:
    """What doctors wrote in their own words, as a colleague's ciphertext holds it."""
    read = {
        name: meaning(read_plain(case.text), 2026)
        for name, case in cases().items()
        if not case.html
    }
    asked = [name for name, found in read.items() if found.standing == "header"]
    assert len(asked) > 100
    for name in asked:
        plain = Plain(cases()[name].text.encode(), "", ())
        assert reads_as_mail(plain, WHOLE, 2026), name


def test_every_structure_that_clients_send_is_a_mail_when_it_is_attached() -> None:
    folder = Path(__file__).parents[1] / "fixtures" / "structures"
    files = sorted(folder.glob("*.eml"))
    assert len(files) > 10
    for file in files:
        assert email.message_from_bytes(file.read_bytes()).get_content_type()
        assert reads_as_mail(Plain(file.read_bytes(), "", ()), WHOLE, 2026), file.name


def test_a_text_cut_in_the_middle_of_a_character_is_read() -> None:
    data = TEXT + "é".encode() * 70_000
    for size in range(4096, 4100):
        assert reads_as_mail(Plain(data, "", ()), size, 2026)


def test_a_file_that_is_encrypted_once_more_is_told(gpg: Gpg, desk: Desk, text: bytes) -> None:
    twice = as_file(gpg, as_file(gpg, PDF))
    assert opened(gpg, desk, text, twice).file_fault is FileFault.LAYERED


@pytest.mark.parametrize("name", ["radio.pdf", "radio.pgp", "x"])
@pytest.mark.parametrize("armor", [(), ("--armor",)])
def test_a_document_inside_that_is_encrypted_once_more_is_told_by_its_content(
    gpg: Gpg, desk: Desk, name: str, armor: tuple[str, ...]
) -> None:
    inner = gpg.run(*armor, "-e", "-r", "rmp@x.fr", data=PDF)
    request, memory = opening(
        [encrypted(gpg, entity(HEADER + LETTER, files=[(name, inner)]))], entity=True
    )
    assert ask(desk, request, memory).failed.why is Why.LAYERED
    urgent = encrypted(gpg, entity(EMERGENCY.decode(), files=[(name, inner)]))
    request, memory = opening([urgent], entity=True)
    assert isinstance(ask(desk, request, memory).reply, Opened)


@pytest.mark.promise(number=11)
def test_what_comes_out_of_all_bodies_together_is_bounded(
    gpg: Gpg, service: SignedSecretKey, tmp_path: Path, text: bytes
) -> None:
    desk = desk_of(service, tmp_path, Limits(plaintext=100_000))
    file = as_file(gpg, bytes(40_000))
    assert opened(gpg, desk, text, file, file).file_fault is None
    request, memory = opening([text, *[file] * 3], entity=False, names=["a", "b", "c"])
    assert ask(desk, request, memory).failed.why is Why.TOO_LARGE


@pytest.mark.parametrize(
    "make",
    [
        lambda _: b"",
        lambda gpg: as_file(gpg, PDF)[:-3],
        lambda gpg: encrypted(gpg, PDF, to=ALICE),
        lambda gpg: as_file(gpg, entity(HEADER)),
        lambda gpg: as_file(gpg, PDF, *signed_by(EVE)),
        lambda gpg: as_file(gpg, as_file(gpg, PDF)),
        lambda _: frame(9, bytes(40)),
    ],
)
def test_an_emergency_is_refused_for_no_file_and_none_is_opened(
    gpg: Gpg, desk: Desk, make: Callable[[Gpg], bytes]
) -> None:
    urgent = encrypted(gpg, EMERGENCY, signer=ALICE)
    found = opened(gpg, desk, urgent, make(gpg))
    assert found.file_fault is None
    assert found.has_reason
    assert found.bodies == ()


@pytest.mark.promise(number=5)
def test_a_session_key_is_known_again_wherever_it_comes(gpg: Gpg, desk: Desk) -> None:
    own, other = encrypted(gpg, TEXT, signer=ALICE), encrypted(gpg, TEXT, signer=ALICE)
    file = as_file(gpg, PDF)
    first, again = opened(gpg, desk, own, file), opened(gpg, desk, other, file)
    assert first.seals[1] == again.seals[1]
    assert first.seals[0] != again.seals[0]
    letter = as_file(gpg, b"Cher confr\xe8re, rien.", name="")
    attached = opened(gpg, desk, own, letter)
    request, memory = opening([letter], entity=False)
    alone = ask(desk, request, memory).reply
    assert isinstance(alone, Opened)
    assert alone.seals == attached.seals[1:]
