"""Logs whose key was handed over, once or several times, by who has it or by a thief of it."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from access_case import ORIGIN, MadeLog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rmp_milter.audit.handovers import LogHandOver, NamedKeys, handover_entry
from rmp_milter.audit.writing import export
from rmp_milter.tlog.checkpoints import sign_head
from rmp_milter.tlog.entry_proofs import EntryProof, entry_proof_of
from rmp_milter.tlog.notes import VerifierKey, sign_too

AT = 1_795_996_800


class Signer:
    """A key of a log: the secret half, and what auditors hold."""

    def __init__(self, number: int) -> None:
        self.private = Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
        self.public = VerifierKey(ORIGIN, self.private.public_key().public_bytes_raw())

    def sign(self, log: MadeLog, size: int) -> bytes:
        return sign_head(log.head(size), self.public, self.private.sign)

    def sign_too(self, note: bytes) -> bytes:
        return sign_too(note, self.public, self.private.sign)


FIRST, SECOND, THIRD, THIEF = map(Signer, (1, 2, 3, 9))


def naming(former: Signer, present: Signer) -> bytes:
    """Return the entry by which one key hands over to another."""
    return handover_entry(NamedKeys(former.public, present.public), AT)


class HandedLog(MadeLog):
    """A log in memory, its entries with hand-overs among them, and who signs it in turn."""

    def __init__(self, entries: Sequence[bytes], turns: Sequence[tuple[int, Signer]]) -> None:
        """``turns`` are the keys, each but the first with the number of its hand-over's entry."""
        self.turns = turns
        all_of_it = [*entries]
        for (_, former), (number, present) in pairwise(turns):
            all_of_it.insert(number, naming(former, present))
        super().__init__(all_of_it)

    def signer(self, size: int) -> Signer:
        """Return who signs so many entries."""
        return [who for number, who in self.turns if number < size or not number][-1]

    def checkpoint(self, size: int) -> bytes:
        return self.signer(size).sign(self, size)

    def proofs(self) -> list[EntryProof]:
        """Return the hand-overs as auditors hold them, oldest first."""
        return [
            self.proof(number, former, present)
            for (_, former), (number, present) in pairwise(self.turns)
        ]

    def proof(self, number: int, *signers: Signer) -> EntryProof:
        """Return the proof of an entry, under a checkpoint that ends with it."""
        first, *others = signers
        note = first.sign(self, number + 1)
        for each in others:
            note = each.sign_too(note)
        return entry_proof_of(self.node, self.all[number], number, note)

    def handovers(self) -> list[LogHandOver]:
        return [LogHandOver.of(each) for each in self.proofs()]

    def export(self, folder: Path, size: int | None = None) -> Path:
        size = len(self.all) if size is None else size
        beside = [
            (f"handovers/{each.index}.tlog-proof", each.encode())
            for each in self.proofs()
            if each.index < size
        ]
        export(self, self.checkpoint(size), folder, beside)
        return folder
