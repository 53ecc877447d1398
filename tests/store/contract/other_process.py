"""Another process on the same store: one of its own, or a fork that deposits until it is killed.

    python other_process.py ENGINE PLACE [NUMBER]

commits a doctor of this number and prints how many there are; without one it deposits.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Self

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    sys.path.insert(0, str(Path(__file__).parents[3]))

from engines import TRIED
from store_case import KEYS, NOW, a_doctor
from store_writer import say, work

from rmp_milter.dossier.changes import Changes

if TYPE_CHECKING:
    from engines import Tried


class Depositing:
    """A fork that deposits without end, by four threads, where the store has a dossier ``trait``.

    :attr:`stdout` has the digest of each deposit that was acknowledged, a line each. As a context
    manager it is ended at the end. LMDB opens no store in a fork of a process that has it open.
    """

    def __init__(self, tried: Tried) -> None:
        reading, writing = os.pipe()
        self._status: int | None = None
        self.pid = os.fork()
        if not self.pid:
            status = 1
            try:
                os.dup2(writing, 1)
                _deposit_without_end(tried.name, tried.place)
                status = 0
            except BaseException:  # noqa: BLE001 -- pytest shows it beside the test that fails of it
                traceback.print_exc()
            finally:
                os._exit(status)
        os.close(writing)
        self.stdout = os.fdopen(reading)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self.stdout.close()

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        if self._status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self._status = status if pid else None
        return self._status is None

    def wait(self) -> int:
        """Return how it ended, which this waits for."""
        if self._status is None:
            _, self._status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(self._status)

    def kill(self) -> None:
        """Kill it where it is; on return it is gone."""
        if self.runs:
            os.kill(self.pid, signal.SIGKILL)
            self.wait()


def _deposit_without_end(name: str, place: Path) -> None:
    with TRIED[name](place).engine.open(KEYS) as store:
        with store.snapshot() as view:
            (dossier,) = view.dossiers_by_traits(["trait"])
        threads = [
            threading.Thread(target=work, args=(store, dossier.dossier_id)) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def _commit_a_doctor(name: str, place: Path, number: int) -> None:
    with TRIED[name](place).engine.open(KEYS) as store:
        store.commit(Changes(doctors=(a_doctor(number),)), NOW)
        say(str(store.stats()["doctors"]))


if __name__ == "__main__":
    store_of = (sys.argv[1], Path(sys.argv[2]))
    if sys.argv[3:]:
        _commit_a_doctor(*store_of, int(sys.argv[3]))
    else:
        _deposit_without_end(*store_of)
