"""What opening one mail may cost: bounded by its size, over all bodies and layers together."""

import bz2
import os
import zlib
from functools import partial
from pathlib import Path

import pytest
from keeper_case import HEADER, LETTER, NOW, ask, desk_of, encrypted, entity, opening
from keeper_gpg import Gpg
from openpgp.composed import SignedSecretKey

from rmp_milter.calls.protocol.message import Failed, Span, Why
from rmp_milter.calls.protocol.opening import Opened
from rmp_milter.keeper.desk.desk import Desk, Limits
from rmp_milter.keeper.desk.enclosed_keys import EnclosedKeys
from rmp_milter.keeper.openpgp.certificate_files import (
    MAX_FILE,
    certificates_in,
)
from rmp_milter.keeper.openpgp.decrypt import decrypt
from rmp_milter.keeper.openpgp.keypackets import Unwrapping, open_key_packet
from rmp_milter.keeper.openpgp.packets import (
    COMPRESSED,
    LITERAL,
    PADDING,
    PKESK,
    SEIPD,
    SIGNATURE,
    PacketError,
    frame,
    read_message,
)
from rmp_milter.keeper.openpgp.secretkeys import decryption_keys
from rmp_milter.keeper.openpgp.sessionkey import SessionKey, SessionKeyError
from rmp_milter.keeper.openpgp.signatures import verify
from rmp_milter.keeper.openpgp.work import LEAST_OCTETS, LEAST_STEPS, LEAST_TRIES, Work
from rmp_milter.mail.incoming.mimetree import Part, scan
from testbed.counting import turns_of
from testbed.worst_mails import Target, in_octets, sealed, to_the_service

KEY = SessionKey(9, bytes(range(32)))
TEXT = (HEADER + LETTER).encode()
_MIB = 1 << 20


@pytest.fixture
def desk(service: SignedSecretKey, tmp_path: Path) -> Desk:
    return desk_of(service, tmp_path, Limits(text=64 << 10))


@pytest.fixture(scope="module")
def target(service: SignedSecretKey) -> Target:
    return Target(service.to_public_key().to_bytes())


def literal(data: bytes) -> bytes:
    return frame(LITERAL, b"b\0" + bytes(4) + data)


def deflated(inside: bytes) -> bytes:
    return frame(COMPRESSED, b"\x02" + zlib.compress(inside, 9))


def asked(desk: Desk, inside: bytes, target: Target, *, is_entity: bool = False) -> object:
    message = sealed(inside, to_the_service(target))
    return ask(desk, *opening([message], entity=is_entity)).reply


def why(reply: object) -> Why:
    assert isinstance(reply, Failed), reply
    return reply.why


# Partial lengths.


@pytest.mark.parametrize("first", [0, 1, 8])
def test_a_short_first_partial_length_is_refused_outside(first: int) -> None:
    data = bytes((0xC0 | SEIPD, 0xE0 | first, 1)) + bytes((1 << first) - 1) + b"\x05" + bytes(5)
    with pytest.raises(PacketError) as failed:
        read_message(lambda at, size: data[at : at + size], Span(0, len(data)))
    assert failed.value.why is Why.UNREADABLE


@pytest.mark.parametrize("first", [0, 1, 8])
def test_a_short_first_partial_length_is_refused_inside(
    desk: Desk, target: Target, first: int
) -> None:
    content = b"t\0" + bytes(4) + TEXT + bytes(600)
    cut = 1 << first
    piece = bytes((0xC0 | LITERAL, 0xE0 | first)) + content[:cut]
    rest = b"\xff" + (len(content) - cut).to_bytes(4) + content[cut:]
    assert why(asked(desk, piece + rest, target)) is Why.UNREADABLE


def test_a_first_partial_length_of_512_octets_is_read(desk: Desk, target: Target) -> None:
    content = b"t\0" + bytes(4) + TEXT + b" " * 600
    piece = bytes((0xC0 | LITERAL, 0xE9)) + content[:512]
    rest = b"\xff" + (len(content) - 512).to_bytes(4) + content[512:]
    assert isinstance(asked(desk, piece + rest, target), Opened)


@pytest.mark.promise(number=11)
def test_short_partial_lengths_behind_a_long_one_are_bounded(
    desk: Desk, target: Target
) -> None:
    long = bytes((0xC0 | 60, 0xE9)) + bytes(512) + b"\xe0\0" * 2_000_000 + b"\0"
    assert why(asked(desk, deflated(deflated(long)) + literal(TEXT), target)) is Why.TOO_LARGE
    data = bytes((0xC0 | SEIPD, 0xE9, 1)) + bytes(511) + b"\xe0\0" * 200_000 + b"\0"
    with pytest.raises(PacketError) as failed:
        read_message(lambda at, size: data[at : at + size], Span(0, len(data)))
    assert failed.value.why is Why.TOO_LARGE


# Packets and layers.


@pytest.mark.promise(number=11)
def test_packets_are_bounded_for_the_mail_and_not_for_the_layer(
    desk: Desk, target: Target
) -> None:
    one = frame(PADDING, b"")
    most = LEAST_STEPS + LEAST_OCTETS // 512
    assert isinstance(asked(desk, deflated(one * (most - 100) + literal(TEXT)), target), Opened)
    inner = deflated(one * 1000 + literal(TEXT))
    two = deflated(one * (most - 100) + inner)
    assert why(asked(desk, two, target)) is Why.TOO_LARGE


@pytest.mark.promise(number=11)
def test_what_comes_out_is_bounded_for_all_layers_together(desk: Desk, target: Target) -> None:
    def layered(layers: int) -> bytes:
        inside = literal(TEXT)
        for _ in range(layers):
            inside = deflated(frame(PADDING, bytes(4 * _MIB)) + inside)
        return inside

    assert isinstance(asked(desk, layered(2), target), Opened)
    assert why(asked(desk, layered(3), target)) is Why.TOO_LARGE


def test_bzip2_counts_for_what_it_costs(desk: Desk, target: Target) -> None:
    def packed(size: int) -> bytes:
        inside = literal(TEXT + b" " * size)
        return frame(COMPRESSED, b"\x03" + bz2.compress(inside))

    assert isinstance(asked(desk, packed(_MIB), target), Opened)
    assert why(asked(desk, packed(3 * _MIB), target)) is Why.TOO_LARGE


def test_an_empty_scan_in_a_small_mail_opens(gpg: Gpg, desk: Desk) -> None:
    body = encrypted(gpg, entity(HEADER + LETTER, files=[("scan.pdf", bytes(5 * _MIB))]))
    assert len(body) < 30_000
    reply = ask(desk, *opening([body], entity=True)).reply
    assert isinstance(reply, Opened)
    assert reply.bodies[0].parts[1].size == 5 * _MIB


def test_a_large_mail_may_be_as_large_as_the_limits_say(gpg: Gpg, desk: Desk) -> None:
    noise = os.urandom(_MIB)
    body = encrypted(gpg, entity(HEADER + LETTER, files=[("a.pdf", noise * 20)]))
    assert isinstance(ask(desk, *opening([body], entity=True)).reply, Opened)


# Key packets.


def test_a_key_packet_that_is_too_short_costs_no_private_operation(
    service: SignedSecretKey,
) -> None:
    keys = decryption_keys(service.to_bytes())
    for short in (1, 40, 200):
        work = Work(10_000)
        value = (8 * short).to_bytes(2) + b"\xff" * short
        packet = b"\x03" + bytes(8) + b"\x01" + value
        assert list(Unwrapping(keys, work).session_keys([packet] * 64)) == []
        assert work.spent.tries == 0
        with pytest.raises(SessionKeyError):
            open_key_packet(packet, keys[0])


@pytest.mark.promise(number=11)
def test_tries_are_bounded_inside_a_mail_as_well(desk: Desk, target: Target) -> None:
    noise = b"\x08\x00" + bytes(255) + b"\x01"
    hidden = frame(PKESK, b"\x03" + bytes(8) + b"\x01" + noise) * 60 + frame(
        SEIPD, b"\x01" + bytes(40)
    )
    files = [(f"{at}.pdf.pgp", hidden) for at in range(8)]
    assert LEAST_TRIES < 8 * 60 * 2
    inside = deflated(literal(entity(HEADER + LETTER, files=files)))
    assert why(asked(desk, inside, target, is_entity=True)) is Why.TOO_MANY_RECIPIENTS


@pytest.mark.promise(number=11)
def test_few_session_keys_are_tried_on_a_body(desk: Desk, target: Target) -> None:
    right = to_the_service(target)

    def packets(key: bytes, wrong: int) -> bytes:
        return b"".join(right(os.urandom(32)) for _ in range(wrong)) + right(key)

    for wrong, opens in ((0, True), (3, True), (4, False)):
        message = sealed(literal(TEXT), partial(packets, wrong=wrong))
        reply = ask(desk, *opening([message], entity=False)).reply
        assert isinstance(reply, Opened) is opens


# Signatures and certificates.


def test_signatures_over_much_are_bounded(gpg: Gpg, desk: Desk, target: Target) -> None:
    content = TEXT + b"\r\n" * (3 * _MIB)
    signature = gpg.run("--detach-sign", "-u", "alice@x.fr", data=content)
    for count, opens in ((1, True), (8, False)):
        inside = deflated(deflated(signature * count + literal(content)))
        request, memory = opening(
            [sealed(inside, to_the_service(target))],
            entity=False,
            candidates=[gpg.public("alice@x.fr")],
        )
        reply = ask(desk, request, memory).reply
        assert isinstance(reply, Opened) is opens
        assert opens or why(reply) is Why.TOO_LARGE


def test_a_signature_that_names_many_issuers_is_looked_up_by_few(gpg: Gpg) -> None:
    named = b"".join(b"\x09\x10" + at.to_bytes(8) for at in range(5000))
    content = b"\x04\x00\x16\x0a\0\0" + len(named).to_bytes(2) + named + bytes(2)
    packet = frame(SIGNATURE, content + (b"\x01\x00" + b"\x80" + bytes(31)) * 2)
    weighed = verify([lambda: TEXT], [packet], [gpg.public("alice@x.fr")], NOW)
    assert len(weighed.issuers) <= 8


EMPTY_KEYS = {
    "blocks without end": b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n" * 13_000,
    "packets of nothing": b"\xca\x00" * 250_000,
    "the same in armor": b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n"
    + b"ygDK" * 100_000
    + b"\n-----END PGP PUBLIC KEY BLOCK-----\n",
}


@pytest.mark.soak
@pytest.mark.parametrize("kind", list(EMPTY_KEYS))
def test_key_files_of_nothing_take_no_time(kind: str) -> None:
    def work() -> None:
        assert certificates_in(EMPTY_KEYS[kind]) == []

    # Million turns of a loop, 0.2 measured; it was 22 seconds once, then 1.2.
    assert turns_of(work) < 10


def test_key_files_are_looked_into_up_to_a_size_together(gpg: Gpg) -> None:
    own = gpg.public("alice@x.fr")
    enclosed = EnclosedKeys()
    assert len(enclosed.of(*key_file(own))) == 1
    assert enclosed.of(*key_file(bytes(MAX_FILE))) == []
    assert enclosed.of(*key_file(own)) == []


def key_file(content: bytes) -> tuple[bytes, Part]:
    data = b"Content-Type: application/pgp-keys\r\n\r\n" + content
    return data, scan(data)


# By itself.


def test_a_mail_that_is_larger_may_cost_more_up_to_the_limits() -> None:
    small, large, largest = Work(2000), Work(200_000), Work(40 * _MIB)
    assert small.octets < large.octets < largest.octets == 256 * _MIB
    assert small.steps < large.steps < largest.steps < 300_000
    assert small.tries == largest.tries
    assert small.hashed < large.hashed < largest.hashed


def test_what_is_spent_is_told() -> None:
    work = Work(2000)
    work.take_octets(7)
    work.take_step()
    work.take_try()
    work.take_hashed(9)
    assert work.spent == (7, 1, 1, 9)
    with pytest.raises(PacketError) as failed:
        work.take_hashed(1 << 40)
    assert failed.value.why is Why.TOO_LARGE


def test_a_body_by_itself_has_its_own_bounds() -> None:
    inside = deflated(frame(PADDING, bytes(20 * _MIB))) + literal(TEXT)
    message = sealed(inside, lambda _key: b"")
    with pytest.raises(PacketError):
        decrypt(lambda at, size: message[at : at + size], Span(0, len(message)), KEY, 1 << 20)


def test_octets_one_by_one_are_refused_whatever_the_packet(desk: Desk, target: Target) -> None:
    for inside in (in_octets(60, bytes(9)), in_octets(LITERAL, b"t\0" + bytes(4) + TEXT)):
        assert why(asked(desk, inside + literal(TEXT), target)) is Why.UNREADABLE
