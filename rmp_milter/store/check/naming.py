"""What is said of a key that a table lacks, that it has for nobody, that two ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rmp_milter.store.check.expected import ORPHAN
from rmp_milter.store.format.codecs import LINK_BYTES, number_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from rmp_milter.store.check.keys import Remembered
    from rmp_milter.store.check.walk import Walk


class KeyWords:
    """How the keys of a table are told that holds nothing but keys."""

    def __init__(self, table: str, shown: Callable[[bytes], str]) -> None:
        self.table = table
        self.shown = shown

    def has(self, key: bytes) -> str:
        """Say that the key is there and no record asks for it."""
        return f"table {self.table} has {self.shown(key)} in a wrong place"

    def lacks(self, key: bytes, _by: bytes) -> Iterator[str]:
        """Say that the key is not there and a record asks for it."""
        yield f"table {self.table} lacks {self.shown(key)}"

    def doubled(self, key: bytes, _by: list[bytes]) -> str:
        """Say that more than one record asks for the key."""
        return f"table {self.table} has {self.shown(key)} for two records"

    def often(self, key: bytes, by: list[bytes], _found: int) -> Iterator[str]:
        """Say where the key is there for more or fewer records than ask for it."""
        if len(by) > 1:
            yield self.doubled(key, by)


class IndexWords(KeyWords):
    """Of the index: a blind key and whom it leads to."""

    def has(self, key: bytes) -> str:
        """Say that the key leads to somebody by what he has not."""
        return f"the index leads to {self.shown(key)} from what it has not"

    def lacks(self, key: bytes, _by: bytes) -> Iterator[str]:
        """Say that somebody is not found by something that he has."""
        yield f"the index does not lead to {self.shown(key)} from all it has"


class TermWords(KeyWords):
    """Of the search terms, whose keys say nothing: a dossier is known by what it asks for."""

    def has(self, key: bytes) -> str:
        """Say that the key is of a term that no dossier has, or of one that has it not."""
        return f"table {self.table} has {self.shown(key)}, which no open dossier asks for"

    def lacks(self, _key: bytes, by: bytes) -> Iterator[str]:
        """Say that a dossier is not found by something that it has."""
        yield f"the search terms do not lead to dossier {by.hex()} from all it has"


class CountedWords(KeyWords):
    """Of the family words, which are counted."""

    def has(self, key: bytes) -> str:
        """Say that the key is of a word that no open dossier is found by."""
        return f"table {self.table} counts {self.shown(key)}, which no open dossier has"

    def lacks(self, _key: bytes, by: bytes) -> Iterator[str]:
        """Say that a word of a dossier is not counted."""
        yield f"table {self.table} does not count a family word of dossier {by.hex()}"

    def often(self, key: bytes, by: list[bytes], found: int) -> Iterator[str]:
        """Say that a word is counted for more or fewer dossiers than have it."""
        if found and found != len(by):
            yield f"table {self.table} counts {found} for {self.shown(key)}, not {len(by)}"


class BodyWords(KeyWords):
    """Of the bodies: a body that is missing has been told of by who asks for it."""

    def has(self, key: bytes) -> str:
        """Say that the body is of no document."""
        return f"{self.shown(key)} belongs to no entry"

    def lacks(self, _key: bytes, _by: bytes) -> Iterator[str]:
        """Say nothing."""
        yield from ()

    def doubled(self, key: bytes, by: list[bytes]) -> str:
        """Say who else asks for the body."""
        if ORPHAN in by:
            return f"{self.shown(key)} is given up and yet belongs to an entry"
        return f"document {key.hex()} is in two places"


def name_differences(walk: Walk, words: KeyWords, keys: Remembered) -> None:
    """Note each remembered key that is not both asked for and there, once."""
    for key in sorted(keys.found.keys() - keys.asked.keys()):
        walk.add(words.has(key))
    for key, by in sorted(keys.asked.items()):
        if key not in keys.found:
            for line in words.lacks(key, by[0]):
                walk.add(line)
        for line in words.often(key, by, keys.found.get(key, 0)):
            walk.add(line)
    if not keys.whole:
        walk.add(f"table {words.table} differs in more: too much to be named at once")


def _timed(what: str) -> Callable[[bytes], str]:
    """Return how a key is told that begins with a time."""
    return lambda key: f"{what} {key[4:].hex()}"


def _plain(key: bytes) -> str:
    return key.hex()


def _row(key: bytes) -> str:
    return f"row {number_of(key[-8:])}"


_ALL = (
    IndexWords("index", lambda key: key[LINK_BYTES:].hex()),
    TermWords("terms", _plain),
    CountedWords("words", _plain),
    BodyWords("bodies", lambda key: f"body {key.hex()}"),
    KeyWords("waiting_expiry", _timed("deposit")),
    KeyWords("seen_expiry", _timed("mark")),
    KeyWords("tally_expiry", _timed("tally")),
    KeyWords("emergencies_at", _timed("emergency")),
    KeyWords("emergencies_open", _timed("emergency")),
    KeyWords("erasures_due", _timed("dossier")),
    KeyWords("orphans_due", _timed("body")),
    KeyWords("outbox_due", _row),
    KeyWords("outbox_bodies", _row),
    KeyWords("sent_expiry", _row),
)
WORDS: Mapping[str, KeyWords] = {words.table: words for words in _ALL}
"""Every table that is compared with what the records ask for."""
