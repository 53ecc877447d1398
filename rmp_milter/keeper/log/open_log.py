"""The access log, open: looked at first, and signed.

Several worker processes share the log; each opens it after its fork.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rmp_milter.audit.handovers import LogHandOver
from rmp_milter.disk.closing import Closing
from rmp_milter.disk.room import FULL, is_full
from rmp_milter.engine.failures import StoreError, StoreFailed
from rmp_milter.engine.fence import FencedError
from rmp_milter.engine.transaction import Expected, ReadTransaction, WriteTransaction
from rmp_milter.keeper.log import head as log_head
from rmp_milter.keeper.log import writing as log_writing
from rmp_milter.keeper.log.handovers import handovers_of, key_in_force
from rmp_milter.keeper.log.lmdb_log import LmdbLog
from rmp_milter.keeper.log.place import LogPlace
from rmp_milter.keeper.log.signing import (
    check_end,
    hand_over,
    last_signed,
    see_in_force,
    sign,
    signed_in,
)
from rmp_milter.keeper.log.tree import LogFault, LogSnapshot, OtherFormat
from rmp_milter.tlog.notes import VerifierKey

T = TypeVar("T")


class JournalError(Exception):
    """The log is missing, damaged or cannot be written: the keeper must not go on.

    ``hint`` says what to do, where that is another thing than for a log that is lost.
    """

    def __init__(self, line: str, hint: str = "") -> None:
        super().__init__(line)
        self.hint = hint


class LogFormatError(JournalError):
    """The log is of another format than this version's; it is left as it is."""


class LogTakenOver(JournalError):  # noqa: N818 -- named for what happened
    """Another keeper has taken the log over: this one writes and answers nothing any more."""


def place_of(place: Path | LogPlace) -> LogPlace:
    """Return the log's place; a path is the folder of one in LMDB."""
    return LmdbLog(place) if isinstance(place, Path) else place


class OpenLog(Closing):
    """An open log: its moments, and what was signed of it."""

    def __init__(self, place: Path | LogPlace) -> None:
        """Open an existing log and look at its end.

        Raises :class:`JournalError` for a log that is missing, empty or cut, that is older
        than its last checkpoint, or whose tree does not end with its last leaf, and its
        :class:`LogFormatError` for one of another format.
        """
        self._place = place_of(place)
        self._folder = self._place.folder
        try:
            self._access = self._place.open()
            self._look()
        except OtherFormat as fault:
            raise LogFormatError(f"{self._place}: {fault}") from None
        except FencedError as error:
            raise LogTakenOver(f"{self._place}: {error}") from error
        except (LogFault, StoreError) as fault:
            hint = getattr(fault, "hint", "")
            raise JournalError(f"{self._place}: {_words(fault)}", hint) from None

    def _look(self) -> None:
        """Check what is cheap to check; close the log if it is wrong."""
        try:
            state = log_head.read_state(self._folder)  # before the leaves, which only grow
            with self._access.reading() as txn:
                check_end(txn, state)
            self._access.have_own()
        except BaseException:
            self.close()
            raise

    @contextmanager
    def _reading(self) -> Iterator[ReadTransaction]:
        with self._as_journal_error(), self._access.reading() as txn:
            yield txn

    def _write(
        self,
        work: Callable[[WriteTransaction], T],
        expected: Callable[[], Expected] | None = None,
    ) -> T:
        with self._as_journal_error():
            return self._access.write(work, expected)

    def checkpoint(self, key: Ed25519PrivateKey) -> bytes:
        """Sign the tree as it is now; return the checkpoint (C2SP tlog-checkpoint).

        What was signed is on disk, here and in the state file, before this returns. Raises
        :class:`JournalError` for a log that does not extend what was signed before.
        """
        signed = self._write(lambda txn: sign(txn, self._folder, key))
        self._advance_state(signed)
        return signed.note

    def hand_over(
        self, former: Ed25519PrivateKey, present: Ed25519PrivateKey, now: int
    ) -> None:
        """Hand the log over from one key to another; durable on return, once for each key.

        Raises :class:`JournalError`, also where the former key is not the one that signs.
        """

        def handed(txn: WriteTransaction) -> log_head.Signed:
            if not self._is_by(txn, present):
                hand_over(txn, self._folder, (former, present), now)
            return last_signed(txn, self._folder)

        # Behind the commit: what was killed before this is done when it is done again.
        self._advance_state(self._write(handed))

    def _advance_state(self, signed: log_head.Signed) -> None:
        try:
            with self._as_journal_error():
                log_head.advance_state(self._folder, signed)
        except OSError as error:
            kind = FULL if is_full(error, self._folder.parent) else type(error).__name__
            raise JournalError(f"access log: {kind}") from error

    def is_handed_to(self, key: Ed25519PrivateKey) -> bool:
        """Whether this is the key that the log was handed over to last.

        Raises :class:`JournalError`.
        """
        with self._reading() as txn:
            return self._is_by(txn, key)

    def check_signer(self, key: Ed25519PrivateKey) -> None:
        """See that the log was not handed over to another key; raise :class:`JournalError`."""
        with self._reading() as txn:
            see_in_force(txn, self._public(txn, key))

    def handovers(self) -> list[LogHandOver]:
        """Return the hand-overs of the log's key, oldest first; raise :class:`JournalError`."""
        with self._reading() as txn:
            return handovers_of(txn)

    def _is_by(self, txn: ReadTransaction, key: Ed25519PrivateKey) -> bool:
        return key_in_force(txn) == self._public(txn, key)

    def _public(self, txn: ReadTransaction, key: Ed25519PrivateKey) -> VerifierKey:
        return log_head.verifier_key(key, signed_in(txn).head.origin)

    def last_checkpoint(self) -> bytes:
        """Return what was signed last, empty for a log of which nothing was."""
        with self._reading() as txn:
            return signed_in(txn).note

    @property
    def origin(self) -> str:
        """The log's name."""
        with self._reading() as txn:
            return signed_in(txn).head.origin

    @contextmanager
    def snapshot(self) -> Iterator[LogSnapshot]:
        """Give the log as it is now, for as long as the block lasts."""
        try:
            with self._access.reading() as txn:
                yield LogSnapshot(txn)
        except StoreError as error:  # a fault of the log itself is for who looks at it
            raise JournalError(f"access log: {_words(error)}") from error

    def __len__(self) -> int:
        with self._reading() as txn:
            return log_writing.size_of(txn)

    def close(self) -> None:
        """Close it."""
        self._access.close()

    @contextmanager
    def _as_journal_error(self) -> Iterator[None]:
        """Raise what is wrong with the log as :class:`JournalError`."""
        try:
            yield
        except FencedError as error:
            raise LogTakenOver(f"access log: {error}") from error
        except (StoreError, LogFault) as error:
            raise JournalError(f"access log: {_words(error)}") from error


def _words(error: Exception) -> str:
    """Return what the host's log may hold of it: a fault says where, an engine what it is."""
    return error.detail if isinstance(error, StoreFailed) and error.detail else str(error)
