"""``rmp`` commands without the time that Python takes to read them: a quarter of a second each.

A process that has read all commands waits here; each command is a fork of it, with arguments,
folder, environment and streams of its own, and ends as ``rmp`` does. What is about a command's
own start, its name among the processes or its memory starts ``rmp`` itself.
"""

import atexit
import contextlib
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NoReturn

READY = "RMP_TESTBED_READY"
"""Set in the environment where commands shall be run so: by the tests, by no bench."""
REQUEST_BYTES = 1 << 20


def run_ready(arguments: Sequence[str], timeout: float) -> subprocess.CompletedProcess[bytes]:
    """Run a command of ``rmp`` to its end; raises ``subprocess.TimeoutExpired``."""
    said = json.dumps([[*arguments], str(Path.cwd()), dict(os.environ)]).encode()
    with (
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
        open(os.devnull, "rb") as nothing,  # noqa: PTH123 -- a device
    ):
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                streams = [each.fileno() for each in (nothing, out, err, theirs)]
                socket.send_fds(_server(), [said], streams)
            status = _ended(ours, ["rmp", *arguments], timeout)
        for each in (out, err):
            each.seek(0)
        return subprocess.CompletedProcess(["rmp", *arguments], status, out.read(), err.read())


def _ended(line: socket.socket, command: list[str], timeout: float) -> int:
    """Return the exit status, which follows the process's id."""
    line.settimeout(timeout)
    with line.makefile("r") as told:
        pid = int(told.readline())
        try:
            return int(told.readline())
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            raise subprocess.TimeoutExpired(command, timeout) from None


@cache
def _server() -> socket.socket:
    """Start what waits; it ends with this process, whose end of the line is closed then."""
    ours, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, REQUEST_BYTES)
    with theirs:
        waiting = subprocess.Popen(  # noqa: S603 -- this file
            # -P: the modules beside this file have names that others have too.
            [sys.executable, "-P", __file__, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
        )
    atexit.register(_end, ours, waiting)
    return ours


def _end(line: socket.socket, waiting: subprocess.Popen[bytes]) -> None:
    line.close()
    waiting.wait()


def serve(line: socket.socket) -> None:
    """Fork a command for each request, until nobody is there to ask."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who wait
    while True:
        said, descriptors, _, _ = socket.recv_fds(line, REQUEST_BYTES, 4)
        if not said:
            return
        if not os.fork():
            line.close()
            _watch(said, descriptors)
        for each in descriptors:
            os.close(each)


def _watch(said: bytes, descriptors: list[int]) -> NoReturn:
    """Fork the command; tell its id, then how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    *streams, told = descriptors
    pid = os.fork()
    if not pid:
        os.close(told)
        _become(said, streams)
    os.write(told, b"%d\n" % pid)
    _, status = os.waitpid(pid, 0)
    with contextlib.suppress(BrokenPipeError):
        os.write(told, b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _become(said: bytes, streams: list[int]) -> NoReturn:
    from rmp_milter.cli.main import main  # noqa: PLC0415 -- read by then; not by who asks

    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    arguments, folder, environment = json.loads(said)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["rmp", *arguments]
    status: object = 1
    try:
        main()
    except SystemExit as end:
        status = end.code
    except BaseException:  # noqa: BLE001 -- as the interpreter's own end
        sys.excepthook(*sys.exc_info())
    for each in (sys.stdout, sys.stderr):
        each.flush()
    os._exit(status if isinstance(status, int) else 0 if status is None else 1)


def _read_all() -> None:
    """Import every command's module, those in groups too."""
    from rmp_milter.cli.lazy import LazyGroup  # noqa: PLC0415 -- as above
    from rmp_milter.cli.main import rmp  # noqa: PLC0415 -- as above

    waiting = [rmp]
    while waiting:
        for place in waiting.pop().places.values():
            command = getattr(importlib.import_module(place.module), place.attribute)
            if isinstance(command, LazyGroup):
                waiting.append(command)


if __name__ == "__main__":
    _read_all()
    serve(socket.socket(fileno=int(sys.argv[1])))
