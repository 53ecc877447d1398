"""Commands that are forked from a process which waits are as ``rmp`` itself is."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from testbed.command import RMP, run
from testbed.processes import is_listening
from testbed.ready_rmp import run_ready
from testbed.service import Service
from testbed.waiting import wait_until


@pytest.mark.parametrize(
    "arguments",
    [
        ["--version"],
        ["doctor", "--help"],
        ["doctor", "nobody"],
        ["--config", "absent.toml", "outbox", "list"],
        ["access", "--lang", "fr", "verify"],
    ],
    ids=" ".join,
)
def test_it_says_and_ends_as_the_command_does(arguments: list[str]) -> None:
    itself = run([RMP, *arguments], check=False)
    ready = run_ready(arguments, 60)
    assert (ready.returncode, ready.stdout, ready.stderr) == (
        itself.returncode,
        itself.stdout,
        itself.stderr,
    )
    assert itself.stdout + itself.stderr


def test_folder_and_environment_are_the_callers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_ready(["--version"], 60)  # it waits by now
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RMP_CONFIG", "mine.toml")
    assert b"mine.toml: cannot be read" in run_ready(["outbox", "list"], 60).stderr
    (tmp_path / "there.toml").write_text("not a setting")
    said = run_ready(["--config", "there.toml", "outbox", "list"], 60).stderr
    assert b"there.toml" in said
    assert b"cannot be read" not in said


def test_each_of_many_at_once_has_its_own_streams() -> None:
    words = [f"no-{number}" for number in range(8)]
    with ThreadPoolExecutor(len(words)) as pool:
        done = list(pool.map(lambda word: run_ready([word], 60), words))
    for word, each in zip(words, done, strict=True):
        assert each.returncode == 2
        assert word.encode() in each.stderr


@pytest.mark.integration
def test_what_takes_too_long_is_ended() -> None:
    with Service(9) as service:
        command = ["--config", str(service.config), "keeper"]
        with pytest.raises(subprocess.TimeoutExpired):
            run_ready(command, 2)
        wait_until(lambda: not is_listening(service.keeper_socket), 20, "its end")
