"""``rmp`` without the time that Python takes to read it: a quarter to two thirds of a second.

A process that has read all commands waits here; each command is a fork of it, with arguments,
folder, environment and streams of its own, and ends as ``rmp`` does. So are keeper, milter and
courier, which run on. What is about a command's own start, its name among the processes or its
memory starts ``rmp`` itself.
"""

import atexit
import contextlib
import gc
import importlib
import json
import os
import pwd
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import NoReturn, Protocol

READY = "RMP_TESTBED_READY"
"""Set in the environment where commands shall be run so: by the tests, by no bench."""
PARTS_READY = "RMP_TESTBED_PARTS_READY"
"""Set where the service's processes shall start so too."""
REQUEST_BYTES = 1 << 20
UMASK = 0o022
"""The mask for files where none is named."""


class Running(Protocol):
    """A command that runs on, as :class:`subprocess.Popen` has it."""

    @property
    def pid(self) -> int:
        """The id of its process."""

    def poll(self) -> int | None:
        """Return how it ended (negative: by which signal); None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Return how it ended; raises ``subprocess.TimeoutExpired``."""

    def terminate(self) -> None:
        """Tell it to end (SIGTERM)."""

    def kill(self) -> None:
        """End it at once (SIGKILL)."""


class Ready:
    """A fork of the process that waits, which is ``rmp`` with these ``arguments``.

    What it says goes to ``out`` and ``err``; ``session`` gives it one of its own, ``user`` another
    user's rights, ``umask`` a mask for files. It is no child of this process, so that whoever
    awaits all of those does not come upon it.
    """

    def __init__(  # noqa: PLR0913 -- what a process has of its own
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        out: int,
        err: int,
        *,
        session: bool = False,
        user: str = "",
        umask: int = UMASK,
    ) -> None:
        self.arguments = ["rmp", *arguments]
        sys.audit("subprocess.Popen", "rmp", self.arguments, None, None)  # whoever minds those
        self._status: int | None = None
        self._lock = threading.Lock()
        self._line, theirs = socket.socketpair()
        asked = [[*arguments], str(Path.cwd()), dict(environment), session, user, umask]
        with contextlib.ExitStack() as undo:
            undo.callback(self._line.close)
            with open(os.devnull, "rb") as nothing, theirs:  # noqa: PTH123 -- a device
                streams = [nothing.fileno(), out, err, theirs.fileno()]
                socket.send_fds(_server(), [json.dumps(asked).encode()], streams)
            self.pid = self._told()
            undo.pop_all()

    def poll(self) -> int | None:
        """Return how it ended; None while it runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self._status

    def wait(self, timeout: float | None = None) -> int:
        """Return how it ended; raises ``subprocess.TimeoutExpired``."""
        if self._status is None and not self._says_more(timeout):
            raise subprocess.TimeoutExpired(self.arguments, timeout or 0)
        with self._lock:  # another thread may have heard it
            if self._status is None:
                self._status = self._told()
                self._line.close()
            return self._status

    def terminate(self) -> None:
        """Tell it to end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def _says_more(self, timeout: float | None) -> bool:
        waiting = select.poll()
        waiting.register(self._line, select.POLLIN)
        return bool(waiting.poll(None if timeout is None else timeout * 1000))

    def _told(self) -> int:
        """Return the next number: the process's id, then how it ended."""
        said = b""
        while not said.endswith(b"\n"):
            more = self._line.recv(1)
            if not more:
                raise ChildProcessError("the process that waits for commands is gone")
            said += more
        return int(said)


def run_ready(
    arguments: Sequence[str], timeout: float, *, user: str = "", umask: int = UMASK
) -> subprocess.CompletedProcess[bytes]:
    """Run a command of ``rmp`` to its end, as a ``user``; raises ``subprocess.TimeoutExpired``."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = Ready(
            arguments, os.environ, out.fileno(), err.fileno(), user=user, umask=umask
        )
        try:
            status = process.wait(timeout)
        except BaseException:
            process.kill()
            process.wait()
            raise
        for each in (out, err):
            each.seek(0)
        return subprocess.CompletedProcess(process.arguments, status, out.read(), err.read())


@contextlib.contextmanager
def running(part: str, config: Path) -> Iterator[Ready]:
    """Have a part of a service run, whose end is waited for; nobody hears what it says."""
    with open(os.devnull, "wb") as nothing:  # noqa: PTH123 -- a device
        said = nothing.fileno()
        process = Ready([part, "--config", str(config)], os.environ, said, said)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


@cache
def prove_once(folder: Path) -> None:
    """Have the RSA keys in a keeper's ``folder`` and its courier's proven now, not in each fork."""
    _server().send(str(folder).encode())


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
            start_new_session=True,  # it outlives a Ctrl-C, to tell how the others ended
        )
    atexit.register(_end, ours, waiting)
    return ours


def _end(line: socket.socket, waiting: subprocess.Popen[bytes]) -> None:
    line.close()
    waiting.wait()


def serve(line: socket.socket) -> None:
    """Fork a command for each request and tell how each ended, until nobody is there to ask."""
    told: dict[int, tuple[int, int]] = {}
    """By the descriptor of a process: its id, and where its end is awaited."""
    waiting = select.poll()
    waiting.register(line, select.POLLIN)
    while True:
        for ready, _ in waiting.poll():
            if ready != line.fileno():
                waiting.unregister(ready)
                _tell_end(ready, *told.pop(ready))
                continue
            said, descriptors, _, _ = socket.recv_fds(line, REQUEST_BYTES, 4)
            if not said:
                return
            if not descriptors:
                _prove(said.decode())
                continue
            process, pid, end = _forked(said, descriptors)
            told[process] = pid, end
            waiting.register(process, select.POLLIN)


def _forked(said: bytes, descriptors: list[int]) -> tuple[int, int, int]:
    """Fork a command; return its process's descriptor and id, and where its end is awaited."""
    *streams, end = descriptors
    pid = os.fork()
    if not pid:
        _become(said, streams)
    for each in streams:
        os.close(each)
    _tell(end, pid)
    return os.pidfd_open(pid), pid, end


def _tell_end(process: int, pid: int, end: int) -> None:
    _, status = os.waitpid(pid, 0)
    _tell(end, os.waitstatus_to_exitcode(status))
    os.close(process)
    os.close(end)


def _tell(end: int, number: int) -> None:
    with contextlib.suppress(BrokenPipeError):  # who asked is gone
        os.write(end, b"%d\n" % number)


def proven_once() -> tuple[tuple[ModuleType, str], ...]:
    """Return what has OpenSSL prove RSA keys, each time that they are read, by module and name.

    A tenth of a second each, three times a keeper, and a third of it once a courier and once a
    check: a test run keeps what each returned.
    """
    from rmp_milter.courier import dkim_key  # noqa: PLC0415 -- not by who asks
    from rmp_milter.keeper.keys import smime_folder  # noqa: PLC0415 -- not by who asks
    from rmp_milter.keeper.openpgp import secretkeys  # noqa: PLC0415 -- as above

    load = "load_pem_private_key"
    return (secretkeys, "_private"), (smime_folder, load), (dkim_key, load)


def _keep_proofs() -> None:
    for module, name in proven_once():
        setattr(module, name, cache(getattr(module, name)))


def _prove(folder: str) -> None:
    """Read the keys of a keeper and of its courier: every fork knows these octets by then."""
    from rmp_milter.courier import dkim_key  # noqa: PLC0415 -- as above
    from rmp_milter.keeper.keys.keys import load_keys  # noqa: PLC0415 -- as above

    load_keys(Path(folder))
    with contextlib.suppress(dkim_key.DkimKeyError):  # where only a keeper is
        dkim_key.read_dkim_key(Path(folder).parent / "courier" / dkim_key.DKIM_KEY)


def _hash_codes_quickly() -> None:
    """Have keepers that are forked from here hash codes in no time, as those in a test do.

    How long a code takes is a matter of these two numbers. Whatever looks at that time, or opens
    the dossiers of such a service by another keeper, takes ``rmp`` itself.
    """
    from rmp_milter.keeper.keys import sealing  # noqa: PLC0415 -- as above

    sealing.ARGON2_MEMORY, sealing.ARGON2_ITERATIONS = 8, 1


def _become(said: bytes, streams: list[int]) -> NoReturn:
    from rmp_milter.cli.main import main  # noqa: PLC0415 -- read by then; not by who asks

    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.closerange(len(streams), os.sysconf("SC_OPEN_MAX"))  # the others' as well
    arguments, folder, environment, session, user, umask = json.loads(said)
    if session:
        os.setsid()
    os.chdir(folder)
    os.umask(umask)
    if user:
        become(user)
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


def become(user: str) -> None:
    """Take the rights of a user, and of all groups that have him; for a process of its own."""
    entry = pwd.getpwnam(user)
    os.setgroups(os.getgrouplist(user, entry.pw_gid))
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)


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
    _keep_proofs()
    _hash_codes_quickly()
    gc.freeze()  # or each fork's collector writes to all of it
    serve(socket.socket(fileno=int(sys.argv[1])))
