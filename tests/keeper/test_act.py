"""By what a mail is known again: what was signed, by whom and when, in whatever wrapping."""

import secrets
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keeper_case import HEADER, LETTER, ask, desk_of, encrypted, opening
from keeper_gpg import Gpg, packets_of
from msgspec.structs import replace
from openpgp.composed import SignedSecretKey

from rmp_milter.calls.protocol.opening import Opened, Signature, Trust
from rmp_milter.certificates import encryption_keys
from rmp_milter.keeper.desk.act import act_of
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.keeper.desk.sealmail import seal_message
from rmp_milter.keeper.openpgp.packets import (
    LITERAL,
    SIGNATURE,
    Stream,
    frame,
    read_body,
    read_header,
)
from rmp_milter.keeper.openpgp.sessionkey import SessionKey

TEXT = (HEADER + LETTER).encode()
KEY = SessionKey(9, bytes(32))
BY = Signature(Trust.GOOD, "ab" * 20, created=1_700_000_000)


@pytest.fixture
def desk(service: SignedSecretKey, tmp_path: Path) -> Desk:
    return desk_of(service, tmp_path)


def signed(gpg: Gpg, signer: str = "alice@x.fr", *options: str, data: bytes = TEXT) -> bytes:
    """Return the packets of a signed message, neither compressed nor encrypted."""
    return gpg.run("-z", "0", "--sign", "-u", signer, *options, data=data)


class Keeper:
    """Opens signed packets that somebody has sealed for it."""

    def __init__(self, gpg: Gpg, desk: Desk, service: SignedSecretKey) -> None:
        self._desk = desk
        certificate = service.to_public_key().to_bytes()
        self._readers = encryption_keys(certificate, int(time.time()))
        self._candidates = [gpg.public("alice@x.fr"), gpg.public("bob@x.fr")]

    def sealed(self, packets: bytes) -> bytes:
        """Return them under a session key of their own, as nobody sealed them before."""
        return seal_message([packets], self._readers, secrets.token_bytes)

    def opened(self, body: bytes, *files: bytes, entity: bool = False) -> Opened:
        names = [f"{at}.pgp" for at in range(len(files))]
        request, memory = opening(
            [body, *files], entity=entity, names=names, candidates=self._candidates
        )
        reply = ask(self._desk, request, memory).reply
        assert isinstance(reply, Opened), reply
        return reply

    def act(self, packets: bytes) -> bytes:
        found = self.opened(self.sealed(packets))
        assert found.signature.trust is Trust.GOOD
        return found.once


@pytest.fixture
def keeper(gpg: Gpg, desk: Desk, service: SignedSecretKey) -> Keeper:
    return Keeper(gpg, desk, service)


def content_of(packet: bytes) -> bytes:
    stream = Stream([packet])
    header = read_header(stream)
    assert header is not None
    return b"".join(read_body(stream, header))


def test_the_same_signed_text_is_known_under_another_session_key(
    gpg: Gpg, keeper: Keeper
) -> None:
    packets = signed(gpg)
    first, second = keeper.sealed(packets), keeper.sealed(packets)
    assert first != second
    assert keeper.opened(first).once == keeper.opened(second).once != b""


def test_and_with_other_files_beside_it(gpg: Gpg, keeper: Keeper) -> None:
    packets = signed(gpg)
    files = [encrypted(gpg, b"one"), encrypted(gpg, b"two")]
    alone = keeper.opened(keeper.sealed(packets)).once
    assert {keeper.opened(keeper.sealed(packets), *files[:n]).once for n in (1, 2)} == {alone}


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_line_ends_of_a_signed_text_make_no_other_act(
    gpg: Gpg, keeper: Keeper, ends: str
) -> None:
    packets = signed(gpg, "alice@x.fr", "--textmode", data=TEXT)
    changed = b"".join(
        _with_ends(packet, ends.encode()) if tag == LITERAL else packet
        for tag, packet in packets_of(packets)
    )
    assert keeper.act(changed) == keeper.act(packets)


def _with_ends(literal: bytes, ends: bytes) -> bytes:
    content = content_of(literal)
    at = 2 + content[1] + 4  # format, name, time
    plain = content[at:].replace(b"\r\n", b"\n")
    return frame(LITERAL, content[:at] + plain.replace(b"\n", ends))


@pytest.mark.parametrize(
    "added",
    [
        b"\x05\x02\x00\x00\x00\x01",  # another time
        b"\x09\x10" + bytes(8),  # another issuer
        b"\x05\x64abcd",  # anything
        b"",
    ],
)
def test_what_anybody_can_change_of_a_signature_makes_no_other_act(
    gpg: Gpg, keeper: Keeper, added: bytes
) -> None:
    packets = signed(gpg)
    changed = b"".join(
        _with_unhashed(packet, added) if tag == SIGNATURE else packet
        for tag, packet in packets_of(packets)
    )
    assert keeper.act(changed) == keeper.act(packets)


def _with_unhashed(signature: bytes, added: bytes) -> bytes:
    """Return a version 4 signature with a subpacket more among the unhashed ones."""
    content = content_of(signature)
    at = 6 + int.from_bytes(content[4:6])
    there = content[at + 2 : at + 2 + int.from_bytes(content[at : at + 2])]
    unhashed = added + there
    rest = content[at + 2 + len(there) :]
    return frame(SIGNATURE, content[:at] + len(unhashed).to_bytes(2) + unhashed + rest)


def test_a_signature_in_a_part_of_its_own_is_the_same_act(gpg: Gpg, keeper: Keeper) -> None:
    """The very bytes and the very signature, as one-pass packets and as ``multipart/signed``."""
    part = b"Content-Type: text/plain\r\n\r\n" + TEXT
    packets = signed(gpg, data=part)
    (signature,) = (raw for tag, raw in packets_of(packets) if tag == SIGNATURE)
    within = (
        b'Content-Type: multipart/signed; boundary="b"\r\n\r\n--b\r\n' + part + b"\r\n--b\r\n"
        b"Content-Type: application/pgp-signature\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        + gpg.run("--enarmor", data=signature).replace(b"ARMORED FILE", b"SIGNATURE")
        + b"\r\n--b--\r\n"
    )
    one = keeper.opened(keeper.sealed(packets), entity=True)
    other = keeper.opened(encrypted(gpg, within), entity=True)
    assert one.signature == other.signature
    assert one.signature.trust is Trust.GOOD
    assert one.once == other.once


def test_another_text_time_or_signer_is_another_act(gpg: Gpg, keeper: Keeper) -> None:
    first = signed(gpg)
    later = f"{int(time.time()) + 7}!"
    others = [
        signed(gpg, data=TEXT + b"x"),
        signed(gpg, "bob@x.fr"),
        signed(gpg, "alice@x.fr", "--faked-system-time", later),
    ]
    assert len({keeper.act(each) for each in (first, *others)}) == 4


def test_an_unsigned_text_is_known_by_its_session_key_and_itself(
    gpg: Gpg, keeper: Keeper
) -> None:
    body = encrypted(gpg, TEXT)
    assert keeper.opened(body).once == keeper.opened(body).once
    assert keeper.opened(body).once != keeper.opened(encrypted(gpg, TEXT)).once
    unknown = keeper.sealed(signed(gpg, "eve@x.fr"))
    found = keeper.opened(unknown)
    assert found.signature.trust is Trust.UNKNOWN
    assert found.once == keeper.opened(unknown).once


def test_each_of_what_makes_an_act_counts() -> None:
    def act(pepper: bytes = b"p", by: Signature = BY, text: bytes = TEXT) -> bytes:
        return act_of(pepper, by, text, KEY)

    unsigned = Signature(Trust.NONE)
    other_key = act_of(b"p", unsigned, TEXT, SessionKey(9, bytes(31) + b"x"))
    different = {
        *(act(), act(b"q"), act(text=b""), act(by=unsigned), act(by=unsigned, text=b"")),
        act(by=Signature(Trust.GOOD, "ab" * 20, created=1_700_000_001)),
        act(by=Signature(Trust.GOOD, "ab" * 32, created=1_700_000_000)),
        other_key,
    }
    assert len(different) == 8
    assert act_of(b"p", BY, TEXT, SessionKey(7, bytes(16))) == act()


@pytest.mark.parametrize("trust", list(Trust))
def test_a_signature_that_fits_makes_the_act_whatever_else_it_is_worth(trust: Trust) -> None:
    """An emergency by a weak or expired key, sealed anew, is the same emergency."""
    by = replace(BY, trust=trust)
    one, other = (act_of(bytes(32), by, TEXT, key) for key in (KEY, SessionKey(9, b"x" * 32)))
    fits = set(Trust) - {Trust.NONE, Trust.UNKNOWN, Trust.BAD}
    assert (one == other) is (trust in fits)


@given(
    st.lists(
        st.sampled_from([b"a", b"\r", b"\n", b"\r\n", b"\r\r\n", b"x" * 1_048_570]), max_size=9
    )
)
def test_any_line_ends_are_folded_wherever_the_pieces_are_cut(pieces: list[bytes]) -> None:
    text = b"".join(pieces)
    folded = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    assert act_of(b"p", BY, text, KEY) == act_of(b"p", BY, folded, KEY)
