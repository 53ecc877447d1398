"""Frames: what was sent comes out, and what is none is refused before it takes room."""

import os
import struct
from collections.abc import Callable
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmp_milter.tunnel.frames import (
    PIECE,
    REASON,
    FrameKind,
    MessageBounds,
    MessageHead,
    ReadBytes,
    TunnelError,
    TunnelFrame,
    awaited,
    head_of,
    pieces,
    read_frame,
)
from rmp_milter.tunnel.messages import (
    CarriedMessage,
    MemoryRoom,
    received_message,
    send_message,
)

BOUNDS = MessageBounds(1 << 20, 1 << 20)


def reading(data: bytes) -> ReadBytes:
    source = BytesIO(data)

    def read(size: int) -> bytes:
        found = source.read(size)
        if len(found) < size:
            raise TunnelError("the connection ended")
        return found

    return read


def memory(content: bytes) -> int:
    fd = os.memfd_create("test", os.MFD_ALLOW_SEALING)
    os.write(fd, content)
    return fd


def sent(message: CarriedMessage) -> bytes:
    out: list[bytes] = []
    send_message(out.append, message, BOUNDS)
    message.close()
    return b"".join(out)


def opened(data: bytes, bounds: MessageBounds = BOUNDS) -> tuple[bytes, bytes | None]:
    read = reading(data)
    with received_message(read, read_frame(read), bounds, MemoryRoom(1 << 22, 0.01)) as message:
        held = None if message.fd is None else os.pread(message.fd, 1 << 22, 0)
        return message.content, held


@given(st.binary(max_size=3 * PIECE), st.none() | st.binary(max_size=3 * PIECE))
def test_a_message_and_its_memory_come_out_as_they_went_in(
    content: bytes, held: bytes | None
) -> None:
    message = CarriedMessage(content, None if held is None else memory(held))
    assert opened(sent(message)) == (content, held)


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 1 << 20])
def test_pieces_end_where_a_message_ends(size: int) -> None:
    content = os.urandom(size)
    assert opened(sent(CarriedMessage(content, memory(content)))) == (content, content)


@given(st.binary(max_size=64))
def test_noise_is_refused_and_nothing_else_happens(data: bytes) -> None:
    try:
        content, held = opened(data)
    except TunnelError:
        return
    assert len(content) + len(held or b"") <= len(data)


@given(st.binary(max_size=200), st.data())
def test_what_is_cut_anywhere_is_refused(content: bytes, data: st.DataObject) -> None:
    whole = sent(CarriedMessage(content, memory(content)))
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(TunnelError):
        opened(whole[:cut])


def start(kind: int, length: int) -> bytes:
    return struct.pack(">BI", kind, length)


@pytest.mark.parametrize(
    ("kind", "length"),
    [
        *(
            (FrameKind.CALL, 1),
            (FrameKind.READY, 1),
            (FrameKind.ALIVE, 1),
            (FrameKind.DATA, PIECE + 1),
        ),
        *((FrameKind.AWAY, REASON + 1), (FrameKind.HEAD, 14), (0, 0), (7, 0), (255, 2**32 - 1)),
    ],
)
def test_a_frame_too_long_or_of_no_kind_is_refused_before_it_is_read(
    kind: int, length: int
) -> None:
    asked: list[int] = []

    def read(size: int) -> bytes:
        asked.append(size)
        return start(kind, length)

    with pytest.raises(TunnelError):
        read_frame(read)
    assert asked == [5]


HEAD = TunnelFrame(FrameKind.HEAD, struct.pack(">BIQ", 0, 4, 0)).octets


@pytest.mark.parametrize(
    "after",
    [
        TunnelFrame(FrameKind.DATA, b"12345").octets,  # more than was said
        TunnelFrame(FrameKind.DATA).octets,  # nothing, for ever
        TunnelFrame(FrameKind.ALIVE).octets,
        HEAD,
        TunnelFrame(FrameKind.DATA, b"12").octets + TunnelFrame(FrameKind.CALL).octets,
    ],
)
def test_what_does_not_fit_the_head_is_refused(after: bytes) -> None:
    with pytest.raises(TunnelError):
        opened(HEAD + after)


@pytest.mark.parametrize(
    "payload",
    [
        struct.pack(">BIQ", 0, BOUNDS.message + 1, 0),
        struct.pack(">BIQ", 1, 1, BOUNDS.memory + 1),
        struct.pack(">BIQ", 1, 1, 2**64 - 1),
        struct.pack(">BIQ", 0, 1, 1),
        struct.pack(">BIQ", 2, 1, 0),
        b"",
        b"\0" * 12,
    ],
)
def test_a_head_beyond_the_bounds_is_refused(payload: bytes) -> None:
    with pytest.raises(TunnelError):
        head_of(TunnelFrame(FrameKind.HEAD, payload), BOUNDS)


def test_a_message_beyond_the_bounds_does_not_leave() -> None:
    out: list[bytes] = []
    for message in (
        CarriedMessage(b"x" * (BOUNDS.message + 1), None),
        CarriedMessage(b"", memory(b"y" * 9)),
    ):
        with pytest.raises(TunnelError):
            send_message(out.append, message, MessageBounds(BOUNDS.message, 8))
        message.close()
    assert out == []


def test_memory_is_still_on_both_sides() -> None:
    """Nobody can change what is being read, nor what was passed on."""
    fd = memory(b"as it was")
    data = sent(CarriedMessage(b"", os.dup(fd)))
    with pytest.raises(PermissionError):
        os.pwrite(fd, b"X", 0)
    os.close(fd)
    read = reading(data)
    with received_message(read, read_frame(read), BOUNDS, MemoryRoom(1, 0.01)) as message:
        assert message.fd is not None
        for change in (
            lambda: os.pwrite(message.fd, b"X", 0),
            lambda: os.ftruncate(message.fd, 0),
        ):
            refused(change)


def refused(change: Callable[[], object]) -> None:
    with pytest.raises(PermissionError):
        change()


def test_what_is_no_memory_is_not_read() -> None:
    with open("/dev/zero", "rb") as other, pytest.raises(TunnelError):  # noqa: PTH123 -- a device
        send_message(lambda _data: None, CarriedMessage(b"", other.fileno()), BOUNDS)


def test_large_messages_wait_for_room_and_small_ones_do_not() -> None:
    room = MemoryRoom(3 << 20, 0.01)
    with room.of(2 << 20):
        with room.of(1 << 20):
            pass
        with pytest.raises(TunnelError), room.of(2 << 20):
            pytest.fail("more than there is")
    with room.of(3 << 20):
        pass


def test_only_what_is_awaited_is_taken() -> None:
    assert awaited(
        TunnelFrame(FrameKind.READY), FrameKind.READY, FrameKind.AWAY
    ) == TunnelFrame(FrameKind.READY)
    with pytest.raises(TunnelError):
        awaited(TunnelFrame(FrameKind.HEAD, b"1"), FrameKind.READY, FrameKind.AWAY)
    with pytest.raises(TunnelError):
        list(pieces(reading(TunnelFrame(FrameKind.CALL).octets), 1))
    assert MessageHead(5, None).frame != MessageHead(5, 0).frame
