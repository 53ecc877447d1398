import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.written import WriteWatch

PROGRAM = """
import os, subprocess, sys
from pathlib import Path
folder = Path(sys.argv[1])
held = (folder / "held").open("w")
print("ready", flush=True)
input()
(folder / "read").read_text()
(folder / "written").write_text("x")
(folder / "gone").write_text("x")
(folder / "gone").unlink()
os.close(os.open(folder, os.O_TMPFILE | os.O_RDWR))
subprocess.run([sys.executable, "-c", "open('by-child', 'a')"], cwd=folder, check=True)
print("done", flush=True)
input()
"""


@pytest.fixture
def writer(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    (tmp_path / "read").touch()
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        yield process


def says(writer: "subprocess.Popen[str]") -> str:
    assert writer.stdout
    return writer.stdout.readline().strip()


def goes_on(writer: "subprocess.Popen[str]") -> None:
    assert writer.stdin
    writer.stdin.write("\n")
    writer.stdin.flush()


def test_every_file_that_was_written_to_is_seen(
    writer: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    assert says(writer) == "ready"
    with WriteWatch([writer.pid]) as watch:
        goes_on(writer)
        assert says(writer) == "done"
        written = watch.stop()
    goes_on(writer)
    inside = {file.name for file in written if file.parent == tmp_path}
    assert inside > {"held", "written", "gone", "by-child"}
    (unnamed,) = inside - {"held", "written", "gone", "by-child"}
    assert unnamed.startswith("#")  # a file that never had a name
