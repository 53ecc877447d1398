"""What mails were used for: an act does one thing to one dossier, and may be tried again.

The key is the act (what identifies a mail, 32 bytes) ‖ the number of its share (2 bytes): a
mail that brings letters for several patients has one for each. An attestation of a card stands
here too, under a digest of who attests and its id: it counts for one act only.
"""

import hashlib
from typing import NamedTuple

import lmdb

from rmp_milter.keeper.keys.sealing import framed
from rmp_milter.keeper.log import due
from rmp_milter.keeper.log.own_tables import DIGEST_SIZE, ID_SIZE, OwnTables
from rmp_milter.keeper.log.tree import LogFault

_SHARE_SIZE, _EXPIRES_SIZE = 2, 8
_HEAD = _EXPIRES_SIZE + 2  # done, and the verb's length
_MOST_VERB = 255
_ATTESTED = "attestation"


class NotedAct(NamedTuple):
    """What an act was used for; ``target`` is the ids of whom it concerns, one after another."""

    verb: str
    target: bytes
    expires: int
    done: bool = False


class Acts:
    """The acts that are remembered, as one transaction sees them."""

    def __init__(self, transaction: lmdb.Transaction, tables: OwnTables) -> None:
        self._transaction = transaction
        self._table, self._due = tables.acts, tables.acts_due

    def note(self, act: bytes, verb: str, target: bytes, expires: int, share: int = 0) -> bool:
        """Remember what the act does, until ``expires``; say whether it may.

        It may do again what it did, unless that is done; its other shares have the same verb.
        Where it may not, nothing changes. It is remembered for the longest time asked for.
        """
        known = self.read(act, share)
        if known is None:
            if any(each.verb != verb for each in self.shares(act).values()):
                return False
            self._write(act, share, NotedAct(verb, target, expires))
            return True
        if known.done or (known.verb, known.target) != (verb, target):
            return False
        if expires > known.expires:
            due.delete(self._transaction, self._due, known.expires, _key(act, share))
            self._write(act, share, known._replace(expires=expires))
        return True

    def note_attestation(self, issuer: str, identity: str, act: bytes, expires: int) -> bool:
        """Remember that an attestation was used under an act; say whether it may be."""
        key = hashlib.sha256(framed(b"rmp attestation", issuer.encode(), identity.encode()))
        return self.note(key.digest(), _ATTESTED, act, expires)

    def mark_done(self, act: bytes, share: int = 0) -> None:
        """Let the act do nothing more; raise :class:`LookupError` where it was not noted."""
        known = self.read(act, share)
        if known is None:
            raise LookupError("an act that was not noted")
        self._write(act, share, known._replace(done=True))

    def forget(self, target: bytes) -> None:
        """Forget whom acts concerned, where one was erased; they do nothing more.

        An act stands in its leaf: here it must not lead on to the dossier.
        """
        with self._transaction.cursor(db=self._table) as cursor:
            concerned = [bytes(key) for key, row in cursor if target in _ids(bytes(row))]
        for key in concerned:
            row = bytes(self._transaction.get(key, b"", db=self._table))
            blank = _unpacked(row)._replace(target=b"", done=True)
            self._transaction.put(key, _packed(blank), db=self._table)

    def read(self, act: bytes, share: int = 0) -> NotedAct | None:
        """Return what the act was used for."""
        row = self._transaction.get(_key(act, share), db=self._table)
        return None if row is None else _unpacked(bytes(row))

    def shares(self, act: bytes) -> dict[int, NotedAct]:
        """Return what each share of the act was used for."""
        found: dict[int, NotedAct] = {}
        with self._transaction.cursor(db=self._table) as cursor:
            at = cursor.set_range(_key(act, 0))
            while at and bytes(cursor.key())[:DIGEST_SIZE] == act:
                share = int.from_bytes(bytes(cursor.key())[DIGEST_SIZE:])
                found[share] = _unpacked(bytes(cursor.value()))
                at = cursor.next()
        return found

    def purge(self, now: int, most: int) -> None:
        """Forget acts that are expired, ``most`` of them."""
        for key in due.take(self._transaction, self._due, now, most):
            self._transaction.delete(key, db=self._table)

    def _write(self, act: bytes, share: int, said: NotedAct) -> None:
        key = _key(act, share)
        self._transaction.put(key, _packed(said), db=self._table)
        due.put(self._transaction, self._due, said.expires, key)


def _key(act: bytes, share: int) -> bytes:
    if len(act) != DIGEST_SIZE:
        raise ValueError("an act of another length")
    return act + share.to_bytes(_SHARE_SIZE)


def _packed(said: NotedAct) -> bytes:
    verb = said.verb.encode()
    if len(verb) > _MOST_VERB:
        raise ValueError("a verb too long")
    head = said.expires.to_bytes(_EXPIRES_SIZE) + bytes([said.done, len(verb)])
    return head + verb + said.target


def _unpacked(row: bytes) -> NotedAct:
    try:
        done, length = row[_EXPIRES_SIZE:_HEAD]
        verb = row[_HEAD : _HEAD + length].decode()
    except ValueError:
        raise LogFault("an act cannot be read") from None
    expires = int.from_bytes(row[:_EXPIRES_SIZE])
    return NotedAct(verb, row[_HEAD + length :], expires, bool(done))


def _ids(row: bytes) -> list[bytes]:
    target = _unpacked(row).target
    return [target[at : at + ID_SIZE] for at in range(0, len(target), ID_SIZE)]
