import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rmp_milter.host import supervisor
from rmp_milter.host.supervisor import Child, Program, supervise

LISTENING = """
import socket, sys, time
with open(sys.argv[2], "a") as note: note.write("started\\n")
server = socket.socket(socket.AF_UNIX); server.bind(sys.argv[1]); server.listen()
time.sleep(60)
"""


@pytest.fixture
def starts(tmp_path: Path) -> Path:
    return tmp_path / "starts"


@pytest.fixture
def part(tmp_path: Path, starts: Path) -> Program:
    socket = tmp_path / "s"
    return Program("one", (sys.executable, "-c", LISTENING, str(socket), str(starts)), socket)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "FIRST_WAIT", 0.05)
    monkeypatch.setattr(supervisor, "PATIENCE", 5.0)


def told(number: signal.Signals) -> Callable[[], None]:
    return lambda: os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_ready_once_and_ends_its_children_when_told(
    part: Program, starts: Path, number: signal.Signals
) -> None:
    supervise([part], told(number))
    assert starts.read_text() == "started\n"
    assert not part.ready()


def test_handlers_are_put_back(part: Program) -> None:
    before = signal.getsignal(signal.SIGTERM)
    supervise([part], told(signal.SIGTERM))
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_child_that_ends_is_started_again(tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    program = f"open({str(marks)!r}, 'a').write('x')"
    ends = Program("ends", (sys.executable, "-c", program))
    ender = threading.Thread(target=_when_started_again, args=(marks,))
    ender.start()
    supervise([ends], lambda: None)
    ender.join()
    assert len(marks.read_text()) >= 3


def _when_started_again(marks: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if marks.exists() and len(marks.read_text()) >= 3:
            break
        time.sleep(0.02)
    os.kill(os.getpid(), signal.SIGTERM)


def test_each_end_is_followed_by_a_longer_wait() -> None:
    child = Child(Program("ends", ("true",)))
    waits = []
    for _ in range(3):
        child.start(now=100.0)
        _until(lambda: child._process is None or child._process.poll() is not None)
        child.look(now=101.0)
        waits.append(child.start_at - 101.0)
    assert waits == pytest.approx([0.05, 0.1, 0.2])


def test_a_child_that_ran_steadily_begins_with_the_first_wait() -> None:
    child = Child(Program("ends", ("true",)))
    child._wait = 8.0
    child.start(now=100.0)
    _until(lambda: child._process is None or child._process.poll() is not None)
    child.look(now=100.0 + supervisor.STEADY)
    assert child.start_at - (100.0 + supervisor.STEADY) == pytest.approx(0.05)


def test_a_child_that_does_not_go_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "PATIENCE", 0.2)
    child = Child(Program("deaf", ("sh", "-c", "trap '' TERM; echo; sleep 60")))
    child.start(now=0.0)
    child.ask_to_end()
    child.end(0.2)
    assert child._process is not None
    assert child._process.returncode in {-signal.SIGKILL, -signal.SIGTERM}


ORPHAN = """
import os, time
from rmp_milter.linux.orphans import end_with_parent
end_with_parent(os.getppid())
print(os.getpid(), flush=True)
time.sleep(60)
"""


@pytest.fixture
def orphaned() -> Iterator[int]:
    starter = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', sys.argv[1]], stdout=subprocess.PIPE)\n"
        "print(child.stdout.readline().decode(), flush=True)\n"
        "input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", starter, ORPHAN],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        parent.kill()
        yield pid


def test_a_supervised_process_ends_when_its_supervisor_is_killed(orphaned: int) -> None:
    assert _until(lambda: not _runs(orphaned))


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in {"Z", "X"}


def _until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.01)
    return False
