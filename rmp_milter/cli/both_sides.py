"""The store and the keeper held against each other, while both go on: what differs stays.

After the keeper or the store was put back from an older copy the cards of the one are not those
that the other knows. Beside a running service a card may be overtaken between the two looks at
it: so what seems to differ is looked at again.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, Self

import msgspec

from rmp_milter.cli.errors import CommandError
from rmp_milter.cli.leaves import HostKeeper, operator
from rmp_milter.cli.standing import (
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
    keys_known,
    records_in,
)
from rmp_milter.config import Config
from rmp_milter.host.owners import as_owner
from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.format.keys import read_store_keys
from rmp_milter.store.opening import engine_at
from rmp_milter.store.surface import Snapshot

LOOKS = 3
MOST_NAMED = 100
RELEARN = "rmp store relearn"


class StoreSide(msgspec.Struct, frozen=True):
    """All persons and dossiers of the store, and the keys of the dossiers erased there."""

    records: list[StoredCard]
    erased: list[bytes]


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


def side_of(view: Snapshot) -> StoreSide:
    """Return the store's side."""
    erased = [
        DOSSIER + each.dossier_id
        for each in view.dossiers()
        if each.closure and each.closure.erased_at
    ]
    return StoreSide([*records_in(view)], erased)


def differing(keeper: HostKeeper, read: Callable[[], StoreSide]) -> Differing:
    """Return what differs, and goes on doing so; ``read`` gives the store as it is then.

    Raises as :meth:`HostKeeper.ask`.
    """
    found = _look(keeper, read)
    for _ in range(LOOKS - 1):
        if found == Differing(following=found.following):
            break
        found = _look(keeper, read).like(found)
    return found


def _look(keeper: HostKeeper, read: Callable[[], StoreSide]) -> Differing:
    known = [*keys_known(keeper)]  # first: what is made meanwhile is in the store before
    side = read()
    cards = [each for each in side.records if each.sealed]
    stood = [*compared(keeper, cards)]
    records, carded = {each.key for each in side.records}, {each.key for each in cards}
    erased = {*side.erased}
    return Differing(
        faults=tuple(fault for each in stood for fault in each.faults),
        erased=tuple(each for each in known if each in erased),
        bare=tuple(each for each in known if each in records - carded - erased),
        missing=tuple(each for each in known if each not in records),
        following=tuple(card for each in stood for card in each.following),
    )


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
    try:
        side = _read(config)
        with operator(config) as keeper:
            return Comparison((*findings_of(differing(keeper, lambda: _read(config))),))
    except CommandError as error:
        has_cards = any(each.sealed for each in side.records)
        return _not_compared(error.line) if has_cards else Comparison()
    except (OSError, StoreError) as error:
        return _not_compared(str(error))


def _not_compared(why: str) -> Comparison:
    return Comparison(notes=(f"cards are not compared with what the keeper knows: {why}",))


def _read(config: Config) -> StoreSide:
    return as_owner(config.paths.store, lambda: _opened(config), StoreSide)


def _opened(config: Config) -> StoreSide:
    paths = config.paths
    keys = read_store_keys(paths.milter, paths.outbox_key)
    opened = engine_at(paths.store, config.store).open(keys, read_only=True)
    with opened as store, store.snapshot() as view:
        return side_of(view)


def findings_of(found: Differing) -> Iterator[Difference]:
    """Yield what differs, each with the command that helps."""
    for each in found.faults[:MOST_NAMED]:
        yield Difference(each.line, help_for(each))
    if rest := found.faults[MOST_NAMED:]:
        yield Difference(more(len(rest)), "")
    for keys, words in (
        (found.missing, "that this store has not"),
        (found.bare, "that have no card in this store"),
        (found.erased, "that were erased in this store"),
    ):
        if keys:
            yield Difference(f"the keeper knows {counted(keys)} {words}", RELEARN)


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


def more(count: int) -> str:
    """Say that there are more of what was named."""
    return f"and {count} more cards that are not in force"
