"""Our exports read by somebody else's code (tlog-scales): nothing of ours verifies here."""

from functools import cache
from pathlib import Path

import pytest
from access_case import KEY, MadeLog, made_entries
from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import Vkey
from tlog_scales.tiles import leaf_hash
from tlog_scales.tlog import Checkpoint

from rmp_milter.audit.folder import ExportedLog
from rmp_milter.tlog.entry_proofs import parse
from rmp_milter.tlog.proofs import consistency_proof, inclusion_proof

pytestmark = pytest.mark.slow

SIZE = 256
VKEY = Vkey.from_string(str(KEY))
LOG = MadeLog(made_entries(SIZE))


def reader(folder: Path) -> TilesReader:
    return TilesReader(LocalBackend(folder))


def remembering(folder: Path) -> TilesReader:
    """Return a reader that computes no subtree twice: for the many proofs of all pairs."""
    read = reader(folder)
    read.get_checkpoint()
    read.mth = cache(read.mth)
    return read


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return LOG.export(tmp_path_factory.mktemp("whole") / "log")


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 513, 700])
def test_checkpoints_roots_and_entries_of_each_shape(tmp_path: Path, size: int) -> None:
    entries = made_entries(size)
    folder = MadeLog(entries).export(tmp_path / "log")
    read = reader(folder)
    checkpoint = read.get_checkpoint()
    checkpoint.verify(VKEY)
    assert checkpoint.size == size
    assert read.calculate_root_hash() == checkpoint.root_hash
    assert [read.get_entry(index) for index in range(size)] == entries
    for index in range(0, size, 41):
        proof = read.get_inclusion_proof(index, size)
        proof.check(leaf_hash(entries[index]), checkpoint.root_hash)


def test_a_log_of_three_levels(tmp_path: Path) -> None:
    size = 65_536 + 300
    folder = MadeLog([number.to_bytes(4) for number in range(size)]).export(tmp_path / "log")
    read = reader(folder)
    checkpoint = read.get_checkpoint()
    checkpoint.verify(VKEY)
    assert read.calculate_root_hash() == checkpoint.root_hash
    ours = ExportedLog(folder)
    for index in (0, 255, 256, 65_535, 65_536, size - 1):
        theirs = read.get_inclusion_proof(index, size)
        theirs.check(leaf_hash(index.to_bytes(4)), checkpoint.root_hash)
        assert theirs.node_hashes == list(ours.entry_proof(index).path)


def test_every_consistency_proof_up_to_256(whole: Path) -> None:
    """Theirs from our tiles against our roots; and ours, checked by them."""
    read = remembering(whole)
    nodes = cache(ExportedLog(whole).node)
    heads = [read.mth(0, size) for size in range(SIZE + 1)]
    assert heads == [LOG.head(size).root for size in range(SIZE + 1)]
    for new in range(SIZE + 1):
        for old in range(new + 1):
            proof = read.get_consistency_proof(old, new) if old > 0 else None
            ours = consistency_proof(nodes, old, new)
            if proof is None:
                assert ours == []
                continue
            proof.check(heads[old], heads[new])
            assert proof.node_hashes == ours


def test_every_inclusion_proof_up_to_256(whole: Path) -> None:
    read = remembering(whole)
    nodes = cache(ExportedLog(whole).node)
    for size in range(1, SIZE + 1):
        root = read.mth(0, size)
        for index in range(size):
            proof = read.get_inclusion_proof(index, size)
            proof.check(leaf_hash(LOG.all[index]), root)
            assert proof.node_hashes == inclusion_proof(nodes, index, size)


def test_old_checkpoints_stay_provable_while_the_folder_grows(tmp_path: Path) -> None:
    log = MadeLog(made_entries(600))
    kept = []
    for size in (0, 3, 3, 255, 256, 300, 512, 600):
        folder = log.export(tmp_path / "log", size)
        read = reader(folder)
        checkpoint = read.get_checkpoint()
        checkpoint.verify(VKEY)
        assert read.calculate_root_hash() == checkpoint.root_hash
        for old in kept:
            if old.size:
                proof = read.get_consistency_proof(old.size, size)
                proof.check(old.root_hash, checkpoint.root_hash)
        kept.append(checkpoint)


def test_a_proof_holds_their_proof_and_their_checkpoint(whole: Path) -> None:
    made = parse(ExportedLog(whole).entry_proof(77).encode())
    checkpoint = Checkpoint.from_text(made.checkpoint.decode())
    checkpoint.verify(VKEY)
    read = reader(whole)
    read.get_checkpoint()
    assert list(made.path) == read.get_inclusion_proof(77, SIZE).node_hashes
