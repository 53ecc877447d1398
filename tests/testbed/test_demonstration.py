"""The demonstration itself: it holds what it claims, and leaves nothing behind."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from testbed.ready_rmp import PARTS_READY

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(os.geteuid() != 0, reason="a private Postfix needs root"),
]
DEMO = Path(__file__).parents[2] / "demo" / "run"


def started() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(DEMO)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # As whoever runs it: its service is known by what its processes are called.
        env={name: value for name, value in os.environ.items() if name != PARTS_READY},
    )


def folders(shown: str) -> list[Path]:
    return [Path(word) for word in re.findall(r"/\S+/rmp-[a-z]+-\w+", shown)]


def processes_in(places: list[Path]) -> list[str]:
    shown = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            shown.append(file.read_bytes().decode(errors="replace"))
        except OSError:
            continue
    return [line for line in shown if any(str(place) in line for place in places)]


def test_the_demonstration_proves_all_that_it_claims() -> None:
    demo = started()
    shown, complaints = demo.communicate(timeout=120)
    assert demo.returncode == 0, shown + complaints
    assert shown.count("✔") == 23
    assert "NOT SO" not in shown
    assert len(folders(shown)) == 3
    assert not any(folder.exists() for folder in folders(shown))


@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.soak)]
)
def test_an_interrupted_demonstration_leaves_nothing_behind(number: signal.Signals) -> None:
    demo = started()
    assert demo.stdout is not None
    shown = ""
    for line in demo.stdout:
        shown += line
        if line.startswith("[ 4/"):
            break
    places = folders(shown)
    time.sleep(0.1)
    demo.send_signal(number)
    rest, complaints = demo.communicate(timeout=60)
    assert demo.returncode == 130, rest + complaints
    assert "interrupted" in rest
    assert len(places) == 3
    assert not any(place.exists() for place in places)
    assert processes_in(places) == []
