"""Commands that are forked from a process which waits are as ``rmp`` itself is."""

import os
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from testbed.command import RMP, run, start_rmp
from testbed.processes import children, is_listening, is_running
from testbed.ready_rmp import Ready, Running, run_ready
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


@pytest.fixture(params=[False, True], ids=["ready", "itself"])
def keeper(request: pytest.FixtureRequest) -> Iterator[Running]:
    """Give a keeper that runs; what is ready behaves as the command does."""
    itself: bool = request.param
    with Service(9) as service:
        command = ("--config", str(service.config), "keeper")
        log = service.root / "out"
        started = start_rmp(command, log, service.temporary, itself=itself)
        assert isinstance(started, subprocess.Popen if itself else Ready)
        wait_until(lambda: bool(children(started.pid)), 60, "the keeper's workers")
        yield started
        started.kill()
        started.wait(20)
        assert "ready on" in log.read_text()
        started.kill()  # who is gone is left alone


@pytest.mark.integration
class TestRunning:
    def test_it_leads_a_session_and_ends_when_it_is_told(self, keeper: Running) -> None:
        assert os.getsid(keeper.pid) == keeper.pid
        workers = children(keeper.pid)
        assert keeper.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            keeper.wait(0.1)
        with ThreadPoolExecutor(2) as pool:
            heard = [pool.submit(keeper.wait, 20) for _ in range(2)]
            keeper.terminate()
            assert [each.result() for each in heard] == [0, 0]
        assert keeper.wait() == keeper.poll() == 0
        assert not any(map(is_running, (keeper.pid, *workers)))

    def test_killed_it_says_so(self, keeper: Running) -> None:
        keeper.kill()
        assert keeper.wait(20) == keeper.poll() == -signal.SIGKILL
        assert not is_running(keeper.pid)
