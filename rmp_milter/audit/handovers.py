"""Hand-overs: an entry by which one key of the log names the next, under a checkpoint of both.

The entry is the last one of the tree whose checkpoint both keys signed; with its proof of
inclusion this is a receipt as any other (:mod:`~rmp_milter.tlog.entry_proofs`). Whoever trusts
one of both keys can go over to the other by this file alone.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Self

import msgspec

from rmp_milter.audit.folder import FolderError, read_bounded
from rmp_milter.audit.unreadable import UNREADABLE
from rmp_milter.phrases.phrase import Phrase, line_of
from rmp_milter.tlog import entry_proofs
from rmp_milter.tlog.checkpoints import TreeHead, read_checkpoint
from rmp_milter.tlog.entry_proofs import MAX_ENTRY_PROOF, SUFFIX, EntryProof, EntryProofError
from rmp_milter.tlog.notes import NoteError, VerifierKey

FOLDER = "handovers"
"""Where an exported log has them, each called by its entry's number."""
ACTION = "nouvelle clé du journal"
HAS_HANDOVER = b'"former_vkey":"'
"""Stands in each bundle that has a hand-over's entry; nearly none has."""
MOST = 1000
"""More than a log can have: what a folder claims beyond is not looked at."""


class HandOverError(ValueError):
    """A file that hands nothing over; one clear line."""


class NamedKeys(NamedTuple):
    """What the entry says: which key signed so far, and which one signs behind it."""

    former: VerifierKey
    present: VerifierKey


class _Entry(msgspec.Struct):
    action: str
    former_vkey: str
    vkey: str


_decode = msgspec.json.Decoder(_Entry).decode


def handover_entry(keys: NamedKeys, at: int) -> bytes:
    """Return the entry, written at ``at`` (epoch seconds): canonical JSON, as all are."""
    return msgspec.json.encode(
        {
            "action": ACTION,
            "at": at,
            "documents": [],
            "former_vkey": str(keys.former),
            "key": "",
            "logged": at,
            "outcome": "granted",
            "patient": "",
            "proof": "host",
            "request": "",
            "rpps": "",
            "sender": "",
            "v": 1,
            "vkey": str(keys.present),
        },
        order="sorted",
    )


def keys_in(entry: bytes) -> NamedKeys | None:
    """Return which keys an entry names that hands the log over; None for any other entry."""
    if HAS_HANDOVER not in entry:
        return None
    try:
        said = _decode(entry)
        keys = NamedKeys(VerifierKey.parse(said.former_vkey), VerifierKey.parse(said.vkey))
    except (*UNREADABLE, NoteError):
        return None
    return keys if said.action == ACTION else None


class LogHandOver(NamedTuple):
    """A hand-over that is sound by itself: both keys signed the tree that its entry ends.

    That it is this log's, and that the key before was the log's, is another question.
    """

    keys: NamedKeys
    head: TreeHead
    proof: EntryProof

    @property
    def number(self) -> int:
        """The number of its entry."""
        return self.proof.index

    @property
    def path(self) -> str:
        """Where it is below an exported log's folder."""
        return f"{FOLDER}/{self.number}{SUFFIX}"

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read and verify the file; raise :class:`HandOverError`."""
        try:
            return cls.of(entry_proofs.parse(data))
        except EntryProofError as error:
            raise HandOverError(line_of(error)) from None

    @classmethod
    def of(cls, proof: EntryProof) -> Self:
        """Verify a proof whose entry hands the log over; raise :class:`HandOverError`."""
        keys = keys_in(proof.entry)
        if keys is None:
            line = Phrase("entry {index} hands the log over to no key", index=proof.index)
            raise HandOverError(line)
        if keys.former == keys.present:
            line = Phrase("entry {index} hands the log over to the same key", index=proof.index)
            raise HandOverError(line)
        try:
            head = entry_proofs.check(proof, None)
        except EntryProofError as error:
            raise HandOverError(line_of(error)) from None
        for which, key in (
            (Phrase("key before"), keys.former),
            (Phrase("key that it names"), keys.present),
        ):
            _see_signed(proof.checkpoint, key, which)
        if head.size != proof.index + 1:
            # Else the entries behind it would be under both keys, and no size would part them.
            line = Phrase("its checkpoint does not end with entry {index}", index=proof.index)
            raise HandOverError(line)
        return cls(keys, head, proof)


def _see_signed(note: bytes, key: VerifierKey, which: Phrase) -> None:
    try:
        read_checkpoint(note, key)
    except NoteError as error:
        line = Phrase(
            "its checkpoint, by the {which} ({key}): {error}",
            which=which,
            key=key.short,
            error=line_of(error),
        )
        raise HandOverError(line) from None


def handovers_in(entries: Sequence[bytes], first: int) -> dict[int, bytes]:
    """Return the entries that hand the log over, by their number."""
    return {
        number: entry
        for number, entry in enumerate(entries, first)
        if keys_in(entry) is not None
    }


def files_in(folder: Path) -> list[Path]:
    """Return the files of hand-overs of an exported log, in the order of their entries."""
    there = folder / FOLDER
    found = there.glob(f"*{SUFFIX}") if there.is_dir() else iter(())
    return sorted(found, key=lambda path: (len(path.name), path.name))[:MOST]


def read_handover(path: Path) -> LogHandOver:
    """Read a file; raises :class:`HandOverError`, :class:`~.folder.FolderError`."""
    try:
        return LogHandOver.parse(read_bounded(path, MAX_ENTRY_PROOF))
    except HandOverError as error:
        line = Phrase("{path}: {error}", path=path, error=line_of(error))
        raise HandOverError(line) from None


def read_all(paths: Sequence[Path]) -> Iterator[LogHandOver]:
    """Read what was kept: files, or exported logs with all that they have.

    Raises :class:`HandOverError`, :class:`~.folder.FolderError`.
    """
    for path in paths:
        if not path.is_dir():
            yield read_handover(path)
            continue
        found = files_in(path)
        if not found:
            line = Phrase(
                "{path}: no hand-over is there ({files})",
                path=path,
                files=f"{FOLDER}/*{SUFFIX}",
            )
            raise FolderError(line)
        yield from map(read_handover, found)
