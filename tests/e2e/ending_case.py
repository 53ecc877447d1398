"""The end of a rotation as a process that dies, by SIGKILL, at one of its steps.

A fork of the test's process does it, which has read all modules. A step is each call to the
keeper and each commit to the store (before it, and right behind it), and each change of a file
in the keeper's folder. Who has no step left ends as the command does.
"""

import itertools
import os
import signal
import sys
from pathlib import Path
from typing import IO

from rmp_milter.calls.protocol.calls import Reply, Request
from rmp_milter.cli import main, reslotting, translations
from rmp_milter.cli.leaves import HostKeeper
from rmp_milter.config import load
from rmp_milter.dossier.changes import Changes
from rmp_milter.store.store import LmdbStore
from testbed.forks import in_a_child

RAISED = 99
CHANGES = frozenset(("open", "os.rename", "os.remove", "os.link"))


class Steps:
    """Counts, and kills this process at the one that is given."""

    def __init__(self, last: int, folder: Path) -> None:
        self._steps, self._last, self._folder = itertools.count(), last, str(folder)

    def step(self) -> None:
        if next(self._steps) == self._last:
            os.kill(os.getpid(), signal.SIGKILL)

    def heard(self, event: str, arguments: tuple[object, ...]) -> None:
        """Take an audit event."""
        if event in CHANGES and str(arguments[0]).startswith(self._folder):
            self.step()

    def watch_calls_and_commits(self) -> None:
        ask, commit = HostKeeper.ask, LmdbStore.commit

        def asked(keeper: HostKeeper, kind: type[Reply], request: Request) -> Reply:
            self.step()
            reply = ask(keeper, kind, request)
            self.step()
            return reply

        def counted(store: LmdbStore, changes: Changes, now: int) -> None:
            self.step()
            commit(store, changes, now)
            self.step()

        HostKeeper.ask, LmdbStore.commit = asked, counted


def end(file: Path, which: str, last: int, said: IO[str]) -> int:
    """Return how the process ended, which was to die at the ``last`` step; what it ``said``."""

    def command() -> int:
        sys.stdout = sys.stderr = said
        steps = Steps(last, load(file).paths.keeper)
        reslotting.AT_ONCE = translations.AT_ONCE = 1
        steps.watch_calls_and_commits()
        sys.addaudithook(steps.heard)
        status = main.run(["--config", str(file), "key", "rotate", which, "--end"])
        said.flush()
        return status

    return in_a_child(command, otherwise=RAISED)
