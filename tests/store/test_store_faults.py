"""What is left of the store when the disk is full or a process is killed."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from store_case import (
    KEYS,
    MAP_BYTES,
    NOW,
    a_deposit,
    a_doctor,
    make_store,
    usable,
    with_dossier,
)

from rmp_milter.dossier.changes import Changes
from rmp_milter.store import StoreFailed
from rmp_milter.store.check.whole import check
from rmp_milter.store.lmdb_outbox import LmdbOutbox
from rmp_milter.store.store import LmdbStore

pytestmark = pytest.mark.slow

WRITER = str(Path(__file__).with_name("store_writer.py"))


def start_writer(folder: Path, threads: int, *more: str) -> "subprocess.Popen[str]":
    command = [sys.executable, WRITER, str(folder), str(threads), *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def acknowledged_all_there(folder: Path, lines: list[str]) -> bool:
    with (
        LmdbStore.open(folder, KEYS, map_bytes=MAP_BYTES) as store,
        store.snapshot() as view,
    ):
        return all(view.seen(bytes.fromhex(line)) for line in lines)


@pytest.mark.promise(number=7)
def test_a_full_disk_fails_what_is_under_way_and_keeps_what_was_acknowledged(
    folder: Path,
) -> None:
    with make_store(folder) as store:
        with_dossier(store, "trait")
    limit = (folder / "data.mdb").stat().st_size + (1 << 20)
    with start_writer(folder, 4, str(limit)) as writer:
        out, _ = writer.communicate(timeout=60)
    lines = out.splitlines()
    failed = [line for line in lines if line.startswith("failed")]
    acknowledged = [line for line in lines if not line.startswith("failed")]
    assert len(failed) == 4
    # LMDB tells a write that was cut short as EIO, one that wrote nothing as EFBIG
    assert set(failed) <= {"failed full", "failed failed"}
    assert len(acknowledged) > 20
    report = check(folder, KEYS)
    assert report.findings == ()
    assert report.counts["entries"] == len(acknowledged)
    assert acknowledged_all_there(folder, acknowledged)


def fill(store: LmdbStore, dossier_id: bytes) -> StoreFailed:
    with pytest.raises(StoreFailed) as failure:  # noqa: PT012 -- until it is full
        while True:
            store.commit(Changes(entries=(a_deposit(dossier_id, os.urandom(50_000)),)), NOW)
    return failure.value


def test_a_full_map_fails_and_stays_failed_until_opened_anew(folder: Path) -> None:
    store = make_store(folder, map_bytes=2 << 20)
    failure = fill(store, with_dossier(store))
    assert failure.reason == "full"
    assert not usable(store)
    with pytest.raises(StoreFailed, match="full"):
        store.commit(Changes(doctors=(a_doctor(),)), NOW)
    with pytest.raises(StoreFailed, match="full"), store.snapshot():
        pass
    store.close()
    assert check(folder, KEYS).findings == ()
    with LmdbStore.open(folder, KEYS, map_bytes=MAP_BYTES) as larger:
        larger.commit(Changes(doctors=(a_doctor(),)), NOW)
        assert larger.stats()["doctors"] == 1
    assert check(folder, KEYS).findings == ()


def test_a_reader_can_finish_when_the_store_fails_meanwhile(folder: Path) -> None:
    store = make_store(folder, map_bytes=2 << 20)
    dossier_id = with_dossier(store)
    entry = a_deposit(dossier_id, b"body" * 1000)
    store.commit(Changes(entries=(entry,)), NOW)
    with store.snapshot() as view:
        fill(store, dossier_id)
        assert view.body(entry.bodies[0].document_id) == b"body" * 1000
        assert view.last_entry(dossier_id) is not None
    with pytest.raises(StoreFailed), store.snapshot():
        pass
    store.close()


def test_all_callers_of_a_failed_batch_are_told(folder: Path) -> None:
    store = make_store(folder, map_bytes=1 << 20)
    dossier_id = with_dossier(store)
    told: list[str] = []
    start = threading.Barrier(6)

    def deposit() -> None:
        start.wait()
        try:
            entry = a_deposit(dossier_id, os.urandom(2 << 20))
            store.commit(Changes(entries=(entry,)), NOW)
        except StoreFailed as failure:
            told.append(failure.reason)

    threads = [threading.Thread(target=deposit) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    store.close()
    assert told == ["full"] * 6
    assert check(folder, KEYS).counts["dossiers"] == 1


def test_the_courier_fails_with_the_environment_it_shares(folder: Path) -> None:
    store = make_store(folder, map_bytes=2 << 20)
    outbox = LmdbOutbox.open(folder, KEYS.outbox, 2 << 20)
    fill(store, with_dossier(store))
    with pytest.raises(StoreFailed, match="full"):
        outbox.rows()
    with pytest.raises(StoreFailed, match="full"):
        outbox.last_change()
    outbox.close()
    store.close()
