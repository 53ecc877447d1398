"""Which card is in force, for each dossier and each person that the keeper has vouched for.

Whoever holds the store can present an older card: it is known by its revision, and by its tag
where two were made of one revision. What was erased leaves a tombstone, for good: no card of
it counts ever again.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

from rmp_milter.dossier.cards import MOST_OTHERS
from rmp_milter.engine.transaction import WriteTransaction
from rmp_milter.keeper.log.own_tables import DIGEST_SIZE, ID_SIZE
from rmp_milter.keeper.log.tables import OwnTable
from rmp_milter.keeper.log.tree import LogFault

TAG_SIZE = 16
_REVISION_SIZE = 8
_TOMBSTONE = b""
_KEY_SIZE = 1 + ID_SIZE
_HEAD_SIZE = _REVISION_SIZE + TAG_SIZE
_ROW_SIZES = range(_HEAD_SIZE, _HEAD_SIZE + DIGEST_SIZE * (1 + MOST_OTHERS) + 1, DIGEST_SIZE)


class Stand(StrEnum):
    """How a card stands to what is known under its id."""

    CURRENT = "current"  # the one in force
    NEXT = "next"  # the one that follows it; the first one where none is known
    OLD = "old"
    TWIN = "twin"  # of the revision in force, and another one
    AHEAD = "ahead"  # further than one step
    GONE = "gone"  # of what was erased or removed


class Known(NamedTuple):
    """What is known of a card: its revision, its tag, a person's certificates (SHA-256 of each).

    ``certificate`` is the one that he is written to by.
    """

    revision: int
    tag: bytes
    certificate: bytes = b""
    others: tuple[bytes, ...] = ()


class KnownError(ValueError):
    """A card of what was erased is not learned."""


class KnownCards:
    """The cards in force, as one transaction sees them; keys are made by the functions below."""

    def __init__(self, txn: WriteTransaction) -> None:
        self._txn = txn

    def look(self, key: bytes, revision: int, tag: bytes) -> Stand:
        """Say how a card of this revision and tag stands to what is known."""
        return self.compared(key, revision, tag)[0]

    def compared(self, key: bytes, revision: int, tag: bytes) -> tuple[Stand, Known | None]:
        """Say how a card stands to what is known, and what that is."""
        row = self._row(key)
        if row == _TOMBSTONE:
            return Stand.GONE, None
        known = None if row is None else _unpacked(row)
        ahead = revision - (-1 if known is None else known.revision)
        if known and not ahead:
            return (Stand.CURRENT if tag == known.tag else Stand.TWIN), known
        if ahead == 1:
            return Stand.NEXT, known
        return (Stand.AHEAD if ahead > 1 else Stand.OLD), known

    def take(self, key: bytes, card: Known) -> Stand:
        """Learn a card that is the next one, and no other; say how it stood before."""
        stand = self.look(key, card.revision, card.tag)
        if stand is Stand.NEXT:
            self.learn(key, card)
        return stand

    def learn(self, key: bytes, card: Known) -> None:
        """Let the card be in force, whatever was: who calls has judged that it may.

        Raises :class:`KnownError` for a card of what was erased.
        """
        if self._row(key) == _TOMBSTONE:
            raise KnownError("erased")
        self._txn.put(OwnTable.KNOWN, _checked(key), _packed(card))

    def forget(self, key: bytes) -> None:
        """Leave a tombstone, whether anything was known or not."""
        self._txn.put(OwnTable.KNOWN, _checked(key), _TOMBSTONE)

    def drop(self, key: bytes) -> None:
        """Know nothing under a key any more; a tombstone stays."""
        if self._row(key):
            self._txn.delete(OwnTable.KNOWN, key)

    def read(self, key: bytes) -> Known | None:
        """Return what is known; none where nothing is, or not any more."""
        row = self._row(key)
        return _unpacked(row) if row else None

    def foresee(self, keys: Iterable[bytes]) -> None:
        """Be told which cards will be looked at, all at once where the log is far away."""
        own = [key for key in keys if len(key) == _KEY_SIZE]
        if len(own) > 1:
            self._txn.foresee(OwnTable.KNOWN, own)

    def entries(self) -> Iterator[tuple[bytes, Known | None]]:
        """Yield every key with what is known under it; none for a tombstone."""
        for key, row in self._txn.records(OwnTable.KNOWN):
            yield key, _unpacked(bytes(row)) if row else None

    def keys_behind(self, key: bytes) -> Iterator[bytes]:
        """Yield the keys behind this one, in their order, under which a card is known."""
        for each, row in self._txn.records(OwnTable.KNOWN, key):
            if each != key and row:
                yield each

    def _row(self, key: bytes) -> bytes | None:
        row = self._txn.get(OwnTable.KNOWN, _checked(key))
        return None if row is None else bytes(row)


def of_dossier(dossier_id: bytes) -> bytes:
    """Return the key of a dossier's card."""
    return _checked(b"D" + dossier_id)


def of_person(person_id: bytes) -> bytes:
    """Return the key of a person's card."""
    return _checked(b"P" + person_id)


def _checked(key: bytes) -> bytes:
    if len(key) != _KEY_SIZE:
        raise ValueError("an id of another length")
    return key


def _packed(card: Known) -> bytes:
    head = card.revision.to_bytes(_REVISION_SIZE) + card.tag
    row = b"".join((head, card.certificate, *card.others))
    if len(card.tag) != TAG_SIZE or len(row) not in _ROW_SIZES:
        raise ValueError("a tag or digest of another length")
    return row


def _unpacked(row: bytes) -> Known:
    if len(row) not in _ROW_SIZES:
        raise LogFault("a card that is known cannot be read")
    tag, digests = row[_REVISION_SIZE:_HEAD_SIZE], row[_HEAD_SIZE:]
    first, *others = [
        digests[at : at + DIGEST_SIZE] for at in range(0, len(digests), DIGEST_SIZE)
    ] or [b""]
    return Known(int.from_bytes(row[:_REVISION_SIZE]), tag, first, tuple(others))
