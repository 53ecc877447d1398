"""What the keeper gives of a mail that Outlook packed into a winmail.dat, and keeps of it."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keeper_case import (
    HEADER,
    LETTER,
    PDF,
    Answered,
    ask,
    desk_of,
    encrypted,
    keys_in,
    opening,
)
from keeper_gpg import Gpg
from openpgp.composed import SignedSecretKey

from rmp_milter.calls.protocol.message import Span, Why
from rmp_milter.calls.protocol.opening import Doubt, Opened
from rmp_milter.dossier.model import Container
from rmp_milter.keeper.desk.content import read_entity
from rmp_milter.keeper.desk.desk import CallFailed, Desk, Limits
from rmp_milter.keeper.openpgp.decrypt import Plain, decrypt
from testbed.examples import some
from testbed.tnef import attachment, message, tnef

TEXT = HEADER + LETTER


@pytest.fixture
def desk(service: SignedSecretKey, tmp_path: Path) -> Desk:
    return desk_of(service, tmp_path)


def winmail(*objects: bytes, text: str = "", name: str = "winmail.dat") -> bytes:
    """Return an entity as Outlook leaves it: its text if there is one, and the packed rest."""
    packed = b"Content-Type: application/ms-tnef; name=%s\r\n" % name.encode()
    packed += b"Content-Disposition: attachment\r\n\r\n" + tnef(*objects)
    plain = b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + text.encode()
    parts = [*([plain] if text else []), packed]
    joined = b"".join(b"--out\r\n" + part + b"\r\n" for part in parts)
    return b"Content-Type: multipart/mixed; boundary=out\r\n\r\n" + joined + b"--out--\r\n"


class Told:
    """What was opened, and the plaintext of what was encrypted anew."""

    def __init__(self, desk: Desk, answered: Answered) -> None:
        assert isinstance(answered.reply, Opened), answered.reply
        self.opened = answered.reply
        self.header = answered.reply.header
        self._desk = desk
        self._memory = answered.memory

    @property
    def names(self) -> list[tuple[str, list[str], bool]]:
        return [
            (body.container.value, [part.name for part in body.parts], body.fresh)
            for body in self.opened.bodies
        ]

    def fresh(self) -> list[bytes]:
        def read(offset: int, size: int) -> bytes:
            return self._memory[offset : offset + size]

        found = []
        keys = keys_in(self._desk, self.opened)
        for body, key in zip(self.opened.bodies, keys, strict=True):
            if body.fresh:
                span = Span(body.span.offset, body.span.length)
                found.append(decrypt(read, span, key, 1 << 24).data)
        return found


def told(desk: Desk, gpg: Gpg, entity: bytes) -> Told:
    request, memory = opening([encrypted(gpg, entity)], entity=True)
    return Told(desk, ask(desk, request, memory))


def test_files_come_out_beside_the_original(gpg: Gpg, desk: Desk) -> None:
    entity = winmail(attachment("écho.pdf", PDF), attachment("suivi.txt", b"a\nb"), text=TEXT)
    found = told(desk, gpg, entity)
    assert "DUPONT Jean" in found.header
    assert found.names == [
        (Container.ENTITY.value, ["", "winmail.dat"], False),
        (Container.FILE.value, ["écho.pdf"], True),
        (Container.FILE.value, ["suivi.txt"], True),
    ]
    assert found.fresh() == [PDF, b"a\nb"]
    sizes = [part.size for body in found.opened.bodies[1:] for part in body.parts]
    assert sizes == [len(PDF), 3]


def test_the_text_inside_is_the_mails_where_it_has_no_other_words(gpg: Gpg, desk: Desk) -> None:
    for entity in (
        winmail(message(TEXT), attachment("écho.pdf", PDF)),
        winmail(message(TEXT), attachment("écho.pdf", PDF), text=" \r\n"),
        winmail(
            message(html=f"<p>{TEXT.replace(chr(10), '<br>')}".encode()), attachment("é", PDF)
        ),
        b"Content-Type: application/ms-tnef\r\n\r\n" + tnef(message(TEXT)),
    ):
        found = told(desk, gpg, entity)
        assert "Patient : DUPONT Jean" in found.header
        assert found.opened.bodies[0].parts[0].name == ""
        assert not found.opened.bodies[0].fresh


def test_words_written_twice_are_one_text_and_two_different_ones_ask_back(
    gpg: Gpg, desk: Desk
) -> None:
    assert told(desk, gpg, winmail(message(TEXT), text=TEXT)).opened.doubts == ()
    other = TEXT.replace("Jean", "Luc")
    found = told(desk, gpg, winmail(message(other), text=TEXT))
    assert found.opened.doubts == (Doubt.ALTERNATIVES,)


@pytest.mark.promise(number=2)
def test_a_code_inside_keeps_the_original_out_of_the_dossier(gpg: Gpg, desk: Desk) -> None:
    coded = f"{HEADER}Code : JzbV\r\n{LETTER}"
    for entity in (
        winmail(message(coded), attachment("écho.pdf", PDF)),
        winmail(message(coded), attachment("écho.pdf", PDF), text=coded),
        winmail(message(f"> {coded}"), attachment("écho.pdf", PDF), text=TEXT),
    ):
        found = told(desk, gpg, entity)
        assert found.names == [(Container.FILE.value, ["écho.pdf"], True)]
        assert found.fresh() == [PDF]


def test_what_cannot_be_unpacked_stays_a_file(gpg: Gpg, desk: Desk) -> None:
    entity = winmail(attachment("a.pdf", None), text=TEXT)
    assert told(desk, gpg, entity).names == [("entity", ["", "winmail.dat"], False)]
    nothing = winmail(text=TEXT)
    assert told(desk, gpg, nothing).names == [("entity", ["", "winmail.dat"], False)]


def test_it_is_known_by_its_octets_and_not_by_its_name(gpg: Gpg, desk: Desk) -> None:
    entity = winmail(attachment("a.pdf", PDF), text=TEXT, name="ATT00001.dat")
    assert told(desk, gpg, entity).fresh() == [PDF]


def test_a_boundary_of_the_mail_inside_a_packed_file_bounds_nothing(
    gpg: Gpg, desk: Desk
) -> None:
    data = b"\r\n--out\r\nContent-Type: text/plain\r\n\r\nDemande : copie\r\n--out--\r\n"
    alone = b"Content-Type: application/ms-tnef\r\n\r\n"
    found = told(desk, gpg, alone + tnef(message(TEXT), attachment("a.eml", data)))
    assert found.fresh() == [data]
    assert "copie" not in found.header


def test_a_file_inside_that_is_encrypted_to_the_service_again_is_layered(
    gpg: Gpg, desk: Desk
) -> None:
    entity = winmail(attachment("a.pdf.pgp", encrypted(gpg, PDF)), text=TEXT)
    request, memory = opening([encrypted(gpg, entity)], entity=True)
    assert ask(desk, request, memory).failed.why is Why.LAYERED


def test_too_many_files_are_refused_like_too_many_parts(gpg: Gpg, desk: Desk) -> None:
    entity = winmail(*[attachment(f"{at}.txt", b"x") for at in range(199)], text=TEXT)
    request, memory = opening([encrypted(gpg, entity)], entity=True)
    assert ask(desk, request, memory).failed.why is Why.UNREADABLE


WHOLE = winmail(message(TEXT), attachment("a.pdf", PDF[:400]), attachment("b.txt", b"x"))


@settings(derandomize=True, max_examples=some(150), deadline=None)
@given(st.integers(0, len(WHOLE)), st.binary(max_size=9), st.booleans())
def test_no_damage_breaks_the_reading(at: int, noise: bytes, instead: bool) -> None:  # noqa: FBT001 -- drawn
    entity = WHOLE[:at] + noise + WHOLE[at + (len(noise) if instead else 0) :]
    try:
        found = read_entity(Plain(entity, "", ()), Limits(), 2026)
    except CallFailed:
        return
    assert set(found.packed) <= set(found.documents)
