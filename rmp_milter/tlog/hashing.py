"""Hashes of a Merkle tree (RFC 6962, 2.1) with SHA-256."""

from collections.abc import Iterable, Sequence
from hashlib import sha256

HASH_SIZE = 32
EMPTY_ROOT = sha256(b"").digest()
"""The hash of a tree without leaves."""


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of an entry as a leaf."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node over its two children's hashes."""
    return sha256(b"\x01" + left + right).digest()


def leaf_hashes(entries: Iterable[bytes]) -> list[bytes]:
    """Return the leaf hash of each entry."""
    # Written out: this line is where the time of verifying a whole log goes.
    return [sha256(b"\x00" + entry).digest() for entry in entries]


def tree_hash(hashes: Sequence[bytes]) -> bytes:
    """Return the root over ``hashes``: MTH of RFC 6962, but for the hashing of the leaves.

    An odd one at the end goes up as it is, which gives the same tree as the RFC's
    splitting at the largest power of two.
    """
    if not hashes:
        return EMPTY_ROOT
    while len(hashes) > 1:
        pairs = zip(hashes[::2], hashes[1::2], strict=False)
        above = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
        if len(hashes) % 2:
            above.append(hashes[-1])
        hashes = above
    return hashes[0]
