"""The store's surface: all that anybody outside the store sees of it, whatever its engine.

What is stored is fixed elsewhere (:mod:`rmp_milter.store.format`: records, keys, how both are
sealed); here is what an engine must do with it. Whoever reads a snapshot, commits or sends
may rely on this and on nothing else. Every engine passes ``tests/store/contract``.

What crosses the surface besides results: :class:`~rmp_milter.store.format.failures.Conflict`
and :class:`StoreError` with its kinds, in :mod:`rmp_milter.store.format.failures`. No engine's
own exception does.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, Protocol, Self

import msgspec

from rmp_milter.store.format.records import OutboxRow, RowState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path
    from types import TracebackType

    from rmp_milter.dossier.changes import Changes
    from rmp_milter.dossier.model import (
        Doctor,
        Dossier,
        Emergency,
        Fault,
        NumberedEntry,
        OutgoingMail,
        PostalLetter,
        ReceiptLine,
        Tally,
        Waiting,
    )
    from rmp_milter.dossier.search_terms import Term
    from rmp_milter.engine.transaction import ReadTransaction
    from rmp_milter.store.format.keys import StoreKeys

    Progress = Callable[[int, int], None]
    """Is told how many records of how many are done."""

    Tell = Callable[[str, int, int], None]
    """Is told what is under way, and how much of how much is done."""

__all__ = [
    "BOUNCE_REASON",
    "DUPLICATE_DAYS",
    "LOOK_AGAIN_SECONDS",
    "TALLY_SECONDS",
    "TALLY_TIMES",
    "URGENT",
    "Engine",
    "KeySuccession",
    "Leaving",
    "Migration",
    "Outbox",
    "OutboxRow",
    "OutboxSnapshot",
    "RowState",
    "Snapshot",
    "Store",
    "StoreMoment",
    "StoreReport",
    "Stored",
]

DUPLICATE_DAYS = 30
"""How long a mail's digest is remembered unless who opens the store says otherwise."""

TALLY_SECONDS = 30 * 86_400
"""How long a try counts; what is held against anybody is weighed within this time."""

TALLY_TIMES = 1000
"""More tries than any limit has; a flood makes no record grow."""

LOOK_AGAIN_SECONDS = 3600
"""How long after it was given up, or found needed, a body is looked at again."""

URGENT = 1
"""The first next try of an urgent mail: earlier than that of any other."""

BOUNCE_REASON = "a delivery failure notice came back"
"""What a row says that bounced."""


class Stored(Protocol):
    """Stored bodies, lent."""

    def body(self, document_id: bytes) -> memoryview | None:
        """Return the body as it is stored; None where there is none.

        The view is released when the snapshot ends, and parts cut from it must not be used
        after that either. An engine need not copy the body for it.
        """


class Snapshot(Stored, Protocol):
    """The store at one moment: what is committed meanwhile does not show, by anybody.

    It belongs to one mail or command and is used by one thread at a time; any number may be
    open at once, beside any commit, and none waits for one. Every record is authenticated as
    it is read: all raise :class:`DamagedRecordError` for one that does not open, and
    :class:`StoreError` for one that an index promises and that is not there. An identifier or
    name that nobody has, however long or short, leads to nothing and is no error.

    What yields an iterator reads as it goes, in memory that does not grow with the store; it
    must be used up, or dropped, before the snapshot ends.
    """

    def doctor(self, doctor_id: bytes) -> Doctor | None:
        """Return the doctor of this identifier."""

    def doctors(self) -> Iterator[Doctor]:
        """Yield all doctors, in no order that means anything: for commands only."""

    def doctors_behind(self, doctor_id: bytes) -> Iterator[Doctor]:
        """Yield the doctors in the order of their identifiers, those behind one."""

    def doctor_by_account(self, account: str) -> Doctor | None:
        """Return the doctor whom this SASL login is bound to (compared as it is)."""

    def doctor_by_mail(self, mail: str) -> Doctor | None:
        """Return the doctor of this mail address, upper and lower case being the same."""

    def doctor_by_fingerprint(self, fingerprint: str) -> Doctor | None:
        """Return the doctor one of whose certificates has this primary fingerprint (hex)."""

    def doctor_by_key_id(self, key_id: str) -> Doctor | None:
        """Return the doctor who has a primary key or subkey of this key id (hex)."""

    def doctor_by_rpps(self, rpps: str) -> Doctor | None:
        """Return the doctor of this RPPS number."""

    def patient_of(self, dossier_id: bytes) -> Doctor | None:
        """Return the patient who has a key of his own to this dossier."""

    def doctors_named(self, name: str) -> Iterator[Doctor]:
        """Yield the doctors of this name, patients apart: titles and order do not count."""

    def principals_of(self, doctor_id: bytes) -> Iterator[Doctor]:
        """Yield the doctors who have this one among their locums, whatever the days."""

    def dossier(self, dossier_id: bytes) -> Dossier | None:
        """Return the dossier of this identifier, without its entries."""

    def dossiers(self) -> Iterator[Dossier]:
        """Yield all dossiers, erased ones too, in no order that means anything."""

    def dossiers_beginning(self, reference: str) -> Iterator[Dossier]:
        """Yield the dossiers whose identifier, in hex, begins so; none for what is no hex."""

    def closed_dossiers(self, before: int) -> Iterator[Dossier]:
        """Yield the closed dossiers to be erased by ``before``, the longest due first.

        Those that are erased already are not among them.
        """

    def term_holders(self, term: Term) -> Iterator[bytes]:
        """Yield the identifiers of the open dossiers that have the term, each once.

        In no order that means anything; what each costs does not grow with the store. A
        common name has very many: how many are worth reading is the caller's to say.
        """

    def words_held(self, words: Iterable[str]) -> frozenset[str]:
        """Return which of these family words any open dossier has a term of.

        What a word costs hardly grows with the store.
        """

    def dossiers_by_traits(self, trait_keys: Iterable[str]) -> tuple[Dossier, ...]:
        """Return all dossiers that any of the folded traits leads to, each once."""

    def dossiers_of(self, doctor_id: bytes) -> Iterator[Dossier]:
        """Yield the dossiers whose médecin traitant is this doctor, erased ones too."""

    def entries(self, dossier_id: bytes, after: int = 0) -> tuple[NumberedEntry, ...]:
        """Return the dossier's entries beyond ``after`` as they came, numbered from 1."""

    def last_entry(self, dossier_id: bytes) -> NumberedEntry | None:
        """Return the entry that came last."""

    def key_packets(self, document_id: bytes, fingerprint: str) -> bytes:
        """Return the key packets written later for this reader's key, empty if none are."""

    def waiting_one(self, waiting_id: bytes) -> Waiting | None:
        """Return the waiting deposit of this identifier."""

    def waiting(self) -> Iterator[Waiting]:
        """Yield all deposits that wait, in no order that means anything."""

    def waiting_behind(self, waiting_id: bytes) -> Iterator[Waiting]:
        """Yield the deposits that wait in the order of their identifiers, those behind one."""

    def waiting_beginning(self, reference: str) -> Iterator[Waiting]:
        """Yield the deposits that wait whose identifier, in hex, begins so.

        What each costs hardly grows with the store. None for what is no hex.
        """

    def waiting_by_traits(self, trait_keys: Iterable[str]) -> tuple[Waiting, ...]:
        """Return all waiting deposits that any of the folded traits leads to, each once."""

    def waiting_expired(self, now: int, limit: int) -> tuple[Waiting, ...]:
        """Return up to ``limit`` deposits whose time is over, the longest over first."""

    def seen(self, digest: bytes) -> bool:
        """Whether the mail of this duplicate digest is already done."""

    def happened(self, value: bytes) -> bool:
        """Whether this, which may happen once, has happened and is remembered."""

    def tally(self, fault: Fault, subject: bytes) -> Tally:
        """Return the tries of the subject, oldest first; an empty tally if there are none.

        Some may count no more: the one who weighs them knows how far back he looks.
        """

    def receipt_lines(self, doctor_id: bytes) -> tuple[ReceiptLine, ...]:
        """Return the lines of a depositor's digest in the order they came."""

    def receipt_doctors(self, behind: bytes = b"") -> Iterator[bytes]:
        """Yield the identifiers of the doctors who have lines to be sent, each once.

        In the order of their identifiers, those ``behind`` one.
        """

    def emergency(self, reference: str) -> Emergency | None:
        """Return the emergency of this public reference."""

    def emergencies(self) -> Iterator[Emergency]:
        """Yield all emergencies, the oldest first."""

    def open_emergencies(self) -> Iterator[Emergency]:
        """Yield the emergencies that are still to be looked into, the oldest first."""

    def postal(self) -> tuple[PostalLetter, ...]:
        """Return the letters that wait to be posted, the oldest first."""


class _Open(Protocol):
    """What is open, and closes itself at the end of a ``with`` block."""

    def close(self) -> None:
        """Give back what is held; closing twice does nothing."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Store(_Open, Protocol):
    """An open store. Its methods may be called from many threads at once.

    Many processes may have one store open, and one process several times. Once something
    failed (:class:`StoreFailed`) every further use fails too: what was written may be there or
    not, nothing is tried again, and the process ends. Snapshots that are open go on.
    """

    @property
    def in_own_threads(self) -> bool:
        """Whether only threads that Python started may use it, and no other library's."""

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """Return the store at this moment, for a ``with`` block.

        All that was committed before is in it, whoever committed it. Raises
        :class:`StoreFailed` on entering.
        """

    def commit(self, changes: Changes, now: int) -> None:
        """Write ``changes`` all together; durable when this returns. ``now``: epoch seconds.

        **All or nothing**: whatever this raises, and whenever the machine stops, either all of
        ``changes`` is there for every reader or none. **Durable**: what this returned for
        survives a kill and a power cut, on every machine that has to have it. A refusal is as
        final: it is raised only when what it rests on is durable.

        **One after the other**: it is as if commits came one at a time, each checked against
        all before it. Raises :class:`Conflict`, by the first of its reasons in this order that
        holds: ``duplicate``, ``replayed``, ``ground``, then those of the single records.
        Raises :class:`StoreError` for changes that contradict themselves or the store, and
        :class:`StoreFailed`. One mail's refusal is no other's, though they share a transaction.

        **Order**: entries are numbered and outbox rows numbered as they are written, and no
        number is used again. However many wait, changes with an urgent mail are in the next
        transaction. Memory is bounded by what the callers hold.

        Each commit also forgets some of what is over: digests, tries, notes of sent rows,
        bodies that nothing needs; a bounded number, so that none takes long.
        """

    def leads(self) -> bool:
        """Whether this one does the chores: one of all that have the store open on any machine.

        To be asked before each round. It may change with every answer, and one that has just
        lost it may be at its last round when another begins.
        """

    def stats(self) -> dict[str, int]:
        """Return how many records of each kind there are and what room they take.

        The counts have the same names in every engine; sizes (``..._bytes``) are its own.
        """

    def room(self) -> tuple[int, int]:
        """Return how many octets are taken, and how many may be; 0 where nothing bounds them."""

    def doubts(self) -> tuple[str, ...]:
        """Return what leaves it to chance whether what is acknowledged survives, a line each.

        What the engine itself decides never does; these are settings of who runs its server.
        """

    def copy(self, folder: Path) -> None:
        """Write all of it, as of this moment, into the empty ``folder``.

        They are files from which the engine has the same store again. What was erased before
        is in them no more. Raises :class:`StoreFailed`.
        """


class OutboxSnapshot(Stored, Protocol):
    """The outbox at one moment: what to send, and the stored bodies that go into it."""

    def load(self, row: int) -> OutgoingMail:
        """Return the mail of ``row``; raises :class:`StoreError` where there is none."""

    def due(self, now: int, limit: int) -> Iterator[OutboxRow]:
        """Yield up to ``limit`` rows whose next try has come, the longest waiting first.

        Of the same time the lower number first; those with an urgent mail (:data:`URGENT`)
        before all others. A row whose state is damaged is left out, so that it holds up no
        other; it is shown by :meth:`rows`.
        """

    def rows(self, *, sent: bool) -> Iterator[OutboxRow]:
        """Yield every row that has its content, and the notes of bounced rows.

        With ``sent`` the notes of all rows sent lately. By number within each group.
        """


class Outbox(_Open, Protocol):
    """An open outbox, for who has its key alone. May be used from many threads at once.

    A row is sent at least once: it stays due until :meth:`sent` is durable. Rows do not
    vanish: what cannot be sent is parked, with its content, until the host decides. What
    changes a row is durable when it returns. All raise :class:`StoreFailed` as the store's,
    and those on a row :class:`StoreError` where the row is not there.
    """

    def snapshot(self) -> AbstractContextManager[OutboxSnapshot]:
        """Give the outbox at this moment; bodies are lent as long as the block lasts."""

    def load(self, row: int) -> OutgoingMail:
        """Return the mail of ``row``, its bodies still by reference."""

    def rows(self, *, sent: bool = False) -> list[OutboxRow]:
        """Return all rows, and those that bounced lately; with ``sent`` the sent ones too."""

    def last_change(self) -> int:
        """Return a number that grows with every commit of any process (cheap to ask).

        It grows when readers see the commit, not before: who looked too early would not look
        again.
        """

    def leads(self) -> bool:
        """Whether this one sends: one of all couriers on any machine, as :meth:`Store.leads`."""

    def sent(self, *numbers: int) -> None:
        """Remove the content of these rows; keep a sealed note of each for 30 days.

        All together, or none: where one is not there or is damaged.
        """

    def failed(self, row: int, reason: str, next_try: int) -> None:
        """Note a failed attempt; the row is due again at ``next_try`` (epoch seconds).

        The mails of its answer that follow it are not due before.
        """

    def park(self, row: int, reason: str) -> None:
        """Have ``row`` wait for the host: it is not due until :meth:`retry`."""

    def retry(self, row: int, now: int) -> None:
        """Have ``row`` sent from ``now`` on as if it were new, with the same Message-ID."""


class StoreReport(msgspec.Struct, frozen=True):
    """What was found: no ``findings`` in a sound store; ``counts`` of records by table.

    ``notes`` say what is to be done to one that may be sound.
    """

    findings: tuple[str, ...]
    counts: dict[str, int]
    notes: tuple[str, ...] = ()


class Earlier(Enum):
    """What an earlier call, which was cut off, has left of a move."""

    NONE = "none"
    FITS = "fits"
    FOREIGN = "foreign"  # of a store that was changed since, or by another version


class Migration(NamedTuple):
    """A move from the format ``found`` to ``wanted``; the same where there is nothing to do.

    ``earlier``: what fits is gone on with, what is foreign thrown away. ``room``: the bytes that
    it takes at most while it goes on. ``clear``, ``back`` and ``abandon`` are lines for a shell:
    what removes what the store was before, what puts it back, what removes what an earlier call
    has left.
    """

    found: int
    wanted: int
    earlier: Earlier
    room: int
    clear: str
    back: str
    abandon: str

    @property
    def steps(self) -> range:
        """The formats from which a step is taken, in order; none where it is there."""
        return range(self.found, self.wanted)


class Rotation(NamedTuple):
    """A key that another one followed.

    ``ended``: a call before had written the store anew, and this one ended it. ``clear`` are
    lines for a shell, which remove what still lies beside the store under the key of before.
    """

    ended: bool
    clear: tuple[str, ...]


class PreparedRotation(NamedTuple):
    """What of a rotation lies beside a store in use, of which only the finish is missing.

    ``which`` key it is of, ``at`` which time it was begun (epoch seconds), how many bytes of
    ``room`` it takes. It is ``ready``, or ``under_way``, or was cut off. ``earlier``: an earlier
    call had prepared it. ``thrown_away`` says why what an earlier call had done was of no use.
    """

    which: str
    ready: bool
    under_way: bool
    at: int
    room: int
    earlier: bool = False
    thrown_away: str = ""


class StoreMoment(Protocol):
    """A store as it is at one moment; good as long as its block lasts.

    ``size`` is about how many bytes it takes. Written under the name ``file``, alone in a
    folder, it is the same store again, in which what was erased is no more.
    """

    @property
    def file(self) -> str:
        """The name."""

    @property
    def size(self) -> int:
        """About how many bytes :meth:`write` writes."""

    def release(self) -> None:
        """Let others commit from now on; it takes nothing away from this moment."""

    def write(self, fd: int) -> None:
        """Write all of it to ``fd``, which may be a pipe; raises :class:`StoreFailed`."""


class KeySuccession(Protocol):
    """One of the store's keys and the one that follows; all steps are durable on return."""

    @property
    def which(self) -> str:
        """The key's name."""

    @property
    def begun(self) -> bool:
        """Whether there is a next key."""

    def present(self) -> StoreKeys:
        """Return the keys in their places."""

    def following(self) -> StoreKeys:
        """Return the keys with the next one among them."""

    def begin(self) -> StoreKeys:
        """Make a next key; return as :meth:`following`."""

    def forget(self) -> None:
        """Destroy a next key under which nothing is sealed."""

    def settle(self, next_row: int) -> None:
        """Put the next key in its place; ``next_row`` of the outbox is nobody's yet."""


class Leaving(Protocol):
    """A store that nobody writes to as long as its block lasts, for another engine to take over."""

    @property
    def moment(self) -> ReadTransaction:
        """All its records."""

    @property
    def size(self) -> int:
        """About how many bytes it takes."""

    def settle(self) -> None:
        """Have it be a store no more: another engine has all of it. Durable on return."""


class Engine(Protocol):
    """A store in its place, not opened: made, opened, verified, moved.

    All raise :class:`StoreError`, and :class:`OtherFormatError` for a store of another format
    than this version's, of which nothing was looked at. Keys that are not the store's own are
    refused before anything is read or written by them. What is missing is never made anew,
    empty.
    """

    def create(self, keys: StoreKeys) -> None:
        """Make a new, empty store, durable on return; one that is there is never touched.

        Milter and courier can both write it, whatever the umask is.
        """

    def open(
        self,
        keys: StoreKeys,
        *,
        read_only: bool = False,
        duplicate_days: int = DUPLICATE_DAYS,
    ) -> Store:
        """Open the store; other processes may have it open as well.

        ``duplicate_days`` is how long a mail's digest is remembered. A store opened
        ``read_only`` refuses every commit with :class:`StoreFailed`.
        """

    def outbox(self, key: bytes, *, clock: Callable[[], float] = ...) -> Outbox:
        """Open the outbox by its key alone, beside the open store.

        ``clock`` (epoch seconds) says when a row was sent, for the life of its note.
        """

    def check(
        self, keys: StoreKeys, progress: Progress = ..., *, copy: bool = False
    ) -> StoreReport:
        """Verify every record and every index, both ways, by code apart from what writes.

        It reads one moment of a store that may be in use. ``progress`` is told now and then
        how far it is. The lines name tables and identifiers, nobody and nothing else. Of a
        ``copy``, which no process has open, nothing in its folder is touched.
        """

    def moment(self) -> AbstractContextManager[StoreMoment]:
        """Give one moment of a store that may be in use, for a copy of it.

        All that was told to be committed is in it, and nothing is committed until it is
        released: so what else has to be of the same moment can be taken meanwhile.
        """

    def planned(self) -> Migration:
        """Return what :meth:`migrate` would do; the store may be in use."""

    def migrate(self, keys: StoreKeys, tell: Tell) -> Migration:
        """Move the store to this version's format; durable on return.

        Nobody may have it open. A step that fails, a full disk or a kill leave the store as it
        was, of the one format or of the other. A call that was killed is gone on with by the
        next, unless the store was changed since; one that failed is begun anew. What the store
        was before is kept until the host removes it.
        """

    def prepare_rotation(self, succession: KeySuccession, tell: Tell) -> PreparedRotation:
        """Seal the store anew under the key that follows, in a copy; others may have it open.

        What is changed since, :meth:`rotate` brings to the copy. Durable on return; who was
        killed is gone on with by a second call. Of what fails nothing is left.
        """

    def abandon_rotation(self, succession: KeySuccession) -> bool:
        """Throw away what was prepared; return whether anything was. Others may have it open."""

    def waiting_rotation(self) -> PreparedRotation | None:
        """Return what is prepared, or was begun; None where nothing is."""

    def rotate(
        self, succession: KeySuccession, tell: Tell, *, prepared_only: bool = False
    ) -> Rotation:
        """Seal the store anew under the key that follows; durable on return.

        What was prepared is finished; ``prepared_only`` refuses where nothing was. Nobody may
        have it open. It is verified before and after. What fails, a full disk or a
        kill leave store and keys as they were, or the store sealed under a key that is at hand
        (``succession.begun``), and a second call ends it.
        """

    def compact(self, keys: StoreKeys, target: Path) -> tuple[str, ...]:
        """Write the store into ``target`` (absent or empty) without what was erased from it.

        Nobody may have it open. Returns what the host does then, a line each.
        """

    def groundwork(self, milter: str, courier: str) -> str:
        """Return what a server's administrator says to it before a store can be made.

        The two are roles, each with the least rights that its process needs. Empty where there
        is no server.
        """

    def leaving(self) -> AbstractContextManager[Leaving]:
        """Give the store for another engine to take over; nobody may have it open."""

    def take_over(self, keys: StoreKeys, left: Leaving, tell: Tell) -> None:
        """Make this engine's store of what another leaves; durable on return.

        It is compared record by record and verified before it is a store. What a call before
        has begun is gone on with.
        """
