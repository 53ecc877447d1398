"""Which open dossiers a patient's traits may mean: so that the milter cannot pass one over.

Traits and national numbers come as digests that the keeper has keyed (16 bytes): without its
key nobody reads a name here. A dossier's digests stand under its id as well, so that it can be
taken out whole.
"""

from collections.abc import Callable, Iterable
from itertools import islice

from rmp_milter.engine.transaction import WriteTransaction
from rmp_milter.keeper.log.own_tables import ID_SIZE
from rmp_milter.keeper.log.tables import OwnTable

TRAIT_SIZE = 16
_AT_ONCE = 1000


class Traits:
    """The traits of the open dossiers, as one transaction sees them."""

    def __init__(self, txn: WriteTransaction) -> None:
        self._txn = txn

    def put(self, dossier_id: bytes, traits: Iterable[bytes], number: bytes = b"") -> None:
        """Let a dossier have these traits and no other ones, and its number's digest or none."""
        digests = sorted(set(traits))
        _check(dossier_id, number or bytes(TRAIT_SIZE), *digests)
        self.remove(dossier_id)
        for digest in digests:
            self._txn.put(OwnTable.TRAITS, digest + dossier_id, number)
        self._txn.put(OwnTable.TRAITS_OF, dossier_id, b"".join(digests))

    def remove(self, dossier_id: bytes) -> None:
        """Take a dossier out: it is closed, or erased."""
        for digest in self.of(dossier_id):
            self._txn.delete(OwnTable.TRAITS, digest + dossier_id)
        self._txn.delete(OwnTable.TRAITS_OF, dossier_id)

    def find(self, traits: Iterable[bytes]) -> dict[bytes, bytes]:
        """Return the dossiers that have one of the traits at least, each with its number."""
        found: dict[bytes, bytes] = {}
        for digest in traits:
            _check(digest)
            for key, number in self._txn.records(OwnTable.TRAITS, digest):
                if not key.startswith(digest):
                    break
                found[key[TRAIT_SIZE:]] = bytes(number)
        return found

    def carry(self, on: Callable[[bytes], bytes]) -> None:
        """Put in the place of each digest what ``on`` makes of it; some dossiers at a time.

        A trait's row is found by its digest: so it is taken out and put in again.
        """
        behind = b""
        while some := self._some(behind):
            for dossier_id in some:
                traits = self.of(dossier_id)
                number = self._number(dossier_id, traits)
                self.put(dossier_id, map(on, traits), on(number) if number else b"")
            behind = some[-1]

    def _some(self, behind: bytes) -> list[bytes]:
        """Return ids of dossiers behind one, in their order."""
        rows = self._txn.records(OwnTable.TRAITS_OF, behind + b"\0")
        return [key for key, _ in islice(rows, _AT_ONCE)]

    def _number(self, dossier_id: bytes, traits: Iterable[bytes]) -> bytes:
        first = next(iter(traits), b"")
        return bytes(self._txn.get(OwnTable.TRAITS, first + dossier_id) or b"")

    def of(self, dossier_id: bytes) -> tuple[bytes, ...]:
        """Return a dossier's traits; none of one that is not here."""
        row = bytes(self._txn.get(OwnTable.TRAITS_OF, dossier_id) or b"")
        return tuple(row[at : at + TRAIT_SIZE] for at in range(0, len(row), TRAIT_SIZE))


def _check(*values: bytes) -> None:
    if any(len(value) != ID_SIZE for value in values):  # a digest is as long as an id
        raise ValueError("an id or a trait of another length")
