"""Whether checkpoints belong to one history: proved, refuted, or not to be told.

Two checkpoints of one size are of one history if their roots are the same. Of two sizes an
export is needed that holds as many entries as the larger one: its tree proves that the one
extends the other (RFC 6962, 2.1.2), or that another history of the same name was signed. Nothing
in an export is believed but what leads to its root.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import combinations

from rmp_milter.audit.folder import ExportedLog, FolderError
from rmp_milter.audit.parties import Party
from rmp_milter.tlog.hashing import EMPTY_ROOT
from rmp_milter.tlog.proofs import consistency_proof, is_consistent, tree_root


class Kinship(StrEnum):
    """What is known of two parties."""

    SAME = "same"  # one history, proved
    FORK = "fork"  # two histories under one name, proved
    UNKNOWN = "unknown"  # no export holds enough
    DAMAGED = "damaged"  # one holds enough, and does not lead to its own root
    OTHER = "other log"  # of different names


@dataclass(frozen=True)
class Link:
    """A checkpoint held against an export: the proof, and the root that is in fact there.

    ``path`` proves that the tree of ``root`` at the checkpoint's size grew into the export's.
    """

    small: Party
    large: Party
    verdict: Kinship
    root: bytes = b""
    path: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Pair:
    """Two parties, the first with no more entries; ``links`` are what the verdict rests on.

    ``difference`` is the first entry in which two exports differ.
    """

    first: Party
    second: Party
    verdict: Kinship
    links: tuple[Link, ...] = ()
    difference: int | None = None


def compared(parties: Sequence[Party]) -> list[Pair]:
    """Return the verdict on each two of the parties."""
    return [_pair(one, other, parties) for one, other in combinations(parties, 2)]


def _pair(one: Party, other: Party, parties: Sequence[Party]) -> Pair:
    first, second = sorted((one, other), key=lambda each: each.head.size)
    if first.head.origin != second.head.origin:
        return Pair(first, second, Kinship.OTHER)
    if first.head.size == second.head.size:
        same = first.head.root == second.head.root
        pair = Pair(first, second, Kinship.SAME if same else Kinship.FORK)
    else:
        found = list(_verdicts(first, second, parties))
        pair = next(
            (each for wanted in _ORDER for each in found if each.verdict is wanted),
            Pair(first, second, Kinship.UNKNOWN),
        )
    return replace(pair, difference=_difference(pair)) if pair.verdict is Kinship.FORK else pair


_ORDER = (Kinship.FORK, Kinship.SAME, Kinship.DAMAGED)
"""What is proved stands before what is not."""


def _verdicts(first: Party, second: Party, parties: Sequence[Party]) -> Iterator[Pair]:
    """Yield what each export says that holds as many entries as the larger of both."""
    for large in parties:
        if large.log is None or large.head.origin != first.head.origin:
            continue
        if large.head.size < second.head.size:
            continue
        links = [_link(first, large)]
        if second is not large:
            links.append(_link(second, large))
        found = {link.verdict for link in links}
        if Kinship.DAMAGED in found:
            yield Pair(first, second, Kinship.DAMAGED, tuple(links))
        elif found == {Kinship.SAME}:
            yield Pair(first, second, Kinship.SAME, tuple(links))
        elif Kinship.SAME in found or second is large:
            yield Pair(first, second, Kinship.FORK, tuple(links))
        # Where neither is the export's, both may be one other history.


def _link(small: Party, large: Party) -> Link:
    """Hold a checkpoint against an export that has as many entries at least."""
    log, old, new = large.log, small.head, large.head
    if log is None:
        raise ValueError("not an export")
    try:
        path = tuple(consistency_proof(log.node, old.size, new.size))
        root = tree_root(log.node, old.size) if old.size else EMPTY_ROOT
    except FolderError:
        return Link(small, large, Kinship.DAMAGED)
    if not is_consistent(old.size, root, new.size, new.root, path):
        return Link(small, large, Kinship.DAMAGED)
    return Link(small, large, Kinship.SAME if root == old.root else Kinship.FORK, root, path)


def _difference(pair: Pair) -> int | None:
    """Return the first entry in which two exports differ, where both are there and whole."""
    logs = [party.log for party in (pair.first, pair.second)]
    one, other = logs
    if one is None or other is None:
        return None
    try:
        return first_difference(one, other)
    except FolderError:
        return None


def first_difference(one: ExportedLog, other: ExportedLog) -> int | None:
    """Return the first entry in which two logs differ, as far as both go, in few steps.

    Raises :class:`~.folder.FolderError` for a tile that is missing.
    """
    size = min(one.head.size, other.head.size)
    at = 0
    while at < size:
        level = min((size - at).bit_length() - 1, (at & -at).bit_length() - 1 if at else 63)
        if one.node(level, at >> level) == other.node(level, at >> level):
            at += 1 << level
        elif not level:
            return at
        else:
            return _descended(one, other, level, at)
    return None


def _descended(one: ExportedLog, other: ExportedLog, level: int, at: int) -> int:
    """Return the first entry that differs below a subtree that does."""
    while level:
        level -= 1
        if one.node(level, at >> level) == other.node(level, at >> level):
            at += 1 << level
    return at
