"""What is verified is what is read: of every mail that was changed after its signing.

Either its signature no longer holds, or it says what its author signed.
"""

import base64
import itertools
import quopri
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keeper_gpg import Gpg

from rmp_milter.calls.protocol.opening import Doubt, Trust
from rmp_milter.keeper.desk.content import Opening, read_main, weigh
from rmp_milter.keeper.desk.desk import CallFailed, Limits
from rmp_milter.keeper.openpgp.decrypt import Plain
from rmp_milter.keeper.openpgp.signatures import detached
from testbed import tnef
from testbed.examples import some

NOW = 1_900_000_000
CRLF = b"\r\n"
LETTER = (
    "Patient : CIBLE Jean\r\nNé le : 30/01/1959\r\nDocument : CR\r\n\r\n"
    "Le cas d'un autre :\r\n\r\nPatient : AUTRE Luc\r\nNé le : 02/02/1960\r\n"
    "Demande : révocation du code\r\n\r\nVoilà.\r\n"
).encode()
PART = (
    b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    + LETTER
)
WITH_FILE = (
    b"Content-Type: multipart/mixed; boundary=in\r\n\r\n--in\r\n"
    + PART.replace(b"\r\n\r\nVoil", b"\r\nVoil")
    + b"\r\n--in\r\nContent-Type: text/plain; name=a.txt\r\n"
    b"Content-Disposition: attachment\r\n\r\nun\r\n\r\ndeux\r\n--in--\r\n"
)
ENDS = (
    b"\n",
    b"\r",
    b"\r\r\n",
    b"\n\r",
    b"\r\n\r\n",
    b"",
    b"\x0b",
    b"\xc2\x85",
    "\u2028".encode(),
)


class Seen(NamedTuple):
    """All that the service takes from a mail; files as text, whatever ends their lines."""

    header: str
    standing: str
    names: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, bytes], ...]
    keys: tuple[bytes, ...]


def seen(opening: Opening) -> Seen:
    files = ((each.part.name, b"".join(each.data())) for each in opening.documents)
    return Seen(
        opening.meaning.cut.header,
        opening.meaning.standing,
        tuple((part.name, part.media_type) for part in opening.parts),
        tuple((name, data.replace(CRLF, b"\n")) for name, data in files),
        opening.keys,
    )


def read(plain: Plain) -> Opening | None:
    try:
        return read_main(plain, "", Limits(), 2026)
    except CallFailed:
        return None


def enclosed(part: bytes, signature: bytes, *, around: bytes = b"") -> bytes:
    head = b'Content-Type: multipart/signed; boundary="BB"\r\n\r\n'
    behind = b"\r\n--BB\r\nContent-Type: application/pgp-signature\r\n\r\n" + signature
    return head + around + b"--BB\r\n" + part + behind + b"\r\n--BB--\r\n" + around


class Form(NamedTuple):
    """A way to sign: gpg's options, and the body that comes of content and signature."""

    options: tuple[str, ...]
    body: Callable[[bytes, bytes], Plain]
    signed: bytes


def _inside(data: bytes, signature: bytes) -> Plain:
    return Plain(enclosed(data, signature), "", ())


def _around(data: bytes, signature: bytes) -> Plain:
    return Plain(data, "", detached(signature))


FORMS = {
    "a signed part": Form((), _inside, PART),
    "a signed part with a file": Form((), _inside, WITH_FILE),
    "a signed part, text mode": Form(("--textmode",), _inside, PART),
    "an entity": Form((), _around, WITH_FILE),
    "an entity, text mode": Form(("--textmode",), _around, PART),
    "a text": Form((), _around, LETTER),
    "a text, text mode": Form(("--textmode",), _around, LETTER),
}


def variations(data: bytes, neighbours: int) -> Iterator[bytes]:
    """Yield the data with that many line ends in a row changed, in every way."""
    lines = data.split(CRLF)
    ends = [CRLF] * (len(lines) - 1)
    for at in range(len(ends) - neighbours + 1):
        for changed in itertools.product(ENDS, repeat=neighbours):
            yield _joined(lines, [*ends[:at], *changed, *ends[at + neighbours :]])
    for every in ENDS:
        yield _joined(lines, [every] * len(ends))


def _joined(lines: list[bytes], ends: list[bytes]) -> bytes:
    return b"".join(itertools.chain(*itertools.zip_longest(lines, ends, fillvalue=b"")))


@pytest.mark.parametrize("neighbours", [1, pytest.param(2, marks=pytest.mark.soak)])
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_no_line_end_is_changed_and_the_signature_still_good_for_other_words(
    gpg: Gpg, form: Form, neighbours: int
) -> None:
    alice = gpg.public("alice@x.fr")
    signature = gpg.run("--armor", "-b", "-u", "alice@x.fr", *form.options, data=form.signed)
    genuine = read(form.body(form.signed, signature))
    assert genuine
    assert "CIBLE" in genuine.meaning.cut.header
    for changed in variations(form.signed, neighbours):
        opening = read(form.body(changed, signature))
        if opening and seen(opening) != seen(genuine):
            assert weigh(opening, (alice,), NOW).trust is not Trust.GOOD, changed


@pytest.mark.parametrize("form", ["a signed part", "a text, text mode"])
def test_line_feeds_alone_are_no_change(gpg: Gpg, form: str) -> None:
    options, body, signed = FORMS[form]
    signature = gpg.run("--armor", "-b", "-u", "alice@x.fr", *options, data=signed)
    opening = read(body(signed.replace(CRLF, b"\n"), signature))
    assert opening
    assert weigh(opening, (gpg.public("alice@x.fr"),), NOW).trust is Trust.GOOD


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_signed_text_with_a_lone_return_is_asked_back(gpg: Gpg, form: Form) -> None:
    odd = form.signed.replace(b"autre :\r\n", b"autre :\r")
    signature = gpg.run("--armor", "-b", "-u", "alice@x.fr", *form.options, data=odd)
    opening = read(form.body(odd, signature))
    assert opening
    is_text = form.body is _inside or "--textmode" in form.options
    assert (Doubt.LINE_ENDS in opening.meaning.doubts) is is_text


def coded(text: bytes, encoding: str) -> bytes:
    if encoding == "base64":
        return base64.encodebytes(text).replace(b"\n", CRLF)
    if encoding == "quoted-printable":
        return quopri.encodestring(text.replace(CRLF, b"\n")).replace(b"\n", CRLF)
    return text


def part_of(text: bytes, encoding: str, name: str) -> bytes:
    file = f'Content-Disposition: attachment; filename="{name}"\r\n' if name else ""
    head = f"{file}Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}"
    return head.encode() + CRLF * 2 + coded(text, encoding)


def mixed(parts: list[bytes]) -> bytes:
    inner = b"".join(b"--in\r\n" + part + CRLF for part in parts)
    return b"Content-Type: multipart/mixed; boundary=in\r\n\r\n" + inner + b"--in--\r\n"


ENCODINGS = st.sampled_from(["8bit", "base64", "quoted-printable"])
FILES = st.lists(st.tuples(st.sampled_from(["a.txt", "b.txt", "c.hpr"]), ENCODINGS), max_size=3)


@settings(derandomize=True, max_examples=some(40), deadline=None)
@given(FILES, ENCODINGS, st.integers(0, 3), st.booleans())
def test_in_every_encoding_and_order_the_signed_part_alone_is_read(
    gpg: Gpg,
    files: list[tuple[str, str]],
    encoding: str,
    at: int,
    feeds: bool,  # noqa: FBT001 -- drawn
) -> None:
    parts = [part_of(b"un\r\n\r\nfichier\r\n", each, name) for name, each in files]
    parts.insert(at, part_of(LETTER, encoding, ""))
    signed = mixed(parts)
    signature = gpg.run("--armor", "-b", "-u", "alice@x.fr", data=signed)
    alone = read(Plain(signed, "", ()))
    assert alone
    data = enclosed(signed, signature, around=b"Patient : FAUX Luc\r\n\r\nDemande : aide\r\n")
    opening = read(Plain(data.replace(CRLF, b"\n") if feeds else data, "", ()))
    assert opening
    assert weigh(opening, (gpg.public("alice@x.fr"),), NOW).trust is Trust.GOOD
    assert seen(opening) == seen(alone)


FORGED = b"Patient : FAUX Luc\r\nN\xc3\xa9 le : 01/01/1950\r\nDemande : aide\r\n"


def outside(gpg: Gpg, signature: bytes) -> dict[str, bytes]:
    """Return bodies in which a stranger put something beside what was signed."""
    genuine = enclosed(PART, signature)
    key = gpg.run("--armor", "--export", "eve@x.fr")
    packed = tnef.tnef(tnef.message(FORGED.decode()), tnef.attachment("faux.pdf", b"%PDF"))
    named = b'application/pgp-signature; name="cle.asc"'
    forged = part_of(FORGED, "8bit", "faux.txt")
    return {
        "before": enclosed(PART, signature, around=FORGED),
        "in the header": b"Subject: " + FORGED + genuine,
        "a key behind the signature": enclosed(PART, signature + key),
        "a key in a named signature": enclosed(PART, signature + key).replace(
            b"application/pgp-signature", named
        ),
        "a key before the signature": enclosed(PART, key + signature).replace(
            b"application/pgp-signature", named
        ),
        "winmail.dat before the signature": enclosed(PART, packed + signature),
        "a part more": enclosed(PART, signature + b"\r\n--BB\r\n" + forged),
        "a part in front": genuine.replace(b"--BB\r\n", b"--BB\r\n" + forged + b"\r\n--BB\r\n", 1),
        "wrapped": b"Content-Type: multipart/mixed; boundary=OO\r\n\r\n--OO\r\n"
        + forged + b"\r\n--OO\r\n" + genuine + b"\r\n--OO--\r\n",
        "a header in front": enclosed(b"X-A: b\r\n" + PART, signature),
        "an inner boundary": enclosed(PART + b"--BB\r\n" + forged, signature),
    }  # fmt: skip


def test_what_stands_beside_a_signed_part_is_never_read_as_signed(gpg: Gpg) -> None:
    alice = gpg.public("alice@x.fr")
    signature = gpg.run("--armor", "-b", "-u", "alice@x.fr", data=PART)
    genuine = read(Plain(enclosed(PART, signature), "", ()))
    assert genuine
    for name, data in outside(gpg, signature).items():
        opening = read(Plain(data, "", ()))
        if opening and weigh(opening, (alice,), NOW).trust is Trust.GOOD:
            assert seen(opening) == seen(genuine), name


SHAPES = {
    "text": LETTER,
    "entity": PART,
    "file": WITH_FILE,
    "header only": b"X-A: b\r\n\r\n" + LETTER,
}


@pytest.mark.parametrize("content", SHAPES.values(), ids=SHAPES)
def test_what_a_content_is_shows_in_itself_alone(content: bytes) -> None:
    opening = read(Plain(content, "", ()))
    assert opening
    assert opening.is_entity is content.startswith(b"Content-Type")
    for name, textual in itertools.product(("", "a.eml", "_CONSOLE"), (True, False)):
        other = read(Plain(content, name, (), textual))
        assert other
        assert seen(other) == seen(opening)
