"""A disk that is really full: nothing acknowledged is lost, and it is said that it is full."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import lmdb
import pytest
from former_store import make_format_2
from rotation_case import KEY_FILE, content, kept_files, keys_in, sound, succession_in
from store_case import (
    KEYS,
    MAP_BYTES,
    NOW,
    a_deposit,
    a_mail,
    a_new_dossier,
    make_store,
    usable,
    with_dossier,
)

from rmp_milter.dossier.changes import Changes
from rmp_milter.store import StoreError, StoreFailed
from rmp_milter.store.check.whole import check
from rmp_milter.store.format.alone import LOCK_BYTES
from rmp_milter.store.format.keys import read_key
from rmp_milter.store.format.succession import Rotated, unfinished
from rmp_milter.store.in_use import FileInUse
from rmp_milter.store.lmdb_outbox import LmdbOutbox
from rmp_milter.store.lmdb_rotating import rotate
from rmp_milter.store.migrating import COPY, kept, migrate
from rmp_milter.store.prepared import PLACE
from rmp_milter.store.preparing import prepare
from rmp_milter.store.steps import STEPS as REAL_STEPS
from rmp_milter.store.store import LmdbStore
from testbed.small_disk import MAY_MOUNT, WHY_NOT, SmallDisk

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not MAY_MOUNT, reason=WHY_NOT)]

MEGABYTE = 1 << 20
FULL = "its disk is full"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    place = tmp_path / "small"
    place.mkdir()
    with SmallDisk(place, 3 * MEGABYTE) as disk:
        yield disk


def filled_by_deposits(store: LmdbStore, size: int) -> tuple[int, StoreFailed]:
    """Return how many deposits of this size were acknowledged, and what the next one met."""
    dossier_id, count = with_dossier(store, "trait"), 0
    with pytest.raises(StoreFailed) as failure:  # noqa: PT012 -- until it is full
        while True:
            store.commit(Changes(entries=(a_deposit(dossier_id, os.urandom(size)),)), NOW)
            count += 1
    return count, failure.value


@pytest.mark.promise(number=7)
@pytest.mark.parametrize("size", [500, 50_000, 4 * MEGABYTE])
def test_what_was_acknowledged_is_there_and_room_is_all_it_needs(
    disk: SmallDisk, size: int
) -> None:
    """Of one page that does not fit the system says so; of several that it wrote a part."""
    folder = disk.folder / "store"
    with make_store(folder) as store:
        disk.fill(2 * MEGABYTE)
        acknowledged, failure = filled_by_deposits(store, size)
    assert failure.reason == "full"
    assert FULL in str(failure)
    report = check(folder, KEYS)
    assert (report.findings, report.counts.get("entries", 0)) == ((), acknowledged)
    disk.make_room()
    with LmdbStore.open(folder, KEYS, map_bytes=MAP_BYTES) as store:
        store.commit(Changes(outbox=(a_mail(),)), NOW)
    assert check(folder, KEYS).findings == ()


def test_readers_do_not_need_room(disk: SmallDisk) -> None:
    """Each has a place in LMDB's lock file, which is mapped: a hole there would be SIGBUS."""
    folder = disk.folder / "store"
    make_store(folder).close()
    disk.fill()
    child = (
        "import sys; from contextlib import ExitStack; from pathlib import Path; "
        "from store_case import KEYS; from rmp_milter.store.store import LmdbStore\n"
        "with LmdbStore.open(Path(sys.argv[1]), KEYS, map_bytes=0) as store, ExitStack() as all: "
        "print(len([all.enter_context(store.snapshot()) for _ in range(1000)]))"
    )
    command = [sys.executable, "-c", child, str(folder)]
    read = subprocess.run(
        command, cwd=Path(__file__).parent, check=False, capture_output=True, text=True
    )
    assert (read.returncode, read.stdout, read.stderr) == (0, "1000\n", "")


def test_the_lock_file_of_before_has_no_holes_from_the_next_start_on(disk: SmallDisk) -> None:
    folder = disk.folder / "store"
    make_store(folder).close()
    lock = folder / "lock.mdb"
    lock.unlink()
    with lock.open("wb") as file:
        file.truncate(LOCK_BYTES)
    with LmdbStore.open(folder, KEYS, map_bytes=0) as store:
        assert lock.stat().st_blocks * 512 == lock.stat().st_size == LOCK_BYTES
        assert usable(store)
    disk.fill()
    lock.unlink()
    with LmdbStore.open(folder, KEYS, map_bytes=0, read_only=True) as store:
        assert usable(store)


def test_a_full_map_is_told_from_a_full_disk(disk: SmallDisk) -> None:
    with make_store(disk.folder / "store", map_bytes=MEGABYTE) as store:
        _, failure = filled_by_deposits(store, 50_000)
    assert failure.reason == "full"
    assert "store.map_bytes" in str(failure)
    assert FULL not in str(failure)


@pytest.mark.parametrize(
    "note",
    [
        lambda outbox: outbox.sent(1),
        lambda outbox: outbox.park(1, "refused"),
        lambda outbox: outbox.failed(1, "later", NOW + 60),
    ],
)
def test_what_the_courier_cannot_note_is_sent_again(
    disk: SmallDisk, note: Callable[[LmdbOutbox], None]
) -> None:
    folder = disk.folder / "store"
    with make_store(folder) as store:
        store.commit(Changes(outbox=(a_mail(),)), NOW)
    with LmdbOutbox.open(folder, KEYS.outbox, MAP_BYTES, clock=lambda: NOW) as outbox:
        before = outbox.rows()
        disk.fill()
        with pytest.raises(StoreFailed, match=FULL):
            note(outbox)
    with LmdbOutbox.open(folder, KEYS.outbox, MAP_BYTES, clock=lambda: NOW) as outbox:
        assert outbox.rows() == before
        disk.make_room()
        note(outbox)
        assert outbox.rows() != before
    assert check(folder, KEYS).findings == ()


# Work on the store as a whole


@pytest.fixture
def small_home(home: Path) -> Iterator[SmallDisk]:
    """The store and its keys, on a disk with room for some more."""
    with SmallDisk(home, 8 * MEGABYTE) as disk:
        yield disk


class Filling:
    """Fills the disk when something is told for the ``at``-th time; ``left`` octets stay free."""

    def __init__(self, disk: SmallDisk, what: str, at: int = 1, left: int = 0) -> None:
        self._disk, self._what, self._at, self._left = disk, what, at, left

    def __call__(self, what: str, _done: int, _total: int) -> None:
        if what == self._what:
            self._at -= 1
            if self._at == 0:
                self._disk.fill(self._left)


@pytest.fixture(scope="module")
def made_former(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a store of format 2, which nobody changes."""
    made = tmp_path_factory.mktemp("former")
    home, loose = made / "former", made / "loose"
    (home / "store").mkdir(parents=True)
    with make_store(loose) as store:
        people = [a_new_dossier(f"trait {number}") for number in range(500)]
        store.commit(Changes(dossiers=tuple(people)), NOW)
    make_format_2(loose)
    with lmdb.Environment(str(loose), max_dbs=64) as handle:
        handle.copy(str(home / "store"), compact=True)
    return home


@pytest.fixture
def former(made_former: Path, tmp_path: Path) -> Iterator[SmallDisk]:
    """A store of format 2, to which the real step adds more than its freed pages take."""
    home = shutil.copytree(made_former, tmp_path / "former")
    with SmallDisk(home, 8 * MEGABYTE) as disk:
        yield disk


MOVING = [
    *(("copying", 1, left) for left in (0, 4096, 100_000)),
    *(("format 2 to 3", 1, left) for left in (0, 4096, 20_000)),
]


@pytest.mark.parametrize(("what", "at", "left"), MOVING)
def test_a_migration_on_a_disk_that_fills_leaves_the_store_as_it_was(
    former: SmallDisk, what: str, at: int, left: int
) -> None:
    folder = former.folder / "store"
    before = (folder / "data.mdb").read_bytes()
    with pytest.raises(StoreError, match=f"stays as it was, of format 2: {FULL}"):
        migrate(folder, KEYS, REAL_STEPS, Filling(former, what, at, left))
    assert (folder / "data.mdb").read_bytes() == before
    assert not (folder / COPY).exists()
    assert not kept(folder, 2).exists()
    former.make_room()
    migrate(folder, KEYS, REAL_STEPS, lambda *_: None)
    report = check(folder, KEYS)
    assert (report.findings, report.counts["dossiers"]) == ((), 500)


def test_a_migration_that_finds_the_disk_full_begins_nothing(former: SmallDisk) -> None:
    folder = former.folder / "store"
    before = (folder / "data.mdb").read_bytes()
    for left in (0, 50_000):
        former.fill(left)
        with pytest.raises(StoreError, match=r"stays as it was, .*(are free|disk is full)"):
            migrate(folder, KEYS, REAL_STEPS, lambda *_: None)
        assert (folder / "data.mdb").read_bytes() == before
        assert not (folder / COPY).exists()
        former.make_room()


ROTATING = [("verifying", 1, 0), ("sealing", 1, 0), ("sealing", 3, 4096), ("sealing", 6, 0)]


@pytest.mark.parametrize(("what", "at", "left"), ROTATING)
def test_a_rotation_on_a_disk_that_fills_leaves_store_and_keys_as_they_were(
    small_home: SmallDisk, which: Rotated, what: str, at: int, left: int
) -> None:
    home = small_home.folder
    before = content(home / "store")
    with pytest.raises(StoreError, match=f"and its keys stay as they were: {FULL}"):
        rotate(home / "store", succession_in(home, which), Filling(small_home, what, at, left))
    assert content(home / "store") == before
    assert read_key(home / KEY_FILE[which]) == getattr(KEYS, which)
    assert not (home / "store" / PLACE).exists()
    assert not unfinished(home, home / "outbox.key")
    small_home.make_room()
    rotate(home / "store", succession_in(home, which), lambda *_: None)
    assert keys_in(home) != KEYS
    assert sound(home, keys_in(home))


@pytest.mark.parametrize(("what", "at", "left"), ROTATING)
def test_what_is_prepared_on_a_disk_that_fills_leaves_nothing(
    small_home: SmallDisk, which: Rotated, what: str, at: int, left: int
) -> None:
    home = small_home.folder
    before, place = content(home / "store"), home / "store"
    with pytest.raises(StoreError, match=f"and its keys stay as they were: {FULL}"):
        prepare(
            FileInUse(place), succession_in(home, which), Filling(small_home, what, at, left)
        )
    assert content(place) == before
    assert not (place / PLACE).exists()
    assert not unfinished(home, home / "outbox.key")
    small_home.make_room()
    prepare(FileInUse(place), succession_in(home, which), lambda *_: None)
    small_home.fill()
    with pytest.raises(StoreError, match=f"as what is prepared: {FULL}"):
        rotate(place, succession_in(home, which), lambda *_: None, prepared_only=True)
    assert content(place) == before
    small_home.make_room()
    rotate(place, succession_in(home, which), lambda *_: None, prepared_only=True)
    assert sound(home, keys_in(home))


def test_a_rotation_that_finds_the_disk_full_begins_nothing(
    small_home: SmallDisk, which: Rotated
) -> None:
    home = small_home.folder
    before = content(home / "store")
    small_home.fill()
    with pytest.raises(StoreError, match=f"and its keys stay as they were: {FULL}"):
        rotate(home / "store", succession_in(home, which), lambda *_: None)
    assert content(home / "store") == before
    assert kept_files(home) == {"filling"}
    small_home.make_room()
    rotate(home / "store", succession_in(home, which), lambda *_: None)
    assert sound(home, keys_in(home))


def test_a_store_is_compacted_onto_a_full_disk_or_not_at_all(
    disk: SmallDisk, full_folder: Path
) -> None:
    with LmdbStore.open(full_folder, KEYS, map_bytes=0) as store:
        disk.fill(8192)
        with pytest.raises(StoreFailed, match=FULL):
            store.copy(disk.folder)
    assert shutil.disk_usage(disk.folder).free < MEGABYTE
    assert check(full_folder, KEYS).findings == ()
