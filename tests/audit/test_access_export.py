"""Exports: what is written, what is not written again, what is refused."""

from pathlib import Path

import pytest
from access_case import KEY, MadeLog, made_entries

from rmp_milter.audit.folder import CHECKPOINT, ExportedLog, FolderError
from rmp_milter.audit.verify import verify
from rmp_milter.audit.writing import export
from rmp_milter.tlog import entry_proofs

LOG = MadeLog(made_entries(600))


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_the_layout_is_that_of_the_specification(tmp_path: Path) -> None:
    log = MadeLog(made_entries(300))
    written = export(log, log.checkpoint(300), tmp_path)
    assert files(tmp_path) == {
        "checkpoint",
        "tile/0/000",
        "tile/0/001.p/44",
        "tile/1/000.p/1",
        "tile/entries/000",
        "tile/entries/001.p/44",
    }
    assert written == len(files(tmp_path))


def test_a_second_export_writes_only_what_is_new(tmp_path: Path) -> None:
    LOG.export(tmp_path, 300)
    before = {name: (tmp_path / name).stat().st_ino for name in files(tmp_path)}
    assert export(LOG, LOG.checkpoint(310), tmp_path) == 3
    after = {name: (tmp_path / name).stat().st_ino for name in files(tmp_path)}
    kept = {name for name in before if after.get(name) == before[name]}
    assert kept == set(before) - {CHECKPOINT}
    assert verify(tmp_path, KEY, LOG.checkpoint(300)).findings == []


def test_narrow_tiles_go_once_the_full_one_is_there(tmp_path: Path) -> None:
    for size in (300, 310, 512):
        LOG.export(tmp_path, size)
    assert {name for name in files(tmp_path) if ".p/" in name} == {
        "tile/1/000.p/1",
        "tile/1/000.p/2",
    }


@pytest.mark.parametrize("left", ["bundles only", "all but the checkpoint"])
def test_an_export_that_broke_off_leaves_the_old_log_whole(tmp_path: Path, left: str) -> None:
    LOG.export(tmp_path, 300)
    new = LOG.export(tmp_path.with_name("new"), 600)
    for name in files(new) - {CHECKPOINT}:
        if "entries" in name or left != "bundles only":
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes((new / name).read_bytes())
    for narrow in (tmp_path / "tile").rglob("44"):
        if (narrow.parent.with_suffix("")).exists():
            narrow.unlink()
    assert verify(tmp_path, KEY, LOG.checkpoint(10)).findings == []
    assert list(ExportedLog(tmp_path).entries()) == LOG.all[:300]
    LOG.export(tmp_path, 600)
    assert verify(tmp_path, KEY, LOG.checkpoint(300)).findings == []


def test_the_folder_of_another_log_is_not_written_into(tmp_path: Path) -> None:
    other = MadeLog([b"other", *made_entries(100)])
    other.export(tmp_path)
    before = files(tmp_path)
    with pytest.raises(FolderError, match="does not extend"):
        LOG.export(tmp_path)
    with pytest.raises(FolderError, match="more of it"):
        other.export(tmp_path, 50)
    assert files(tmp_path) == before


def test_files_of_an_application_stand_beside(tmp_path: Path) -> None:
    extra = [("notes/000", b"sealed"), ("README", b"text")]
    assert export(LOG, LOG.checkpoint(1), tmp_path, extra) == 5
    assert (tmp_path / "notes/000").read_bytes() == b"sealed"
    assert verify(tmp_path, KEY).findings == []
    for path in ("tile/0/000", "checkpoint", "../x", "/x", ""):
        with pytest.raises(ValueError, match="not a place"):
            export(LOG, LOG.checkpoint(1), tmp_path, [(path, b"")])


def test_every_entry_has_a_proof(tmp_path: Path) -> None:
    log = ExportedLog(LOG.export(tmp_path))
    for index in (0, 1, 255, 256, 511, 512, 599):
        proof = entry_proofs.parse(log.entry_proof(index).encode())
        assert entry_proofs.check(proof, KEY).size == 600
        assert proof.entry == log.entry(index) == LOG.all[index]
    for index in (-1, 600):
        with pytest.raises(FolderError, match="no entry"):
            log.entry(index)


def test_what_is_missing_or_cut_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="checkpoint: No such file"):
        ExportedLog(tmp_path)
    LOG.export(tmp_path)
    (tmp_path / "tile/entries/000").write_bytes(b"\0\1")
    with pytest.raises(FolderError, match="garbled behind 0 entries"):
        ExportedLog(tmp_path).entry(3)
    (tmp_path / "tile/0/001").unlink()
    with pytest.raises(FolderError, match="missing or cut"):
        ExportedLog(tmp_path).entry_proof(300)
    (tmp_path / CHECKPOINT).write_bytes(b"noise")
    with pytest.raises(FolderError, match="signature lines"):
        ExportedLog(tmp_path)
