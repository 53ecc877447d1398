"""The store and the keeper held against each other, while both go on: what differs stays.

After the keeper or the store was put back from an older copy the cards of the one are not those
that the other knows. Beside a running service a card may be overtaken between the two looks at
it: so what seems to differ is looked at again.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import chain
from typing import NamedTuple, Self, TypeVar

import msgspec

from rmp_milter.cli.errors import CommandError
from rmp_milter.cli.leaves import HostKeeper, operator
from rmp_milter.cli.standing import (
    A_CALL,
    AHEAD,
    DOSSIER,
    FORGED,
    GONE,
    OLD,
    PERSON,
    TWIN,
    CardFault,
    StoredCard,
    compared,
    dossier_record,
    keys_known,
    person_record,
)
from rmp_milter.config import Config
from rmp_milter.host.streams import streamed
from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.format.keys import read_store_keys
from rmp_milter.store.opening import engine_at
from rmp_milter.store.surface import Snapshot

T = TypeVar("T")

LOOKS = 3
MOST_NAMED = 100
MOST_KEPT = 10_000
"""Differences of each kind that a check remembers, to look at them again and to count them."""
RELEARN = "rmp store relearn"


class StoreRecord(msgspec.Struct, frozen=True):
    """A person or dossier of the store, with its card, if it has one; whether it was erased."""

    card: StoredCard
    erased: bool = False


Reading = Callable[[], AbstractContextManager[Iterable[StoreRecord]]]
"""Gives all records of the store as it is then, in the order of their keys."""


class Differing(msgspec.Struct, frozen=True):
    """What differs: cards of the store, and keys that the keeper knows and no card is of.

    Of the ``erased`` the keeper does not know it, the ``bare`` have no card in the store, the
    ``missing`` are not there at all. ``following`` are cards that were not shown yet.
    """

    faults: tuple[CardFault, ...] = ()
    erased: tuple[bytes, ...] = ()
    bare: tuple[bytes, ...] = ()
    missing: tuple[bytes, ...] = ()
    following: tuple[bytes, ...] = ()

    def of(self, *stands: str) -> tuple[CardFault, ...]:
        """Return the cards that stand so."""
        return tuple(each for each in self.faults if each.stand in stands)

    @property
    def is_store_older(self) -> bool:
        """Whether the store has less than the keeper knows.

        Persons who are missing say nothing: they may have been removed since the keeper's copy,
        and what is erased stays in the store as such.
        """
        lost = [key for key in self.missing if key.startswith(DOSSIER)]
        return bool(self.of(OLD, TWIN) or self.bare or lost)

    @property
    def relearnable(self) -> bool:
        """Whether anything of it can be accepted."""
        return self.is_store_older or bool(self.of(AHEAD) or self.erased or self.missing)

    def is_cut(self, most: int) -> bool:
        """Whether there may be more of a kind than the ``most`` that were kept."""
        stands = Counter(each.stand for each in self.faults)
        others = map(len, (self.erased, self.bare, self.missing, self.following))
        return max(*others, *stands.values(), 0) >= most

    def like(self, other: Self) -> "Differing":
        """Return what another look has found as well."""
        seen = {(each.card.key, each.stand) for each in other.faults}
        return Differing(
            tuple(each for each in self.faults if (each.card.key, each.stand) in seen),
            _both(self.erased, other.erased),
            _both(self.bare, other.bare),
            _both(self.missing, other.missing),
            self.following,
        )


def _both(ours: Sequence[bytes], others: Iterable[bytes]) -> tuple[bytes, ...]:
    seen = {*others}
    return tuple(each for each in ours if each in seen)


def side_of(view: Snapshot) -> Generator[StoreRecord, None, None]:
    """Yield the store's side: dossiers, then persons, each in the order of their keys."""
    for dossier in view.dossiers():
        erased = bool(dossier.closure and dossier.closure.erased_at)
        yield StoreRecord(dossier_record(dossier), erased)
    for doctor in view.doctors():
        yield StoreRecord(person_record(doctor))


def differing(keeper: HostKeeper, read: Reading, most: int | None = None) -> Differing:
    """Return what differs, and goes on doing so; of each kind ``most`` at most, the first.

    Raises as :meth:`HostKeeper.ask`.
    """
    found = _look(keeper, read, most)
    for _ in range(LOOKS - 1):
        if found == Differing(following=found.following):
            break
        found = _look(keeper, read, most).like(found)
    return found


def _look(keeper: HostKeeper, read: Reading, most: int | None) -> Differing:
    """Walk both sides together, in their order: neither is in memory as a whole.

    What is made meanwhile may be seen on one side only, and is there when it is looked at again.
    """
    look = _Look(keeper, most)
    with read() as records:
        for key, record in _in_step(keys_known(keeper), iter(records)):
            look.take(key, record)
    return look.finish()


def _in_step(
    keys: Iterator[bytes], records: Iterator[StoreRecord]
) -> Iterator[tuple[bytes | None, StoreRecord | None]]:
    """Yield what the keeper knows beside what the store has of it; one may be missing."""
    key, record = next(keys, None), next(records, None)
    while key is not None or record is not None:
        if record is None or (key is not None and key < record.card.key):
            yield key, None
            key = next(keys, None)
        elif key is None or record.card.key < key:
            yield None, record
            record = next(records, None)
        else:
            yield key, record
            key, record = next(keys, None), next(records, None)


class _Look:
    """What one walk found; cards are shown to the keeper some at a time."""

    def __init__(self, keeper: HostKeeper, most: int | None) -> None:
        self._keeper, self._most = keeper, most
        self._cards: list[StoredCard] = []
        self._faults = defaultdict[str, list[CardFault]](list)
        self._following: list[bytes] = []
        self._erased: list[bytes] = []
        self._bare: list[bytes] = []
        self._missing: list[bytes] = []

    def take(self, key: bytes | None, record: StoreRecord | None) -> None:
        """Note how a key of the keeper's and a record of the store go together."""
        if record is None:
            self._keep(self._missing, key)
            return
        if record.card.sealed:
            self._cards.append(record.card)
        if record.erased:
            self._keep(self._erased, key)
        elif not record.card.sealed:
            self._keep(self._bare, key)
        if len(self._cards) == A_CALL:
            self._compare()

    def finish(self) -> Differing:
        """Return all of it, persons first."""
        self._compare()
        return Differing(
            faults=tuple(sorted(chain(*self._faults.values()), key=_persons_first)),
            erased=tuple(self._erased),
            bare=tuple(self._bare),
            missing=tuple(self._missing),
            following=tuple(self._following),
        )

    def _compare(self) -> None:
        for stood in compared(self._keeper, self._cards):
            for fault in stood.faults:
                self._keep(self._faults[fault.stand], fault)
            for card in stood.following:
                self._keep(self._following, card)
        self._cards.clear()

    def _keep(self, kept: list[T], each: T | None) -> None:
        if each is not None and (self._most is None or len(kept) < self._most):
            kept.append(each)


def _persons_first(fault: CardFault) -> tuple[bool, bytes]:
    key = fault.card.key
    return key[:1] == DOSSIER, key


class Difference(NamedTuple):
    """What is wrong, and the command that helps."""

    line: str
    hint: str

    def __str__(self) -> str:
        """Put both on one line."""
        return f"{self.line}: {self.hint}" if self.hint else self.line


class Comparison(NamedTuple):
    """What is wrong, and why it could not be looked at, if so."""

    findings: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()


def said_of_both(config: Config) -> Comparison:
    """Hold the store to the running keeper, as root; each side as the user that owns it."""

    def read() -> AbstractContextManager[Iterator[StoreRecord]]:
        return streamed(config.paths.store, lambda: _records(config), StoreRecord)

    try:
        with operator(config) as keeper:
            return Comparison((*findings_of(differing(keeper, read, MOST_KEPT)),))
    except CommandError as error:
        return _not_compared(error.line) if _has_cards(read) else Comparison()
    except (OSError, StoreError) as error:
        return _not_compared(str(error))


def _has_cards(read: Reading) -> bool:
    try:
        with read() as records:
            return any(each.card.sealed for each in records)
    except (OSError, StoreError):
        return True


def _not_compared(why: str) -> Comparison:
    return Comparison(notes=(f"cards are not compared with what the keeper knows: {why}",))


def _records(config: Config) -> Generator[StoreRecord, None, None]:
    paths = config.paths
    keys = read_store_keys(paths.milter, paths.outbox_key)
    opened = engine_at(paths.store, config.store).open(keys, read_only=True)
    with opened as store, store.snapshot() as view:
        yield from side_of(view)


def findings_of(found: Differing) -> Iterator[Difference]:
    """Yield what differs, each with the command that helps."""
    for each in found.faults[:MOST_NAMED]:
        yield Difference(each.line, help_for(each))
    if rest := found.faults[MOST_NAMED:]:
        at_least = "at least " if len(found.faults) >= MOST_KEPT else ""
        yield Difference(more(len(rest), at_least), "")
    for keys, words in (
        (found.missing, "that this store has not"),
        (found.bare, "that have no card in this store"),
        (found.erased, "that were erased in this store"),
    ):
        if keys:
            at_least = "at least " if len(keys) >= MOST_KEPT else ""
            yield Difference(f"the keeper knows {at_least}{counted(keys)} {words}", RELEARN)


def help_for(fault: CardFault) -> str:
    """Return the command that helps, or where to read."""
    key, who = fault.card.key, fault.card.who
    if fault.stand == GONE:
        is_dossier = key.startswith(DOSSIER)
        return (
            f"rmp dossier erase {key[1:].hex()}" if is_dossier else f"rmp doctor remove {who}"
        )
    if fault.stand == FORGED:
        return "an intruder's, or another keeper's: docs/admin.md, Restoring"
    return RELEARN


def counted(keys: Iterable[bytes]) -> str:
    """Say how many dossiers and persons these are."""
    kinds = [key[:1] for key in keys]
    parts = ((kinds.count(DOSSIER), "dossiers"), (kinds.count(PERSON), "persons"))
    return " and ".join(f"{count} {word}" for count, word in parts if count)


def bounded(lines: Sequence[str]) -> Iterator[str]:
    """Yield the first of the lines, and how many more there are."""
    yield from lines[:MOST_NAMED]
    if rest := lines[MOST_NAMED:]:
        yield more(len(rest))


def more(count: int, at_least: str = "") -> str:
    """Say that there are more of what was named."""
    return f"and {at_least}{count} more cards that are not in force"
