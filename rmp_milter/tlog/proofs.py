"""Inclusion and consistency proofs (RFC 6962, 2.1.1 and 2.1.2): made and verified.

Made from the complete subtrees that a log keeps; verified with nothing but the proof, by
the structure that RFC 9162 (2.1.3.2, 2.1.4.2) walks bit by bit: on the way from a leaf to
the root, the lower siblings stand on the side that the leaf's number tells, and the upper
ones, along the tree's right border, all to the left.
"""

from collections.abc import Sequence

from rmp_milter.tlog.hashing import EMPTY_ROOT, node_hash
from rmp_milter.tlog.nodes import Nodes


def tree_root(nodes: Nodes, size: int) -> bytes:
    """Return the root of the tree over the first ``size`` leaves."""
    return range_hash(nodes, 0, size) if size else EMPTY_ROOT


def range_hash(nodes: Nodes, begin: int, end: int) -> bytes:
    """Return MTH(D[begin:end]); the range is one that the RFC's splitting can yield."""
    length = end - begin
    if length & (length - 1) == 0:
        level = length.bit_length() - 1
        return nodes(level, begin >> level)
    middle = begin + _split(length)
    return node_hash(range_hash(nodes, begin, middle), range_hash(nodes, middle, end))


def _split(length: int) -> int:
    """Return the largest power of two below ``length``."""
    return 1 << ((length - 1).bit_length() - 1)


def inclusion_proof(nodes: Nodes, index: int, size: int) -> list[bytes]:
    """Return PATH(index, D[size]): from the leaf's sibling up to the root's child.

    Raises ``IndexError`` for a leaf that a tree of ``size`` leaves does not have.
    """
    if not 0 <= index < size:
        raise IndexError(f"no leaf {index} in a tree of {size}")
    begin, end = 0, size
    path = []
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            path.append(range_hash(nodes, middle, end))
            end = middle
        else:
            path.append(range_hash(nodes, begin, middle))
            begin = middle
    return path[::-1]


def consistency_proof(nodes: Nodes, old: int, new: int) -> list[bytes]:
    """Return PROOF(old, D[new]); empty where there is nothing to prove.

    Raises ``IndexError`` for an old tree that is larger than the new one.
    """
    if not 0 <= old <= new:
        raise IndexError(f"a tree of {new} leaves cannot extend one of {old}")
    if old in {0, new}:
        return []
    begin, end = 0, new
    path = []
    while old != end:
        middle = begin + _split(end - begin)
        if old <= middle:
            path.append(range_hash(nodes, middle, end))
            end = middle
        else:
            path.append(range_hash(nodes, begin, middle))
            begin = middle
    if begin:  # else the old root itself, which the verifier has
        path.append(range_hash(nodes, begin, end))
    return path[::-1]


def is_included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether ``path`` proves that the leaf hash is at ``index`` in the tree of ``root``."""
    if not 0 <= index < size:
        return False
    inner, border = _shape(index, size)
    if len(path) != inner + border:
        return False
    return _borders(_inner(leaf, path[:inner], index), path[inner:]) == root


def is_consistent(
    old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]
) -> bool:
    """Whether ``path`` proves that the tree of ``new_root`` extends that of ``old_root``."""
    if old == new:
        return not path and old_root == new_root
    if old == 0:
        return not path and old_root == EMPTY_ROOT
    if not 0 < old < new:
        return False
    # The largest complete subtree at the old tree's right end is where both ways begin.
    level = (old & -old).bit_length() - 1
    inner, border = _shape(old - 1, new)
    inner -= level
    if old == 1 << level:
        path = [old_root, *path]
    if len(path) != 1 + inner + border:
        return False
    seed, lower, upper = path[0], path[1 : 1 + inner], path[1 + inner :]
    number = (old - 1) >> level
    seen_old = _borders(_inner_left(seed, lower, number), upper)
    seen_new = _borders(_inner(seed, lower, number), upper)
    return (seen_old, seen_new) == (old_root, new_root)


def _shape(index: int, size: int) -> tuple[int, int]:
    """Return how many siblings lie below and on the right border of the tree."""
    inner = (index ^ (size - 1)).bit_length()
    return inner, (index >> inner).bit_count()


def _inner(seed: bytes, path: Sequence[bytes], index: int) -> bytes:
    for level, sibling in enumerate(path):
        left = index >> level & 1
        seed = node_hash(sibling, seed) if left else node_hash(seed, sibling)
    return seed


def _inner_left(seed: bytes, path: Sequence[bytes], index: int) -> bytes:
    """As :func:`_inner`, without what lies to the right: that came later."""
    for level, sibling in enumerate(path):
        if index >> level & 1:
            seed = node_hash(sibling, seed)
    return seed


def _borders(seed: bytes, path: Sequence[bytes]) -> bytes:
    for sibling in path:
        seed = node_hash(sibling, seed)
    return seed
