"""What a mail says inside of its readers, author and day, and what of it is vouched for."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from keeper_case import HEADER, SERVICE, ask, desk_of, encrypted, entity, opening
from keeper_gpg import Gpg
from openpgp.composed import SignedSecretKey

from rmp_milter.calls.protected import Addressed, Protected
from rmp_milter.calls.protocol.opening import Opened, Trust
from rmp_milter.keeper.desk.content import Opening
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.keeper.desk.protected import Ours, protected_of
from rmp_milter.keeper.openpgp.intended import intended_recipients
from rmp_milter.keeper.openpgp.packets import SIGNATURE, frame
from rmp_milter.mail.meaning.meaning import Meaning

FINGERPRINT = "ab" * 20
OTHER = "cd" * 20
OURS = Ours({SERVICE}, {FINGERPRINT})
BODY = b"Content-Type: text/plain\r\n\r\nPatient : DUPONT Jean\r\n"


def said(fields: str, ours: Ours = OURS, packets: Sequence[bytes] = ()) -> Protected:
    """Return what an entity with these header fields says."""
    plain = fields.replace("\n", "\r\n").encode() + BODY
    opening = Opening(Meaning(), (), (), ((lambda: plain,), tuple(packets)), is_entity=True)
    return protected_of(ours, opening, plain)


@pytest.mark.parametrize(
    "readers",
    [
        "To: rmp@x.fr\n",
        "to: RMP <RMP@X.fr>\n",
        "To: eve@mal.fr\nCc: <rmp@x.fr>\n",
        "To: eve@mal.fr,\n =?utf-8?q?R=C3=A9sum=C3=A9?= <rmp@x.fr>\n",
        "To: Équipe : bob@x.fr, rmp@x.fr;\n",
        "To: eve@mal.fr\nTo: rmp@x.fr\n",
        "Bcc: rmp@x.fr\n",
        "To: rmp+suite@x.fr (le service)\n",
    ],
)
def test_the_service_is_named_by_its_address_among_the_readers(readers: str) -> None:
    assert said(readers).addressed is Addressed.NAMED


@pytest.mark.parametrize(
    "readers",
    [
        "To: eve@mal.fr\n",
        'To: "rmp@x.fr" <eve@mal.fr>\n',
        "To: rmp@x.fr <eve@mal.fr>\n",
        'To: "a\\" <rmp@x.fr>" <eve@mal.fr>\n',
        "To: eve@mal.fr (rmp@x.fr)\n",
        "To: eve@mal.fr ((a) rmp@x.fr)\n",
        "To: rmp@x.fr.mal.fr\n",
        "To: xrmp@x.fr\n",
        "To: eve@mal.fr\nReply-To: rmp@x.fr\nSubject: rmp@x.fr\nX-To: rmp@x.fr\n",
    ],
)
def test_a_name_that_looks_like_the_services_address_is_none(readers: str) -> None:
    assert said(readers).addressed is Addressed.OTHERS


@pytest.mark.parametrize(
    "readers", ["", "Subject: RMP\n", "To: undisclosed-recipients:;\n", "To: \n", "To: rmp\n"]
)
def test_where_no_reader_is_named_nobody_is(readers: str) -> None:
    assert said(readers).addressed is Addressed.UNNAMED
    assert said("To: eve@mal.fr\n", Ours((), {FINGERPRINT})).addressed is Addressed.UNNAMED


@pytest.mark.parametrize(
    ("fields", "author", "written"),
    [
        ("From: Paul <Paul@Cab.fr>\n", "paul@cab.fr", 0),
        ("From: paul@cab.fr, eve@mal.fr\n", "", 0),
        ("From: paul@cab.fr\nFrom: eve@mal.fr\n", "", 0),
        ("Date: Mon, 30 Nov 2026 10:00:00 +0100\n", "", 1_796_029_200),
        ("Date: Mon, 30 Nov 2026 09:00:00 -0000\n", "", 1_796_029_200),
        ("Date: demain\n", "", 0),
        ("Date: Mon, 30 Nov 99999 10:00:00 +0100\n", "", 0),
        ("Date: Mon, 30 Nov 2026 10:00:00 +9999999999\n", "", 0),
        ("Date: Mon, 30 Nov 2026 10:00:00 +0100\n" * 2, "", 0),
    ],
)
def test_author_and_day_count_where_they_are_clear(
    fields: str, author: str, written: int
) -> None:
    found = said(fields)
    assert (found.author, found.written) == (author, written)


def test_a_bare_text_has_no_fields() -> None:
    plain = b"To: rmp@x.fr\r\nFrom: paul@cab.fr\r\n\r\nDemande : liste\r\n"
    opening = Opening(Meaning(), (), (), ((lambda: plain,), ()))
    assert protected_of(OURS, opening, plain) == Protected()


def signature(hashed: bytes, unhashed: bytes = b"", version: int = 4) -> bytes:
    """Return a framed signature packet with these subpackets, of no use otherwise."""
    width = 2 if version == 4 else 4
    areas = b"".join(len(area).to_bytes(width) + area for area in (hashed, unhashed))
    return frame(SIGNATURE, bytes([version, 0, 22, 8]) + areas + bytes(40))


def intended(fingerprint: str, kind: int = 35) -> bytes:
    raw = bytes([4 if len(fingerprint) == 40 else 6]) + bytes.fromhex(fingerprint)
    return bytes([1 + len(raw), kind]) + raw


CREATED = b"\x05\x02" + bytes(4)


@pytest.mark.parametrize(
    ("hashed", "expected"),
    [
        (intended(OTHER), Addressed.OTHERS),
        (CREATED + intended(OTHER, 35 | 0x80), Addressed.OTHERS),
        (intended(OTHER) + intended(FINGERPRINT), Addressed.NAMED),
        (intended(FINGERPRINT), Addressed.NAMED),
        (CREATED, Addressed.NAMED),
    ],
)
def test_a_signature_for_others_only_is_not_for_us(hashed: bytes, expected: Addressed) -> None:
    assert said("To: rmp@x.fr\n", packets=[signature(hashed)]).addressed is expected


def test_a_signature_that_names_us_does_not_make_the_text_name_us() -> None:
    assert said("", packets=[signature(intended(FINGERPRINT))]).addressed is Addressed.UNNAMED


def test_what_anybody_can_add_to_a_signature_counts_for_nothing() -> None:
    assert intended_recipients(signature(CREATED, intended(OTHER))) == ()
    assert intended_recipients(signature(intended("ab" * 32), b"", 6)) == ("ab" * 32,)


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"noise",
        frame(SIGNATURE, b""),
        frame(SIGNATURE, b"\x04"),
        frame(SIGNATURE, b"\x03" + bytes(30)),
        signature(b"\xff\xff"),
        signature(b"\xc0"),
        signature(b"\x00" * 9),
        signature(b"\x02\x23"),
        signature(b"\xff\x00\x00\x00\x16\x23"),
    ],
)
def test_a_signature_that_cannot_be_read_names_nobody(packet: bytes) -> None:
    assert intended_recipients(packet) == ()


@pytest.mark.parametrize("width", [1, 2, 5])
def test_each_way_to_write_a_subpackets_length_is_read(width: int) -> None:
    raw = intended(OTHER)[1:]
    lengths = {1: b"\x16", 5: b"\xff" + (22).to_bytes(4)}
    if width == 2:
        filler = b"\xc0\x09" + b"\x14" + bytes(200)
        assert intended_recipients(signature(filler + b"\x16" + raw)) == (OTHER,)
    else:
        assert intended_recipients(signature(lengths[width] + raw)) == (OTHER,)


@pytest.fixture
def desk(service: SignedSecretKey, tmp_path: Path) -> Desk:
    return desk_of(service, tmp_path, services=frozenset({SERVICE}))


def opened(desk: Desk, body: bytes, gpg: Gpg) -> Opened:
    alice = gpg.public("alice@x.fr")
    reply = ask(desk, *opening([body], entity=True, candidates=[alice])).reply
    assert isinstance(reply, Opened), reply
    return reply


def test_the_fields_of_what_is_signed_and_encrypted_at_once_count(gpg: Gpg, desk: Desk) -> None:
    inside = b"From: alice@x.fr\r\nTo: rmp@x.fr\r\n" + entity(HEADER)
    found = opened(desk, encrypted(gpg, inside, signer="alice@x.fr"), gpg)
    assert found.signature.trust is Trust.GOOD
    assert found.protected == Protected(Addressed.NAMED, "alice@x.fr")


def test_fields_that_stand_outside_what_was_signed_name_nobody(gpg: Gpg, desk: Desk) -> None:
    """Whoever seals a signed part anew writes what he likes around it."""
    part = b"To: bob@x.fr\r\n" + entity(HEADER)
    signed = gpg.run("--armor", "-b", "-u", "alice@x.fr", data=part).replace(b"\n", b"\r\n")
    for within, expected in ((part, Addressed.OTHERS), (entity(HEADER), Addressed.UNNAMED)):
        if within is not part:
            signed = gpg.run("--armor", "-b", "-u", "alice@x.fr", data=within)
        around = (
            b"To: rmp@x.fr\r\nFrom: alice@x.fr\r\nDate: Mon, 30 Nov 2026 10:00:00 +0100\r\n"
            b'Content-Type: multipart/signed; boundary="b"\r\n\r\n--b\r\n'
            + within
            + b"\r\n--b\r\n"
            b"Content-Type: application/pgp-signature\r\n\r\n" + signed + b"\r\n--b--\r\n"
        )
        found = opened(desk, encrypted(gpg, around), gpg)
        assert found.signature.trust is Trust.GOOD
        assert found.protected == Protected(expected)
