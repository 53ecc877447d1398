"""Stored bodies, read in place."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import lmdb
    from lmdb import _Database as Table


class Bodies:
    """Lends views of stored bodies and takes them back when the transaction ends."""

    def __init__(self, txn: lmdb.Transaction[memoryview], bodies: Table) -> None:
        self._txn = txn
        self._bodies = bodies
        self._views: list[memoryview] = []

    def body(self, document_id: bytes) -> memoryview | None:
        """Return the body as it is stored, without a copy; None where there is none.

        The view points into the mapped file: it is released when the snapshot ends, and
        parts cut from it must not be used after that either.
        """
        view = self._txn.get(document_id, db=self._bodies) if document_id else None
        if view is not None:
            self._views.append(view)
        return view

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Release, at the end of the block, every view that was given out in it."""
        try:
            yield
        finally:
            for view in self._views:
                view.release()
