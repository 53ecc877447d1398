"""The open store in any engine: ``snapshot()`` and ``commit()``. Nothing else changes a dossier.

What it has to fulfil is said in :mod:`rmp_milter.store.surface`.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rmp_milter.store.format.blind import LinkKind
from rmp_milter.store.format.tables import StoreTable
from rmp_milter.store.read.snapshot import snapshot_of
from rmp_milter.store.turns import SubjectTurns
from rmp_milter.store.write.commit import GroupCommit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from rmp_milter.dossier.changes import Changes
    from rmp_milter.engine.transaction import Access
    from rmp_milter.store.format.codecs import Codecs
    from rmp_milter.store.read.snapshot import StoreSnapshot
    from rmp_milter.store.turns import PlacesBeyond


class OpenStore:
    """What is the same for all engines. Its methods may be called from many threads at once."""

    def __init__(
        self,
        access: Access,
        codecs: Codecs,
        *,
        duplicate_days: int,
        beyond: PlacesBeyond | None = None,
    ) -> None:
        """``beyond`` are the places that other processes take as well, where there are some."""
        self._access = access
        self._codecs = codecs
        self._writer = GroupCommit(access, codecs, duplicate_days)
        self._subject_turns = SubjectTurns(codecs.turns, beyond)

    @contextmanager
    def snapshot(self, *, late: bool = False) -> Iterator[StoreSnapshot]:
        """Give the store at this moment, or as ``late`` as at the first look, for a ``with`` block.

        Raises :class:`StoreFailed` on entering, or then.
        """
        with (
            self._access.reading(late=late) as txn,
            snapshot_of(txn, self._codecs) as snapshot,
        ):
            yield snapshot

    @contextmanager
    def looking(self) -> Iterator[StoreSnapshot]:
        """Give the store as it is at each look, whatever is committed between two."""
        with (
            self._access.looking() as txn,
            snapshot_of(txn, self._codecs) as snapshot,
        ):
            yield snapshot

    def has_seen(self, digest: bytes) -> bool:
        """Whether the mail of this duplicate digest is already done, now."""
        with self._access.looking() as txn:
            return txn.has(StoreTable.SEEN, self._codecs.blind.of(LinkKind.SEEN, digest))

    def in_turn(self, *subjects: bytes) -> AbstractContextManager[None]:
        """Hold the turns of all subjects for a ``with`` block; who else wants one waits.

        Raises :class:`NotInTimeError` on entering, where they did not come.
        """
        return self._subject_turns.held(subjects)

    def commit(self, changes: Changes, now: int) -> None:
        """Write ``changes`` all together; durable when this returns.

        ``now`` is in epoch seconds. Raises :class:`Conflict` when the ground moved,
        :class:`StoreFailed` when the store is full or broken, and :class:`StoreError`
        for changes that contradict themselves or the store. Then nothing was written.
        """
        self._writer.commit(changes, now)
