"""The running keeper: workers, callers, broken requests, signals."""

import logging
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keeper_case import (
    ADDRESS,
    HEADER,
    NAME,
    NOW,
    ORIGIN,
    PEPPER,
    Answered,
    desk_of,
    encrypted,
    entity,
    event,
    keys_of,
    opening,
    with_an_account,
)
from keeper_gpg import Gpg
from little_host import ALICE, CODE, LIST, LittleHost, Mail, Member, asking
from openpgp.composed import SignedSecretKey

from rmp_milter.calls import wire
from rmp_milter.calls.authority import Authority, PersonSaid
from rmp_milter.calls.client import KeeperClient, KeeperDown, KeeperFailed
from rmp_milter.calls.listening import Listening, ServerError, listen, listening
from rmp_milter.calls.memory import Memory
from rmp_milter.calls.protocol.answering import Seal, Sealed
from rmp_milter.calls.protocol.calls import Request
from rmp_milter.calls.protocol.cards import Vouch
from rmp_milter.calls.protocol.leaves import Checkpoint, Checkpointed, Record, Recorded
from rmp_milter.calls.protocol.message import Failed, Span, Why, heartbeat_at
from rmp_milter.calls.protocol.opening import Open, Opened
from rmp_milter.certificates import read_certificate, signed_at
from rmp_milter.keeper import worker
from rmp_milter.keeper.authority.cards import Sealer
from rmp_milter.keeper.authority.ground import digest_of
from rmp_milter.keeper.desk.desk import Limits
from rmp_milter.keeper.keys.keys import Keys, load_keys, make_keys
from rmp_milter.keeper.log import journal
from rmp_milter.keeper.log.journal import Journal, JournalError
from rmp_milter.keeper.openpgp.keypackets import session_keys
from rmp_milter.keeper.openpgp.packets import read_message
from rmp_milter.keeper.server import serve
from rmp_milter.tlog.checkpoints import read_checkpoint
from testbed.examples import some

pytestmark = pytest.mark.slow

ME = frozenset({os.getuid()})
encode = msgspec.msgpack.Encoder().encode
LIMITS = Limits(timeout=1.0, message=8 << 20)


class Running:
    """A keeper in a child process."""

    def __init__(self, folder: Path, pid: int) -> None:
        self.folder = folder
        self.pid = pid
        self.socket = folder / "k.sock"
        self.client = KeeperClient(self.socket, 10)

    def workers(self) -> list[int]:
        path = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        return [int(child) for child in path.read_text().split()]

    def stop(self, number: int = signal.SIGTERM) -> int:
        os.kill(self.pid, number)
        return self.status()

    def status(self) -> int:
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def log(self) -> str:
        return (self.folder / "stderr").read_text()


def start(
    service: SignedSecretKey,
    folder: Path,
    uids: frozenset[int] = ME,
    limits: Limits = LIMITS,
    operators: Listening | None = None,
) -> Running:
    if not (folder / "log").exists():
        journal.create(folder / "log", ORIGIN)
    keys = keys_of(service)
    child = os.fork()
    if not child:
        status = 1
        try:
            with (folder / "stderr").open("a") as stderr:
                os.dup2(stderr.fileno(), 2)
            logging.basicConfig(stream=sys.__stderr__, level=logging.INFO, force=True)
            place = Listening(folder / "k.sock", uids)
            serve(keys, folder / "log", place, 2, limits, operators=operators)
            status = 0
        finally:
            os._exit(status)
    running = Running(folder, child)
    all_of_them = 2 + (operators is not None)
    try:
        until(lambda: "ready" in running.log() and len(running.workers()) == all_of_them)
    except BaseException:
        running.stop(signal.SIGKILL)  # or it would hold this process's output open for ever
        raise
    return running


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if _holds(condition):
            return
        time.sleep(0.01)
    pytest.fail("waited in vain")


def _holds(condition: Callable[[], bool]) -> bool:
    try:
        return condition()
    except FileNotFoundError:
        return False


@contextmanager
def ended(running: Running) -> Iterator[Running]:
    try:
        yield running
    finally:
        if Path(f"/proc/{running.pid}").exists():
            running.stop()


@pytest.fixture(scope="module")
def keeper(
    service: SignedSecretKey, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    with ended(start(service, tmp_path_factory.mktemp("keeper"))) as running:
        yield running


def beat(number: int = 0) -> Checkpoint:
    """Return a call that leaves a leaf."""
    return Checkpoint(heartbeat_at(NOW + number))


class OutsideHost(LittleHost):
    """A little host beside a keeper that runs; it has no desk to look into."""

    def __init__(self, gpg: Gpg, running: Running) -> None:
        self.gpg, self.members, self._client = gpg, {}, running.client

    def ask(self, request: Request, now: int = 0, memory: bytes = b"") -> Answered:  # noqa: ARG002 -- it has a clock
        with Memory() as shared:
            shared.write(memory)
            reply, back = self._client.call(request, shared.fd)
        if back is None:
            return Answered(reply, b"")
        with Memory(back) as behind, behind.mapped() as view:
            return Answered(reply, bytes(view))

    def vouched(self, request: Vouch, now: int = 0) -> bytes:  # noqa: ARG002 -- the same
        """Make the card as the keeper would: at its other socket others knock."""
        said = request.said
        assert isinstance(said, PersonSaid)
        certificate = read_certificate(said.certificate)
        card = msgspec.structs.replace(
            said.card,
            certificate=digest_of(said.certificate),
            fingerprint=certificate.fingerprint,
            signed_at=signed_at(said.certificate),
        )
        return Sealer(PEPPER).sealed(card)

    def mail(self, name: str, text: str, **more: Any) -> Mail:  # noqa: ANN401 -- as of any host
        """Open a mail that is signed now: the keeper has a clock of its own."""
        return super().mail(name, text, at=int(time.time()), **more)


def test_a_call_is_answered_and_its_leaf_is_on_disk(keeper: Running) -> None:
    with Journal(keeper.folder / "log") as log:
        before = len(log)
        reply, fd = keeper.client.expect(Checkpointed, beat(1))
        assert fd is None
        assert len(log) == before + 1 == read_checkpoint(reply.note).size


def test_the_running_keeper_signs_its_log(keeper: Running) -> None:
    reply, _ = keeper.client.expect(Checkpointed, Checkpoint(heartbeat_at(NOW)))
    head = read_checkpoint(reply.note)
    assert head.origin == ORIGIN
    with Journal(keeper.folder / "log") as log:
        assert 0 < head.size <= len(log)


def test_a_keeper_does_not_start_over_an_older_log(
    service: SignedSecretKey, tmp_path: Path
) -> None:
    journal.create(tmp_path / "log", ORIGIN)
    data = tmp_path / "log" / "data.mdb"
    keys = keys_of(service)
    with Journal(tmp_path / "log") as log:
        before = data.read_bytes()
        log.append(event("liste"), 5)
        log.checkpoint(keys.log)
    data.write_bytes(before)
    with pytest.raises(journal.JournalError, match="holds 0 leaves, but 1 were signed"):
        serve(keys, tmp_path / "log", Listening(tmp_path / "k.sock", ME), 2, LIMITS)
    assert not (tmp_path / "k.sock").exists()


def test_shared_memory_goes_both_ways(gpg: Gpg, keeper: Running) -> None:
    request, memory = opening([encrypted(gpg, entity(HEADER))], entity=True)
    with Memory() as shared:
        shared.write(memory)
        opened, fd = keeper.client.expect(Opened, request, shared.fd)
        assert fd is None
        assert "DUPONT" in opened.header
    with Memory() as shared:
        shared.write(b"text\n" * 40_000)
        order = Seal((with_an_account(gpg.public("bob@x.fr")),))
        sealed, fd = keeper.client.expect(Sealed, order, shared.fd)
    assert sealed.data == b""
    with Memory(fd) as back, back.mapped() as view:
        assert gpg.verdict(bytes(view))[0] == b"text\n" * 40_000


def test_a_failure_is_told_and_raised_by_expect(keeper: Running) -> None:
    with Memory() as nothing, pytest.raises(KeeperFailed) as error:
        keeper.client.expect(Opened, Open(()), nothing.fd)
    assert error.value.failed.why is Why.NO_TEXT


def test_the_sockets_file_has_the_mode(keeper: Running) -> None:
    assert keeper.socket.stat().st_mode & 0o777 == 0o660


def raw(keeper: Running, data: bytes, fds: list[int] | None = None) -> bytes:
    """Send bytes as they are; return all that comes back."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(str(keeper.socket))
        socket.send_fds(connection, [data], fds or [])
        connection.shutdown(socket.SHUT_WR)
        found = b""
        try:
            while piece := connection.recv(1 << 16):
                found += piece
        except ConnectionResetError:
            pass
        return found


def framed(message: bytes) -> bytes:
    return len(message).to_bytes(4) + message


@pytest.mark.parametrize(
    "data",
    [b"", b"\0", b"\xff\xff\xff\xff", framed(b"x" * 50)[:20], framed(b"\x80") + b"more"],
    ids=["nothing", "short length", "too long", "cut", "too much"],
)
def test_a_broken_frame_gets_no_answer_and_the_keeper_lives(
    keeper: Running, data: bytes
) -> None:
    assert raw(keeper, data) == b""
    assert isinstance(keeper.client.call(beat())[0], Checkpointed)


@settings(max_examples=some(60), deadline=None)
@given(message=st.binary(max_size=200))
@pytest.mark.promise(number=11)
def test_no_message_crashes_a_worker(keeper: Running, message: bytes) -> None:
    before = keeper.workers()
    found = raw(keeper, framed(message))
    assert b"unavailable" in found
    assert keeper.workers() == before


def test_descriptors_of_a_wrong_kind_or_number_are_refused(keeper: Running) -> None:
    reader, writer = os.pipe()
    try:
        answered = raw(keeper, framed(b"\x80"), [reader])
        assert b"unavailable" in answered
        assert raw(keeper, framed(b"\x80"), [reader, writer]) == b""
        before = [open_files(pid) for pid in keeper.workers()]
        for _ in range(10):
            raw(keeper, b"\0", [reader, writer])
        assert [open_files(pid) for pid in keeper.workers()] == before
    finally:
        os.close(reader)
        os.close(writer)


def open_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def has_log(pid: int) -> bool:
    """Return whether a worker has opened the access log, the last thing before its first call."""
    return any(each.readlink().name == "data.mdb" for each in Path(f"/proc/{pid}/fd").iterdir())


def test_memory_cut_off_while_it_is_read_is_unreadable(gpg: Gpg, keeper: Running) -> None:
    request, memory = opening([encrypted(gpg, entity(HEADER))], entity=True)
    with Memory() as shared:
        shared.write(memory[:-20])
        os.ftruncate(shared.fd, len(memory))
        reply, _ = keeper.client.call(request, shared.fd)
    assert isinstance(reply, Failed)
    assert reply.why is Why.UNREADABLE


def test_a_silent_caller_does_not_hold_a_worker_for_ever(keeper: Running) -> None:
    silent = [socket.socket(socket.AF_UNIX) for _ in range(2)]
    try:
        for connection in silent:
            connection.connect(str(keeper.socket))
        assert isinstance(keeper.client.call(beat())[0], Checkpointed)
    finally:
        for connection in silent:
            connection.close()


def test_callers_that_are_slow_or_hang_up_leave_nothing(keeper: Running) -> None:
    def levels() -> list[int]:
        return [open_files(pid) for pid in keeper.workers()]

    until(lambda: all(map(has_log, keeper.workers())))  # a worker that begins has it not yet

    def alike() -> bool:
        assert isinstance(keeper.client.call(beat())[0], Checkpointed)
        return len(set(levels())) == 1

    until(alike)  # a worker that has written nothing yet has a file less
    before, workers = levels(), keeper.workers()
    whole = framed(encode(beat()))
    with Memory() as shared:
        shared.write(b"x" * 1000)
        for end in (0, 1, 3, 4, 5, len(whole) - 1, len(whole)):
            for half_open in (False, True):
                with socket.socket(socket.AF_UNIX) as connection:
                    connection.connect(str(keeper.socket))
                    if end:
                        socket.send_fds(connection, [whole[:end]], [shared.fd])
                    if half_open:
                        connection.shutdown(socket.SHUT_RD)
                        connection.shutdown(socket.SHUT_WR)
    assert isinstance(keeper.client.call(beat())[0], Checkpointed)
    until(lambda: levels() == before)
    assert keeper.workers() == workers


def test_a_worker_killed_is_replaced(keeper: Running) -> None:
    before = keeper.workers()
    os.kill(before[0], signal.SIGKILL)
    until(lambda: len(keeper.workers()) == 2 and before[0] not in keeper.workers())
    for number in range(4):
        assert isinstance(keeper.client.call(beat(number))[0], Checkpointed)


def test_a_worker_that_hangs_is_ended_and_replaced(
    service: SignedSecretKey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "answer", lambda *_: time.sleep(60))
    with ended(start(service, tmp_path, limits=Limits(work=0.3))) as running:
        before = running.workers()
        with pytest.raises(KeeperDown):
            running.client.call(beat())
        until(lambda: len(running.workers()) == 2 and running.workers() != before)


SERVE = """
import os, sys
from pathlib import Path
from rmp_milter.keeper.keys.keys import load_keys
from rmp_milter.calls.listening import Listening
from rmp_milter.keeper.server import serve
folder = Path(sys.argv[1])
place = Listening(folder / "k.sock", frozenset({os.getuid()}))
serve(load_keys(folder / "keys"), folder / "log", place, 2)
"""


def test_a_worker_whose_log_fails_ends_even_if_nobody_hears_it(
    service: SignedSecretKey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise JournalError("full") from OSError("full")

    def gone(*_: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(worker, "answer", fail)
    monkeypatch.setattr(wire, "send", gone)
    monkeypatch.setattr(wire, "receive", lambda *_: (encode(beat()), None))
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert worker._answer_one(ours, ME, desk_of(service, tmp_path)) is False


def test_no_two_workers_draw_the_same_session_key(tmp_path: Path) -> None:
    # The library's generator is copied by a fork once it was used: two readers would
    # get one key, and a worker that was started again would draw the old ones.
    make_keys(tmp_path / "keys", ADDRESS, NAME)
    journal.create(tmp_path / "log", ORIGIN)
    keys = load_keys(tmp_path / "keys")
    command = [sys.executable, "-c", SERVE, str(tmp_path)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        running = Running(tmp_path, process.pid)
        try:
            until(lambda: running.socket.exists() and len(running.workers()) == 2)
            drawn = [session_key(running, keys) for _ in range(8)]
            before = running.workers()
            for worker_pid in before:
                os.kill(worker_pid, signal.SIGKILL)
            until(lambda: len(running.workers()) == 2 and not {*before} & {*running.workers()})
            drawn += [session_key(running, keys) for _ in range(8)]
        finally:
            process.terminate()
    assert len(set(drawn)) == len(drawn)


def session_key(running: Running, keys: Keys) -> bytes:
    """Have an answer to the service itself sealed; return the session key that was drawn."""
    reader = with_an_account(keys.certificate, keys.pepper)
    order = Seal((reader,), text=b"an answer")
    data = running.client.expect(Sealed, order)[0].data
    message = read_message(lambda at, size: data[at : at + size], Span(0, len(data)))
    return next(iter(session_keys(message.key_packets, keys.decryption))).key


def test_tickets_open_in_every_worker(gpg: Gpg, keeper: Running) -> None:
    host = OutsideHost(gpg, keeper)
    mail = host.mail(ALICE, asking("création", "Consentement : oui", f"Code : {CODE}"))
    held = host.made(mail).created.held_code
    order = Seal((mail.sender.candidate,), mail.ticket, b"@@CODE-PATIENT@@", held)
    for _ in range(8):
        sealed, _ = keeper.client.expect(Sealed, order)
        assert gpg.verdict(sealed.data)[0] == b"JZBV 7KQ2"


@pytest.mark.promise(number=8)
def test_a_mail_tried_again_finds_the_leaf_of_a_keeper_that_was_killed(
    gpg: Gpg, service: SignedSecretKey, tmp_path: Path
) -> None:
    """In the new keeper its ticket counts no more: the mail is opened anew."""
    at = int(time.time())
    running = start(service, tmp_path)
    sender, sent = OutsideHost(gpg, running).member(ALICE), encrypted_list(gpg, at)
    first, dead = recorded(running, sender, sent), running.stop(signal.SIGKILL)
    assert dead == -signal.SIGKILL
    (tmp_path / "stderr").unlink()
    with ended(start(service, tmp_path)) as again:
        stale = Record(LISTED, Authority(first.ticket, persons=(sender.candidate,)))
        assert isinstance(again.client.call(stale)[0], Failed)
        assert recorded(again, sender, sent).number == first.number


class Listed(NamedTuple):
    """A mail's ticket, and where its leaf is."""

    ticket: bytes
    number: int


LISTED = msgspec.structs.replace(event("liste"), dossier_id=b"")


def encrypted_list(gpg: Gpg, at: int) -> bytes:
    return encrypted(gpg, entity(LIST), signer=ALICE, at=at)


def recorded(running: Running, sender: Member, sent: bytes) -> Listed:
    request, memory = opening([sent], entity=True)
    request = msgspec.structs.replace(request, persons=(sender.candidate,))
    with Memory() as shared:
        shared.write(memory)
        opened, _ = running.client.expect(Opened, request, shared.fd)
    record = Record(LISTED, Authority(opened.ticket, persons=(sender.candidate,)))
    return Listed(opened.ticket, running.client.expect(Recorded, record)[0].number)


@pytest.mark.promise(number=4)
def test_workers_write_no_core_and_cannot_be_traced(keeper: Running) -> None:
    for pid in [keeper.pid, *keeper.workers()]:
        core = [
            line
            for line in Path(f"/proc/{pid}/limits").read_text().splitlines()
            if "core" in line
        ]
        assert core[0].split()[4:6] == ["0", "0"]


@pytest.mark.promise(number=4)
def test_the_log_shows_types_only(keeper: Running) -> None:
    raw(keeper, framed(b"\xa7SECRETS"))
    assert "SECRETS" not in keeper.log()
    assert "call failed: " in keeper.log()


def test_a_stranger_gets_no_answer(service: SignedSecretKey, tmp_path: Path) -> None:
    with ended(start(service, tmp_path, frozenset({12345}))) as running:
        with pytest.raises(KeeperDown):
            running.client.call(beat())
        assert "may not call" in running.log()
        with Journal(tmp_path / "log") as log:
            assert len(log) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_all_and_takes_the_socket_away(
    service: SignedSecretKey, tmp_path: Path, number: int
) -> None:
    running = start(service, tmp_path)
    workers = running.workers()
    assert running.stop(number) == 0
    assert not running.socket.exists()
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)
    with pytest.raises(KeeperDown):
        running.client.call(beat())


def test_workers_end_with_a_parent_that_was_killed_and_a_new_keeper_starts(
    service: SignedSecretKey, tmp_path: Path
) -> None:
    running = start(service, tmp_path)
    assert isinstance(running.client.call(beat())[0], Checkpointed)
    workers = running.workers()
    assert running.stop(signal.SIGKILL) == -signal.SIGKILL
    until(lambda: not any(alive(pid) for pid in workers))
    (tmp_path / "stderr").unlink()
    with ended(start(service, tmp_path)) as again:
        assert isinstance(again.client.call(beat())[0], Checkpointed)


def alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def test_a_second_keeper_does_not_take_the_socket(keeper: Running) -> None:
    with pytest.raises(ServerError, match="another keeper"):
        listen(Listening(keeper.socket, ME))
    assert isinstance(keeper.client.call(beat())[0], Checkpointed)


def test_a_keeper_waits_for_the_workers_of_one_that_was_killed(tmp_path: Path) -> None:
    """They hold its socket a moment longer than it lived."""
    place = Listening(tmp_path / "k.sock", ME)
    dying = listen(place)
    threading.Timer(0.3, dying.close).start()
    with listening(place) as listener:
        assert listener.getsockname() == str(place.socket)
    assert dying.fileno() == -1


def test_a_file_in_the_way_is_not_removed(tmp_path: Path) -> None:
    (tmp_path / "k.sock").write_text("precious")
    with pytest.raises(ServerError, match="in the way"):
        listen(Listening(tmp_path / "k.sock", ME))
    assert (tmp_path / "k.sock").read_text() == "precious"


def test_a_missing_log_stops_the_start(service: SignedSecretKey, tmp_path: Path) -> None:
    with pytest.raises(journal.JournalError):
        serve(keys_of(service), tmp_path / "log", Listening(tmp_path / "k.sock", ME), 1)
    assert not (tmp_path / "k.sock").exists()


def test_a_client_without_a_keeper_says_so(tmp_path: Path) -> None:
    with pytest.raises(KeeperDown):
        KeeperClient(tmp_path / "none.sock", 1).call(beat())


@pytest.mark.parametrize("answer", [b"", framed(b"\x93noise"), b"\0\0", None])
def test_a_client_turns_every_strange_answer_into_keeper_down(
    tmp_path: Path, answer: bytes | None
) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "k.sock"))
        listener.listen()
        child = os.fork()
        if not child:
            connection, _ = listener.accept()
            wire.receive(connection, 1000)
            if answer is None:
                time.sleep(3)
            connection.sendall(answer or b"")
            os._exit(0)
        with pytest.raises(KeeperDown):
            KeeperClient(tmp_path / "k.sock", 0.5).call(beat())
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


@pytest.mark.promise(number=2)
def test_the_clients_modules_import_no_private_key_code() -> None:
    code = (
        "import sys, rmp_milter.calls.client\n"
        "print([m for m in sys.modules if m.startswith(('cryptography', 'openpgp', 'lmdb'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout == b"[]\n"


def test_credentials_are_the_kernels(keeper: Running) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(keeper.socket))
        peer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    assert struct.unpack("3i", peer)[0] == keeper.pid
