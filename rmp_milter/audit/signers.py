"""Which key signs a log at which size: one that is known, and the hand-overs from it and to it.

A key signs from the tree that its own hand-over ends to the one before the next hand-over's. What
another one signed there is worth nothing: whoever has a former key could make any history with it.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rmp_milter.audit.findings import Finding
from rmp_milter.audit.handovers import LogHandOver
from rmp_milter.phrases.phrase import Phrase, line_of
from rmp_milter.tlog.checkpoints import TreeHead, read_checkpoint
from rmp_milter.tlog.notes import NoteError, VerifierKey


class Signers(NamedTuple):
    """The keys of one log in their order: the first, and what hands over to each next one.

    No ``first`` key is known: then who signed is not verified.
    """

    first: VerifierKey | None = None
    handovers: tuple[LogHandOver, ...] = ()

    def at(self, size: int) -> VerifierKey | None:
        """Return the key that signs the tree of ``size`` entries."""
        before = [each.keys.present for each in self.handovers if each.head.size <= size]
        return before[-1] if before else self.first

    def read(self, note: bytes) -> TreeHead:
        """Return the tree head of a checkpoint that the right key signed.

        Raises :class:`~.notes.NoteError`, which says so if another one of them did.
        """
        head = read_checkpoint(note)
        key = self.at(head.size)
        if key is None:
            return head
        try:
            return read_checkpoint(note, key)
        except NoteError as error:
            raise NoteError(self._why(note, head, line_of(error))) from None

    def _why(self, note: bytes, head: TreeHead, error: str) -> str:
        """Say more of a signature that does not count, where more is known."""
        begins = 0
        for key, handed in self._keys():
            if _signed(note, key):
                if handed and head.size > handed.number:
                    return Phrase(
                        "signed over {size} entries by the key {key}, which was handed over at"
                        " entry {index}: what it signs behind that is worth nothing",
                        size=head.size,
                        key=key.short,
                        index=handed.number,
                    )
                return Phrase(
                    "signed by the key {key}, which signs from entry {index} on only",
                    key=key.short,
                    index=begins,
                )
            begins = handed.number if handed else begins
        if not self.handovers:
            return error
        line = "{error}; no other one that the hand-overs lead to did either"
        return Phrase(line, error=Phrase(error) if not isinstance(error, Phrase) else error)

    def _keys(self) -> Iterator[tuple[VerifierKey, LogHandOver | None]]:
        """Yield each key with the hand-over that ends it."""
        key = self.first
        for each in self.handovers:
            yield each.keys.former, each
            key = each.keys.present
        if key:
            yield key, None


def _signed(note: bytes, key: VerifierKey) -> bool:
    try:
        read_checkpoint(note, key)
    except NoteError:
        return False
    return True


def signers_of(
    known: VerifierKey | None, handovers: Iterable[LogHandOver]
) -> tuple[Signers, list[Finding]]:
    """Return the keys that hand-overs lead to from the ``known`` one, forward and back.

    Of two that contradict each other the one that stands first among ``handovers`` counts: let
    those come first that were kept. Without a known key the first hand-over's counts.
    """
    pool = list(dict.fromkeys(handovers))
    found = [*_contradictions(pool)]
    start = known or min(pool, key=lambda each: each.number).keys.former if pool else known
    back = _backward(start, pool)
    forward = _forward(start, pool)
    chain = (*back, *forward)
    names = {(each.keys, each.number) for each in chain}
    said = {each.first for each in found}
    for each in pool:
        if (each.keys, each.number) not in names and each.number not in said:
            line = Phrase(
                "entry {index} hands the log over from the key {former} to {present}, which does"
                " not lead from or to the key that is known",
                index=each.number,
                former=each.keys.former.short,
                present=each.keys.present.short,
            )
            found.append(Finding("handover", line, each.number, each.number))
    return Signers(chain[0].keys.former if chain else start, chain), found


def _forward(key: VerifierKey | None, pool: list[LogHandOver]) -> list[LogHandOver]:
    """Return the hand-overs from a key on, each behind the one before it."""
    chain: list[LogHandOver] = []
    while found := [
        each
        for each in pool
        if each.keys.former == key and (not chain or each.number > chain[-1].number)
    ]:
        chain.append(found[0])
        key = found[0].keys.present
    return chain


def _backward(key: VerifierKey | None, pool: list[LogHandOver]) -> list[LogHandOver]:
    """Return the hand-overs that lead to a key, the first one first."""
    chain: list[LogHandOver] = []
    while found := [
        each
        for each in pool
        if each.keys.present == key and (not chain or each.number < chain[0].number)
    ]:
        chain.insert(0, found[0])
        key = found[0].keys.former
    return chain


def _contradictions(pool: list[LogHandOver]) -> Iterator[Finding]:
    """Name two hand-overs by one key: one of them is another history."""
    seen: dict[VerifierKey, LogHandOver] = {}
    for each in pool:
        one = seen.setdefault(each.keys.former, each)
        if (one.keys, one.head) != (each.keys, each.head):
            line = Phrase(
                "the key {key} handed the log over twice: at entry {one} to {first}, at entry"
                " {other} to {second}: two histories, one of them by who has that key",
                key=each.keys.former.short,
                one=one.number,
                first=one.keys.present.short,
                other=each.number,
                second=each.keys.present.short,
            )
            yield Finding("handover", line, each.number, each.number)
