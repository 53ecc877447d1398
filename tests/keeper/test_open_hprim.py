"""*Open* of HPRIM and of a part for machines: only a header of the keeper's making comes out."""

from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keeper_case import (
    HEADER,
    LETTER,
    NOW,
    PDF,
    ask,
    desk_of,
    encrypted,
    entity,
    keys_in,
    opening,
)
from keeper_gpg import Gpg
from openpgp.composed import SignedSecretKey

from rmp_milter.calls.protocol.message import Why
from rmp_milter.calls.protocol.opening import Opened
from rmp_milter.certificates import encryption_keys
from rmp_milter.dossier.model import Container
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.keeper.desk.readers import key_packets
from rmp_milter.keeper.desk.route import (
    HprimSource,
    Route,
    TextLimits,
    route_of_entity,
    route_of_text,
)
from rmp_milter.mail.incoming.mimetree import scan, walk

OpenIt = Callable[..., tuple[Opened, bytes]]


def hprim(name: str, first_name: str = "Hélène", result: str = "RES|VIH|secret|A\n") -> str:
    lines = ["0001", name, first_name, "", "", "69003 LYON", "30/01/1959", "", "REF", ""]
    lines += ["LABO", "0123456789Dr Anne AUTRE", "", "****LAB****"]
    return "\n".join(lines) + f"\n{result}****FIN****\n"


@pytest.fixture
def desk(service: SignedSecretKey, tmp_path: Path) -> Desk:
    return desk_of(service, tmp_path)


@pytest.fixture
def opened(gpg: Gpg, desk: Desk) -> OpenIt:
    def open_one(data: bytes, *attached: bytes, is_entity: bool = True) -> tuple[Opened, bytes]:
        bodies = [encrypted(gpg, data), *(encrypted(gpg, each) for each in attached)]
        names = [f"f{at}.pdf.pgp" for at in range(len(attached))]
        request, memory = opening(bodies, entity=is_entity, names=names)
        answered = ask(desk, request, memory)
        assert isinstance(answered.reply, Opened), answered.reply
        raw = msgspec.msgpack.encode(answered.reply)
        assert b"VIH" not in raw
        assert b"secret" not in raw
        assert "LYON" not in answered.reply.header
        return answered.reply, answered.memory

    return open_one


def with_file(text: str, name: str, data: bytes) -> bytes:
    mail = EmailMessage()
    mail.set_content(text)
    mail.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return mail.as_bytes().replace(b"\n", b"\r\n")


@pytest.mark.parametrize("encoding", ["iso-8859-1", "windows-1252", "mac_roman", "utf-8"])
def test_a_bare_hprim_text_is_its_own_header_and_is_kept(opened: OpenIt, encoding: str) -> None:
    reply, fresh = opened(hprim("DUPONT").replace("\n", "\r").encode(encoding), is_entity=False)
    assert "Nom : DUPONT" in reply.header
    assert "Prénom : Hélène" in reply.header
    (body,) = reply.bodies
    assert body.container is Container.TEXT
    assert (reply.parcels, fresh) == ((), b"")


@pytest.mark.parametrize("name", ["bilan.hpr", "BILAN.HPM", "bilan.hpl", "bilan.txt"])
def test_an_attached_hprim_file_speaks_for_a_text_without_header(
    opened: OpenIt, name: str
) -> None:
    file = hprim("DUPONT").encode("mac_roman")
    reply, _ = opened(with_file("Ci-joint le bilan.\n", name, file))
    assert "Prénom : Hélène" in reply.header
    (body,) = reply.bodies
    assert body.container is Container.ENTITY
    assert [part.name for part in body.parts] == ["", name]


def test_a_header_of_the_texts_own_goes_before_attached_files(opened: OpenIt) -> None:
    reply, _ = opened(with_file(HEADER + LETTER, "bilan.hpr", hprim("DURAND").encode()))
    assert "DUPONT Jean" in reply.header
    assert "DURAND" not in reply.header


def test_several_messages_of_one_patient_stay_together(opened: OpenIt) -> None:
    file = (hprim("DUPONT") + hprim("Dupont")).encode()
    reply, _ = opened(with_file("\n", "bilan.hpr", file))
    assert reply.parcels == ()
    assert len(reply.bodies) == 1


def test_messages_of_several_patients_are_split_off_for_each(
    opened: OpenIt, gpg: Gpg, desk: Desk
) -> None:
    messages = [hprim("DUPONT"), hprim("DURAND", "Zoé", "RES|GLY|1,10\n")]
    reply, memory = opened(with_file("\n", "bilan.hpr", "".join(messages).encode()))
    assert [parcel.bodies for parcel in reply.parcels] == [(0,), (1,)]
    assert "DUPONT" in reply.parcels[0].header
    assert "DURAND" in reply.parcels[1].header
    assert [body.parts[0].name for body in reply.bodies] == ["bilan-01.hpr", "bilan-02.hpr"]
    bob = encryption_keys(gpg.public("bob@x.fr"), NOW)
    for body, key, message in zip(reply.bodies, keys_in(desk, reply), messages, strict=True):
        data = memory[body.span.offset :][: body.span.length]
        text, _ = gpg.verdict(key_packets(key, bob) + data)
        assert text.decode() == message


def test_what_is_nobodys_is_in_no_parcel(opened: OpenIt) -> None:
    two = (hprim("DUPONT") + hprim("DURAND")).encode()
    reply, _ = opened(two, PDF, is_entity=False)
    assert len(reply.parcels) == 2
    assert len(reply.bodies) == 3
    mail = EmailMessage()
    mail.set_content("Ci-joint.\n")
    for name, data in (("b.hpr", two), ("x.pdf", PDF)):
        mail.add_attachment(data, maintype="application", subtype="x", filename=name)
    reply, _ = opened(mail.as_bytes().replace(b"\n", b"\r\n"))
    assert [body.parts[0].name for body in reply.bodies] == ["b-01.hpr", "b-02.hpr", "x.pdf"]
    assert [parcel.bodies for parcel in reply.parcels] == [(0,), (1,)]


def test_a_message_that_is_not_clear_is_a_parcel_without_header(opened: OpenIt) -> None:
    reply, _ = opened((hprim("DUPONT") + hprim("")).encode(), is_entity=False)
    assert [bool(parcel.header) for parcel in reply.parcels] == [True, False]


def test_a_text_with_a_code_is_never_taken_for_hprim(opened: OpenIt) -> None:
    text = hprim("DUPONT").replace("0001\n", "Code : JzbV\n")
    reply, _ = opened(text.encode(), is_entity=False)
    assert reply.has_code
    assert reply.bodies == ()


def machine(text: str, *, files: dict[str, bytes], routing: str = HEADER) -> bytes:
    mail = EmailMessage()
    mail.set_content(routing, subtype="x-rmp-routing")
    mail.make_mixed()
    if text:
        letter = EmailMessage()
        letter.set_content(text)
        mail.attach(letter)
    for name, data in files.items():
        mail.add_attachment(data, maintype="application", subtype="pdf", filename=name)
    return mail.as_bytes().replace(b"\n", b"\r\n")


def test_a_first_part_for_machines_is_the_header_and_no_document(opened: OpenIt) -> None:
    reply, _ = opened(machine("Lettre secrète.\n", files={"x.pdf": PDF}))
    assert "DUPONT Jean" in reply.header
    (body,) = reply.bodies
    assert [part.name for part in body.parts] == ["", "x.pdf"]
    reply, _ = opened(machine("", files={"x.pdf": PDF}))
    assert [part.name for part in reply.bodies[0].parts] == ["x.pdf"]


def test_a_code_in_the_part_for_machines_or_beside_it_keeps_no_text(opened: OpenIt) -> None:
    coded = HEADER + "Code : JzbV\n"
    for mail in (
        machine("Lettre.\n", files={"x.pdf": PDF}, routing=coded),
        machine(coded, files={"x.pdf": PDF}),
    ):
        reply, _ = opened(mail)
        assert reply.has_code
        assert [body.container for body in reply.bodies] == [Container.FILE]
        assert "JzbV" not in reply.header


def test_a_mail_of_files_without_any_text_needs_a_header(gpg: Gpg, desk: Desk) -> None:
    mail = EmailMessage()
    mail.add_attachment(PDF, maintype="application", subtype="pdf", filename="x.pdf")
    data = mail.as_bytes().replace(b"\n", b"\r\n")
    request, memory = opening([encrypted(gpg, data)], entity=True)
    assert ask(desk, request, memory).failed.why is Why.NO_TEXT


LIMITS = TextLimits(9999, 2026)


def _route_of(entity: bytes) -> Route:
    root = scan(entity)
    return route_of_entity(
        entity, root, [part for part in walk(root) if not part.children], LIMITS
    )


@given(st.binary(max_size=300), st.integers(0, 13), st.booleans())
def test_no_text_and_no_entity_ever_crashes_it(line: bytes, at: int, is_file: bool) -> None:  # noqa: FBT001 -- drawn
    lines = hprim("DUPONT").encode("windows-1252").split(b"\n")
    lines[at] = line
    data = b"\n".join(lines)
    text = data.decode("windows-1252", "replace")
    for route in (
        route_of_text(text, HprimSource(data, ""), LIMITS),
        _route_of(with_file("x" if is_file else "\n".join(text.splitlines()), "b.hpr", data)),
    ):
        assert "secret" not in route.meaning.cut.header


def test_a_plain_entity_is_read_as_ever(opened: OpenIt) -> None:
    reply, _ = opened(entity(HEADER + LETTER, files=[("x.pdf", PDF)]))
    assert reply.parcels == ()
    assert "DUPONT Jean" in reply.header
