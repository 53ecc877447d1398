"""Another index key for a large store: in memory that does not grow with it."""

import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest
from store_case import KEYS, NOW, a_doctor, a_new_dossier, a_strike, make_store

from rmp_milter.dossier.changes import Changes
from rmp_milter.store.check.whole import check
from rmp_milter.store.resealing import reseal
from rmp_milter.store.store import LmdbStore

pytestmark = pytest.mark.slow


def many(folder: Path, count: int) -> Path:
    with make_store(folder) as store:
        for start in range(0, count, 50):
            numbers = range(start, start + 50)
            store.commit(
                Changes(
                    dossiers=tuple(a_new_dossier(f"trait {number}") for number in numbers),
                    doctors=tuple(a_doctor(number + 1) for number in numbers),
                    strikes=tuple(a_strike(b"%d" % number) for number in numbers),
                ),
                NOW,
            )
            for number in numbers:
                store.commit(Changes(digest=number.to_bytes(32, "big")), NOW)
    return folder


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("redigested")
    return many(folder / "few", 100), many(folder / "many", 800)


NEXT = replace(KEYS, index=KEYS.index + b"j" * 32)


def peak_of(source: Path, target: Path) -> int:
    """Return the most memory that was held at once, in bytes."""
    target.mkdir()
    tracemalloc.start()
    try:
        reseal(source, target, KEYS, NEXT, lambda *_: None)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_store_eight_times_as_large_needs_no_more_memory(
    stores: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rmp_milter.engine.filling.MOST_RECORDS", 50)
    few, large = stores
    peak_of(few, tmp_path / "first")  # what is made once is made
    small = peak_of(few, tmp_path / "few")
    assert peak_of(large, tmp_path / "many") - small < 100_000
    assert not check(tmp_path / "many", NEXT).findings
    opened = LmdbStore.open(tmp_path / "many", NEXT, map_bytes=0)
    with opened as store, store.snapshot() as view:
        assert all(view.seen(number.to_bytes(32, "big")) for number in range(800))


def test_how_far_it_is_grows_to_the_end(stores: tuple[Path, Path], tmp_path: Path) -> None:
    told = list[tuple[int, int]]()
    reseal(stores[0], tmp_path, KEYS, NEXT, lambda *done: told.append(done))
    assert len({total for _, total in told}) == 1
    done = [done for done, _ in told]
    assert done == sorted(done)
    assert told[-1][0] == told[-1][1]
