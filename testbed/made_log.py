"""Logs that are made in memory, signed and exported: what the keeper's is in its environment."""

import json
from collections.abc import Iterator, Sequence
from copy import copy
from functools import cache
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rmp_milter.audit.writing import export
from rmp_milter.tlog.checkpoints import TreeHead, sign_head
from rmp_milter.tlog.hashing import leaf_hash
from rmp_milter.tlog.nodes import node_place, nodes_made
from rmp_milter.tlog.notes import VerifierKey
from rmp_milter.tlog.proofs import tree_root

ORIGIN = "chu.example/rmp"
SIGNER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = VerifierKey(ORIGIN, SIGNER.public_key().public_bytes_raw())


hashed = cache(leaf_hash)
"""Most entries of most logs are the same."""


def made_entries(count: int) -> list[bytes]:
    """Return so many entries; the same number, the same entries."""
    return [json.dumps({"action": "dossier", "n": number}).encode() for number in range(count)]


class MadeLog:
    """A log in memory: what the keeper's is in its environment."""

    def __init__(self, entries: Sequence[bytes]) -> None:
        self.all = list(entries)
        self._nodes: list[bytes] = []
        for index, entry in enumerate(self.all):
            self._nodes += nodes_made(self.node, index, hashed(entry))

    def node(self, level: int, index: int, /) -> bytes:
        """Return the hash of a complete subtree."""
        return self._nodes[node_place(level, index)]

    def entries(self, begin: int, end: int, /) -> Iterator[bytes]:
        """Yield entries, as an export asks for them."""
        return iter(self.all[begin:end])

    def head(self, size: int) -> TreeHead:
        """Return the tree head over the first entries."""
        return TreeHead(ORIGIN, size, tree_root(self.node, size))

    def checkpoint(self, size: int) -> bytes:
        """Return the signed checkpoint over the first entries."""
        return sign_head(self.head(size), KEY, SIGNER.sign)

    def until(self, size: int) -> Self:
        """Return the log as it was with so many entries: its hashes are among ours."""
        shorter = copy(self)
        shorter.all = self.all[:size]
        return shorter

    def export(self, folder: Path, size: int | None = None) -> Path:
        """Write the log, or its first entries, into a folder; return that."""
        export(self, self.checkpoint(len(self.all) if size is None else size), folder)
        return folder
