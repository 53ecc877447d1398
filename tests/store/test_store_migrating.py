"""A store moved to a later format: whole, or not at all."""

import os
import resource
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import lmdb
import pytest
from killed_case import is_killed_moving
from migration_case import LATER, OURS, STEPS, endings, first_step, silent, sound
from store_case import KEYS, NOW, the_dossier, with_dossier

from rmp_milter.store import StoreError, StoreKeys
from rmp_milter.store.format import version
from rmp_milter.store.format.course import Course
from rmp_milter.store.format.failures import OtherFormatError
from rmp_milter.store.migrating import COPY, kept, migrate, planned
from rmp_milter.store.steps import STEPS as REAL_STEPS
from rmp_milter.store.store import LmdbStore

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent


@pytest.fixture
def later(full_folder: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Have this process believe in the next format; the store was made before."""
    assert full_folder.exists()
    set_format(monkeypatch, LATER)
    return monkeypatch


def set_format(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    monkeypatch.setattr(version, "FORMAT", version.FORMAT._replace(number=number))


def content(folder: Path) -> bytes:
    return (folder / "data.mdb").read_bytes()


def is_as_it_was(folder: Path, before: bytes) -> bool:
    return content(folder) == before and not (folder / COPY).exists()


def opening(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "migration_case.py", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=HERE,
        text=True,
    )


def test_there_is_a_step_to_every_format_up_to_ours() -> None:
    assert sorted(REAL_STEPS) == list(range(1, version.FORMAT.number))


def test_a_store_of_our_format_is_not_touched(full_folder: Path) -> None:
    before = content(full_folder)
    status = (full_folder / "data.mdb").stat()
    move = migrate(full_folder, KEYS, STEPS, silent)
    assert (move.found, move.wanted, move.steps) == (OURS, OURS, ())
    after = (full_folder / "data.mdb").stat()
    assert (after.st_ino, after.st_mtime_ns) == (status.st_ino, status.st_mtime_ns)
    assert is_as_it_was(full_folder, before)
    assert not kept(full_folder, OURS).exists()


def test_one_step_moves_the_store_and_keeps_the_old_file(
    full_folder: Path, later: pytest.MonkeyPatch
) -> None:
    before = content(full_folder)
    with pytest.raises(OtherFormatError, match="rmp store migrate"):
        endings(full_folder)
    (full_folder / "data.mdb").chmod(0o640)
    move = migrate(full_folder, KEYS, STEPS, silent)
    assert (move.found, move.wanted, move.steps) == (OURS, LATER, (first_step,))
    assert endings(full_folder) == {"first"}
    assert sound(full_folder)
    assert kept(full_folder, OURS).read_bytes() == before
    assert (full_folder / "data.mdb").stat().st_mode & 0o777 == 0o640
    assert not (full_folder / COPY).exists()
    later.undo()
    with pytest.raises(OtherFormatError, match=f"format {LATER}, written by a later version"):
        endings(full_folder)


def test_the_way_back_is_the_old_file_in_its_place(
    full_folder: Path, later: pytest.MonkeyPatch
) -> None:
    migrate(full_folder, KEYS, STEPS, silent)
    kept(full_folder, OURS).rename(full_folder / "data.mdb")
    later.undo()
    assert endings(full_folder) == {""}
    assert sound(full_folder)


def test_two_steps_are_taken_in_their_order(
    full_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_format(monkeypatch, LATER + 1)
    told: list[str] = []
    migrate(full_folder, KEYS, STEPS, lambda what, *_: told.append(what))
    assert endings(full_folder) == {"first second"}
    assert list(dict.fromkeys(told)) == [
        "copying",
        f"format {OURS} to {LATER}",
        f"format {LATER} to {LATER + 1}",
        "verifying",
    ]
    assert sound(full_folder)


def test_a_later_format_is_left_as_it_is(
    full_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_format(monkeypatch, LATER)
    migrate(full_folder, KEYS, STEPS, silent)
    monkeypatch.undo()
    before = content(full_folder)
    for way in (planned, lambda folder, steps: migrate(folder, KEYS, steps, silent)):
        with pytest.raises(OtherFormatError, match=f"this one reads format {OURS}$"):
            way(full_folder, STEPS)
    assert is_as_it_was(full_folder, before)


def test_a_step_that_is_missing_is_told_before_anything(
    full_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_format(monkeypatch, LATER + 1)
    before = content(full_folder)
    with pytest.raises(StoreError, match=f"no step leads from format {LATER} to {LATER + 1}"):
        migrate(full_folder, KEYS, {OURS: first_step}, silent)
    assert is_as_it_was(full_folder, before)


def fails(error: Exception):  # noqa: ANN201 -- a step
    def step(course: Course) -> None:
        first_step(course)
        raise error

    return step


def loses_an_entry(course: Course) -> None:
    table = course.table("entries")
    with course.handle.begin(write=True) as txn, txn.cursor(table) as cursor:
        assert cursor.last()
        cursor.delete()


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize(
    ("step", "said"),
    [
        (fails(StoreError("record x does not open")), "record x does not open"),
        (fails(lmdb.MapFullError("the map is full")), "the map is full"),
        (fails(OSError(28, "No space left on device")), "No space left on device"),
        (loses_an_entry, r"the migrated copy is not sound, \d findings: entry \d of dossier"),
    ],
)
def test_a_step_that_fails_leaves_the_store_as_it_was(
    full_folder: Path, step: object, said: str
) -> None:
    before = content(full_folder)
    with pytest.raises(StoreError, match=rf"stays as it was, of format {OURS}: .*{said}"):
        migrate(full_folder, KEYS, {OURS: step}, silent)
    assert is_as_it_was(full_folder, before)
    assert not kept(full_folder, OURS).exists()
    migrate(full_folder, KEYS, STEPS, silent)
    assert endings(full_folder) == {"first"}


@pytest.mark.usefixtures("later")
def test_an_unforeseen_fault_of_a_step_leaves_the_store_as_it_was(full_folder: Path) -> None:
    before = content(full_folder)
    with pytest.raises(ZeroDivisionError):
        migrate(full_folder, KEYS, {OURS: fails(ZeroDivisionError())}, silent)
    assert is_as_it_was(full_folder, before)


@pytest.mark.usefixtures("later")
def test_other_keys_leave_the_store_as_it_was(full_folder: Path) -> None:
    before = content(full_folder)
    keys = StoreKeys(b"x" * 32, b"y" * 32, b"z" * 32)
    with pytest.raises(StoreError, match=r"stays as it was, .*: record .* does not open"):
        migrate(full_folder, keys, STEPS, silent)
    assert is_as_it_was(full_folder, before)


@pytest.fixture
def small_files() -> Iterator[None]:
    """Let no file grow beyond a size, as a full disk would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    signal_before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 10, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, signal_before)


@pytest.mark.usefixtures("later")
def test_a_full_disk_leaves_the_store_as_it_was(
    full_folder: Path, request: pytest.FixtureRequest
) -> None:
    before = content(full_folder)
    assert len(before) > 64 << 10
    request.getfixturevalue("small_files")
    with pytest.raises(StoreError, match=r"stays as it was, .*: .*File too large"):
        migrate(full_folder, KEYS, STEPS, silent)
    assert is_as_it_was(full_folder, before)


@pytest.mark.usefixtures("later")
def test_without_room_for_a_second_store_nothing_is_begun(
    full_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, told = content(full_folder), list[str]()
    usage = shutil.disk_usage(full_folder)
    small = usage._replace(free=len(before) // 2)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: small)
    with pytest.raises(StoreError, match=rf"stays as it was, .* and {small.free} are free"):
        migrate(full_folder, KEYS, STEPS, lambda what, *_: told.append(what))
    assert told == []
    assert is_as_it_was(full_folder, before)


MOMENTS = ["check_room", "_take_steps", "verify", "_keep", "sync_folder", "replace"]
"""Up to the rename; at the last two the old file has its second name already."""


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_kill_leaves_a_store_that_opens_and_a_second_call_ends_it(
    full_folder: Path, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content(full_folder)
    assert is_killed_moving(full_folder, moment)
    assert content(full_folder) == before
    with monkeypatch.context() as now:
        set_format(now, OURS)
        assert endings(full_folder) == {""}
        assert sound(full_folder)
    migrate(full_folder, KEYS, STEPS, silent)
    assert endings(full_folder) == {"first"}
    assert kept(full_folder, OURS).read_bytes() == before
    assert not (full_folder / COPY).exists()


@pytest.mark.usefixtures("later")
def test_a_kill_behind_the_rename_leaves_the_new_store(full_folder: Path) -> None:
    assert is_killed_moving(full_folder, "rename-done")
    assert endings(full_folder) == {"first"}
    assert (full_folder / COPY).exists()
    assert migrate(full_folder, KEYS, STEPS, silent).steps == ()
    assert not (full_folder / COPY).exists()
    assert sound(full_folder)


@pytest.mark.usefixtures("later")
def test_an_old_file_from_another_time_is_never_replaced(full_folder: Path) -> None:
    kept(full_folder, OURS).write_bytes(b"from another time")
    before = content(full_folder)
    with pytest.raises(StoreError, match="move it away first"):
        migrate(full_folder, KEYS, STEPS, silent)
    assert is_as_it_was(full_folder, before)
    assert kept(full_folder, OURS).read_bytes() == b"from another time"


def test_a_store_in_use_is_left_alone(full_folder: Path, later: pytest.MonkeyPatch) -> None:
    later.undo()
    before = content(full_folder)
    hold = (
        "import sys; from store_case import KEYS; from pathlib import Path; "
        "from rmp_milter.store.store import LmdbStore; "
        "store = LmdbStore.open(Path(sys.argv[1]), KEYS, map_bytes=0); "
        "print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(full_folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=HERE,
        text=True,
    ) as service:
        assert service.stdout is not None
        assert service.stdout.readline() == "open\n"
        set_format(later, LATER)
        assert planned(full_folder, STEPS).steps == (first_step,)
        with pytest.raises(StoreError, match="stop milter and courier first"):
            migrate(full_folder, KEYS, STEPS, silent)
        service.communicate("")
    assert is_as_it_was(full_folder, before)
    assert migrate(full_folder, KEYS, STEPS, silent).steps


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize("more", [0, 1])
def test_a_service_that_starts_meanwhile_waits_and_finds_the_new_store(
    full_folder: Path, more: int
) -> None:
    """LMDB's lock file names the last transaction, and by its parity one of two pages."""
    with lmdb.Environment(str(full_folder), max_dbs=64, map_size=0) as handle:
        meta = handle.open_db(b"meta", create=False)
        for _ in range(more):
            with handle.begin(write=True) as txn:
                txn.put(b"format", txn.get(b"format", b"", db=meta), db=meta)
    started: list[subprocess.Popen[str]] = []

    def step(course: Course) -> None:
        service = opening(full_folder)
        started.append(service)
        assert service.stdout is not None
        assert service.stdout.readline() == "begins\n"
        assert not select.select([service.stdout], [], [], 0.5)[0]
        first_step(course)

    migrate(full_folder, KEYS, {OURS: step}, silent)
    (service,) = started
    out, _ = service.communicate("", timeout=60)
    assert (out, service.returncode) == ("open\n", 0)
    assert endings(full_folder) == {"first"}


@pytest.mark.usefixtures("later")
def test_a_store_put_back_without_its_lock_file_is_moved(full_folder: Path) -> None:
    (full_folder / "lock.mdb").unlink()
    (full_folder / "data.mdb").chmod(0o660)
    before = os.umask(0o077)
    try:
        migrate(full_folder, KEYS, STEPS, silent)
    finally:
        os.umask(before)
    assert endings(full_folder) == {"first"}
    assert {file.name: file.stat().st_mode & 0o777 for file in full_folder.iterdir()} == {
        "data.mdb": 0o660,
        f"data.mdb.format-{OURS}": 0o660,
        "lock.mdb": 0o660,
    }


@pytest.mark.parametrize("there", [False, True])
def test_where_there_is_no_store_none_is_made(tmp_path: Path, there: bool) -> None:  # noqa: FBT001 -- drawn
    folder = tmp_path / "store"
    if there:
        folder.mkdir()
    with pytest.raises(StoreError, match="there is no store in"):
        planned(folder, STEPS)
    with pytest.raises(StoreError):
        migrate(folder, KEYS, STEPS, silent)
    assert not (folder / "data.mdb").exists()


def test_the_file_of_another_program_is_no_store(tmp_path: Path) -> None:
    with lmdb.Environment(str(tmp_path), max_dbs=2) as other:
        other.open_db(b"meta")
    with pytest.raises(StoreError, match="holds no store: unknown format"):
        planned(tmp_path, STEPS)
    (tmp_path / "data.mdb").write_bytes(b"no database " * 1000)
    with pytest.raises(StoreError, match="holds no store"):
        planned(tmp_path, STEPS)


@pytest.mark.usefixtures("later")
def test_a_migrated_store_takes_new_changes(full_folder: Path) -> None:
    migrate(full_folder, KEYS, STEPS, silent)
    with LmdbStore.open(full_folder, KEYS, map_bytes=0) as store:
        dossier_id = with_dossier(store, "somebody new")
        assert the_dossier(store, dossier_id).created_at == NOW
    assert sound(full_folder)
