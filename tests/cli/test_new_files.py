"""What is made for a new service is on disk when it is said to be, names included."""

import os
from pathlib import Path

import pytest

from rmp_milter.cli import main
from rmp_milter.disk.new_files import replace_whole, write_new, write_whole


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> dict[Path, set[str]]:
    """What was flushed, and which names a folder had then."""
    found: dict[Path, set[str]] = {}

    def fsync(fd: int) -> None:
        path = Path(f"/proc/self/fd/{fd}").readlink()
        found[path] = {each.name for each in path.iterdir()} if path.is_dir() else set()

    monkeypatch.setattr(os, "fsync", fsync)
    return found


def test_a_new_file_is_on_disk_with_its_name(
    tmp_path: Path, synced: dict[Path, set[str]]
) -> None:
    write_new(tmp_path / "x.key", b"x", 0o600)
    assert synced == {tmp_path / "x.key": set(), tmp_path: {"x.key"}}


def test_a_whole_file_has_its_name_when_all_of_it_is_on_disk(
    tmp_path: Path, synced: dict[Path, set[str]]
) -> None:
    for write, part in ((write_whole, "x.key.part"), (replace_whole, "x.key.new")):
        synced.clear()
        (tmp_path / part).write_bytes(b"left by one that was killed")
        write(tmp_path / "x.key", b"x", 0o600)
        assert synced == {tmp_path / part: set(), tmp_path: {"x.key"}}
        assert (tmp_path / "x.key").read_bytes() == b"x"
    with pytest.raises(FileExistsError):
        write_whole(tmp_path / "x.key", b"y", 0o600)
    assert [each.read_bytes() for each in tmp_path.iterdir()] == [b"x"]
    replace_whole(tmp_path / "x.key", b"y", 0o600)
    assert [each.read_bytes() for each in tmp_path.iterdir()] == [b"y"]


def test_a_new_service_is_on_disk_with_all_its_names(
    tmp_path: Path, synced: dict[Path, set[str]]
) -> None:
    assert main.run(["init", str(tmp_path / "rmp"), "--address", "rmp@chu.example"]) == 0
    for path in tmp_path.rglob("*"):
        before = {path.with_name(f"{path.name}.{part}") for part in ("part", "new")}
        flushed = not synced.keys().isdisjoint({path, *before})
        assert path.suffix == ".mdb" or flushed, path  # LMDB flushes its own
        assert path.name in synced[path.parent], path
