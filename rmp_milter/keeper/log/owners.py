"""Whose certificate a fingerprint is: one person's, until he gives it up."""

from collections.abc import Collection, Iterable

from rmp_milter.engine.transaction import WriteTransaction
from rmp_milter.keeper.log.tables import OwnTable


class KeyOwners:
    """Who has which certificate, as one transaction sees it; fingerprints are bytes."""

    def __init__(self, txn: WriteTransaction) -> None:
        self._txn = txn

    def claim(self, fingerprint: bytes, person_id: bytes) -> bool:
        """Note whose it is; say whether it is his, now or already."""
        self._txn.add(OwnTable.OWNERS, fingerprint, person_id)
        return self.of(fingerprint) == person_id

    def of(self, fingerprint: bytes) -> bytes | None:
        """Return whose it is; none where it is nobody's."""
        found = self._txn.get(OwnTable.OWNERS, fingerprint)
        return None if found is None else bytes(found)

    def all_open(self, fingerprints: Iterable[bytes], person_id: bytes) -> bool:
        """Whether each is this person's or nobody's."""
        return all(self.of(each) in {None, person_id} for each in fingerprints)

    def release(self, fingerprint: bytes, person_id: bytes) -> None:
        """Let it be nobody's, if it is this person's."""
        if self.of(fingerprint) == person_id:
            self._txn.delete(OwnTable.OWNERS, fingerprint)

    def release_all(self, persons: Collection[bytes]) -> None:
        """Let all that these persons have be nobody's."""
        if not persons:
            return
        rows = self._txn.records(OwnTable.OWNERS)
        theirs = [each for each, owner in rows if bytes(owner) in persons]
        for fingerprint in theirs:
            self._txn.delete(OwnTable.OWNERS, fingerprint)
