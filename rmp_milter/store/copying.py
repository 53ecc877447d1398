"""One moment of a store in use, written as a file from which there is the same store again."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rmp_milter.store.beside import DATA
from rmp_milter.store.format.environment import lease, release

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rmp_milter.store.format.environment import EnvironmentMoment


class LmdbMoment:
    """What is in the store now; no commit begins before :meth:`release`."""

    file = DATA

    def __init__(self, moment: EnvironmentMoment, size: int) -> None:
        self._moment = moment
        self.size = size

    def release(self) -> None:
        """Let others commit; what they do is not in this moment."""
        self._moment.release()

    def write(self, fd: int) -> None:
        """Write all of it to ``fd``, which may be a pipe."""
        self._moment.write(fd)


@contextmanager
def moment_of(folder: Path) -> Iterator[LmdbMoment]:
    """Give one moment of the store in ``folder``; raises :class:`StoreError`.

    While it lasts LMDB reuses no freed page: a store in use grows.
    """
    environment = lease(folder, 0, read_only=True)
    try:
        with environment.moment() as moment:
            yield LmdbMoment(moment, environment.sizes()["used_bytes"])
    finally:
        release(environment)
