import errno
import subprocess
import sys
import threading
from pathlib import Path

import lmdb
import pytest
from store_case import KEYS, MAP_BYTES, NOW, a_doctor, make_store

from rmp_milter.dossier.changes import Changes
from rmp_milter.store import StoreError, StoreFailed, StoreKeys
from rmp_milter.store.check.whole import check
from rmp_milter.store.format import environment, version
from rmp_milter.store.format.failures import OtherFormatError
from rmp_milter.store.lmdb_outbox import LmdbOutbox
from rmp_milter.store.store import LmdbStore, create


def open_store(folder: Path, keys: StoreKeys = KEYS) -> LmdbStore:
    return LmdbStore.open(folder, keys, map_bytes=MAP_BYTES)


def test_an_empty_folder_is_not_taken_for_a_store(folder: Path) -> None:
    folder.mkdir()
    with pytest.raises(StoreError, match="there is no store in"):
        open_store(folder)
    assert list(folder.iterdir()) == []


def test_a_store_is_never_made_over_something(folder: Path) -> None:
    make_store(folder).close()
    before = (folder / "data.mdb").read_bytes()
    with pytest.raises(StoreError, match="not empty"):
        create(folder, KEYS, map_bytes=MAP_BYTES)
    assert (folder / "data.mdb").read_bytes() == before


def test_a_store_cannot_be_made_where_the_parent_is_missing(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot make a store"):
        create(tmp_path / "a" / "b", KEYS, map_bytes=MAP_BYTES)


def test_a_map_too_small_for_anything_is_refused(folder: Path) -> None:
    with pytest.raises(StoreError, match="at least"):
        create(folder, KEYS, map_bytes=1000)
    assert not folder.exists()


def test_the_database_of_another_program_is_refused(folder: Path) -> None:
    folder.mkdir()
    with lmdb.Environment(str(folder), max_dbs=2) as other:
        other.open_db(b"meta")
    with pytest.raises(StoreError, match="holds no store of this version"):
        open_store(folder)


def test_a_file_that_is_no_database_is_refused(folder: Path) -> None:
    folder.mkdir()
    (folder / "data.mdb").write_bytes(b"no database " * 1000)
    with pytest.raises(StoreError, match="cannot open the store"):
        open_store(folder)


def mark(folder: Path, mark: bytes, *, without: bytes = b"") -> None:
    """Write another format's mark into a store, and take a table from it."""
    with lmdb.Environment(str(folder), max_dbs=32, map_size=MAP_BYTES) as raw:
        meta = raw.open_db(b"meta")
        with raw.begin(write=True) as txn:
            txn.put(b"format", mark, db=meta)
        if without:
            table = raw.open_db(without)
            with raw.begin(write=True) as txn:
                txn.drop(table)


OURS = version.FORMAT.number
LATER = (
    f"format {OURS + 1}, written by a later version of rmp-milter: this one reads format {OURS}$",
    b"rmp-milter store %d" % (OURS + 1),
)


@pytest.mark.parametrize("without", [b"", b"doctors"])
def test_a_later_format_is_refused_whatever_tables_it_has(folder: Path, without: bytes) -> None:
    make_store(folder).close()
    mark(folder, LATER[1], without=without)
    with pytest.raises(OtherFormatError, match=LATER[0]):
        open_store(folder)
    with pytest.raises(OtherFormatError, match=LATER[0]):
        LmdbOutbox.open(folder, KEYS.outbox, MAP_BYTES)
    with pytest.raises(OtherFormatError, match=LATER[0]):
        check(folder, KEYS)


@pytest.mark.parametrize("strange", [b"rmp-milter store 0", b"rmp-milter store 01", b"rmp"])
def test_a_mark_that_is_no_formats_is_refused(folder: Path, strange: bytes) -> None:
    make_store(folder).close()
    mark(folder, strange)
    with pytest.raises(StoreError, match="no store of this version: unknown format"):
        open_store(folder)


@pytest.mark.parametrize("table", ["entries", "tallies"])
def test_a_missing_table_is_never_made_anew(folder: Path, table: str) -> None:
    make_store(folder).close()
    with lmdb.Environment(str(folder), max_dbs=32, map_size=MAP_BYTES) as raw:
        handle = raw.open_db(table.encode())
        with raw.begin(write=True) as txn:
            txn.drop(handle)
    for _ in range(2):
        with pytest.raises(StoreError, match=f"of this version: it lacks table {table}"):
            open_store(folder)


def test_a_folder_that_cannot_be_locked_leaves_nothing_open(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_store(folder).close()

    def refuse(_folder: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(environment, "WriteTurn", refuse)
    with pytest.raises(StoreError, match=r"cannot open the store in .*: Permission denied"):
        open_store(folder)
    assert not [fd for fd in Path("/proc/self/fd").iterdir() if points_into(fd, folder)]


def points_into(fd: Path, folder: Path) -> bool:
    try:
        return fd.readlink().is_relative_to(folder)
    except OSError:
        return False  # the listing's own


def test_the_group_may_use_the_files_as_the_umask_permits(folder: Path) -> None:
    script = (
        "import os, sys; os.umask(0o007); from pathlib import Path; "
        "from rmp_milter.store.format.keys import StoreKeys; "
        "from rmp_milter.store.store import create; "
        "keys = StoreKeys(b'm' * 32, b'i' * 32, b'o' * 32); "
        "create(Path(sys.argv[1]), keys, map_bytes=1 << 20)"
    )
    subprocess.run([sys.executable, "-c", script, str(folder)], check=True, timeout=30)
    assert (folder / "data.mdb").stat().st_mode & 0o777 == 0o660
    assert (folder / "lock.mdb").stat().st_mode & 0o777 == 0o660


def test_one_process_shares_one_environment(folder: Path) -> None:
    first = make_store(folder)
    second = open_store(folder)
    first.commit(Changes(doctors=(a_doctor(),)), NOW)
    first.close()
    first.close()
    with second.snapshot() as view:
        assert len(list(view.doctors())) == 1
    second.close()
    with pytest.raises(StoreFailed, match="store closed"), second.snapshot():
        pass


def test_a_read_only_store_reads_and_does_not_write(folder: Path) -> None:
    doctor = a_doctor()
    with make_store(folder) as store:
        store.commit(Changes(doctors=(doctor,)), NOW)
    with LmdbStore.open(folder, KEYS, map_bytes=MAP_BYTES, read_only=True) as store:
        with store.snapshot() as view:
            assert view.doctor(doctor.doctor_id) == doctor
        with pytest.raises(StoreError, match="read-only"):
            open_store(folder)
        with pytest.raises(StoreFailed):
            store.commit(Changes(doctors=(a_doctor(2),)), NOW)


def test_figures_say_what_of_the_map_is_used(full_folder: Path) -> None:
    with open_store(full_folder) as store:
        stats = store.stats()
    assert stats["map_bytes"] == MAP_BYTES
    assert stats["document_bytes"] >= 6 * 9000
    assert stats["used_bytes"] > stats["document_bytes"]


def test_a_change_is_told_only_when_readers_see_it(folder: Path) -> None:
    """While a commit is being made durable: who looked too early would not look again."""
    store = make_store(folder)
    ended = threading.Event()

    def write() -> None:
        try:
            for number in range(300):
                store.commit(Changes(digest=number.to_bytes(32)), NOW)
        finally:
            ended.set()

    writer = threading.Thread(target=write)
    writer.start()
    inside = store._environment
    early = 0
    while not ended.is_set():
        told = inside.last_change()
        with inside.reading() as txn:
            early += txn.id() < told
    writer.join()
    store.close()
    assert not early
