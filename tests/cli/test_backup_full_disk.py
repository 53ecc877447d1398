"""A backup that does not fit on its disk: told in one line, and nothing half made."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from rmp_case import Rmp

from rmp_milter.config import load
from rmp_milter.disk.room import free_bytes
from rmp_milter.status.diary import HostWork, last
from testbed.small_disk import MAY_MOUNT, WHY_NOT, SmallDisk

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not MAY_MOUNT, reason=WHY_NOT)]

EARLIER = "20260101T000000Z"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    place = tmp_path / "backups"
    place.mkdir()
    with SmallDisk(place, 4 << 20) as disk:
        yield disk


def made_in(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()} - {"filling"}


def test_a_backup_that_does_not_fit_leaves_nothing_and_the_one_before(
    rmp: Rmp, service: Path, disk: SmallDisk
) -> None:
    before = free_bytes(disk.folder)
    assert rmp("backup", str(disk.folder)).status == 0
    taken, (name,) = before - free_bytes(disk.folder), made_in(disk.folder)
    (disk.folder / name).rename(disk.folder / EARLIER)  # each is named by its second
    store = load(service / "rmp.toml").paths.store
    for left in (
        0,
        8192,
        taken // 4,
        taken // 2,
        *(taken - less for less in (40_000, 9000, 5000)),
    ):
        disk.fill(left)
        said = rmp("backup", str(disk.folder))
        assert (said.status, said.out) == (1, "")
        assert "No space left on device" in said.err or " are free" in said.err
        assert made_in(disk.folder) == {EARLIER}
        done = last(store, HostWork.BACKUP)
        assert done
        assert not done.fine
        disk.make_room()
    assert rmp("backup", str(disk.folder)).status == 0
    assert len(made_in(disk.folder)) == 2


def test_the_keys_that_do_not_fit_leave_no_backup_without_them(
    rmp: Rmp, service: Path, disk: SmallDisk
) -> None:
    top = service.with_name("dossiers")
    disk.fill(4096)
    said = rmp("backup", str(top), "--keys", str(disk.folder))
    assert said.status == 1
    assert "No space left on device" in said.err
    assert made_in(disk.folder) == set()
    assert list(top.iterdir()) == []
