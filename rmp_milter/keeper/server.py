"""The keeper's process: a listening socket, and workers that answer on it.

Prefork: the parent loads nothing into the socket's way, it only starts workers again.
Each worker takes one connection at a time, one request a connection.

The parent must draw nothing from the OpenPGP library's random generator (no key is made,
nothing signed or encrypted there): each fork would begin with the same copy of it, and
draw the same session keys for different readers.
"""

import logging
import os
import secrets
import signal
import socket
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rmp_milter.keeper.desk.desk import Desk, Limits
from rmp_milter.keeper.keys.held import Holder
from rmp_milter.keeper.keys.keys import Keys
from rmp_milter.keeper.log.journal import Journal, JournalError
from rmp_milter.keeper.vitale.attestation import NOBODY_ATTESTS, AttestationVerifier
from rmp_milter.keeper.worker import work
from rmp_milter.linux.limits import keep_out_of_dumps
from rmp_milter.linux.orphans import end_with_parent

log = logging.getLogger("rmp.keeper")

BACKLOG = 128
RESTART_PAUSE = 0.2
"""Seconds a worker must have lived before the next one starts at once."""
START_AGAIN = 1.0
"""Seconds until a worker that could not be started is tried again."""
STOP_PATIENCE = 10.0
"""Seconds that workers have to finish what they are at."""
_STOPPING = frozenset({signal.SIGTERM, signal.SIGINT})


class ServerError(Exception):
    """The keeper cannot start; ``str`` is one line for the host."""


@dataclass(frozen=True)
class Listening:
    """Where the keeper listens and who may call: user ids, root only if listed."""

    socket: Path
    allowed_uids: frozenset[int]
    mode: int = 0o660


def serve(  # noqa: PLR0913 -- the parts of a keeper, each made elsewhere
    keys: Keys,
    log_folder: Path,
    place: Listening,
    workers: int,
    limits: Limits | None = None,
    *,
    verifier: AttestationVerifier = NOBODY_ATTESTS,
    services: frozenset[str] = frozenset(),
) -> None:
    """Answer calls until SIGTERM or SIGINT; must be called from the main thread.

    Raises :class:`~.log.journal.JournalError` or :class:`ServerError` before it listens; logs
    ``ready`` once the socket takes connections.
    """
    keep_out_of_dumps()
    with Journal(log_folder) as journal:  # a missing log must stop the start, not a worker
        size = len(journal)
    holder = Holder(secrets.token_bytes(32), secrets.token_bytes)
    listener = listen(place)

    def run_worker() -> None:
        with Journal(log_folder) as journal:
            bounds = limits or Limits()
            desk = Desk(keys, journal, holder, secrets.token_bytes, bounds, verifier, services)
            work(listener, place.allowed_uids, desk)

    with listener:
        log.info("ready on %s, %d leaves in the access log", place.socket, size)
        try:
            _Parent(run_worker, workers).run()
        finally:
            place.socket.unlink(missing_ok=True)
    log.info("stopped")


def listen(place: Listening) -> socket.socket:
    """Return the listening socket, its file's mode set; a stale file is replaced."""
    _remove_stale(place.socket)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # Bound without rights for anybody, so that nobody connects before the mode is set.
    before = os.umask(0o777)
    try:
        listener.bind(str(place.socket))
    except OSError as error:
        listener.close()
        raise ServerError(f"{place.socket}: {error.strerror or error}") from None
    finally:
        os.umask(before)
    place.socket.chmod(place.mode)
    listener.listen(BACKLOG)
    return listener


def _remove_stale(path: Path) -> None:
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise ServerError(f"{path}: in the way, and no socket")
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return
        except OSError as error:
            raise ServerError(f"{path}: {error.strerror}") from None
    raise ServerError(f"{path}: another keeper listens there")


class _Parent:
    """Keeps the number of workers, until told to stop."""

    def __init__(self, run_worker: Callable[[], None], workers: int) -> None:
        self._run_worker = run_worker
        self._workers = workers
        self._started: dict[int, float] = {}
        self._owed = 0  # workers that could not be started: no process was to be had

    def run(self) -> None:
        """Start workers, start them again, stop them: all by signals that are waited for."""
        waited = {*_STOPPING, signal.SIGCHLD}
        before = signal.pthread_sigmask(signal.SIG_BLOCK, waited)
        try:
            for _ in range(self._workers):
                self._start(before)
            while self._awaited(waited) not in _STOPPING:
                self._restart(before)
        finally:
            self._stop()
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _awaited(self, waited: set[signal.Signals]) -> int:
        """Return the next signal; 0 where it is time to try again to start a worker."""
        if not self._owed:
            return signal.sigwait(waited)
        found = signal.sigtimedwait(waited, START_AGAIN)
        return found.si_signo if found else 0

    def _start(self, mask: set[signal.Signals | int]) -> None:
        parent = os.getpid()
        try:
            child = os.fork()
        except OSError as error:
            log.critical("no worker can be started: %s", error.strerror)
            self._owed += 1
            return
        if child:
            self._started[child] = time.monotonic()
            return
        status = 1
        try:
            for number in (*_STOPPING, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            end_with_parent(parent)
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            self._run_worker()
            status = 0
        except JournalError as error:
            log.critical("worker ends: %s", error)  # what is wrong with the log, no content
        except Exception as error:  # noqa: BLE001 -- a forked child must end here, whatever comes
            log.critical("worker ends: %s", type(error).__name__)
        finally:
            os._exit(status)

    def _restart(self, mask: set[signal.Signals | int]) -> None:
        owed, self._owed = self._owed, 0
        for _ in range(owed):
            self._start(mask)
        for child, status in self._ended():
            lived = time.monotonic() - self._started.pop(child)
            log.warning("worker %d ended (status %d), starting another", child, status)
            if lived < RESTART_PAUSE:
                time.sleep(RESTART_PAUSE)
            self._start(mask)

    def _ended(self) -> list[tuple[int, int]]:
        """Return the workers that ended; other children are left to whoever has them."""
        found = []
        for child in list(self._started):
            pid, status = os.waitpid(child, os.WNOHANG)
            if pid:
                found.append((pid, os.waitstatus_to_exitcode(status)))
        return found

    def _stop(self) -> None:
        """Ask the workers to stop; they finish what they are at, or are ended."""
        self._tell_all(signal.SIGTERM)
        deadline = time.monotonic() + STOP_PATIENCE
        while self._started and time.monotonic() < deadline:
            for child, _ in self._ended():
                del self._started[child]
            time.sleep(0.02)
        self._tell_all(signal.SIGKILL)
        for child in self._started:
            os.waitpid(child, 0)

    def _tell_all(self, number: signal.Signals) -> None:
        for child in self._started:
            with suppress(ProcessLookupError):
                os.kill(child, number)
