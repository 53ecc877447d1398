"""The access log's environment, open: looked at first, and signed.

Several worker processes share the log; each opens it after its fork.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import lmdb
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rmp_milter.audit.handovers import LogHandOver
from rmp_milter.disk.closing import Closing
from rmp_milter.disk.room import FULL, is_full
from rmp_milter.disk.write_turn import WriteTurn
from rmp_milter.keeper.log import head as log_head
from rmp_milter.keeper.log import writing as log_writing
from rmp_milter.keeper.log.file import (
    DATA,
    OtherFormat,
    check_format,
    open_environment,
    open_tables,
)
from rmp_milter.keeper.log.handovers import handovers_of, key_in_force
from rmp_milter.keeper.log.own_tables import open_own
from rmp_milter.keeper.log.signing import (
    check_end,
    hand_over,
    last_signed,
    see_in_force,
    sign,
    signed_in,
)
from rmp_milter.keeper.log.tree import LogFault, LogSnapshot, Tree
from rmp_milter.tlog.notes import VerifierKey


class JournalError(Exception):
    """The log is missing, damaged or cannot be written: the keeper must not go on."""


class LogFormatError(JournalError):
    """The log is of another format than this version's; it is left as it is."""


class OpenLog(Closing):
    """An open log: its moments, and what was signed of it."""

    def __init__(self, folder: Path) -> None:
        """Open an existing log and look at its end.

        Raises :class:`JournalError` for a log that is missing, empty or cut, that is older
        than its last checkpoint, or whose tree does not end with its last leaf, and its
        :class:`LogFormatError` for one of another format.
        """
        if not (folder / DATA).is_file():
            raise JournalError(f"{folder}: no access log there; it is made once, by init")
        self._folder = folder
        try:
            self._env = open_environment(folder)
            self._turn = WriteTurn(folder)
            self._look()
        except OtherFormat as fault:
            raise LogFormatError(f"{folder}: {fault}") from None
        except LogFault as fault:
            raise JournalError(f"{folder}: {fault}") from None
        except lmdb.Error as error:
            raise JournalError(f"{folder}: not an access log ({error})") from None

    def _look(self) -> None:
        """Open the tables and check what is cheap to check; close the log if it is wrong."""
        try:
            check_format(self._env)  # first: another format may have other tables
            self._tables = open_tables(self._env)
            state = log_head.read_state(self._folder)  # before the leaves, which only grow
            with self._env.begin() as transaction:
                check_end(transaction, self._tables, state)
            with self._turn:
                self._own = open_own(self._env, self._tables.meta)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def _writing(self) -> Iterator[lmdb.Transaction]:
        with self._as_journal_error(), self._turn, self._env.begin(write=True) as transaction:
            yield transaction

    def checkpoint(self, key: Ed25519PrivateKey) -> bytes:
        """Sign the tree as it is now; return the checkpoint (C2SP tlog-checkpoint).

        What was signed is on disk, here and in the state file, before this returns. Raises
        :class:`JournalError` for a log that does not extend what was signed before.
        """
        try:
            with self._writing() as transaction:
                return sign(transaction, self._tables, self._folder, key)
        except OSError as error:
            raise JournalError(f"access log: {self._reason(error)}") from error

    def hand_over(
        self, former: Ed25519PrivateKey, present: Ed25519PrivateKey, now: int
    ) -> None:
        """Hand the log over from one key to another; durable on return, once for each key.

        Raises :class:`JournalError`, also where the former key is not the one that signs.
        """
        try:
            with self._as_journal_error(), self._turn:
                with self._env.begin(write=True) as transaction:
                    if not self._is_by(transaction, present):
                        pair = former, present
                        hand_over(transaction, self._tables, self._folder, pair, now)
                # Behind the commit: what was killed before this is done when it is done again.
                with self._env.begin() as transaction:
                    signed = last_signed(transaction, self._tables, self._folder)
                    log_head.write_state(self._folder, signed)
        except OSError as error:
            raise JournalError(f"access log: {self._reason(error)}") from error

    def is_handed_to(self, key: Ed25519PrivateKey) -> bool:
        """Whether this is the key that the log was handed over to last.

        Raises :class:`JournalError`.
        """
        with self._as_journal_error(), self._env.begin() as transaction:
            return self._is_by(transaction, key)

    def check_signer(self, key: Ed25519PrivateKey) -> None:
        """See that the log was not handed over to another key; raise :class:`JournalError`."""
        with self._as_journal_error(), self._env.begin() as transaction:
            see_in_force(transaction, self._tables, self._public(transaction, key))

    def handovers(self) -> list[LogHandOver]:
        """Return the hand-overs of the log's key, oldest first; raise :class:`JournalError`."""
        with self._as_journal_error(), self._env.begin() as transaction:
            return handovers_of(transaction, self._tables)

    def _is_by(self, transaction: lmdb.Transaction, key: Ed25519PrivateKey) -> bool:
        return key_in_force(transaction, self._tables) == self._public(transaction, key)

    def _public(self, transaction: lmdb.Transaction, key: Ed25519PrivateKey) -> VerifierKey:
        return log_head.verifier_key(key, signed_in(transaction, self._tables).head.origin)

    def last_checkpoint(self) -> bytes:
        """Return what was signed last, empty for a log of which nothing was."""
        with self._as_journal_error(), self._env.begin() as transaction:
            return signed_in(transaction, self._tables).note

    @property
    def origin(self) -> str:
        """The log's name."""
        with self._env.begin() as transaction:
            return signed_in(transaction, self._tables).head.origin

    @contextmanager
    def snapshot(self) -> Iterator[LogSnapshot]:
        """Give the log as it is now, for as long as the block lasts."""
        tables = self._tables
        with self._env.begin() as transaction:
            tree = Tree(transaction, tables.nodes)
            yield LogSnapshot(transaction, tables.leaves, tree, tables.reasons)

    def __len__(self) -> int:
        with self._env.begin() as transaction:
            return log_writing.size_of(transaction, self._tables)

    def close(self) -> None:
        """Close the environment."""
        self._env.close()
        self._turn.close()

    @contextmanager
    def _as_journal_error(self) -> Iterator[None]:
        """Raise what is wrong with the log as :class:`JournalError`."""
        try:
            yield
        except (lmdb.Error, LogFault) as error:
            raise JournalError(f"access log: {self._reason(error)}") from error

    def _reason(self, error: Exception) -> str:
        """Return what the host's log may hold of it: a fault says where, LMDB only its kind."""
        if isinstance(error, LogFault):
            return str(error)
        return FULL if is_full(error, self._folder) else type(error).__name__
