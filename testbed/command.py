"""Run a program of the machine: bounded in time, its output kept, its failure told."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

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
    if check and done.returncode:
        raise CommandError(f"{command[0]}: exit code {done.returncode}: {_said(done)}")
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
