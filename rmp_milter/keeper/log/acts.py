"""What mails were used for: an act does one thing to one dossier, and may be tried again.

The key is the act (what identifies a mail, 32 bytes) ‖ the number of its share (2 bytes): a
mail that brings letters for several patients has one for each. An attestation of a card stands
here too, under a digest of who attests and its id: it counts for one act only.
"""

import hashlib
from itertools import takewhile
from typing import NamedTuple

from rmp_milter.engine.transaction import Expected, WriteTransaction
from rmp_milter.keeper.keys.sealing import framed
from rmp_milter.keeper.log import due
from rmp_milter.keeper.log.own_tables import DIGEST_SIZE, ID_SIZE
from rmp_milter.keeper.log.tables import OwnTable
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


def ask_for(asked: Expected, act: bytes, share: int) -> None:
    """Say that an act will be noted; one of another length is for :meth:`Acts.note` to refuse."""
    if len(act) == DIGEST_SIZE:
        asked.record(OwnTable.ACTS, _key(act, share))
        asked.last(OwnTable.ACTS, act)


class Acts:
    """The acts that are remembered, as one transaction sees them."""

    def __init__(self, txn: WriteTransaction) -> None:
        self._txn = txn

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
            due.delete(self._txn, OwnTable.ACTS_DUE, known.expires, _key(act, share))
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
        rows = ((key, bytes(row)) for key, row in self._txn.records(OwnTable.ACTS))
        concerned = [(key, row) for key, row in rows if target in _ids(row)]
        for key, row in concerned:
            blank = _unpacked(row)._replace(target=b"", done=True)
            self._txn.put(OwnTable.ACTS, key, _packed(blank))

    def read(self, act: bytes, share: int = 0) -> NotedAct | None:
        """Return what the act was used for."""
        row = self._txn.get(OwnTable.ACTS, _key(act, share))
        return None if row is None else _unpacked(bytes(row))

    def shares(self, act: bytes) -> dict[int, NotedAct]:
        """Return what each share of the act was used for."""
        if self._txn.last_key(OwnTable.ACTS, act) is None:
            return {}
        rows = self._txn.records(OwnTable.ACTS, _key(act, 0))
        return {
            int.from_bytes(key[DIGEST_SIZE:]): _unpacked(bytes(row))
            for key, row in takewhile(lambda record: record[0].startswith(act), rows)
        }

    def purge(self, now: int, most: int) -> None:
        """Forget acts that are expired, ``most`` of them."""
        for key in due.take(self._txn, OwnTable.ACTS_DUE, now, most):
            self._txn.delete(OwnTable.ACTS, key)

    def _write(self, act: bytes, share: int, said: NotedAct) -> None:
        key = _key(act, share)
        self._txn.put(OwnTable.ACTS, key, _packed(said))
        due.put(self._txn, OwnTable.ACTS_DUE, said.expires, key)


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
