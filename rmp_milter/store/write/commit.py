"""Group commit: all changes that wait at one moment become one durable transaction.

The disk's flush costs the same for one mail and for fifty. Whoever comes first writes for
all who wait by then; the others find their answer ready. An answer is given only after
the flush, a refusal too: "duplicate" must not be heard of a mail that may yet be lost.
"""

import threading
from collections import deque

import msgspec

from rmp_milter.dossier.changes import Changes
from rmp_milter.engine.transaction import Access, WriteTransaction
from rmp_milter.store.format.codecs import Codecs
from rmp_milter.store.format.failures import Conflict, StoreError, StoreFailed
from rmp_milter.store.write.expecting import expected_of
from rmp_milter.store.write.recorder import Recorder
from rmp_milter.store.write.validation import new_bodies, validate

__all__ = ["Conflict", "GroupCommit", "StoreFailed"]

BATCH_CHANGES = 64
BATCH_BYTES = 64 << 20
"""What is not yet committed is held in memory: a batch stays about this large."""

DAY_SECONDS = 86_400


class _Pending:
    """One caller's changes and, once ``done``, what became of them."""

    def __init__(self, changes: Changes, now: int) -> None:
        self.changes = changes
        self.now = now
        self.size = _body_bytes(changes)
        self.done = False
        self.error: Exception | None = None

    def settle(self, error: Exception | None) -> None:
        self.error = error
        self.done = True


class _Unwritable(Exception):  # noqa: N818 -- never leaves this module
    """Changes that passed every check and yet could not be encoded or written."""

    def __init__(self, pending: _Pending, cause: Exception) -> None:
        super().__init__(str(cause))
        self.pending = pending
        self.cause = cause


class GroupCommit:
    """Commits changes for many threads, together where they meet."""

    def __init__(self, access: Access, codecs: Codecs, duplicate_days: int) -> None:
        self._access = access
        self._codecs = codecs
        self._keep = duplicate_days * DAY_SECONDS
        self._waiting: deque[_Pending] = deque()
        self._turn = threading.Lock()

    def commit(self, changes: Changes, now: int) -> None:
        """Write ``changes``; durable when this returns. ``now`` is in epoch seconds.

        Raises :class:`Conflict`, :class:`StoreError` or :class:`StoreFailed`; then
        nothing of ``changes`` was written.
        """
        validate(changes)
        pending = _Pending(changes, now)
        # What an emergency waits for is in the next transaction, however many wait.
        urgent = any(mail.urgent for mail in changes.outbox)
        (self._waiting.appendleft if urgent else self._waiting.append)(pending)
        with self._turn:
            while not pending.done:
                self._write_some()
        if pending.error:
            raise pending.error

    def _write_some(self) -> None:
        batch = self._take()
        try:
            self._write_batch(batch)
        except StoreError as error:
            for pending in batch:
                pending.settle(_own_copy(error))
        finally:  # whatever happened, nobody may wait for an answer that never comes
            for pending in batch:
                if not pending.done:
                    pending.settle(StoreFailed("failed", "the write was interrupted"))

    def _take(self) -> list[_Pending]:
        batch: list[_Pending] = []
        size = 0
        while self._waiting and len(batch) < BATCH_CHANGES and size < BATCH_BYTES:
            batch.append(self._waiting.popleft())
            size += batch[-1].size
        return batch

    def _write_batch(self, batch: list[_Pending]) -> None:
        """Write all that can be; one that spoils the transaction is left out and told."""
        rest = batch
        while rest:
            try:
                outcomes = self._write_together(rest)
            except _Unwritable as unwritable:
                rest = [pending for pending in rest if pending is not unwritable.pending]
                unwritable.pending.settle(unwritable.cause)
            else:
                for pending, error in zip(rest, outcomes, strict=True):
                    pending.settle(error)
                return

    def _write_together(self, batch: list[_Pending]) -> list[Exception | None]:
        """Commit one transaction; return for each what spoke against it, or None."""

        def work(txn: WriteTransaction) -> list[Exception | None]:
            recorder = Recorder(txn, self._codecs)
            outcomes = [self._write_one(recorder, pending) for pending in batch]
            recorder.finish(max(pending.now for pending in batch))
            return outcomes

        asked = [(pending.changes, pending.now + self._keep) for pending in batch]
        expected = expected_of(asked, self._codecs)
        return self._access.write(work, expected)

    def _write_one(self, recorder: Recorder, pending: _Pending) -> Exception | None:
        try:
            recorder.check(pending.changes)
        except (Conflict, StoreError) as reason:
            return reason
        try:
            recorder.write(pending.changes, pending.now, pending.now + self._keep)
        except (
            StoreError,
            ValueError,
            TypeError,
            OverflowError,
            msgspec.MsgspecError,
        ) as cause:
            raise _Unwritable(pending, cause) from cause
        return None


def _own_copy(error: StoreError) -> StoreError:
    """Return an equal exception: each thread raises its own, with its own traceback."""
    if isinstance(error, StoreFailed):
        return StoreFailed(error.reason, error.detail)
    return StoreError(str(error))


def _body_bytes(changes: Changes) -> int:
    return sum(memoryview(body.data).nbytes for body in new_bodies(changes))
