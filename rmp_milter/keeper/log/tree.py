"""The Merkle tree over the access log's leaves, node by node in a table of its own.

Key: the node's number in the order of making, u64 big-endian; value: its hash. A leaf
appends its nodes at the table's end, at most one a level, in the transaction that appends
the leaf: so it costs the same in a log of a thousand leaves as in one of a million.
"""

from collections.abc import Iterator

from rmp_milter.engine.transaction import ReadTransaction, WriteTransaction
from rmp_milter.keeper.log.tables import LogTable
from rmp_milter.tlog.checkpoints import TreeHead
from rmp_milter.tlog.hashing import leaf_hash
from rmp_milter.tlog.nodes import node_count, node_place, nodes_made
from rmp_milter.tlog.proofs import consistency_proof, is_consistent, tree_root

_NUMBER_SIZE = 8


class LogFault(Exception):  # noqa: N818 -- what is wrong with a log, in one line
    """The log is not what it must be."""


class OtherFormat(LogFault):
    """The log is of another format than this version's; nothing in it was looked at."""


class Tree:
    """The tree as one transaction sees it."""

    def __init__(self, txn: ReadTransaction) -> None:
        self._txn = txn

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of a complete subtree; raise :class:`LogFault` if it is gone."""
        found = self._txn.get(LogTable.NODES, _number(node_place(level, index)))
        if found is None:
            raise LogFault(f"the tree has lost node {index} of level {level}")
        return bytes(found)

    def head(self, origin: str, size: int) -> TreeHead:
        """Return the tree head over the first ``size`` leaves, from the stored nodes."""
        return TreeHead(origin, size, tree_root(self.node, size))

    def check_end(self, size: int, last_entry: bytes) -> None:
        """See that the tree ends with the last leaf; raise :class:`LogFault`."""
        nodes = self._txn.count(LogTable.NODES)
        if nodes != node_count(size):
            raise LogFault(f"{size} leaves, and {nodes} nodes in the tree over them")
        if size and self.node(0, size - 1) != leaf_hash(last_entry):
            raise LogFault(f"leaf {size - 1} is not the one that the tree was built over")

    def check_extends(self, size: int, signed: TreeHead) -> None:
        """See that the tree of ``size`` leaves extends a signed one, by proof.

        Raises :class:`LogFault`.
        """
        if size < signed.size:
            raise LogFault(
                f"holds {size} leaves, but {signed.size} were signed:"
                " it was cut, or an older copy was put back"
            )
        proof = consistency_proof(self.node, signed.size, size)
        root = tree_root(self.node, size)
        if not is_consistent(signed.size, signed.root, size, root, proof):
            raise LogFault(f"its first {signed.size} leaves are not those that were signed")


class GrowingTree(Tree):
    """The same where it may grow."""

    def __init__(self, txn: WriteTransaction) -> None:
        super().__init__(txn)
        self._growing = txn

    def extend(self, index: int, entry: bytes) -> None:
        """Write the nodes that the entry at ``index``, the next one, makes."""
        self._growing.foresee(LogTable.NODES, [_number(node) for node in _completed(index)])
        first = node_count(index)
        for at, node in enumerate(nodes_made(self.node, index, leaf_hash(entry))):
            self._growing.append(LogTable.NODES, _number(first + at), node)


class LogSnapshot:
    """The log as one read transaction sees it; good while that is open."""

    def __init__(self, txn: ReadTransaction) -> None:
        self._txn = txn
        self.tree = Tree(txn)

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of a complete subtree."""
        return self.tree.node(level, index)

    def entries(self, begin: int, end: int) -> Iterator[bytes]:
        """Yield the leaves from ``begin`` up to ``end``, which is left out."""
        leaves = self._txn.records(LogTable.LEAVES, begin.to_bytes(_NUMBER_SIZE))
        for _, (_, leaf) in zip(range(begin, end), leaves, strict=False):
            yield bytes(leaf)

    def reasons(self, end: int) -> Iterator[tuple[int, bytes]]:
        """Yield the sealed reasons of the leaves before ``end``, with the leaf's number."""
        for number, sealed in self._txn.records(LogTable.REASONS):
            if int.from_bytes(number) < end:
                yield int.from_bytes(number), bytes(sealed)


def _completed(index: int) -> Iterator[int]:
    """Yield the numbers of the nodes beside which a leaf completes subtrees."""
    level = 0
    while index >> level & 1:
        yield node_place(level, (index >> level) - 1)
        level += 1


def _number(number: int) -> bytes:
    return number.to_bytes(_NUMBER_SIZE)
