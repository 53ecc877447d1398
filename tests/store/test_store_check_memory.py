"""The check's memory does not grow with the store."""

import tracemalloc
from pathlib import Path

import lmdb
import pytest
from store_case import (
    KEYS,
    MAP_BYTES,
    NOW,
    a_deposit,
    a_doctor,
    a_mail,
    a_new_dossier,
    a_patient,
    a_strike,
    a_waiting,
    an_emergency,
    make_store,
)

from rmp_milter.dossier.changes import Changes
from rmp_milter.store.check import keys as check_keys
from rmp_milter.store.check.whole import check

pytestmark = pytest.mark.slow

FEW, MANY = 200, 1600
MORE = 150_000
"""Bytes that a store eight times as large may cost more: less than any set of its keys."""


def filled(folder: Path, count: int) -> Path:
    """A store with so many records in each table that grows with the service."""
    with make_store(folder) as store:
        for start in range(0, count, 50):
            store.commit(_changes(range(start, start + 50)), NOW)
            for number in range(start, start + 50):
                store.commit(Changes(digest=number.to_bytes(32, "big")), NOW + number)
    return folder


def _changes(numbers: range) -> Changes:
    new = tuple(a_new_dossier(f"trait {number}") for number in numbers)
    ids = [each.dossier.dossier_id for each in new]
    entries = tuple(a_deposit(each, b"one", b"two") for each in ids)
    bodies = [entry.bodies[0].document_id for entry in entries]
    return Changes(
        dossiers=new,
        entries=entries,
        doctors=tuple(
            doctor
            for number, each in zip(numbers, ids, strict=True)
            for doctor in (a_doctor(2 * number + 1), a_patient(each, 2 * number + 2))
        ),
        outbox=tuple(a_mail(body) for body in bodies),
        strikes=tuple(a_strike(each) for each in ids),
        emergencies=tuple(
            an_emergency(each, number) for number, each in zip(numbers, ids, strict=True)
        ),
        waiting=tuple(a_waiting(b"waits", traits=(f"waits {number}",)) for number in numbers),
    )


def peak_of_check(folder: Path) -> tuple[int, tuple[str, ...]]:
    """Return the most memory that the check held at once, in bytes, and what it found."""
    tracemalloc.start()
    try:
        findings = check(folder, KEYS).findings
        return tracemalloc.get_traced_memory()[1], findings
    finally:
        tracemalloc.stop()


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("stores")
    return filled(folder / "few", FEW), filled(folder / "many", MANY)


def test_a_sound_store_eight_times_as_large_needs_no_more_memory(
    stores: tuple[Path, Path],
) -> None:
    small, large = stores
    check(small, KEYS)  # what is made once is made
    (few, none), (many, nothing) = peak_of_check(small), peak_of_check(large)
    assert (none, nothing) == ((), ())
    assert many - few < MORE


# Each look-up that is lost is another walk through the store, for every five hundred records.
@pytest.mark.parametrize(
    "lost", [("terms",), pytest.param(("terms", "index"), marks=pytest.mark.soak)]
)
def test_naming_what_is_damaged_needs_no_more_either(
    stores: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, lost: tuple[str, ...]
) -> None:
    monkeypatch.setattr(check_keys, "MOST_REMEMBERED", 500)
    for folder in stores:
        for table in lost:
            _forget(folder, table)
    small, large = stores
    (few, some), (many, more) = peak_of_check(small), peak_of_check(large)
    assert any("search terms do not lead" in line for line in some)
    assert any("search terms do not lead" in line for line in more)
    assert many - few < MORE


def _forget(folder: Path, name: str) -> None:
    with lmdb.Environment(str(folder), max_dbs=64, map_size=MAP_BYTES) as handle:
        table = handle.open_db(name.encode(), create=False)
        with handle.begin(write=True) as txn:
            txn.drop(table, delete=False)
