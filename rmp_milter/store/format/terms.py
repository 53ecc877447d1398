"""Where the dossiers of a search term are: keys that say neither the term nor the dossier.

place (16) ‖ mask (16) = HMAC-SHA256 of the term, under a subkey of the newest index key;
key = place ‖ AES-256 of (dossier id ⊕ mask), one block, under another subkey.

All dossiers of a term have its place in common, and nothing else. The mask, which nobody
knows without the key, makes of one AES key another permutation for each term (the XE
construction: Rogaway, ASIACRYPT 2004), so that a dossier in two places is two blocks that
have nothing in common: the files show how many dossiers a term has, and not that two terms are
of one dossier. And whoever has the key reads from a block whose it is.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from rmp_milter.dossier.search_terms import TERMS_VERSION, TermKind, terms_of
from rmp_milter.store.format.keys import newest, subkey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from rmp_milter.dossier.model import Dossier
    from rmp_milter.dossier.search_terms import Term

    Block = Callable[[bytes], bytes]

_BLOCK_BYTES = 16
_BEGINNINGS = {kind: kind.encode() + b"\0" + bytes([TERMS_VERSION]) for kind in TermKind}


class TermPlace:
    """The keys of one term: ``prefix`` is what they begin with."""

    def __init__(self, digest: bytes) -> None:
        self.prefix = digest[:_BLOCK_BYTES]
        self._mask = digest[_BLOCK_BYTES:]

    def key(self, dossier_id: bytes, encrypt: Block) -> bytes:
        """Return the key of a dossier that has the term."""
        return self.prefix + encrypt(self._masked(dossier_id))

    def holder(self, key: bytes, decrypt: Block) -> bytes:
        """Return the dossier whose key, of this term, this is."""
        return self._masked(decrypt(key[_BLOCK_BYTES:]))

    def _masked(self, block: bytes) -> bytes:
        mask = int.from_bytes(self._mask, "big")
        return (int.from_bytes(block, "big") ^ mask).to_bytes(_BLOCK_BYTES, "big")


class TermKeys:
    """The keys of all terms: made of dossiers, they need no index key of before."""

    def __init__(self, index_keys: bytes) -> None:
        self._key = subkey(newest(index_keys), "terms")
        block_key = subkey(newest(index_keys), "term holders")
        self._cipher = Cipher(AES(block_key), ECB())  # noqa: S305 -- single blocks, masked

    def place(self, term: Term) -> TermPlace:
        """Return where the dossiers of ``term`` are."""
        return TermPlace(hmac.digest(self._key, _said(term), "sha256"))

    def of(self, dossier: Dossier) -> frozenset[bytes]:
        """Return all keys of a dossier: one for each of its terms."""
        encrypt, dossier_id = self._cipher.encryptor().update, dossier.dossier_id
        return frozenset(
            self.place(term).key(dossier_id, encrypt) for term in terms_of(dossier)
        )

    def holders(self, place: TermPlace, keys: Iterable[bytes]) -> Iterator[bytes]:
        """Yield whose keys, all of one term, these are."""
        decrypt: Block | None = None  # most of a search's terms lead to nobody
        for key in keys:
            decrypt = decrypt or self._cipher.decryptor().update
            yield place.holder(key, decrypt)


def _said(term: Term) -> bytes:
    """Return a term as it is digested: kind ‖ 00 ‖ u8 version ‖ u32 year ‖ token."""
    token = term.token.encode("utf-8", "surrogatepass")
    return _BEGINNINGS[term.kind] + term.year.to_bytes(4, "big") + token
