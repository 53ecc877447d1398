"""What was sent is noted durably, the rows of a moment in one transaction.

A flush costs the same for one row and for several. What a crash may send twice stays small
all the same: at most :data:`ROWS_UNNOTED` mails that Postfix has and one for each connection,
none of them for longer than :data:`GATHER_SECONDS`, the write before theirs and their own.
"""

import logging
import threading
from collections.abc import Collection
from types import TracebackType
from typing import Self

from rmp_milter.store.format.failures import NoRowError, StoreError, StoreFailed
from rmp_milter.store.surface import Outbox

log = logging.getLogger("rmp.courier")

ROWS_UNNOTED = 8
"""How many mails may have been taken by Postfix and not be noted yet: who sends waits then."""

GATHER_SECONDS = 0.01
"""How long a row waits for others to be noted with it: about as long as a disk's flush."""


class Notes:
    """Notes rows as sent, in a thread of its own; a context manager.

    At its end all is noted that was handed in. From then on, and in its methods as soon as
    the store has failed, :class:`StoreFailed` is raised: what is not noted by then stays among
    :meth:`unnoted`, and is sent again unless somebody notes it.
    """

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._changed = threading.Condition()
        self._rows: list[int] = []  # not in a transaction yet
        self._unnoted: frozenset[int] = frozenset()
        self._ending = False
        self._failure: StoreFailed | None = None
        self._thread = threading.Thread(target=self._serve, name="notes")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._changed:
            self._ending = True
            self._changed.notify_all()
        self._thread.join()
        if not error:
            self.check()

    def check(self) -> None:
        """Raise :class:`StoreFailed` if the store has failed."""
        if self._failure:
            raise StoreFailed(self._failure.reason, self._failure.detail)

    def unnoted(self) -> frozenset[int]:
        """Return the rows that were sent and may not be noted yet.

        Who takes a snapshot of the outbox afterwards finds every other sent row gone.
        """
        return self._unnoted

    def sent(self, row: int) -> None:
        """Have ``row`` noted soon; waits while as many as may be are not noted yet."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._unnoted) < ROWS_UNNOTED or self._failure)
            self.check()
            self._rows.append(row)
            self._unnoted |= {row}
            self._changed.notify_all()

    def _serve(self) -> None:
        while rows := self._gathered():
            try:
                note_sent(self._outbox, rows)
            except StoreFailed as failure:
                self._failure = failure
            except Exception as error:
                log.exception("notes: unforeseen")
                self._failure = StoreFailed("failed", f"unforeseen: {type(error).__name__}")
            with self._changed:
                if not self._failure:
                    self._unnoted -= set(rows)
                self._changed.notify_all()

    def _gathered(self) -> list[int]:
        """Return the next rows to note; none at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._rows or self._ending)
            self._changed.wait_for(self._complete, GATHER_SECONDS)
            rows, self._rows = self._rows, []
            return rows

    def _complete(self) -> bool:
        return self._ending or len(self._rows) >= ROWS_UNNOTED


def note_sent(outbox: Outbox, rows: Collection[int]) -> None:
    """Note rows together, or, where one cannot be noted, each by itself.

    Raises :class:`StoreFailed`; then none is noted, or some are, which may be noted again.
    """
    try:
        outbox.sent(*rows)
    except StoreFailed:
        raise
    except StoreError:
        for row in rows:
            _note_one(outbox, row)


def _note_one(outbox: Outbox, row: int) -> None:
    try:
        outbox.sent(row)
    except StoreFailed:
        raise
    except NoRowError:
        log.warning("row %d: its state cannot be noted: another courier has noted it", row)
    except StoreError:
        log.exception("row %d: its state cannot be noted", row)
