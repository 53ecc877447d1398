"""How the milter's process ends: libmilter's threads outlive libmilter's own end."""

import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import Milter
import pytest

from rmp_milter.host.supervisor import listening_sockets
from rmp_milter.milter.callbacks import Session, stop
from testbed.milter_client import (
    ALL_ACTIONS,
    ALL_STEPS,
    VERSION,
    Command,
    MilterClient,
    Step,
    opening,
    packet,
    steps_of,
)
from testbed.waiting import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.slow]

SCRIPT = Path(__file__).with_name("lingering_milter.py")
CALLING = Path(__file__).with_name("calling_milter.py")
SENDERS, MAILS = 8, 300
OPTIONS = packet(Step(Command.OPTIONS, struct.pack(">III", VERSION, ALL_ACTIONS, ALL_STEPS)))


def test_who_speaks_while_the_process_ends_does_not_crash_it(tmp_path: Path) -> None:
    with lingering(tmp_path, 0) as milter, MilterClient(tmp_path / "milter") as late:
        assert milter.stdout is not None
        with MilterClient(tmp_path / "milter") as other:
            late.send_raw(OPTIONS[:3])
            other.negotiate()  # by now a thread of libmilter's reads what late has begun to say
            milter.terminate()
            while milter.stdout.readline() not in {b"", b"finalising\n"}:
                pass
            with suppress(OSError):
                late.send_raw(OPTIONS[3:])
            assert milter.wait(60) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_thread_of_our_own_is_not_ended_where_it_stands(tmp_path: Path, number: int) -> None:
    """The signal went to whichever thread did not make it wait, and killed the process."""
    with lingering(tmp_path, 0) as milter:
        milter.send_signal(number)
        out, _ = milter.communicate(timeout=60)
    assert (milter.returncode, out) == (0, b"ending\n")


def test_a_mail_at_its_final_dot_is_brought_to_its_end(tmp_path: Path) -> None:
    with lingering(tmp_path, 1) as milter, MilterClient(tmp_path / "milter") as client:
        assert milter.stdout is not None
        client.negotiate()
        *before, last = opening() + steps_of("a@x.test", ["rmp@x.test"], b"A: b\r\n\r\nc\r\n")
        client.run(before)
        client.send(last)
        assert milter.stdout.readline() == b"taking\n"
        milter.terminate()
        out, _ = milter.communicate(timeout=60)
    assert (milter.returncode, out) == (0, b"taken\nending\n")


def test_native_code_may_call_back_into_python_while_mails_are_taken(tmp_path: Path) -> None:
    """It found the state of a connection that was gone: the process ended (segmentation fault)."""
    path = tmp_path / "milter"
    mail = opening() + steps_of("a@x.test", ["rmp@x.test"], b"A: b\r\n\r\nc\r\n")

    def sent(_number: int) -> bytes:
        with MilterClient(path) as client:
            client.negotiate()
            heard = client.run(mail)
            assert heard is not None
            return heard.letter

    with subprocess.Popen([sys.executable, CALLING, path]) as milter:
        try:
            wait_until(lambda: str(path) in listening_sockets(), 60, "the milter's socket")
            with ThreadPoolExecutor(SENDERS) as senders:
                assert len(set(senders.map(sent, range(MAILS)))) == 1
            milter.terminate()
            assert milter.wait(60) == 0
        finally:
            milter.kill()


def test_a_listener_that_was_called_too_early_is_called_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was back at its wait before it was told to stop, and looked up after five seconds."""
    path = str(tmp_path / "milter")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        listener.settimeout(60)

        heard = []

        def told() -> None:
            while len(heard) < 2:
                heard.append(listener.accept()[0])
                heard[-1].close()

        monkeypatch.setattr(Session, "socket", path, raising=False)
        monkeypatch.setattr(Milter, "stop", told)
        stop()
    assert len(heard) == 2


@contextmanager
def lingering(folder: Path, seconds: float) -> Iterator[subprocess.Popen[bytes]]:
    """Start a milter whose mails take ``seconds``; it is there when the block begins."""
    path = folder / "milter"
    command = [sys.executable, SCRIPT, path, str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as milter:
        try:
            wait_until(lambda: str(path) in listening_sockets(), 60, "the milter's socket")
            with MilterClient(path) as first:
                first.negotiate()  # libmilter's main function runs
            yield milter
        finally:
            milter.kill()
