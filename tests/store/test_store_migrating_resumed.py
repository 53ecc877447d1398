"""A move that was killed is gone on with where it was, and ends as if it had never been."""

import shutil
from pathlib import Path

import pytest
from former_store import make_format_2, tables_of
from killed_case import is_killed_moving, is_killed_moving_after, is_killed_really_moving
from migration_case import LATER, OURS, STEPS, endings, programs_changed, silent, sound
from store_case import KEYS, NOW, a_doctor, full_store, with_dossier

from rmp_milter.dossier.changes import Changes
from rmp_milter.dossier.model import Doctor
from rmp_milter.store import StoreError
from rmp_milter.store.begun import MARK
from rmp_milter.store.engines import Earlier
from rmp_milter.store.format import version
from rmp_milter.store.format.course import NOTED, Course
from rmp_milter.store.migrating import COPY, Move, migrate, planned
from rmp_milter.store.steps import STEPS as REAL_STEPS
from rmp_milter.store.store import LmdbStore

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent

Told = list[tuple[str, int, int]]

KILLS = [
    *("sent 1", "sent 2", "check_room", "_take_steps", "batch 1", "noted 1", "batch 2"),
    *("noted 2", "batch 3", "batch 4", "batch 5", "verify", "_keep", "sync_folder", "replace"),
]
"""While the file is copied, within batches and behind their commits, then up to the rename."""


@pytest.fixture
def later(full_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have this process believe in the next format; the store, of some doctors, was made before."""
    with LmdbStore.open(full_folder, KEYS, map_bytes=0) as store:
        store.commit(Changes(doctors=tuple(a_doctor(number) for number in range(90, 96))), NOW)
    monkeypatch.setattr(version, "FORMAT", version.FORMAT._replace(number=LATER))
    return full_folder


def moved(folder: Path, told: Told | None = None) -> Move:
    heard: Told = [] if told is None else told
    return migrate(folder, KEYS, STEPS, lambda *what: heard.append(what))


def doctors(folder: Path) -> list[Doctor]:
    with LmdbStore.open(folder, KEYS, map_bytes=0) as store, store.snapshot() as view:
        return sorted(view.doctors(), key=lambda each: each.doctor_id)


def but_doctors(folder: Path) -> dict[str, dict[bytes, bytes]]:
    """Return all tables but the one that the step seals anew, by chance."""
    return {name: table for name, table in tables_of(folder).items() if name != "doctors"}


@pytest.mark.parametrize("moment", KILLS)
def test_a_second_call_goes_on_and_ends_as_one_that_nobody_killed(
    later: Path, tmp_path: Path, moment: str
) -> None:
    undisturbed = tmp_path / "undisturbed"
    shutil.copytree(later, undisturbed)
    moved(undisturbed)
    assert is_killed_moving(later, moment)
    assert planned(later, STEPS).earlier is Earlier.FITS
    assert moved(later).earlier is Earlier.FITS
    assert endings(later) == {"first"}
    assert doctors(later) == doctors(undisturbed)
    assert but_doctors(later) == but_doctors(undisturbed)
    assert sound(later)
    assert not (later / COPY).exists()


def test_kills_in_a_row_are_all_gone_on_with(later: Path) -> None:
    for moment in ("sent 2", "sent 1", "batch 2", "batch 2", "noted 1", "verify", "replace"):
        assert is_killed_moving(later, moment)
    assert moved(later).earlier is Earlier.FITS
    assert endings(later) == {"first"}
    assert sound(later)


def test_a_kill_at_any_time_is_gone_on_with(later: Path) -> None:
    kills, wait = 0, 0.002
    while planned(later, STEPS).steps:
        kills += is_killed_moving_after(later, wait)
        wait *= 1.2
    assert kills
    moved(later)
    assert endings(later) == {"first"}
    assert sound(later)


def test_what_was_done_is_not_done_again_and_told_as_done(later: Path) -> None:
    assert is_killed_moving(later, "batch 3")  # two batches of two were noted
    told: Told = []
    moved(later, told)
    size = next(total for what, _, total in told if what == "copying")
    assert [each for each in told if each[0] == "copying"] == [("copying", size, size)]
    count = len(doctors(later))
    step = f"format {OURS} to {LATER}"
    assert [each for each in told if each[0] == step] == [
        (step, 4, count),
        (step, count, count),
    ]
    assert count > 4


def test_the_copying_goes_on_behind_what_is_on_disk(later: Path) -> None:
    assert is_killed_moving(later, "sent 2")
    there = (later / COPY / "data.mdb").stat().st_size
    with (later / COPY / "data.mdb").open("ab") as copy:
        copy.write(b"not noted, so not known to be on disk")
    told: Told = []
    moved(later, told)
    assert told[0] == ("copying", there, (later / "data.mdb.format-3").stat().st_size)
    assert sound(later)


def test_a_store_that_was_changed_since_begins_anew(
    later: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert is_killed_moving(later, "batch 3")
    with monkeypatch.context() as former:
        former.setattr(version, "FORMAT", version.FORMAT._replace(number=OURS))
        with LmdbStore.open(later, KEYS, map_bytes=0) as store:
            dossier_id = with_dossier(store, "somebody new")
    told: Told = []
    assert moved(later, told).earlier is Earlier.FOREIGN
    assert told[0][:2] == ("copying", 0)
    assert endings(later) == {"first"}
    with LmdbStore.open(later, KEYS, map_bytes=0) as store, store.snapshot() as view:
        assert view.dossier(dossier_id)
    assert sound(later)


def test_a_copy_of_the_file_put_back_in_its_place_begins_anew(later: Path) -> None:
    assert is_killed_moving(later, "batch 3")
    shutil.copy2(later / "data.mdb", later / "again")
    (later / "again").replace(later / "data.mdb")
    assert moved(later).earlier is Earlier.FOREIGN
    assert endings(later) == {"first"}


def test_the_copy_of_another_version_of_the_program_begins_anew(
    later: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert is_killed_moving(later, "batch 3")
    monkeypatch.setattr("rmp_milter.store.begun.__version__", "0.9.9")
    assert moved(later).earlier is Earlier.FOREIGN
    assert endings(later) == {"first"}
    assert sound(later)


def test_a_copy_that_lost_octets_begins_anew(later: Path) -> None:
    assert is_killed_moving(later, "batch 3")
    with (later / COPY / "data.mdb").open("r+b") as copy:
        copy.truncate(4096)
    assert moved(later).earlier is Earlier.FOREIGN
    assert endings(later) == {"first"}


@pytest.mark.parametrize("mark", [b"", b"{}", None])
def test_a_copy_without_a_mark_is_cleared_away(later: Path, mark: bytes | None) -> None:
    assert is_killed_moving(later, "batch 3")
    (later / COPY / MARK).unlink()
    if mark is not None:
        (later / COPY / MARK).write_bytes(mark)
    assert moved(later).earlier is Earlier.NONE
    assert endings(later) == {"first"}


def test_what_failed_is_not_gone_on_with(later: Path) -> None:
    assert is_killed_moving(later, "batch 3")

    def fails(_course: object) -> None:
        raise StoreError("a record is wrong")

    with pytest.raises(StoreError, match="stays as it was"):
        migrate(later, KEYS, {OURS: fails}, silent)
    assert not (later / COPY).exists()
    assert moved(later).earlier is Earlier.NONE
    assert endings(later) == {"first"}


def test_whoever_stops_it_by_hand_may_go_on(later: Path) -> None:
    def stopped(what: str, _done: int, _total: int) -> None:
        if what == "verifying":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        migrate(later, KEYS, STEPS, stopped)
    assert moved(later).earlier is Earlier.FITS
    assert endings(later) == {"first"}


def test_a_kill_between_two_steps_takes_only_the_second(
    full_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(version, "FORMAT", version.FORMAT._replace(number=LATER + 1))

    def stopped(what: str, _done: int, _total: int) -> None:
        if what.startswith(f"format {LATER}"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        migrate(full_folder, KEYS, STEPS, stopped)
    told: Told = []
    moved(full_folder, told)
    assert {what for what, _, _ in told} == {
        "copying",
        f"format {LATER} to {LATER + 1}",
        "verifying",
    }
    assert endings(full_folder) == {"first second"}
    assert sound(full_folder)


REALLY = [f"batch {number}" for number in range(1, 9)] + ["noted 2", "noted 4", "noted 8"]


@pytest.mark.parametrize("moment", REALLY)
def test_the_real_step_to_format_3_is_gone_on_with_and_counts_once(
    folder: Path, moment: str
) -> None:
    """Words are counted: a batch that is done twice would be found."""
    with full_store(folder):
        pass
    today = tables_of(folder)
    make_format_2(folder)
    assert is_killed_really_moving(folder, moment)
    assert migrate(folder, KEYS, REAL_STEPS, silent).earlier is Earlier.FITS
    assert tables_of(folder) == today
    assert not any(key.startswith(NOTED) for key in tables_of(folder)["meta"])
    assert sound(folder)


def test_the_step_here_is_wrong_if_taken_twice(later: Path) -> None:
    """Else nothing would show that it is taken once."""

    def twice(course: Course) -> None:
        programs_changed(course, "first ")
        programs_changed(course, "first ", "once more")

    migrate(later, KEYS, {OURS: twice}, silent)
    assert endings(later) == {"first first"}
