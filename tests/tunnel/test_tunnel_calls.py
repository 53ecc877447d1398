"""Calls through a real tunnel: over TLS, with a keeper's socket at its far end."""

import gc
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest
from tunnel_case import ME, MEMORY, Machine, Tunnel, pair

from rmp_milter.calls.client import KeeperAway, KeeperClient, KeeperDown, KeeperFailed
from rmp_milter.calls.memory import Memory
from rmp_milter.calls.protocol.calls import Reply, Request
from rmp_milter.calls.protocol.cards import Learned, Show
from rmp_milter.calls.protocol.message import Failed, Why
from rmp_milter.tunnel import connections, far, near
from rmp_milter.tunnel.frames import FrameKind, TunnelFrame
from testbed.played_keeper import PlayedKeeper
from testbed.waiting import wait_until
from testbed.wire_between import WireBetween

SOON = 20.0


class Line:
    """A tunnel over a wire that can be cut, to a keeper that can go."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self.keeper = stack.enter_context(closing(PlayedKeeper(folder / "keeper.sock")))
        self.milters, self.keepers = pair(folder)
        self.wire: WireBetween | None = None

        def between(port: int) -> int:
            self.wire = stack.enter_context(WireBetween(port))
            return self.wire.port

        made = Tunnel(folder, self.milters, self.keepers, folder / "keeper.sock", between)
        self.tunnel = stack.enter_context(made)
        self.client = made.client

    def ask(self) -> None:
        assert self.client.expect(Learned, Show(())) == (Learned(0), None)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    with ExitStack() as stack:
        yield Line(tmp_path, stack)


def doubled(_request: Request, fd: int | None) -> tuple[Reply, int | None]:
    """Give back what came in memory, twice."""
    assert fd is not None
    content = os.pread(fd, MEMORY, 0)
    back = os.memfd_create("reply", os.MFD_ALLOW_SEALING)
    os.write(back, content * 2)
    return Learned(len(content)), back


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, MEMORY // 2])
def test_a_call_and_its_memory_go_there_and_back(line: Line, size: int) -> None:
    line.keeper.answer = doubled
    content = os.urandom(size)
    with Memory() as memory:
        memory.write(content)
        reply, fd = line.client.expect(Learned, Show((b"card",)), memory.fd)
    assert reply == Learned(size)
    with Memory(fd) as back, back.mapped() as view:
        assert view == content * 2
    assert line.keeper.asked == [Show((b"card",))]


def test_one_connection_carries_many_calls_and_many_carry_some_at_once(line: Line) -> None:
    assert line.wire is not None
    for _ in range(10):
        line.ask()
    assert line.wire.connections == 1
    together = threading.Barrier(5)

    def answer(_request: Request, _fd: int | None) -> tuple[Reply, int | None]:
        together.wait(SOON)
        return Learned(0), None

    line.keeper.answer = answer
    asking = [threading.Thread(target=line.ask) for _ in range(5)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join(SOON)
    assert line.wire.connections == 5


def test_what_the_keeper_refuses_is_heard(line: Line) -> None:
    line.keeper.answer = lambda _request, _fd: (Failed(Why.MOVED), None)
    with pytest.raises(KeeperFailed, match="moved"):
        line.ask()


def test_a_keeper_that_is_away_was_asked_nothing_and_is_back_at_once(line: Line) -> None:
    line.ask()
    line.keeper.close()
    with pytest.raises(KeeperAway):
        line.ask()
    with closing(PlayedKeeper(line.folder / "keeper.sock")):
        line.ask()


def test_a_call_in_which_the_keeper_goes_may_be_done(line: Line) -> None:
    line.keeper.answer = lambda _request, _fd: None
    with pytest.raises(KeeperDown) as caught:
        line.ask()
    assert not isinstance(caught.value, KeeperAway)


def test_a_connection_that_ended_between_two_calls_harms_none(line: Line) -> None:
    assert line.wire is not None
    line.ask()
    line.wire.cut()
    line.ask()
    assert line.wire.connections == 2


def test_without_the_other_host_the_keeper_is_away(line: Line) -> None:
    assert line.wire is not None
    line.wire.close()
    with pytest.raises(KeeperAway):
        line.ask()


def test_a_wire_that_is_cut_in_a_call_ends_it(line: Line) -> None:
    def answer(_request: Request, _fd: int | None) -> tuple[Reply, int | None]:
        assert line.wire is not None
        line.wire.cut()
        return Learned(0), None

    line.keeper.answer = answer
    with pytest.raises(KeeperDown) as caught:
        line.ask()
    assert not isinstance(caught.value, KeeperAway)


def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (connections, near):
        monkeypatch.setattr(module, "SILENCE", 0.4)
    monkeypatch.setattr(connections, "HANDSHAKE", 0.4)
    monkeypatch.setattr(far, "ALIVE_EVERY", 0.1)


def test_a_wire_that_goes_dead_without_a_word_is_noticed(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasty(monkeypatch)
    assert line.wire is not None
    line.ask()
    line.wire.go_dead()
    for _ in range(2):  # neither the kept connection nor a new one says a word
        with pytest.raises(KeeperAway):
            line.ask()
    assert line.wire.connections == 2
    line.wire.come_back()
    wait_until(lambda: is_there(line.client), SOON, "its return")


def is_there(client: KeeperClient) -> bool:
    try:
        client.call(Show(()))
    except KeeperDown:
        return False
    return True


def test_a_wire_that_goes_dead_in_a_call_ends_it(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasty(monkeypatch)

    def answer(_request: Request, _fd: int | None) -> tuple[Reply, int | None]:
        assert line.wire is not None
        line.wire.go_dead()
        return Learned(0), None

    line.keeper.answer = answer
    with pytest.raises(KeeperDown) as caught:
        line.ask()
    assert not isinstance(caught.value, KeeperAway)


def test_a_keeper_that_works_for_long_is_waited_for(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasty(monkeypatch)

    def answer(_request: Request, _fd: int | None) -> tuple[Reply, int | None]:
        time.sleep(3 * connections.SILENCE)
        return Learned(0), None

    line.keeper.answer = answer
    line.ask()


def test_a_caller_who_hangs_up_ends_the_call_at_the_keeper(line: Line) -> None:
    gone, begun = threading.Event(), threading.Event()

    class Hasty(PlayedKeeper):
        def _speak(self, connection: socket.socket) -> None:
            with connection:
                connection.recv(1 << 16)
                begun.set()
                connection.settimeout(SOON)
                if not connection.recv(1):
                    gone.set()

    line.keeper.close()
    with closing(Hasty(line.folder / "keeper.sock")):
        with pytest.raises(KeeperDown, match="timed out"):
            KeeperClient(line.tunnel.socket, 0.3).call(Show(()))
        assert begun.is_set()
        assert gone.wait(SOON)


def test_memory_beyond_the_bounds_ends_the_call_and_the_tunnel_goes_on(line: Line) -> None:
    line.keeper.answer = doubled
    with Memory() as memory:
        memory.write(b"x" * (MEMORY - 1))
        for _ in range(2):  # what comes back would be twice as long
            with pytest.raises(KeeperDown):
                line.client.call(Show(()), memory.fd)
    asked = len(line.keeper.asked)
    with Memory() as memory:
        memory.write(b"x" * (MEMORY + 1))
        with pytest.raises(KeeperDown):
            line.client.call(Show(()), memory.fd)
    assert len(line.keeper.asked) == asked
    line.keeper.answer = lambda _request, _fd: (Learned(0), None)
    line.ask()


@pytest.mark.parametrize(
    "frames",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        TunnelFrame(FrameKind.HEAD, b"\0" * 13).octets,
        TunnelFrame(FrameKind.DATA, b"x").octets,
        TunnelFrame(FrameKind.CALL).octets * 3,
        TunnelFrame(FrameKind.CALL).octets + TunnelFrame(FrameKind.HEAD, b"\xff" * 13).octets,
        TunnelFrame(FrameKind.CALL).octets + b"\0\0\0\0\4\0",
        b"",
    ],
)
def test_what_a_milters_host_may_not_say_ends_its_connection_alone(
    line: Line, frames: bytes
) -> None:
    with line.milters.far_host("keepers", line.tunnel.port).connected() as peer:
        peer.write(frames)
        peer._connection.shutdown(socket.SHUT_WR)
        wait_until(lambda: has_ended(peer), SOON, "its end")
    assert line.keeper.asked == []
    line.ask()


def has_ended(peer: connections.Peer) -> bool:
    try:
        peer.frame()
    except OSError:
        return True
    return False


@pytest.mark.promise(number=2)
def test_only_the_milters_user_may_call_through(
    line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    line.tunnel.near._allowed_uids = frozenset(uid + 1 for uid in ME)
    with pytest.raises(KeeperDown):
        line.ask()
    assert line.keeper.asked == []
    assert "may not call" in caplog.text


def test_too_many_calls_at_once_are_not_taken(line: Line) -> None:
    line.tunnel.near._calls = threading.BoundedSemaphore(1)
    go = threading.Event()

    def answer(_request: Request, _fd: int | None) -> tuple[Reply, int | None]:
        go.wait(SOON)
        return Learned(0), None

    line.keeper.answer = answer
    first = threading.Thread(target=line.ask)
    first.start()
    wait_until(lambda: bool(line.keeper.asked), SOON, "the first one")
    with pytest.raises(KeeperDown):
        line.ask()
    go.set()
    first.join(SOON)
    wait_until(lambda: is_there(line.client), SOON, "the next one")


def test_nothing_of_a_call_is_left_behind(line: Line) -> None:
    line.keeper.answer = doubled
    gc.collect()  # what tests before have left to it
    before = memories()
    with Memory() as memory:
        memory.write(b"x" * 100_000)
        for _ in range(20):
            _, fd = line.client.call(Show(()), memory.fd)
            Memory(fd).close()
        wait_until(lambda: memories() <= before + 1, SOON, "closed memories")
    assert line.wire is not None
    assert line.wire.connections < 10


def memories() -> int:
    """Return how many descriptors of anonymous memory this process has open."""
    found = 0
    for each in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            found += str(each.readlink()).startswith("/memfd:")
    return found


def test_two_milters_hosts_are_told_apart_and_each_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    milters, keepers = pair(tmp_path)
    other = Machine(tmp_path, "others")
    other.trust(keepers, "keepers")
    keepers.trust(other, "milters")
    monkeypatch.setattr(far, "MOST_OF_ONE", 1)
    with (
        closing(PlayedKeeper(tmp_path / "k.sock")),
        Tunnel(tmp_path, milters, keepers, tmp_path / "k.sock") as tunnel,
        milters.far_host("keepers", tunnel.port).connected() as first,
        other.far_host("keepers", tunnel.port).connected() as second,
    ):
        for peer in (first, second):
            peer.send(TunnelFrame(FrameKind.CALL))
            assert peer.frame() == TunnelFrame(FrameKind.READY)
        with pytest.raises(KeeperAway):
            tunnel.client.call(Show(()))
