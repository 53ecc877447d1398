"""Trees and proofs, against the definitions of RFC 6962 written out, and its test vectors."""

import hashlib
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmp_milter.tlog.hashing import EMPTY_ROOT, leaf_hash, leaf_hashes, tree_hash
from rmp_milter.tlog.nodes import node_count, node_place, nodes_made
from rmp_milter.tlog.proofs import (
    consistency_proof,
    inclusion_proof,
    is_consistent,
    is_included,
    tree_root,
)

ENTRIES = [number.to_bytes(2) for number in range(260)]
LEAVES = leaf_hashes(ENTRIES)
STORED: list[bytes] = []


def node(level: int, index: int) -> bytes:
    return STORED[node_place(level, index)]


for at, leaf in enumerate(LEAVES):
    STORED += nodes_made(node, at, leaf)


@cache
def mth(begin: int, end: int) -> bytes:
    """MTH(D[begin:end]) as RFC 6962, 2.1 writes it."""
    if begin == end:
        return hashlib.sha256().digest()
    if end - begin == 1:
        return hashlib.sha256(b"\0" + ENTRIES[begin]).digest()
    k = 1
    while 2 * k < end - begin:
        k *= 2
    return hashlib.sha256(b"\1" + mth(begin, begin + k) + mth(begin + k, end)).digest()


def test_the_vectors_of_certificate_transparency() -> None:
    """The reference tree of the CT project's own tests (merkletree/compact_merkle_tree)."""
    inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657"]
    inputs.append("606162636465666768696a6b6c6d6e6f")
    hashes = leaf_hashes(map(bytes.fromhex, inputs))
    assert EMPTY_ROOT.hex() == (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )
    assert hashes[0].hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert tree_hash(hashes).hex() == (
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    )


def test_every_root_is_the_definitions() -> None:
    for size in range(len(ENTRIES) + 1):
        assert tree_root(node, size) == tree_hash(LEAVES[:size]) == mth(0, size)


def test_nodes_follow_each_other_without_a_gap() -> None:
    places = set()
    for level in range(9):
        for index in range(len(ENTRIES) >> level):
            assert node(level, index) == mth(index << level, (index + 1) << level)
            places.add(node_place(level, index))
    assert places == set(range(node_count(len(ENTRIES))))


@given(st.integers(0, 1 << 40))
def test_a_leaf_costs_at_most_one_node_a_level(index: int) -> None:
    asked = []

    def counted(level: int, number: int) -> bytes:
        asked.append((level, number))
        return bytes(32)

    made = nodes_made(counted, index, bytes(32))
    assert len(made) == len(asked) + 1 <= index.bit_length() + 1
    assert node_count(index) + len(made) == node_count(index + 1)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 64, 100, 255, 256, 257])
def test_an_inclusion_proof_fits_its_leaf_only(size: int) -> None:
    root = mth(0, size)
    for index in range(size):
        path = inclusion_proof(node, index, size)
        assert is_included(LEAVES[index], index, size, path, root)
        assert not is_included(LEAVES[index + 1], index, size, path, root)
        assert not is_included(LEAVES[index], index + 1, size, path, root)
        assert not is_included(LEAVES[index], index, size, [*path, root], root)
        assert not is_included(LEAVES[index], index, size, path[:-1], root) or size == 1
        assert not is_included(LEAVES[index], index, size, path, mth(0, size + 1))


def test_a_leaf_beyond_the_tree_has_no_proof() -> None:
    with pytest.raises(IndexError):
        inclusion_proof(node, 5, 5)
    with pytest.raises(IndexError):
        consistency_proof(node, 6, 5)
    assert not is_included(LEAVES[5], 5, 5, [], mth(0, 5))
    assert not is_consistent(6, mth(0, 6), 5, mth(0, 5), [])
    assert not is_consistent(-1, mth(0, 6), 5, mth(0, 5), [])


@given(st.data())
def test_a_consistency_proof_fits_its_two_trees_only(data: st.DataObject) -> None:
    new = data.draw(st.integers(1, len(ENTRIES) - 1))
    old = data.draw(st.integers(0, new))
    path = consistency_proof(node, old, new)
    assert is_consistent(old, mth(0, old), new, mth(0, new), path)
    assert not is_consistent(old, leaf_hash(b"other"), new, mth(0, new), path)
    assert not is_consistent(old, mth(0, old), new, mth(0, new), [*path, mth(0, 1)])
    if 0 < old < new:
        assert not is_consistent(old, mth(0, old), new, mth(0, new + 1), path)
        assert not is_consistent(old, mth(0, old), new, mth(0, new), path[:-1])
        broken = data.draw(st.integers(0, len(path) - 1))
        path[broken] = bytes(32)
        assert not is_consistent(old, mth(0, old), new, mth(0, new), path)
