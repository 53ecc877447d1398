"""Run a program of the machine: bounded in time, its output kept, its failure told."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from testbed.ready_rmp import PARTS_READY, READY, Ready, Running, run_ready

RMP = Path(sys.executable).with_name("rmp")
SYSTEM_FOLDERS = "/usr/sbin:/sbin:/usr/local/sbin"


class CommandError(Exception):
    """A program that is absent, failed or took too long; the message says which."""


def program(name: str) -> str:
    """Return the absolute path of a program, looked for in the system folders as well.

    Raises :class:`CommandError` where it is not installed.
    """
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:{SYSTEM_FOLDERS}")
    if found is None:
        raise CommandError(f"{name}: not installed on this machine")
    return found


def run(
    command: Sequence[str | Path],
    stdin: bytes = b"",
    timeout: float = 120,
    *,
    check: bool = True,
) -> subprocess.CompletedProcess[bytes]:
    """Run a program to its end; with ``check``, raise :class:`CommandError` on failure."""
    try:
        done = subprocess.run(  # noqa: S603 -- an argument list of ours, no shell
            [program(str(command[0])), *map(str, command[1:])],
            input=stdin,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise CommandError(f"{command[0]}: no end after {timeout} s") from error
    return checked(str(command[0]), done) if check else done


def run_rmp(
    arguments: Sequence[str], timeout: float = 120, *, check: bool = True
) -> subprocess.CompletedProcess[bytes]:
    """Run a command of ``rmp`` as :func:`run` does, in a process that is ready where one may be."""
    if READY not in os.environ:
        return run([RMP, *arguments], timeout=timeout, check=check)
    try:
        done = run_ready(arguments, timeout)
    except subprocess.TimeoutExpired as error:
        raise CommandError(f"{RMP}: no end after {timeout} s") from error
    return checked(str(RMP), done) if check else done


def start_rmp(
    arguments: Sequence[str], log: Path, temporary: Path, *, itself: bool = False
) -> Running:
    """Start a process of the service, in a session of its own; what it says goes to ``log``.

    It is forked from what is ready where one may be, unless it shall be ``rmp`` ``itself``.
    """
    # What they leave in the temporary folder is found with all else.
    environment = {**os.environ, "TMPDIR": str(temporary)}
    with log.open("ab") as stream:
        if PARTS_READY in os.environ and not itself:
            out = stream.fileno()
            return Ready(arguments, environment, out, out, session=True)
        return subprocess.Popen(  # noqa: S603 -- a command of ours
            [RMP, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
            env=environment,
        )


def checked(
    command: str, done: subprocess.CompletedProcess[bytes]
) -> subprocess.CompletedProcess[bytes]:
    """Return what was done; raises :class:`CommandError` if it failed."""
    if done.returncode:
        raise CommandError(f"{command}: exit code {done.returncode}: {_said(done)}")
    return done


@contextmanager
def removed_on_failure(folder: Path) -> Iterator[None]:
    """Take ``folder`` away if the block does not end well (Ctrl-C included)."""
    try:
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    return (done.stderr or done.stdout).decode(errors="replace").strip()[-2000:]
