"""How the milter's process ends: libmilter's threads outlive libmilter's own end."""

import struct
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from rmp_milter.host.supervisor import listening_sockets
from testbed.milter_client import (
    ALL_ACTIONS,
    ALL_STEPS,
    VERSION,
    Command,
    MilterClient,
    Step,
    packet,
)
from testbed.waiting import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.slow]  # libmilter takes five seconds to end

SCRIPT = Path(__file__).with_name("lingering_milter.py")
OPTIONS = packet(Step(Command.OPTIONS, struct.pack(">III", VERSION, ALL_ACTIONS, ALL_STEPS)))


def test_who_speaks_while_the_process_ends_does_not_crash_it(tmp_path: Path) -> None:
    socket = tmp_path / "milter"
    command = [sys.executable, SCRIPT, socket]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as milter:
        assert milter.stdout is not None
        wait_until(lambda: str(socket) in listening_sockets(), 10, "the milter's socket")
        with MilterClient(socket) as late, MilterClient(socket) as other:
            late.send_raw(OPTIONS[:3])
            other.negotiate()  # by now a thread of libmilter's reads what late has begun to say
            milter.terminate()
            milter.stdout.read(1)  # the end of the process, or of the time before it
            with suppress(OSError):
                late.send_raw(OPTIONS[3:])
            assert milter.wait(10) == 0
