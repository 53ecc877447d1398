"""The step from format 2 to 3: open dossiers are found by their search terms."""

import shutil
import sys
from pathlib import Path

import lmdb
import pytest
from former_store import NEW_TABLES, make_format_2, tables_of
from killed_case import is_killed_really_moving
from msgspec.structs import replace
from store_case import (
    KEYS,
    NOW,
    a_deposit,
    a_dossier,
    a_new_dossier,
    close,
    full_store,
    make_store,
    with_dossier,
)

from rmp_milter.dossier.changes import Changes, NewDossier
from rmp_milter.dossier.model import Patient, Sheet
from rmp_milter.dossier.search_terms import terms_of
from rmp_milter.store.check.whole import check
from rmp_milter.store.format.failures import OtherFormatError
from rmp_milter.store.migrating import COPY, kept, migrate
from rmp_milter.store.steps import STEPS
from rmp_milter.store.store import LmdbStore
from rmp_milter.store.surface import Snapshot

pytestmark = pytest.mark.slow

MANY = 10_000
BATCH = 150
"""So many records at a time in a step that is killed, a seventh of a host's."""
NAMES = ("MARTIN", "DUPONT", "de LA TOUR", "LEGALL", "N'GUYEN", "MÜLLER", "Иванов")


def silent(_what: str, _done: int, _total: int) -> None:
    """Tell nobody."""


def a_person(number: int) -> NewDossier:
    name, year = NAMES[number % len(NAMES)], 1930 + number % 90
    patient = Patient(name, f"Anne{number}", f"{year}-02-03")
    sheet = Sheet(used_name="BAUM") if number % 5 == 0 else Sheet()
    dossier = replace(a_dossier(), patient=patient, sheet=sheet)
    return a_new_dossier(f"trait {number}", dossier=dossier)


def make_former(folder: Path, count: int) -> Path:
    """Make a store of format 2 with so many dossiers, every fiftieth with an entry."""
    with make_store(folder) as store:
        for start in range(0, count, 250):
            new = [a_person(number) for number in range(start, start + 250)]
            deposits = [a_deposit(each.dossier.dossier_id, b"body") for each in new[::50]]
            store.commit(Changes(dossiers=tuple(new), entries=tuple(deposits)), NOW)
    make_format_2(folder)
    return folder


def nothing_is_lost(before: dict[str, dict[bytes, bytes]], folder: Path) -> bool:
    """Whether all is as it was, but for what leads from more to whom it led before."""
    after = tables_of(folder)
    same = {name: after[name] for name in before if name != "index"}
    return same | {"index": before["index"]} == before and (
        before["index"].items() <= after["index"].items()
    )


def all_are_found(view: Snapshot) -> bool:
    return all(
        dossier.dossier_id in view.term_holders(term)
        for dossier in list(view.dossiers())[::50]
        for term in terms_of(dossier)
    )


def is_moved(folder: Path, before: dict[str, dict[bytes, bytes]]) -> bool:
    """Whether all is there that was, and every dossier is found; it was verified before that."""
    with LmdbStore.open(folder, KEYS, map_bytes=0) as store, store.snapshot() as view:
        found = all_are_found(view)
    return found and nothing_is_lost(before, folder)


@pytest.mark.soak
def test_ten_thousand_dossiers_are_moved_after_a_kill_and_nothing_is_lost(
    folder: Path,
) -> None:
    before = tables_of(make_former(folder, MANY))
    assert not before.keys() & {*NEW_TABLES}
    # Of other parts are 13: each ends with none.
    assert is_killed_really_moving(folder, "batch 17")
    told: list[tuple[str, int, int]] = []
    move = migrate(folder, KEYS, STEPS, lambda *what: told.append(what))
    assert (move.found, move.wanted) == (2, 3)
    assert is_moved(folder, before)
    report = check(folder, KEYS)
    assert (report.findings, report.counts["dossiers"]) == ((), MANY)
    steps = [(done, total) for what, done, total in told if what == "format 2 to 3"]
    assert steps[-1] == (MANY, MANY)
    assert steps[1] == (3000, MANY)  # what the first call had done of the terms
    assert len(steps) == 1 + 8
    assert kept(folder, 2).exists()


@pytest.fixture(scope="module")
def former(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of format 2 with dossiers for two batches; nobody changes it."""
    return make_former(tmp_path_factory.mktemp("former") / "store", 2 * BATCH - 50)


KILLS = ("batch 1", "batch 2", "verify", "_keep", "replace")
"""At the first and the last batch of the step, then behind it, up to the rename."""


@pytest.mark.parametrize("moment", KILLS)
def test_a_kill_leaves_the_former_store_and_a_second_call_ends_it(
    former: Path, folder: Path, moment: str
) -> None:
    before = tables_of(shutil.copytree(former, folder))
    data = (folder / "data.mdb").read_bytes()
    assert is_killed_really_moving(folder, moment, BATCH)
    assert (folder / "data.mdb").read_bytes() == data
    with pytest.raises(OtherFormatError, match="rmp store migrate"):
        LmdbStore.open(folder, KEYS, map_bytes=0)
    migrate(folder, KEYS, STEPS, silent)
    assert is_moved(folder, before)
    assert not (folder / COPY).exists()


def test_a_kill_behind_the_rename_leaves_the_new_store(folder: Path) -> None:
    before = tables_of(make_former(folder, 250))
    assert is_killed_really_moving(folder, "rename-done")
    assert migrate(folder, KEYS, STEPS, silent).steps == ()
    assert is_moved(folder, before)


@pytest.fixture
def every_table(folder: Path) -> Path:
    """A store of format 2 with two records at least in every table, one dossier closed."""
    with full_store(folder) as store:
        close(store, with_dossier(store, "closed"))
    make_format_2(folder)
    return folder


def test_every_table_is_as_it_was_and_closed_dossiers_have_no_terms(every_table: Path) -> None:
    before = tables_of(every_table)
    migrate(every_table, KEYS, STEPS, silent)
    assert nothing_is_lost(before, every_table)
    assert check(every_table, KEYS).findings == ()
    with LmdbStore.open(every_table, KEYS, map_bytes=0) as store, store.snapshot() as view:
        dossiers = list(view.dossiers())
        open_ones = {each.dossier_id for each in dossiers if each.closure is None}
        found = {
            each
            for one in dossiers
            for term in terms_of(one)
            for each in view.term_holders(term)
        }
    assert found == open_ones
    assert 0 < len(open_ones) < len(dossiers)


def test_the_moved_store_has_what_one_of_today_has(folder: Path) -> None:
    with full_store(folder):
        pass
    today = tables_of(folder)
    make_format_2(folder)
    migrate(folder, KEYS, STEPS, silent)
    assert tables_of(folder) == today


def test_a_store_whose_map_is_nearly_full_is_moved(tmp_path: Path) -> None:
    tight = tmp_path / "tight"
    tight.mkdir()
    with lmdb.Environment(str(make_former(tmp_path / "store", 250)), max_dbs=64) as handle:
        handle.copy(str(tight), compact=True)
    size = (tight / "data.mdb").stat().st_size
    _shrink_map(tight, size)
    before = tables_of(tight)
    migrate(tight, KEYS, STEPS, silent)
    assert nothing_is_lost(before, tight)
    assert (tight / "data.mdb").stat().st_size > size
    assert check(tight, KEYS).findings == ()


def _shrink_map(folder: Path, size: int) -> None:
    """Have the file say that no more than it holds has room in it."""
    data = bytearray((folder / "data.mdb").read_bytes())
    for meta in (0, 4096):
        at = meta + 16 + 16  # page header; magic, version, address
        data[at : at + 8] = size.to_bytes(8, sys.byteorder)
    (folder / "data.mdb").write_bytes(data)
    with lmdb.Environment(str(folder), max_dbs=64, map_size=0, readonly=True) as handle:
        assert handle.info()["map_size"] == size
