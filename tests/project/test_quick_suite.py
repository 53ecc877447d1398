"""What make quick leaves out is what is marked; nothing else starts a Postfix or the service."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RMP = (sys.executable, "-m", "rmp_milter.cli")
SERVICE = [
    *([*RMP, "--config", "absent.toml", part] for part in ("serve", "keeper", "milter")),
    [Path(sys.executable).with_name("rmp"), "courier", "--config", "absent.toml"],
]


@pytest.mark.parametrize("command", [["postfix", "-c", "absent", "start"], *SERVICE])
def test_a_test_without_the_mark_starts_neither(command: list[str | Path]) -> None:
    with pytest.raises(AssertionError, match="only a test marked integration may start"):
        subprocess.run(command, check=False)


@pytest.mark.integration
@pytest.mark.parametrize("command", SERVICE)
def test_a_marked_test_may(command: list[str | Path], tmp_path: Path) -> None:
    done = subprocess.run(command, check=False, capture_output=True, cwd=tmp_path)
    assert b"absent.toml: cannot be read" in done.stderr


def test_other_commands_are_for_every_test(tmp_path: Path) -> None:
    command = [*RMP, "outbox", "list", "--config", "absent.toml"]
    done = subprocess.run(command, check=False, capture_output=True, cwd=tmp_path)
    assert b"absent.toml: cannot be read" in done.stderr


def test_make_quick_leaves_out_what_is_marked_and_the_long_campaigns() -> None:
    done = subprocess.run(["make", "-n", "quick"], cwd=ROOT, capture_output=True, check=True)
    assert b'-m "not soak and not integration and not slow"' in done.stdout
