"""The log, with the keeper's own tables, copied as it is at one moment; and a copy verified.

The state file is read before that moment: what it says was signed, a log of later extends.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import lmdb
import msgspec

from rmp_milter.audit.signers import signers_of
from rmp_milter.disk.closing import Closing
from rmp_milter.engine.failures import StoreError
from rmp_milter.engine.lmdb_transaction import LmdbReads
from rmp_milter.engine.transaction import ReadTransaction
from rmp_milter.keeper.keys.keys import LogKey
from rmp_milter.keeper.log.file import DATA, read_all, untouched
from rmp_milter.keeper.log.handovers import handovers_of
from rmp_milter.keeper.log.head import read_state, verifier_key
from rmp_milter.keeper.log.journal import JournalError, LogFormatError
from rmp_milter.keeper.log.leaves import logged_at
from rmp_milter.keeper.log.lmdb_log import open_checked
from rmp_milter.keeper.log.open_log import place_of
from rmp_milter.keeper.log.place import LogPlace
from rmp_milter.keeper.log.signing import check_end, signed_in
from rmp_milter.keeper.log.tables import LogTable
from rmp_milter.keeper.log.tree import LogFault, OtherFormat, Tree
from rmp_milter.keeper.log.writing import INDEX_SIZE, size_of
from rmp_milter.tlog.hashing import leaf_hash
from rmp_milter.tlog.nodes import node_count, nodes_made
from rmp_milter.tlog.notes import NoteError, VerifierKey

STEP = 4096
Told = Callable[[int, int], None]


class LogSeen(msgspec.Struct, frozen=True):
    """What a log holds at one moment: its name, how many leaves under which root.

    ``signed`` leaves are under its last checkpoint, ``latest`` is when the last leaf was
    written (epoch seconds, 0 for none), ``vkey`` the key that auditors hold.
    """

    origin: str
    size: int
    root: str
    signed: int
    latest: int
    vkey: str = ""


class LogMoment(Closing):
    """A log that may be in use. :meth:`take` fixes the moment, :meth:`write` copies it."""

    file = DATA

    def __init__(self, place: Path | LogPlace, key: LogKey) -> None:
        """Open the log; raises :class:`JournalError`."""
        self._place, self._key = place_of(place), key
        self._open = ExitStack()
        self.state = b""
        with _as_journal_error(self._place):
            self._copying = self._place.copying()
        self._open.callback(self._copying.close)

    @property
    def size(self) -> int:
        """About how many bytes :meth:`write` writes."""
        return self._copying.size

    def take(self) -> LogSeen:
        """Have it be as it is now; return what that is. Raises :class:`JournalError`."""
        with _as_journal_error(self._place):
            signed = read_state(self._place.folder)
            self.state = signed.encode()
            self._moment = self._open.enter_context(self._copying.moment())
            check_end(self._moment.txn, signed)
            seen = seen_in(self._moment.txn)
            vkey = str(verifier_key(self._key, seen.origin))
            return msgspec.structs.replace(seen, vkey=vkey)

    def write(self, fd: int) -> None:
        """Write it to ``fd``, without freed pages; raises :class:`JournalError`."""
        with _as_journal_error(self._place):
            self._moment.write(fd)

    def close(self) -> None:
        """Give it up."""
        self._open.close()


def verify_copy(folder: Path, told: Told, vkey: str = "", checkpoint: bytes = b"") -> LogSeen:
    """Verify all of a log of which no process has the copy in ``folder`` open.

    Every leaf is hashed anew and every node of the tree compared; all must extend what was
    signed last, and ``checkpoint``; all bear the signature of ``vkey``, or of a key from which or
    to which it was handed over. Nothing is written.
    Raises :class:`JournalError` with what is wrong.
    """
    with _as_journal_error(folder), closing(untouched(folder)) as env:
        handles = open_checked(env)
        read_all(env)  # whatever lies there can be read
        with env.begin() as transaction:
            txn = LmdbReads(transaction, handles)
            state = read_state(folder)
            check_end(txn, state)
            check_whole(txn, told, [state.note, checkpoint], vkey)
            return seen_in(txn)


def check_whole(
    txn: ReadTransaction, told: Told, notes: Sequence[bytes] = (), vkey: str = ""
) -> None:
    """Hash every leaf anew, compare every node, and see that ``notes`` are extended.

    All that was signed must bear the signature of ``vkey``, or of a key from which or to which it
    was handed over. Raises :class:`~.tree.LogFault` and :class:`.NoteError`.
    """
    _check_nodes(txn, told)
    _check_signatures(txn, [*filter(None, (signed_in(txn).note, *notes))], vkey)


def seen_in(txn: ReadTransaction) -> LogSeen:
    """Return what a log holds, as the transaction sees it."""
    size, signed = size_of(txn), signed_in(txn)
    head = Tree(txn).head(signed.head.origin, size)
    last = txn.get(LogTable.LEAVES, (size - 1).to_bytes(INDEX_SIZE)) if size else None
    latest = logged_at(bytes(last)) if last is not None else 0
    return LogSeen(head.origin, size, head.root.hex(), signed.head.size, latest)


def _check_nodes(txn: ReadTransaction, told: Told) -> None:
    """Make the tree anew from the leaves, and compare node by node, in their order."""
    tree, size = Tree(txn), size_of(txn)
    there = (bytes(node) for _, node in txn.records(LogTable.NODES))
    for number, (key, leaf) in enumerate(txn.records(LogTable.LEAVES)):
        if int.from_bytes(key) != number:
            raise LogFault(f"leaf {number} is missing")
        for made in nodes_made(tree.node, number, leaf_hash(bytes(leaf))):
            if next(there, b"") != made:
                raise LogFault(f"leaf {number} is not the one that the tree was built over")
        if number % STEP == 0:
            told(number, size)
    told(size, size)
    if txn.count(LogTable.NODES) != node_count(size):
        raise LogFault("the tree has other nodes than its leaves make")


def _check_signatures(txn: ReadTransaction, notes: Sequence[bytes], vkey: str) -> None:
    """See that checkpoints are by the log's keys, ``vkey`` being one of them, and are extended.

    So do those by which it was handed over from one key to the next.
    """
    tree, size = Tree(txn), size_of(txn)
    handovers = handovers_of(txn)
    signers, findings = signers_of(VerifierKey.parse(vkey) if vkey else None, handovers)
    if findings:
        raise LogFault(findings[0].line)
    own = signed_in(txn).head.origin
    for note in (*notes, *(each.proof.checkpoint for each in handovers)):
        head = signers.read(note)
        if head.origin != own:
            raise LogFault(f"the checkpoint is of the log {head.origin}, this one is {own}")
        tree.check_extends(size, head)


@contextmanager
def _as_journal_error(place: Path | LogPlace) -> Iterator[None]:
    try:
        yield
    except OtherFormat as fault:
        raise LogFormatError(f"{place}: {fault}") from fault
    except (LogFault, NoteError) as fault:
        raise JournalError(f"access log: {fault}") from fault
    except StoreError as error:
        raise JournalError(f"access log: {error}") from error
    except lmdb.Error as error:
        raise JournalError(f"access log: {type(error).__name__}") from error
