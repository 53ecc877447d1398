"""Stored bodies, read in place."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rmp_milter.store.format.tables import StoreTable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rmp_milter.engine.transaction import WholeMoment


class Bodies:
    """Lends views of stored bodies and takes them back when the transaction ends."""

    def __init__(self, txn: WholeMoment) -> None:
        self._txn = txn
        self._views: list[memoryview] = []

    def body(self, document_id: bytes) -> memoryview | None:
        """Return the body as it is stored; None where there is none.

        The view may point into a mapped file: it is released when the snapshot ends, and
        parts cut from it must not be used after that either.
        """
        found = self._txn.get(StoreTable.BODIES, document_id) if document_id else None
        if found is None:
            return None
        view = found if isinstance(found, memoryview) else memoryview(found)
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
