"""The operator's socket of a running keeper: who may use it, for how much, beside what."""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import msgspec
import pytest
from keeper_case import desk_of, event, hosts_event
from openpgp.composed import SignedSecretKey
from test_server import LIMITS, ME, Running, alive, beat, ended, framed, start, until

from rmp_milter.calls.client import (
    KeeperClosed,
    KeeperDown,
    KeeperFailed,
    KeeperLine,
)
from rmp_milter.calls.listening import Listening, listen
from rmp_milter.calls.protocol.leaves import Checkpointed, Record, Recorded
from rmp_milter.calls.protocol.message import Why
from rmp_milter.keeper import operators, worker
from rmp_milter.keeper.desk.desk import Limits
from rmp_milter.keeper.log.journal import Journal, JournalError
from testbed.folders import own_folder
from testbed.forks import in_a_child

pytestmark = pytest.mark.slow

NOBODY = 65534
needs_root = pytest.mark.skipif(os.getuid() != 0, reason="takes another user's rights")
SERVED, HUNG_UP, SHUT_OUT = 0, 1, 2


def place(folder: Path, mode: int = 0o600) -> Listening:
    return Listening(folder / "o.sock", ME | {0}, mode)


@pytest.fixture(scope="module")
def keeper(service: SignedSecretKey) -> Iterator[Running]:
    folder = own_folder("k")
    folder.chmod(0o755)  # what keeps others out is not the folder
    with ended(start(service, folder, operators=place(folder))) as running:
        yield running


def line(keeper: Running, timeout: float = 10) -> KeeperLine:
    return KeeperLine(keeper.folder / "o.sock", timeout)


def act(number: int = 0) -> Record:
    return Record(hosts_event("inscription", number.to_bytes(32)))


def test_one_connection_carries_many_requests(keeper: Running) -> None:
    with line(keeper) as asked:
        numbers = [asked.expect(Recorded, act(each))[0].number for each in range(200)]
    assert numbers == [*range(numbers[0], numbers[0] + 200)]
    with Journal(keeper.folder / "log") as log:
        assert len(log) > numbers[-1]


def test_a_refusal_ends_no_connection(keeper: Running) -> None:
    with line(keeper) as asked:
        with pytest.raises(KeeperFailed) as refused:
            asked.expect(Recorded, Record(event("liste")))
        assert refused.value.failed.why is Why.NOT_HERE
        assert asked.expect(Recorded, act())
    until(lambda: "call refused: Record at the operator's door" in keeper.log())


def test_at_the_milters_socket_nobody_acts_for_the_host(keeper: Running) -> None:
    with pytest.raises(KeeperFailed) as refused:
        keeper.client.expect(Recorded, act())
    assert refused.value.failed.why is Why.NOT_HERE
    assert "call refused: Record at the milter's door" in keeper.log()


def test_the_file_is_its_users_alone(keeper: Running) -> None:
    assert (keeper.folder / "o.sock").stat().st_mode & 0o777 == 0o600


def tried_by(uid: int, socket_path: Path) -> int:
    """Say what becomes of another user's call."""

    def call() -> int:
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
        try:
            KeeperLine(socket_path, 5).expect(Recorded, act())
        except KeeperClosed:
            return SHUT_OUT
        except KeeperDown:
            return HUNG_UP
        return SERVED

    return in_a_child(call, -1)


@needs_root
@pytest.mark.promise(number=2)
def test_the_files_mode_shuts_others_out(keeper: Running) -> None:
    assert tried_by(NOBODY, keeper.folder / "o.sock") == SHUT_OUT


@needs_root
@pytest.mark.promise(number=2)
def test_who_comes_in_all_the_same_is_known_by_the_kernels_word(
    service: SignedSecretKey,
) -> None:
    folder = own_folder("k")
    folder.chmod(0o755)
    with ended(start(service, folder, operators=place(folder, 0o666))) as running:
        assert tried_by(NOBODY, folder / "o.sock") == HUNG_UP
        assert f"user id {NOBODY} may not call" in running.log()
        with Journal(folder / "log") as log:
            assert len(log) == 0
        with line(running) as asked:
            assert asked.expect(Recorded, act())


@needs_root
def test_a_line_that_root_opened_serves_whom_it_becomes(keeper: Running) -> None:
    def call() -> int:
        with line(keeper) as asked:
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            asked.expect(Recorded, act())
            with pytest.raises(KeeperClosed):
                line(keeper)
        return SERVED

    assert in_a_child(call, -1) == SERVED


def looked_into(pid: int) -> int:
    """Say whether another process of that user may look into one (as ptrace(2) is asked)."""

    def look() -> int:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        try:
            list(Path(f"/proc/{pid}/fd").iterdir())
        except PermissionError:
            return SHUT_OUT
        return SERVED

    return in_a_child(look, -1)


@needs_root
@pytest.mark.promise(number=2)
def test_the_milters_own_user_cannot_take_the_line_of_a_command_that_was_root() -> None:
    """By pidfd_getfd(2), which wants what looking into ``/proc/PID/fd`` wants, and more."""
    ready, told = os.pipe()
    child = os.fork()
    if not child:
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        os.write(told, b"x")
        time.sleep(20)
        os._exit(0)
    os.read(ready, 1)
    sleep = ["/bin/sleep", "20"]
    with subprocess.Popen(sleep, user=NOBODY, group=NOBODY, extra_groups=[]) as other:
        try:
            until(lambda: looked_into(other.pid) == SERVED)
            assert looked_into(child) == SHUT_OUT
        finally:
            other.kill()
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    os.close(ready)
    os.close(told)


def test_a_long_batch_takes_no_worker_from_the_milter(keeper: Running) -> None:
    over = threading.Event()
    done: list[int] = []

    def batch() -> None:
        with line(keeper) as asked:
            while not over.is_set():
                done.append(asked.expect(Recorded, act(len(done)))[0].number)

    batches = [threading.Thread(target=batch) for _ in range(3)]
    for each in batches:
        each.start()
    until(lambda: len(done) > 5)
    started = len(done)
    for number in range(20):
        assert isinstance(keeper.client.call(beat(number))[0], Checkpointed)
    over.set()
    for each in batches:
        each.join()
    assert len(done) > started  # both at once


def test_commands_are_heard_in_turn(keeper: Running) -> None:
    with line(keeper) as first, line(keeper) as second:
        for number in range(5):
            assert first.expect(Recorded, act(number))
            assert second.expect(Recorded, act(number))


def test_a_command_that_hangs_holds_up_nobody(keeper: Running) -> None:
    with line(keeper) as hanging, line(keeper) as asked:
        assert asked.expect(Recorded, act())
        assert isinstance(keeper.client.call(beat())[0], Checkpointed)
        assert hanging.expect(Recorded, act())  # nobody waited until it was given up


def test_half_a_request_holds_up_others_for_a_moment_only(keeper: Running) -> None:
    with socket.socket(socket.AF_UNIX) as slow, line(keeper) as asked:
        slow.connect(str(keeper.folder / "o.sock"))
        slow.sendall(framed(b"x" * 100)[:20])
        assert asked.expect(Recorded, act())
        slow.settimeout(5)
        assert slow.recv(1) == b""  # its patience (LIMITS.timeout) was over


def test_more_commands_than_are_heard_at_once_wait(keeper: Running) -> None:
    crowd = [line(keeper) for _ in range(operators.MOST)]
    assert crowd[-1].expect(Recorded, act())
    late = line(keeper, timeout=0.5)
    with pytest.raises(KeeperDown, match="timed out"):
        late.expect(Recorded, act())
    with line(keeper) as last:
        heard: list[int] = []
        waits = threading.Thread(
            target=lambda: heard.append(last.expect(Recorded, act())[0].number)
        )
        waits.start()
        for each in crowd:
            each.close()
        waits.join(10)
    assert len(heard) == 1


def test_after_a_call_that_failed_nothing_is_taken_for_its_reply(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "o.sock"))
        listener.listen()
        with KeeperLine(tmp_path / "o.sock", 0.2) as asked:
            with pytest.raises(KeeperDown, match="timed out"):
                asked.expect(Recorded, act(1))
            theirs, _ = listener.accept()
            with theirs:
                with suppress(BrokenPipeError):
                    theirs.sendall(framed(msgspec.msgpack.encode(Recorded(7))))
                with pytest.raises(KeeperDown):
                    asked.expect(Recorded, act(2))


def test_a_worker_that_was_killed_is_replaced_by_one_of_its_kind(keeper: Running) -> None:
    def serves_operators(pid: int) -> bool:
        return len(keeper.workers()) == 3 and pid not in keeper.workers()

    for pid in keeper.workers():
        os.kill(pid, signal.SIGKILL)
        until(partial(serves_operators, pid))
    with line(keeper) as asked:
        assert asked.expect(Recorded, act())
    assert isinstance(keeper.client.call(beat())[0], Checkpointed)


def test_a_signal_takes_both_sockets_away(service: SignedSecretKey, tmp_path: Path) -> None:
    running = start(service, tmp_path, operators=place(tmp_path))
    with line(running) as asked:
        assert asked.expect(Recorded, act())
        assert running.stop() == 0  # an open line delays nobody
        with pytest.raises(KeeperDown):
            asked.expect(Recorded, act())
    assert not (tmp_path / "o.sock").exists()
    assert not running.socket.exists()


def test_a_keeper_that_was_killed_leaves_no_socket_in_the_next_ones_way(
    service: SignedSecretKey, tmp_path: Path
) -> None:
    running = start(service, tmp_path, operators=place(tmp_path))
    workers = running.workers()
    with line(running) as asked:
        assert asked.expect(Recorded, act())
        assert running.stop(signal.SIGKILL) == -signal.SIGKILL
        until(lambda: not any(map(alive, workers)))
        with pytest.raises(KeeperDown):
            asked.expect(Recorded, act())
    assert (tmp_path / "o.sock").exists()
    (tmp_path / "stderr").unlink()
    with (
        ended(start(service, tmp_path, operators=place(tmp_path))) as again,
        line(again) as asked,
    ):
        assert asked.expect(Recorded, act())[0] == Recorded(0)


@pytest.fixture
def attended(service: SignedSecretKey, tmp_path: Path) -> Iterator[Callable[..., KeeperLine]]:
    """Return what runs the operators' worker alone, in a child, and gives a line to it."""
    listener = listen(place(tmp_path))
    children: list[int] = []

    def run(idle: float = operators.IDLE, limits: Limits = LIMITS) -> KeeperLine:
        desk = desk_of(service, tmp_path, limits)
        child = os.fork()
        if not child:
            operators.attend(listener, ME, desk, idle)
            os._exit(7)
        children.append(child)
        return KeeperLine(tmp_path / "o.sock", 5)

    yield run
    listener.close()
    for child in children:
        with suppress(ProcessLookupError):  # the test has seen its end
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def test_who_says_nothing_for_long_is_hung_up(attended: Callable[..., KeeperLine]) -> None:
    with attended(idle=0.3) as asked:
        for number in range(4):
            assert asked.expect(Recorded, act(number))
            time.sleep(0.15)  # together longer than the one silence that is allowed
        time.sleep(0.6)
        with pytest.raises(KeeperDown):
            asked.expect(Recorded, act())


def test_without_its_log_the_worker_ends(
    attended: Callable[..., KeeperLine], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise JournalError("full") from OSError("full")

    monkeypatch.setattr(worker, "answer", fail)
    with attended() as asked:
        with pytest.raises(KeeperFailed) as refused:
            asked.expect(Recorded, act())
        assert refused.value.failed.why is Why.UNAVAILABLE
        with pytest.raises(KeeperDown):
            asked.expect(Recorded, act())
    assert os.waitstatus_to_exitcode(os.wait()[1]) == 7


def test_a_request_that_never_ends_ends_the_worker(
    attended: Callable[..., KeeperLine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "answer", lambda *_: time.sleep(60))
    with attended(limits=Limits(work=0.3)) as asked, pytest.raises(KeeperDown):
        asked.expect(Recorded, act())
    assert os.waitstatus_to_exitcode(os.wait()[1]) == -signal.SIGALRM
