"""Whose certificate a fingerprint is: one person's, until he gives it up."""

from collections.abc import Collection, Iterable

import lmdb

from rmp_milter.keeper.log.own_tables import OwnTables


class KeyOwners:
    """Who has which certificate, as one transaction sees it; fingerprints are bytes."""

    def __init__(self, transaction: lmdb.Transaction, tables: OwnTables) -> None:
        self._transaction = transaction
        self._table = tables.owners

    def claim(self, fingerprint: bytes, person_id: bytes) -> bool:
        """Note whose it is; say whether it is his, now or already."""
        self._transaction.put(fingerprint, person_id, db=self._table, overwrite=False)
        return self.of(fingerprint) == person_id

    def of(self, fingerprint: bytes) -> bytes | None:
        """Return whose it is; none where it is nobody's."""
        found = self._transaction.get(fingerprint, db=self._table)
        return None if found is None else bytes(found)

    def all_open(self, fingerprints: Iterable[bytes], person_id: bytes) -> bool:
        """Whether each is this person's or nobody's."""
        return all(self.of(each) in {None, person_id} for each in fingerprints)

    def release(self, fingerprint: bytes, person_id: bytes) -> None:
        """Let it be nobody's, if it is this person's."""
        if self.of(fingerprint) == person_id:
            self._transaction.delete(fingerprint, db=self._table)

    def release_all(self, persons: Collection[bytes]) -> None:
        """Let all that these persons have be nobody's."""
        if not persons:
            return
        with self._transaction.cursor(db=self._table) as cursor:
            theirs = [bytes(each) for each, owner in cursor if bytes(owner) in persons]
        for fingerprint in theirs:
            self._transaction.delete(fingerprint, db=self._table)
