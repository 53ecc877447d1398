"""The step from format 2 to 3: what was found by reading all there is has an index."""

from collections.abc import Callable
from pathlib import Path

import lmdb
import pytest
from former_store import make_format_2, tables_of
from msgspec.structs import replace
from store_case import (
    KEYS,
    MAP_BYTES,
    NOW,
    a_doctor,
    a_patient,
    an_emergency,
    full_store,
    with_dossier,
)

from rmp_milter.dossier.changes import Changes
from rmp_milter.dossier.model import EmergencyState, Locum
from rmp_milter.store import Store
from rmp_milter.store.format import course, version
from rmp_milter.store.format.blind import LinkKind
from rmp_milter.store.format.codecs import Codecs
from rmp_milter.store.format.course import Course
from rmp_milter.store.format.directory_links import index_directory

ADDED = ("emergencies_open", "erasures_due")
Tables = dict[str, dict[bytes, bytes]]


def a_directory(store: Store) -> None:
    """Add locums, several of one name, a patient with a key, emergencies of each state."""
    locum = a_doctor(50)
    days = tuple(Locum(locum.doctor_id, f"2023-11-0{n}", f"2023-11-0{n}", NOW) for n in (1, 2))
    principals = tuple(
        replace(a_doctor(number), name="Dr Anne MOREL", locums=days) for number in range(51, 60)
    )
    dossier_id = with_dossier(store, "with a key")
    states = enumerate(EmergencyState, 10)
    emergencies = tuple(
        replace(an_emergency(dossier_id, number), state=state) for number, state in states
    )
    nameless = replace(a_doctor(60), name="Dr")
    doctors = (locum, *principals, nameless, a_patient(dossier_id))
    store.commit(Changes(doctors=doctors, emergencies=emergencies), NOW)


def opened(folder: Path) -> lmdb.Environment:
    return lmdb.Environment(str(folder), map_size=MAP_BYTES, max_dbs=64)


def taken(handle: lmdb.Environment, told: Callable[[int, int], None]) -> None:
    step = Course(handle, KEYS, told)
    index_directory(step)
    step.arrive(version.FORMAT.mark)


@pytest.fixture
def before(folder: Path) -> Tables:
    """The tables of a store that was written in format 3 from the beginning; then format 2."""
    with full_store(folder) as store:
        a_directory(store)
    tables = tables_of(folder)
    for name in ("terms", "words"):  # of another part of the step
        del tables[name]
    make_format_2(folder)
    return tables


@pytest.mark.parametrize("batch", [1, 7, 1000])
def test_the_step_writes_what_the_store_would_have_written(
    folder: Path, before: Tables, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(course, "BATCH", batch)
    told: list[tuple[int, int]] = []
    with opened(folder) as handle:
        taken(handle, lambda done, total: told.append((done, total)))
    assert tables_of(folder) == before
    total = sum(len(before[name]) for name in ("doctors", "dossiers", "emergencies"))
    assert told[-1] == (total, total)
    assert [done for done, _ in told] == sorted({done for done, _ in told})


def test_a_step_that_was_cut_off_can_be_taken_again(folder: Path, before: Tables) -> None:
    class CutError(Exception):
        """Where a process would be killed."""

    def cut(_done: int, _total: int) -> None:
        raise CutError

    with opened(folder) as handle:
        with pytest.raises(CutError):
            taken(handle, cut)
        taken(handle, lambda *_: None)
    assert tables_of(folder) == before


def test_every_kind_of_link_is_among_them(before: Tables) -> None:
    """A store that has nothing of a kind would prove nothing of it."""
    name = Codecs(KEYS).blind.of(LinkKind.NAME, "ANNE MOREL")
    assert sum(key.startswith(name) for key in before["index"]) == 9
    assert all(len(before[table]) >= 2 for table in ADDED)
    assert len(before["emergencies_open"]) < len(before["emergencies"])
    assert len(before["erasures_due"]) < len(before["dossiers"])
