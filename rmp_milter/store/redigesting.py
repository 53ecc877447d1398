"""A store written anew under an index key that follows the one it had.

What a record is found by is a digest, and the value of many is stored nowhere: which mails are
done, which tries count. So each digest goes on under the new key from what it was
(:class:`~.format.blind.Followed`), and none is forgotten. Search terms and family words, of which
there are the most, are made anew of the dossiers, under the new key alone.

Keys that were in order are not any more. They are written as they come, some at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rmp_milter.store.format.blind import Followed
from rmp_milter.store.format.codecs import ID_BYTES, LINK_BYTES, Codec
from rmp_milter.store.format.deriving import Target, count_keys
from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.format.keys import KEY_BYTES
from rmp_milter.store.format.records import StoredDossier
from rmp_milter.store.format.tables import INDEX_CHECK_KEY, table_names
from rmp_milter.store.format.terms import TermKeys
from rmp_milter.store.format.words import WordKeys
from rmp_milter.store.rewriting import in_place

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rmp_milter.engine.filling import Record
    from rmp_milter.store.format.keys import StoreKeys
    from rmp_milter.store.rewriting import Anew, Moved, Rewriting

    Place = Callable[[bytes], bytes]

MADE_ANEW = frozenset({"terms", "words"})
SEALED_IN_PLACE = frozenset({"dossiers", "waiting", "meta"})
"""Tables whose keys stay in their order."""
_TIME_BYTES = 4
_encode = msgspec.msgpack.Encoder().encode
_traits = msgspec.msgpack.Decoder(tuple[bytes, ...]).decode


class Redigesting:
    """Writes all tables anew; ``new`` has one index key more than ``old``, and no other key."""

    def __init__(self, files: Rewriting, old: StoreKeys, new: StoreKeys) -> None:
        self._files = files
        self._new = new
        self._moves = FollowedRecords(
            old, new, lambda key: files.had("emergencies", key)
        ).by_table()

    def run(self) -> None:
        """Write everything."""
        for name in table_names():
            if name in self._moves:
                self._files.move(name, self._moves[name], in_order=name in SEALED_IN_PLACE)
            elif name not in MADE_ANEW:
                self._files.copy(name)
        self._make_anew()

    def _make_anew(self) -> None:
        terms, words = TermKeys(self._new.index), WordKeys(self._new.index)
        self._files.derive(
            "dossiers",
            Codec("dossiers", self._new.metadata, StoredDossier),
            Target("terms", lambda _key, stored: terms.of(stored.dossier)),
            Target("words", lambda _key, stored: words.of(stored.dossier), count_keys),
        )


class FollowedRecords:
    """What becomes of each record that is a digest, lies at one, or holds some.

    ``is_emergency`` says whether a key is that of an emergency that there is, or was.
    """

    def __init__(
        self, old: StoreKeys, new: StoreKeys, is_emergency: Callable[[bytes], bool]
    ) -> None:
        if not _is_followed(old, new):
            raise StoreError("look-ups cannot be made anew under another index key")
        self._new = new
        self._follow = Followed(new.index[len(old.index) :]).digest
        self._is_emergency = is_emergency

    def by_table(self) -> Mapping[str, Moved]:
        """Return what moves the records of a table; of others nothing changes."""
        return {**self._moved(), **self._changed()}

    def _moved(self) -> Mapping[str, Moved]:
        """Return what becomes of records whose keys are digests, or hold one."""
        follow = self._follow
        behind_time = _behind(_TIME_BYTES, follow)
        times = ("seen_expiry", "tally_expiry", "emergencies_at", "emergencies_open")
        return {
            "index": self._link,
            "seen": _moved(follow),
            **dict.fromkeys(times, _moved(behind_time)),
            "tallies": self._sealed_elsewhere("tallies", follow),
            "emergencies": self._sealed_elsewhere("emergencies", follow),
            "envelopes": self._sealed_elsewhere("envelopes", _behind(ID_BYTES, follow)),
        }

    def _changed(self) -> Mapping[str, Moved]:
        """Return what becomes of values that are digests, or hold some."""
        return {
            "dossiers": in_place(self._with_traits("dossiers")),
            "waiting": in_place(self._with_traits("waiting")),
            "meta": in_place(self._check_value),
        }

    def _link(self, key: bytes, value: bytes) -> Record:
        """Return a link: to an emergency, whose key is a digest as well, or to somebody."""
        link, holder = key[:LINK_BYTES], key[LINK_BYTES:]
        if self._is_emergency(holder):
            holder = self._follow(holder)
        return self._follow(link) + holder, value

    def _sealed_elsewhere(self, table: str, place: Place) -> Moved:
        """Return what seals a table's records for other places, octet by octet the same inside."""
        codec = Codec(table, self._new.metadata, msgspec.Raw)

        def moved(key: bytes, sealed: bytes) -> Record:
            to = place(key)
            return to, codec.seal(to, codec.open(key, sealed))

        return moved

    def _with_traits(self, table: str) -> Anew:
        """Return what seals a table's records with the traits that follow theirs."""
        codec = Codec(table, self._new.metadata, dict[str, msgspec.Raw])

        def changed(key: bytes, sealed: bytes) -> bytes:
            record = codec.open(key, sealed)
            traits = sorted(map(self._follow, _traits(record["traits"])))
            record["traits"] = msgspec.Raw(_encode(traits))
            return codec.seal(key, record)

        return changed

    def _check_value(self, key: bytes, value: bytes) -> bytes:
        return self._follow(value) if key == INDEX_CHECK_KEY else value


def _is_followed(old: StoreKeys, new: StoreKeys) -> bool:
    others = (old.metadata, old.outbox) == (new.metadata, new.outbox)
    return others and new.index[:-KEY_BYTES] == old.index


def _moved(place: Place) -> Moved:
    return lambda key, value: (place(key), value)


def _behind(size: int, follow: Place) -> Place:
    """Return the place of a record whose key has so many bytes before its digest."""
    return lambda key: key[:size] + follow(key[size:])
