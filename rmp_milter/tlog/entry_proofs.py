"""Receipts (C2SP tlog-proof): that one entry is in a log, verifiable without the log.

A file ends in ``.tlog-proof``. Its lines: the format's name, ``c2sp.org/tlog-proof@v1``; ``extra``
with octets of ours in base64, which others may leave out; ``index`` with the entry's number, from
0; the hashes of its proof in base64, one a line, from its sibling up to the root's child; an empty
line; and the log's checkpoint as it was signed.

Ours has the entry itself as its extra octets: so a proof says by itself what it proves. They count
only once the proof fits them.
"""

import base64
import re
from dataclasses import dataclass

from rmp_milter.phrases.phrase import Phrase, line_of
from rmp_milter.tlog.checkpoints import TreeHead, read_checkpoint
from rmp_milter.tlog.hashing import HASH_SIZE, leaf_hash
from rmp_milter.tlog.nodes import Nodes
from rmp_milter.tlog.notes import NoteError, VerifierKey
from rmp_milter.tlog.proofs import inclusion_proof, is_included

VERSION = "c2sp.org/tlog-proof@v1"
SUFFIX = ".tlog-proof"
MAX_ENTRY_PROOF = 2 << 20
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")


class EntryProofError(ValueError):
    """A proof that cannot be read or proves nothing; one clear line."""


@dataclass(frozen=True)
class EntryProof:
    """An entry, its place, the proof of it, and the checkpoint (a signed note)."""

    entry: bytes
    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes

    def encode(self) -> bytes:
        """Return the file."""
        lines = [
            VERSION,
            f"extra {_base64(self.entry)}",
            f"index {self.index}",
            *map(_base64, self.path),
        ]
        return "".join(f"{line}\n" for line in lines).encode() + b"\n" + self.checkpoint


def entry_proof_of(nodes: Nodes, entry: bytes, index: int, checkpoint: bytes) -> EntryProof:
    """Return the proof of the entry at ``index`` in the tree that ``checkpoint`` signs.

    Raises :class:`EntryProofError` where the tree was built over another entry, ``IndexError``
    for a place that the checkpoint does not count, ``NoteError`` for what is no checkpoint.
    """
    if nodes(0, index) != leaf_hash(entry):
        line = Phrase("entry {index} is not the one that the tree was built over", index=index)
        raise EntryProofError(line)
    path = inclusion_proof(nodes, index, read_checkpoint(checkpoint).size)
    return EntryProof(entry, index, tuple(path), checkpoint)


def parse(data: bytes) -> EntryProof:
    """Read a proof without verifying it; raise :class:`EntryProofError`."""
    if len(data) > MAX_ENTRY_PROOF:
        raise EntryProofError("proof too long")
    lines, empty_line, checkpoint = data.partition(b"\n\n")
    try:
        version, extra, index, *path = lines.decode("ascii").split("\n")
        keyword, _, entry = extra.partition(" ")
        proof = EntryProof(
            _unbase64(entry),
            int(index.removeprefix("index ")),
            tuple(map(_unbase64, path)),
            checkpoint,
        )
    except ValueError:  # not ASCII, too few lines, not base64
        raise EntryProofError("not a proof that holds its entry") from None
    known = version == VERSION and keyword == "extra" and _INDEX.fullmatch(index)
    if not known or not empty_line or any(len(each) != HASH_SIZE for each in proof.path):
        raise EntryProofError("not a proof that holds its entry")
    return proof


def check(proof: EntryProof, key: VerifierKey | None) -> TreeHead:
    """Return the tree head in which the entry is; without a key its signer is not known.

    Raises :class:`EntryProofError` where the proof or the checkpoint is wrong.
    """
    try:
        head = read_checkpoint(proof.checkpoint, key)
    except NoteError as error:
        line = Phrase("its checkpoint: {error}", error=line_of(error))
        raise EntryProofError(line) from None
    leaf = leaf_hash(proof.entry)
    if not is_included(leaf, proof.index, head.size, proof.path, head.root):
        raise EntryProofError(
            Phrase(
                "the proof does not lead from entry {index} to the checkpoint's root",
                index=proof.index,
            )
        )
    return head


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _unbase64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
