"""New files on a disk that is full: whole, or not there."""

import errno
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rmp_milter.disk.new_files import replace_whole, write_new, write_whole
from rmp_milter.disk.room import FULL, is_full, said
from testbed.small_disk import MAY_MOUNT, WHY_NOT, SmallDisk

Write = Callable[[Path, bytes, int], None]

on_a_small_disk = pytest.mark.skipif(not MAY_MOUNT, reason=WHY_NOT)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    place = tmp_path / "small"
    place.mkdir(mode=0o750)
    (place / "old").write_bytes(b"old")
    with SmallDisk(place, 1 << 20) as disk:
        yield disk


def files(disk: SmallDisk) -> set[str]:
    return {each.name for each in disk.folder.iterdir()} - {"filling"}


@on_a_small_disk
def test_a_small_disk_brings_its_files_along_and_is_gone_with_its_block(tmp_path: Path) -> None:
    (tmp_path / "small").mkdir(mode=0o750)
    (tmp_path / "small" / "old").write_bytes(b"old")
    with SmallDisk(tmp_path / "small", 1 << 20) as disk:
        assert (disk.folder / "old").read_bytes() == b"old"
        assert disk.folder.stat().st_mode & 0o777 == 0o750
        (disk.folder / "new").write_bytes(b"new")
        disk.fill(left=8192)
        with pytest.raises(OSError, match="No space left"):
            (disk.folder / "more").write_bytes(bytes(20_000))
        disk.make_room()
        (disk.folder / "more").write_bytes(bytes(20_000))
    assert {each.name for each in (tmp_path / "small").iterdir()} == {"old"}


@on_a_small_disk
@pytest.mark.parametrize("write", [write_new, write_whole, replace_whole])
@pytest.mark.parametrize("left", [0, 4096])
def test_what_does_not_fit_leaves_nothing(disk: SmallDisk, write: Write, left: int) -> None:
    disk.fill(left)
    with pytest.raises(OSError, match="No space left") as error:
        write(disk.folder / "new", bytes(10_000), 0o600)
    assert is_full(error.value, disk.folder)
    assert said(error.value, disk.folder).startswith(FULL)
    assert files(disk) == {"old"}
    disk.make_room()
    write(disk.folder / "new", bytes(10_000), 0o600)
    assert (disk.folder / "new").read_bytes() == bytes(10_000)


@on_a_small_disk
def test_what_was_there_stays_where_its_successor_does_not_fit(disk: SmallDisk) -> None:
    disk.fill()
    with pytest.raises(OSError, match="No space left"):
        replace_whole(disk.folder / "old", bytes(10_000), 0o600)
    assert (disk.folder / "old").read_bytes() == b"old"


def test_a_short_write_is_for_want_of_room_only_where_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LMDB calls a write that was cut short EIO, as the system calls a disk that is broken."""
    short = OSError(errno.EIO, "Input/output error")
    for free, full in ((10_000, True), (1 << 30, False)):
        monkeypatch.setattr("rmp_milter.disk.room.free_bytes", lambda _place, free=free: free)
        assert is_full(short, tmp_path) is full
    assert said(short, tmp_path) == str(short)
    assert not is_full(OSError(errno.EACCES, "no"), tmp_path)
