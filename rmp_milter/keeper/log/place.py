"""Where a log is kept, whatever keeps it: what is needed to begin it, to open it, to copy it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import TypeVar

    from rmp_milter.engine.doubts import Doubts
    from rmp_milter.engine.transaction import Expected, ReadTransaction, WriteTransaction

    T = TypeVar("T")


class LogAccess(Protocol):
    """An open log's transactions. Faults are raised as :class:`~rmp_milter.engine.failures`."""

    def reading(self) -> AbstractContextManager[ReadTransaction]:
        """Give one moment."""

    def looking(self) -> AbstractContextManager[ReadTransaction]:
        """Give the log as it is at each look, whatever is written between two.

        For who has one question, or is judged by again in the turn in which he writes.
        """

    def write(
        self,
        work: Callable[[WriteTransaction], T],
        expected: Callable[[], Expected] | None = None,
    ) -> T:
        """Do ``work`` when it has its turn and return what it does; durable on return.

        An exception leaves everything as it was. Work that was lost before anything of it was
        written may be done again from the beginning. ``expected`` gives what it will most often
        ask for, to an engine that gets it all at once.
        """

    def have_own(self) -> None:
        """Look at the mark of the keeper's own tables; make them in a log that never had them."""

    def close(self) -> None:
        """Give it back."""


class MomentOfLog(Protocol):
    """A log at one moment, to be copied."""

    @property
    def txn(self) -> ReadTransaction:
        """What it shows."""

    def write(self, fd: int) -> None:
        """Write all of it to ``fd``, which may be a pipe, as a file of its own."""


class LogCopying(Protocol):
    """A log that may be in use; its moment comes when it is asked for."""

    @property
    def size(self) -> int:
        """About how many bytes are written."""

    def moment(self) -> AbstractContextManager[MomentOfLog]:
        """Have it be as it is now."""

    def close(self) -> None:
        """Give it up."""


class LeadOfLog(Protocol):
    """The lead of a log that several keepers could write, for a process that does nothing else."""

    def wait(self, waiting: Callable[[], None]) -> None:
        """Return when it is ours; ``waiting`` is called once where it is another's."""

    def take_over(self) -> bytes:
        """Begin another epoch, and return it: from then on nobody writes by an earlier one."""

    def place_for(self, epoch: bytes) -> LogPlace:
        """Return the log's place for the keeper of this epoch."""

    def keep(self, epoch: bytes) -> None:
        """Hold it for ever; raises :class:`.FencedError` once another has taken over."""


class LogPlace(Protocol):
    """What says where a log is. Nothing is opened before it is asked for."""

    @property
    def folder(self) -> Path:
        """The log's own folder, there or not; beside it stands its state file."""

    def is_there(self) -> bool:
        """Whether something is kept there already, a log or not."""

    def make(self, records: Mapping[bytes, bytes]) -> None:
        """Make a new, empty log with these records of ``meta``, durable on return."""

    def open(self) -> LogAccess:
        """Open it, in this process and for one thread, and look at its format."""

    def copying(self) -> LogCopying:
        """Open it to be copied."""

    def doubts(self) -> Doubts:
        """Return what of its server loses records, or should be otherwise."""
