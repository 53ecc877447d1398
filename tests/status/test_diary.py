"""What was done last is noted, and what cannot be read was not done."""

import os
from pathlib import Path

import pytest

from rmp_milter.status.diary import FOLDER, HostWork, WorkDone, last, note

NOBODY = 65534


def test_what_was_noted_last_is_read(tmp_path: Path) -> None:
    assert last(tmp_path, HostWork.BACKUP) is None
    note(tmp_path, HostWork.BACKUP, WorkDone(1, fine=False, said="disk full"))
    note(tmp_path, HostWork.BACKUP, WorkDone(2, fine=True))
    note(tmp_path, HostWork.STORE_CHECK, WorkDone(3, fine=True, said="x" * 1000))
    assert last(tmp_path, HostWork.BACKUP) == WorkDone(2, fine=True)
    assert last(tmp_path, HostWork.STORE_CHECK) == WorkDone(3, fine=True, said="x" * 200)


def test_modes_are_the_same_whatever_the_umask(tmp_path: Path) -> None:
    note(tmp_path, HostWork.BACKUP, WorkDone(1, fine=True))
    folder = tmp_path / FOLDER
    assert folder.stat().st_mode & 0o7777 == 0o2770
    assert (folder / "backup.json").stat().st_mode & 0o777 == 0o640
    assert (folder / "backup.json").stat().st_uid == tmp_path.stat().st_uid


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_root_follows_no_link_that_the_stores_owner_put_there(tmp_path: Path) -> None:
    """Whoever has the milter would have root write, and give him, a file where he likes."""
    store, elsewhere = tmp_path / "store", tmp_path / "elsewhere"
    store.mkdir()
    elsewhere.mkdir()
    (store / FOLDER).symlink_to(elsewhere)
    os.chown(store, NOBODY, NOBODY)
    with pytest.raises(PermissionError):
        note(store, HostWork.BACKUP, WorkDone(1, fine=True))
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"at": "x"}', b"{" * 9999])
def test_what_cannot_be_read_was_not_done(tmp_path: Path, content: bytes) -> None:
    note(tmp_path, HostWork.BACKUP, WorkDone(1, fine=True))
    (tmp_path / FOLDER / "backup.json").write_bytes(content)
    assert last(tmp_path, HostWork.BACKUP) is None
