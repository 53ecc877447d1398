"""The store's surface: all that who reads, commits or sends sees of it, whatever its engine.

What is stored is fixed elsewhere (:mod:`rmp_milter.store.format`: records, keys, how both are
sealed); here is what an engine must do with it. Whoever reads a snapshot, commits or sends
may rely on this and on nothing else; what the host's commands have beside it is in
:mod:`.engines`. Every engine passes ``tests/store/contract``.

What crosses the surface besides results: :class:`~rmp_milter.store.format.failures.Conflict`
and :class:`StoreError` with its kinds, in :mod:`rmp_milter.store.format.failures`. No engine's
own exception does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

from rmp_milter.store.format.records import OutboxRow, RowState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
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

__all__ = [
    "BOUNCE_REASON",
    "DUPLICATE_DAYS",
    "LOOK_AGAIN_SECONDS",
    "TALLY_SECONDS",
    "TALLY_TIMES",
    "URGENT",
    "Leases",
    "Outbox",
    "OutboxRow",
    "OutboxSnapshot",
    "RowState",
    "Snapshot",
    "Store",
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

    Where an engine has a server, and the way to it is lost, all raise
    :class:`~rmp_milter.store.format.failures.LostMomentError`: the store need not have failed.
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

    def terms_ahead(self, terms: Sequence[Term]) -> None:
        """Be told whose holders will be asked for next: an engine far away gets them in one go."""

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

    def marks_ahead(self, digest: bytes, values: Iterable[bytes]) -> None:
        """Be told that it will be asked for a digest, and for what may happen once."""

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

    def snapshot(self, *, late: bool = False) -> AbstractContextManager[Snapshot]:
        """Return the store at this moment, for a ``with`` block.

        All that was committed before is in it, whoever committed it. Raises
        :class:`StoreFailed` on entering. With ``late`` both may come as late as at the first look:
        for who does not mind, since an engine far away is asked less often then.
        """

    def looking(self) -> AbstractContextManager[Snapshot]:
        """Give the store as it is at each look, whatever is committed between two.

        For who asks one thing, or has it compared at his commit: an engine far away keeps nothing
        for him. Raises :class:`StoreFailed`, also at each look.
        """

    def has_seen(self, digest: bytes) -> bool:
        """Whether the mail of this duplicate digest is already done, now.

        Raises :class:`StoreFailed`.
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

    def in_turn(self, *subjects: bytes) -> AbstractContextManager[None]:
        """Hold the turns of all subjects for a ``with`` block; who else wants one of them waits.

        He may have the store open on any machine (a file is of one service: he is a thread of
        it). A snapshot that is begun in the block has what was committed in the turns before.
        Several subjects may share a turn, and no server learns whose it is. Of no subjects
        nothing is waited for.

        It gives an order and no right: who stands still loses his turns to others, and all lose
        theirs with a server. So what was decided on counts says which these were
        (:class:`~rmp_milter.dossier.changes.TriesSeen`).

        Raises :class:`~rmp_milter.store.format.failures.NotInTimeError` on entering, where they
        were not to be had within a minute.
        """

    def leads(self) -> bool:
        """Whether this one does the chores: one of all that have the store open on any machine.

        To be asked before each round. It may change with every answer, and one that has just
        lost it may be at its last round when another begins.
        """

    def stats(self) -> dict[str, int]:
        """Return how many records of each kind there are and what room they take.

        The counts have the same names in every engine; sizes (``..._bytes``) are its own. Those
        that are :attr:`estimated` are about right: to count them would be to read all.
        """

    @property
    def estimated(self) -> frozenset[str]:
        """Names of what :meth:`stats` does not count one by one."""

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
        before all others. A row whose state is damaged, or that was changed since its place
        was read, is left out, so that it holds up no other; it is shown by :meth:`rows`.
        """

    def rows(self, *, sent: bool) -> Iterator[OutboxRow]:
        """Yield every row that has its content, and the notes of bounced rows.

        With ``sent`` the notes of all rows sent lately. By number within each group.
        """


class Leases(Protocol):
    """Which readers this courier has for itself: of all that send from one outbox.

    A reader is one courier's at a time, until his lease ends by itself (``seconds`` after it was
    granted or renewed, by a clock that is nobody's own) or is given back. Who sends to a reader
    reads the outbox after he was granted: what another courier did before is in it then. Where the
    outbox is no other courier's ever, it is not ``shared``, and nothing need be asked.
    May be used from many threads at once; none raises anything.
    """

    @property
    def shared(self) -> bool:
        """Whether other couriers, here or elsewhere, may send from the same outbox."""

    @property
    def seconds(self) -> float:
        """How long a lease lasts."""

    def take(self, readers: Sequence[str], most: int) -> frozenset[str]:
        """Have those leased that nobody else has, in this order up to ``most``; return them.

        Those that are ours are granted anew. None where nobody can say.
        """

    def renew(self, readers: Collection[str]) -> frozenset[str] | None:
        """Renew those that nobody else had since; return them, or None where nobody can say."""

    def give_back(self, readers: Collection[str]) -> bool:
        """Have others take these at once; return whether that is sure."""


class Outbox(_Open, Protocol):
    """An open outbox, for who has its key alone. May be used from many threads at once.

    A row is sent at least once: it stays due until :meth:`sent` is durable. Rows do not
    vanish: what cannot be sent is parked, with its content, until the host decides. What
    changes a row is durable when it returns. All raise :class:`StoreFailed` as the store's,
    and those on a row :class:`StoreError` where the row is not there.
    """

    def snapshot(self, *, late: bool = False) -> AbstractContextManager[OutboxSnapshot]:
        """Give the outbox at this moment, or as ``late`` as at the first look.

        Bodies are lent as long as the block lasts.
        """

    def looking(self) -> AbstractContextManager[OutboxSnapshot]:
        """Give the outbox as it is at each look, whatever changes between two."""

    def load(self, row: int) -> OutgoingMail:
        """Return the mail of ``row`` as it is now, its bodies still by reference."""

    def rows(self, *, sent: bool = False) -> list[OutboxRow]:
        """Return all rows, and those that bounced lately; with ``sent`` the sent ones too."""

    def last_change(self) -> int:
        """Return a number that grows with every commit of any process (cheap to ask).

        It grows when readers see the commit, not before: who looked too early would not look
        again.
        """

    @property
    def leases(self) -> Leases:
        """Which readers are this courier's."""

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
