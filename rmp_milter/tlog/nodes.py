"""The nodes of complete subtrees, and the one order in which a growing log writes them.

Node ``(level, index)`` is the root over the ``2**level`` leaves from ``index * 2**level``
on. A node is made when its last leaf is, right behind that leaf: so the order of making is
the same for every log, a node once written never changes, and a new leaf costs one node
and those that it completes, at most one a level. Go's checksum database numbers its stored
hashes in the same way (golang.org/x/mod/sumdb/tlog, StoredHashIndex).
"""

from collections.abc import Callable

from rmp_milter.tlog.hashing import node_hash

Nodes = Callable[[int, int], bytes]
"""``nodes(level, index)`` gives the hash of a complete subtree."""


def node_count(size: int) -> int:
    """Return how many complete subtrees a tree of ``size`` leaves has."""
    return 2 * size - size.bit_count()


def node_place(level: int, index: int) -> int:
    """Return a node's number in the order of making, from 0."""
    last_leaf = ((index + 1) << level) - 1
    return node_count(last_leaf) + level


def nodes_made(nodes: Nodes, index: int, leaf: bytes) -> list[bytes]:
    """Return the nodes that leaf ``index`` makes: its own hash, then what it completes.

    Their numbers follow each other from ``node_count(index)`` on; ``nodes`` gives those
    that are there already.
    """
    made = [leaf]
    level = 0
    while index >> level & 1:
        made.append(node_hash(nodes(level, (index >> level) - 1), made[-1]))
        level += 1
    return made
