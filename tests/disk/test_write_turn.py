import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from rmp_milter.disk.write_turn import WriteTurn

HOLDER = """
import sys, time
from pathlib import Path
from rmp_milter.disk.write_turn import WriteTurn
with WriteTurn(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def holder(folder: Path) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)], stdout=subprocess.PIPE
    )
    assert process.stdout
    assert process.stdout.readline() == b"held\n"
    process.stdout.close()
    return process


def test_a_killed_writer_gives_its_turn_back(tmp_path: Path) -> None:
    first = holder(tmp_path)
    waiting = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE
    )
    assert waiting.stdout
    time.sleep(0.3)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    assert waiting.stdout.readline() == b"held\n"
    waiting.kill()
    waiting.wait()
    waiting.stdout.close()


def test_the_turn_can_be_taken_again(tmp_path: Path) -> None:
    turn = WriteTurn(tmp_path)
    for _ in range(3):
        with turn:
            pass
    turn.close()
    turn.close()
    other = holder(tmp_path)
    assert other.poll() is None
    other.kill()
    other.wait()
