"""The keeper's process: listening sockets, and workers that answer on them.

Prefork: the parent loads nothing into the socket's way, it only starts workers again.
Each worker takes one connection at a time, one request a connection; one more serves
operators, and never a mail.

The parent must draw nothing from the OpenPGP library's random generator (no key is made,
nothing signed or encrypted there): each fork would begin with the same copy of it, and
draw the same session keys for different readers.
"""

import logging
import os
import secrets
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path

from rmp_milter.calls.listening import Listening, listening
from rmp_milter.engine.fence import FencedError
from rmp_milter.keeper.authority.host_rules import AS_SHIPPED, HostRules
from rmp_milter.keeper.carrying import carry_on
from rmp_milter.keeper.desk.desk import Desk, Limits, nobody_trusted
from rmp_milter.keeper.keys.held import Holder
from rmp_milter.keeper.keys.keys import Keys
from rmp_milter.keeper.leading import TAKEN_OVER, Lead
from rmp_milter.keeper.log.journal import Journal, JournalError, LogTakenOver
from rmp_milter.keeper.log.open_log import place_of
from rmp_milter.keeper.operators import attend
from rmp_milter.keeper.vitale.attestation import NOBODY_ATTESTS, AttestationVerifier
from rmp_milter.keeper.worker import work
from rmp_milter.linux.limits import keep_out_of_dumps
from rmp_milter.linux.notify import SILENT, Notifier
from rmp_milter.linux.orphans import end_with_parent
from rmp_milter.x509 import World

log = logging.getLogger("rmp.keeper")

RESTART_PAUSE = 0.2
"""Seconds a worker must have lived before the next one starts at once."""
START_AGAIN = 1.0
"""Seconds until a worker that could not be started is tried again."""
CARRYING_SECONDS = 1800
"""How long the start may take where the pepper was changed: minutes for a million dossiers."""
STOP_PATIENCE = 10.0
"""Seconds that workers have to finish what they are at."""
_Job = Callable[[], None]
_STOPPING = frozenset({signal.SIGTERM, signal.SIGINT})


def serve(  # noqa: PLR0913 -- the parts of a keeper, each made elsewhere
    keys: Keys,
    log_at: Path | Lead,
    place: Listening,
    workers: int,
    limits: Limits | None = None,
    *,
    operators: Listening | None = None,
    verifier: AttestationVerifier = NOBODY_ATTESTS,
    services: frozenset[str] = frozenset(),
    rules: HostRules = AS_SHIPPED,
    world: Callable[[], World] = nobody_trusted,
    notifier: Notifier = SILENT,
) -> None:
    """Answer calls until SIGTERM or SIGINT; must be called from the main thread.

    ``log_at`` is the log's folder, or the lead of one that several keepers share.
    ``place`` is the milter's socket, ``operators`` that for the host's own acts, which has a
    worker beside the ``workers``; ``world`` gives whose X.509 certificates count. Raises
    :class:`~.log.journal.JournalError` or :class:`ServerError` before it listens, its
    ``LogTakenOver`` where another keeper has taken over, and
    :class:`~.keys.key_files.KeyFileError` for another pepper than its tables'; logs ``ready``
    once the sockets take connections. ``notifier`` tells the service manager the same, and gives
    signs of life as long as workers are looked after.
    """
    keep_out_of_dumps()
    lead = Lead(place_of(log_at)) if isinstance(log_at, Path) else log_at
    with Journal(lead.place) as journal:  # a missing log must stop the start, not a worker
        size = len(journal)
    holder = Holder(secrets.token_bytes(32), secrets.token_bytes)
    bounds = limits or Limits()

    def at_a_desk(serving: Callable[[Desk], None]) -> _Job:
        def run() -> None:
            with Journal(lead.place) as journal:
                random = secrets.token_bytes
                rest = (verifier, services, rules, world)
                serving(Desk(keys, journal, holder, random, bounds, *rest))

        return run

    with ExitStack() as stack:
        jobs: list[_Job] = []
        if operators:  # before the milter's: where that one answers, this one does too
            door = stack.enter_context(listening(operators))
            jobs.append(at_a_desk(partial(attend, door, operators.allowed_uids)))
        listener = stack.enter_context(listening(place))
        jobs += [at_a_desk(partial(work, listener, place.allowed_uids))] * workers
        notifier.takes_long(CARRYING_SECONDS)
        carry_on(keys.peppers, lead.place)  # now: no worker of another keeper's is left
        log.info("ready on %s, %d leaves in the access log", place.socket, size)
        parent = _Parent(jobs, notifier)
        if lead.again:
            parent.look_after(lead.holder, _held(lead.again))
        parent.run()
    log.info("stopped")


def _held(again: _Job) -> _Job:
    def run() -> None:
        try:
            again()
        except FencedError as error:
            raise LogTakenOver(f"access log: {error}") from error

    return run


class _Parent:
    """Keeps the number of workers, until told to stop."""

    def __init__(self, jobs: Sequence[_Job], notifier: Notifier = SILENT) -> None:
        """``jobs`` are what the workers do, one each."""
        self._jobs = jobs
        self._notifier = notifier
        self._started: dict[int, tuple[float, _Job]] = {}
        self._owed: list[_Job] = []  # could not be started: no process was to be had
        self._taken_over = False

    def look_after(self, child: int, job: _Job) -> None:
        """Do ``job`` in a new process, once the ``child`` that does it now has ended."""
        self._started[child] = time.monotonic(), job

    def run(self) -> None:
        """Start workers, start them again, stop them: all by signals that are waited for.

        Raises :class:`~.log.journal.LogTakenOver` once one of them has seen that.
        """
        waited = {*_STOPPING, signal.SIGCHLD}
        before = signal.pthread_sigmask(signal.SIG_BLOCK, waited)
        try:
            for job in self._jobs:
                self._start(job, before)
            self._notifier.ready()
            self._restart(before)  # what ended before its signal was waited for
            while not self._taken_over and self._awaited(waited) not in _STOPPING:
                self._restart(before)
                self._notifier.alive()
        finally:
            self._notifier.stopping()
            self._stop()
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if self._taken_over:
            raise LogTakenOver("access log: another keeper has taken over, this one ends")

    def _awaited(self, waited: set[signal.Signals]) -> int:
        """Return the next signal; 0 where there is something to be done without one.

        A worker that could not be started is tried again, a sign of life may be due.
        """
        pauses = (START_AGAIN if self._owed else 0, self._notifier.pause)
        if not any(pauses):
            return signal.sigwait(waited)
        found = signal.sigtimedwait(waited, min(filter(None, pauses)))
        return found.si_signo if found else 0

    def _start(self, job: _Job, mask: set[signal.Signals | int]) -> None:
        parent = os.getpid()
        try:
            child = os.fork()
        except OSError as error:
            log.critical("no worker can be started: %s", error.strerror)
            self._owed.append(job)
            return
        if child:
            self._started[child] = time.monotonic(), job
            return
        status = 1
        try:
            for number in (*_STOPPING, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            end_with_parent(parent)
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            job()
            status = 0
        except LogTakenOver as error:
            log.critical("%s", error)
            status = TAKEN_OVER
        except JournalError as error:
            log.critical("worker ends: %s", error)  # what is wrong with the log, no content
        except Exception as error:  # noqa: BLE001 -- a forked child must end here, whatever comes
            log.critical("worker ends: %s", type(error).__name__)
        finally:
            os._exit(status)

    def _restart(self, mask: set[signal.Signals | int]) -> None:
        owed, self._owed = self._owed, []
        for job in owed:
            self._start(job, mask)
        for child, status in self._ended():
            since, job = self._started.pop(child)
            if status == TAKEN_OVER:
                self._taken_over = True
                return
            log.warning("worker %d ended (status %d), starting another", child, status)
            if time.monotonic() - since < RESTART_PAUSE:
                time.sleep(RESTART_PAUSE)
            self._start(job, mask)

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
