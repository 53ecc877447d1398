"""What this machine lacks is told as UNAVAILABLE (451), never as a fault of the mail (550).

================================== ============================ ==============================
what goes wrong                    what the milter gets         where it is decided
================================== ============================ ==============================
a descriptor lost on its way       no reply: ``KeeperDown``     ``calls/wire.py``
a call without its memory          ``UNAVAILABLE``              ``keeper/desk/shared.py``
memory shorter than the call says  ``UNAVAILABLE``              ``opening.py``, ``shared.py``
a reply without its memory         451                          ``calls/keeper.py``
no memory for a decompressor       ``UNAVAILABLE``              ``keeper/openpgp/decrypt.py``
no memory for a file in winmail    ``UNAVAILABLE``              ``mail/incoming/tnef.py``
no memory in OpenSSL (as noise)    ``UNAVAILABLE``              ``keeper/desk/answer.py``
no descriptor for the trusted keys ``UNAVAILABLE``              ``keeper/vitale/jws.py``
any other exception                ``UNAVAILABLE``              ``keeper/worker.py``
the log cannot be written          ``UNAVAILABLE``, a new       ``keeper/worker.py``
                                   worker
a worker ends (out of memory, its  no reply: ``KeeperDown``     ``keeper/server.py`` starts
time is over, killed, a panic)                                  another
no process for a worker            ``KeeperDown`` meanwhile     ``keeper/server.py`` tries again
no memory or descriptors in the    451, the host is told        ``milter/callbacks.py``
milter
================================== ============================ ==============================
"""

import array
import errno
import os
import random
import resource
import signal
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import msgspec
import pytest
from keeper_case import (
    HEADER,
    LETTER,
    NOW,
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
from test_server import Running, ended, start, until

from rmp_milter.calls import wire
from rmp_milter.calls.client import KeeperDown, KeeperFailed
from rmp_milter.calls.keeper import RemoteKeeper
from rmp_milter.calls.memory import Memory
from rmp_milter.calls.protocol.answering import Seal
from rmp_milter.calls.protocol.calls import Reply, Request
from rmp_milter.calls.protocol.message import Failed, Why
from rmp_milter.calls.protocol.opening import Open, Opened, Trust
from rmp_milter.errors import MailError, is_shortage
from rmp_milter.keeper.desk.answer import answer
from rmp_milter.keeper.desk.desk import Desk, Limits
from rmp_milter.keeper.desk.shared import has_means
from rmp_milter.keeper.openpgp.decrypt import _decompressed
from rmp_milter.keeper.openpgp.packets import PacketError
from rmp_milter.keeper.server import _Parent
from testbed.forks import in_a_child

_testcapi = pytest.importorskip("_testcapi", reason="an interpreter without its test modules")

Sealer = Callable[[], tuple[Request, bytes]]
_RIGHT, _WRONG, _AGAIN = 0, 1, 2
_NEVER = 1 << 30  # more allocations than there are


@pytest.fixture
def desk(service: SignedSecretKey, tmp_path: Path) -> Desk:
    return desk_of(service, tmp_path)


@pytest.fixture(scope="module")
def mail(gpg: Gpg, service: SignedSecretKey) -> tuple[Open, bytes]:
    """Return a signed, compressed mail that is opened, and its bodies."""
    assert service
    key = gpg.run("--armor", "--export", "alice@x.fr")
    plain = entity(HEADER + LETTER, files=[("a.pdf", PDF), ("alice.asc", key)])
    body = encrypted(gpg, plain, signer="alice@x.fr")
    return opening([body], entity=True, candidates=[gpg.public("alice@x.fr")])


# Memory that runs out at any moment


def descriptors(pid: str = "self") -> list[int]:
    return [int(each.name) for each in Path(f"/proc/{pid}/fd").iterdir()]


def told(desk: Desk, request: Open, memory: bytes, failing: int, span: int) -> int:
    """Say what becomes of a mail while allocations from ``failing`` on fail."""
    with Memory() as shared:
        shared.write(memory)
        _testcapi.set_nomemory(failing, failing + span)
        try:
            reply, _ = answer(desk, request, shared.fd, NOW)
        except Exception:  # noqa: BLE001 -- the worker answers each of them with UNAVAILABLE
            return _AGAIN
        finally:
            _testcapi.remove_mem_hooks()
    if isinstance(reply, Opened):
        digests = [body.digest for body in reply.bodies]
        whole = "DUPONT" in reply.header and len(digests) == 1 and len(reply.keys) == 1
        return _RIGHT if whole and reply.signature.trust is Trust.GOOD else _WRONG
    assert isinstance(reply, Failed)
    return _AGAIN if reply.why is Why.UNAVAILABLE else _WRONG


def campaign(desk: Desk, mail: tuple[Open, bytes], seed: int, tries: int) -> set[int]:
    request, memory = mail
    chance = random.Random(seed)  # noqa: S311 -- which allocation fails
    found = {in_a_child(partial(told, desk, request, memory, _NEVER, 1), _AGAIN)}
    assert found == {_RIGHT}
    for _ in range(tries):
        failing = int(10 ** chance.uniform(0, 4.6))
        # Not for ever: CPython 3.11 goes in circles where it cannot even make a number.
        span = chance.choice((1, 3, 100, 1 << 16))
        status = in_a_child(partial(told, desk, request, memory, failing, span), _AGAIN)
        assert status != _WRONG, (failing, span)
        found.add(status)
    return found


def test_memory_that_runs_out_refuses_no_mail(desk: Desk, mail: tuple[Open, bytes]) -> None:
    assert campaign(desk, mail, 1, 15) >= {_RIGHT, _AGAIN}


@pytest.mark.soak
def test_memory_that_runs_out_refuses_no_mail_for_long(
    desk: Desk, mail: tuple[Open, bytes]
) -> None:
    assert campaign(desk, mail, 2, 5000) >= {_RIGHT, _AGAIN}


def test_an_address_space_that_is_full_refuses_no_mail(
    desk: Desk, mail: tuple[Open, bytes]
) -> None:
    request, memory = mail

    def work(room: int) -> int:
        size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + room, size + room))
        return told(desk, request, memory, _NEVER, 1)

    for room in (0, 1 << 16, 1 << 18, 1 << 20, 1 << 22):
        assert in_a_child(partial(work, room), _AGAIN) != _WRONG, room


def test_a_process_without_room_knows_it() -> None:
    def without_descriptors() -> int:
        most = max(descriptors()) + 1
        taken = [os.dup(0) for _ in range(3)]
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, most))
        assert taken
        return _WRONG if has_means() else _AGAIN

    assert has_means()
    assert in_a_child(without_descriptors, _AGAIN) == _AGAIN


class OutOfMemory:
    """A decompressor that zlib refuses memory."""

    eof = False
    unconsumed_tail = b""

    def decompress(self, _data: bytes, _max_length: int, /) -> bytes:
        raise zlib.error("Error -4 while decompressing data")


def test_a_lack_of_memory_is_no_damaged_compression() -> None:
    with pytest.raises(MemoryError):
        _decompressed(OutOfMemory(), b"x")
    with pytest.raises(PacketError):
        _decompressed(zlib.decompressobj(), b"noise")


def test_a_shortage_is_known_by_its_number() -> None:
    numbers = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOSPC)
    assert all(is_shortage(OSError(number, "")) for number in numbers)
    assert is_shortage(MemoryError())
    assert not is_shortage(FileNotFoundError(errno.ENOENT, ""))
    assert not is_shortage(ValueError())


# Memory that did not come with its call, or not whole


def test_a_call_without_its_memory_is_no_unreadable_mail(
    gpg: Gpg, desk: Desk, mail: tuple[Open, bytes]
) -> None:
    for request in (mail[0], Seal((with_an_account(gpg.public("bob@x.fr")),))):
        reply, _ = answer(desk, request, None, NOW)
        assert isinstance(reply, Failed)
        assert reply.why is Why.UNAVAILABLE


@pytest.mark.parametrize("left", [0, 1, 100, 1000])
def test_memory_that_is_cut_is_no_unreadable_mail(
    desk: Desk, mail: tuple[Open, bytes], left: int
) -> None:
    request, memory = mail
    assert ask(desk, request, memory[:left]).failed.why is Why.UNAVAILABLE


def test_memory_that_is_cut_while_it_is_read_is_no_unreadable_mail(
    desk: Desk, mail: tuple[Open, bytes]
) -> None:
    request, memory = mail
    with Memory() as shared:
        shared.write(memory)
        done = threading.Event()
        cutter = threading.Thread(target=cut_again_and_again, args=(shared.fd, memory, done))
        cutter.start()
        try:
            for _ in range(30):
                reply, fresh = answer(desk, request, shared.fd, NOW)
                if fresh is not None:
                    fresh.close()
                assert isinstance(reply, Opened) or reply_is(reply, Why.UNAVAILABLE)
        finally:
            done.set()
            cutter.join()


def cut_again_and_again(fd: int, memory: bytes, done: threading.Event) -> None:
    while not done.is_set():
        os.ftruncate(fd, len(memory) // 2)
        os.pwrite(fd, memory, 0)


def reply_is(reply: Reply, why: Why) -> bool:
    return isinstance(reply, Failed) and reply.why is why


# Descriptors that are lost on their way


def test_a_descriptor_that_has_no_room_is_missed() -> None:
    def work() -> int:
        ours, theirs = socket.socketpair()
        with Memory() as memory:
            wire.send(ours, b"message", memory.fd)
        top = max(descriptors())
        resource.setrlimit(resource.RLIMIT_NOFILE, (1, top + 1))
        try:
            wire.receive(theirs, 100)
        except wire.WireError:
            return _AGAIN
        return _WRONG

    assert in_a_child(work, _AGAIN) == _AGAIN


def test_more_descriptors_than_fit_are_missed_and_none_stays_open() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, Memory() as memory:
        many = array.array("i", [memory.fd] * 9)
        ours.sendmsg([b"\0\0\0\1x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, many)])
        before = descriptors()
        with pytest.raises(wire.WireError):
            wire.receive(theirs, 100)
        assert descriptors() == before


class Silent:
    """A keeper whose replies come without their memory."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply

    def __call__(self, _request: Request, _fd: int | None) -> tuple[Reply, int | None]:
        return self._reply, None


def test_a_reply_without_its_memory_is_no_answer(desk: Desk, gpg: Gpg) -> None:
    body = encrypted(gpg, entity(HEADER + "Code : JzbV2345\r\n", files=[("a.pdf", PDF)]))
    request, memory = opening([body], entity=True)
    opened = ask(desk, request, memory)
    sealed = ask(desk, Seal((with_an_account(gpg.public("bob@x.fr")),)), bytes(1 << 17))
    assert opened.memory
    assert sealed.memory
    with Memory() as nothing:
        for call in (
            lambda: RemoteKeeper(Silent(opened.reply), 1).open(request, nothing),
            lambda: RemoteKeeper(Silent(sealed.reply), 1).seal(Seal(()), nothing),
        ):
            with pytest.raises(MailError) as refused:
                call()
            assert refused.value.code == 451


# A running keeper


@pytest.fixture(scope="module")
def keeper(
    service: SignedSecretKey, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    limits = Limits(timeout=2.0, message=8 << 20)
    folder = tmp_path_factory.mktemp("short")
    with ended(start(service, folder, limits=limits)) as running:
        yield running


def said(keeper: Running, request: Request, memory: bytes) -> str:
    """Return what a caller hears: the reply's kind, a reason, or that nobody answered."""
    with Memory() as shared:
        shared.write(memory)
        try:
            reply, back = keeper.client.call(request, shared.fd)
        except KeeperDown:
            return "down"
    wire.close_all([] if back is None else [back])
    return reply.why.value if isinstance(reply, Failed) else type(reply).__name__


def limited(keeper: Running, which: int, room: int) -> None:
    for pid in keeper.workers():
        if which == resource.RLIMIT_NOFILE:
            used = max(descriptors(str(pid))) + 1
        else:
            statm = Path(f"/proc/{pid}/statm").read_text()
            used = int(statm.split()[0]) * resource.getpagesize()
        hard = resource.prlimit(pid, which)[1]
        resource.prlimit(pid, which, (used + room, hard))


def refuses_nothing(keeper: Running, request: Open, memory: bytes) -> None:
    """No mail is refused by workers that lack something; others in their place open it."""
    heard = {said(keeper, request, memory) for _ in range(4)}
    assert heard <= {"down", "unavailable", "Opened"}
    for pid in keeper.workers():
        os.kill(pid, signal.SIGKILL)
    until(lambda: said(keeper, request, memory) == "Opened")


@pytest.mark.slow
@pytest.mark.parametrize("room", [0, 1, 2])
def test_a_worker_without_descriptors_refuses_no_mail(
    keeper: Running, mail: tuple[Open, bytes], room: int
) -> None:
    request, memory = mail
    until(lambda: len(keeper.workers()) == 2)
    limited(keeper, resource.RLIMIT_NOFILE, room)
    refuses_nothing(keeper, request, memory)


@pytest.mark.slow
@pytest.mark.parametrize("room", [0, 1 << 20])
def test_a_worker_without_memory_refuses_no_mail(
    keeper: Running, mail: tuple[Open, bytes], room: int
) -> None:
    request, memory = mail
    until(lambda: len(keeper.workers()) == 2)
    limited(keeper, resource.RLIMIT_AS, room)
    refuses_nothing(keeper, request, memory)


@pytest.mark.slow
def test_a_worker_that_is_killed_in_a_call_refuses_no_mail(
    keeper: Running, gpg: Gpg, mail: tuple[Open, bytes]
) -> None:
    body = encrypted(gpg, entity(HEADER + LETTER, files=[("a.pdf", os.urandom(4_000_000))]))
    request, memory = opening([body], entity=True)
    heard: list[str] = []
    until(lambda: len(keeper.workers()) == 2)
    caller = threading.Thread(target=lambda: heard.append(said(keeper, request, memory)))
    caller.start()
    for pid in keeper.workers():
        os.kill(pid, signal.SIGKILL)
    caller.join(20)
    assert heard[0] in {"down", "Opened"}
    until(lambda: said(keeper, *mail) == "Opened")


@pytest.mark.slow
def test_a_caller_who_says_less_than_he_sends_is_not_heard(
    keeper: Running, mail: tuple[Open, bytes]
) -> None:
    request, _ = mail
    with pytest.raises((KeeperDown, KeeperFailed)) as failed:
        keeper.client.expect(Opened, request)  # no memory beside it
    if isinstance(failed.value, KeeperFailed):
        assert failed.value.failed.why is Why.UNAVAILABLE
    message = msgspec.msgpack.encode(Open(()))
    with Memory() as memory, socket.socket(socket.AF_UNIX) as raw:
        raw.settimeout(5)
        raw.connect(str(keeper.socket))
        many = array.array("i", [memory.fd] * 9)
        framed = len(message).to_bytes(wire.LENGTH_SIZE) + message
        raw.sendmsg([framed], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, many)])
        assert raw.recv(10) == b""


NOBODY = 65534


@pytest.mark.skipif(os.getuid() != 0, reason="takes another user's rights")
def test_a_keeper_that_cannot_start_a_worker_tries_again() -> None:
    inward, outward = os.pipe()

    def parent() -> int:
        os.setuid(NOBODY)
        most = resource.getrlimit(resource.RLIMIT_NPROC)[1]
        resource.setrlimit(resource.RLIMIT_NPROC, (0, most))
        lift = partial(resource.setrlimit, resource.RLIMIT_NPROC, (most, most))
        signal.signal(signal.SIGUSR1, lambda *_: lift())
        signal.alarm(20)
        _Parent([lambda: at_work(outward)]).run()
        return _RIGHT

    child = os.fork()
    if not child:
        os._exit(parent())
    os.close(outward)
    time.sleep(
        0.5
    )  # it has tried once by now; were it not so, the test would pass all the same
    os.kill(child, signal.SIGUSR1)
    assert os.read(inward, 4) == b"work"
    os.kill(child, signal.SIGTERM)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == _RIGHT


def at_work(outward: int) -> None:
    os.write(outward, b"work")
    time.sleep(20)
