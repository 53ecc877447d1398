"""What is made for a new service is on disk when it is said to be, names included."""

import os
from pathlib import Path

import pytest

from rmp_milter.cli import main
from rmp_milter.disk.new_files import write_new


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


def test_a_new_service_is_on_disk_with_all_its_names(
    tmp_path: Path, synced: dict[Path, set[str]]
) -> None:
    assert main.run(["init", str(tmp_path / "rmp"), "--address", "rmp@chu.example"]) == 0
    for path in tmp_path.rglob("*"):
        assert path.suffix == ".mdb" or path in synced, path  # LMDB flushes its own
        assert path.name in synced[path.parent], path
