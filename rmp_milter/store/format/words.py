"""Which family words anybody bears: a small table, so that many words are looked up cheaply.

An emergency tries some nine hundred words, all that are one slip away from what was said. Among
the search terms each of these would be a look at another page of a table that grows with the
store; all the different words that a country's families bear are a few megabytes.

key = the first 16 bytes of HMAC-SHA256 of the word, under a subkey of its own of the newest index
key;
value = u32, how many open dossiers are found by it.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from rmp_milter.dossier.search_terms import TERMS_VERSION, family_words_of
from rmp_milter.store.format.keys import newest, subkey

if TYPE_CHECKING:
    from rmp_milter.dossier.model import Dossier

WORD_BYTES = 16
COUNT_BYTES = 4
_BEGINNING = b"word\0" + bytes([TERMS_VERSION])


class WordKeys:
    """The keys of all words: made of dossiers, they need no index key of before."""

    def __init__(self, index_keys: bytes) -> None:
        self._key = subkey(newest(index_keys), "words")

    def key(self, word: str) -> bytes:
        """Return where a word is counted."""
        said = _BEGINNING + word.encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, said, "sha256")[:WORD_BYTES]

    def of(self, dossier: Dossier) -> frozenset[bytes]:
        """Return where the words of a dossier are counted."""
        return frozenset(map(self.key, family_words_of(dossier)))


def counted(count: int) -> bytes:
    """Return a count as it is written."""
    return count.to_bytes(COUNT_BYTES, "big")


def count_of(value: bytes | memoryview | None) -> int:
    """Return the count that was written; 0 where nothing was, or no count."""
    if value is None or len(value) != COUNT_BYTES:
        return 0
    return int.from_bytes(value, "big")
