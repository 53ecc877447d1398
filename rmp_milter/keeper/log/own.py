"""All of the keeper's own tables as one transaction sees them."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Self

from rmp_milter.engine.transaction import Expected, WriteTransaction
from rmp_milter.keeper.log import acts, known, tries
from rmp_milter.keeper.log.acts import Acts
from rmp_milter.keeper.log.known import KnownCards
from rmp_milter.keeper.log.owners import KeyOwners
from rmp_milter.keeper.log.tables import OwnTable
from rmp_milter.keeper.log.traits import Traits
from rmp_milter.keeper.log.tries import CountedTries

MOST_PURGED = 8
"""Rows of each kind that go with one write: more than it can add, so that they grow no further."""


class OwnAhead(NamedTuple):
    """What a transaction will look at in the tables, told beforehand: known cards, acts' shares."""

    known: Sequence[bytes] = ()
    acts: Sequence[tuple[bytes, int]] = ()

    def say(self, expected: Expected) -> None:
        """Add it to what is expected."""
        for key in self.known:
            expected.record(OwnTable.KNOWN, key)
        for act, share in self.acts:
            acts.ask_for(expected, act, share)


class Own(NamedTuple):
    """What the keeper knows by itself; good while its transaction is open."""

    known: KnownCards
    acts: Acts
    tries: CountedTries
    traits: Traits
    owners: KeyOwners

    @classmethod
    def of(cls, txn: WriteTransaction) -> Self:
        """Return the tables as the transaction sees them."""
        return cls(KnownCards(txn), Acts(txn), CountedTries(txn), Traits(txn), KeyOwners(txn))

    def tidy(self, now: int, most: int = MOST_PURGED) -> None:
        """Forget some of what is expired."""
        self.acts.purge(now, most)
        self.tries.purge(now, most)

    def carry(self, on: Callable[[bytes], bytes]) -> None:
        """Put in the place of every digest of a patient what ``on`` makes of it."""
        self.traits.carry(on)
        self.tries.carry(on)

    def erase(self, dossier_id: bytes) -> None:
        """Forget a dossier but for its tombstone: nothing here leads from it to its leaves."""
        self.known.forget(known.of_dossier(dossier_id))
        self.traits.remove(dossier_id)
        self.acts.forget(dossier_id)
        self.tries.clear(tries.of_dossier(dossier_id))
