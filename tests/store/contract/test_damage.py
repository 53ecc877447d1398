"""What somebody did to the disk: the check finds it, and nobody reads it for true."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from contract_case import clean, fill, findings
from engines import TRIED
from store_case import KEYS, NOW, a_deposit, with_dossier

from rmp_milter.dossier.changes import Changes
from rmp_milter.store.format.failures import DamagedRecordError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engines import Tried

    from rmp_milter.store.engines import Engine
    from rmp_milter.store.surface import Store

SEALED = [
    *("dossiers", "heads", "entries", "doctors", "waiting", "emergencies", "letters"),
    *("envelopes", "receipts", "tallies", "outbox", "outbox_state", "sent", "bodies"),
]
LOOKED_UP = [
    *("index", "terms", "seen", "outbox_due", "waiting_expiry"),
    *("emergencies_at", "emergencies_open", "erasures_due"),
]


def remove(tried: Tried, table: str) -> None:
    (key, _), *_ = of(tried, table)
    tried.delete(table, key)


def alter(tried: Tried, table: str) -> None:
    (key, value), *_ = of(tried, table)
    tried.put(table, key, value[:-1] + bytes([value[-1] ^ 1]))


def swap(tried: Tried, table: str) -> None:
    (one, first), *_, (two, second) = of(tried, table)
    tried.put(table, one, second)
    tried.put(table, two, first)


def of(tried: Tried, table: str) -> list[tuple[bytes, bytes]]:
    """Return records that count: of a body that is given up it is kept only that it goes."""
    given_up = {key for key, _ in tried.records("orphans")}
    return [row for row in tried.records(table) if table != "bodies" or row[0] not in given_up]


@pytest.fixture(scope="module", params=sorted(TRIED))
def kept(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Tried]:
    """A store with records of every kind, in which each test puts back what it changed."""
    kept = TRIED[request.param](tmp_path_factory.mktemp("kept") / "store")
    fill(kept.engine)
    yield kept
    assert clean(kept.engine)
    kept.free()


@contextmanager
def put_back(kept: Tried, table: str) -> Iterator[None]:
    """Put the table's records back at the end of the block, whatever is done to them there."""
    before = dict(kept.records(table))
    try:
        yield
    finally:
        now = dict(kept.records(table))
        for key in now.keys() - before.keys():
            kept.delete(table, key)
        for key, value in before.items():
            if now.get(key) != value:
                kept.put(table, key, value)


def test_the_check_of_a_sound_store_finds_nothing_and_tells_how_far_it_is(kept: Tried) -> None:
    steps: list[tuple[int, int]] = []
    report = kept.engine.check(KEYS, lambda done, total: steps.append((done, total)))
    assert report.findings == ()
    assert report.counts == {name: len(kept.records(name)) for name in kept.tables()}
    total = sum(report.counts.values())
    assert steps[-1] == (total, total)


@pytest.mark.parametrize("act", [remove, alter, swap])
@pytest.mark.parametrize("table", SEALED)
@pytest.mark.promise(number=12)
def test_the_check_finds_what_was_done_to_a_record(
    kept: Tried, table: str, act: Callable[[Tried, str], None]
) -> None:
    with put_back(kept, table):
        act(kept, table)
        found = findings(kept.engine)
    assert found
    assert all("Quincampoix" not in line for line in found)


@pytest.mark.parametrize("table", LOOKED_UP)
@pytest.mark.promise(number=12)
def test_the_check_finds_a_look_up_that_is_lost_or_too_many(kept: Tried, table: str) -> None:
    (key, value), *_ = kept.records(table)
    with put_back(kept, table):
        kept.delete(table, key)
        assert findings(kept.engine)
        kept.put(table, key, value)
        assert clean(kept.engine)
        kept.put(table, bytes([key[0] ^ 1]) + key[1:], value)
        assert findings(kept.engine)


def test_the_check_runs_beside_the_open_store(store: Store, engine: Engine) -> None:
    with_dossier(store)
    assert clean(engine)
    with_dossier(store, "another")
    assert engine.check(KEYS).counts["dossiers"] == 2


@pytest.mark.parametrize("table", ["dossiers", "entries", "doctors"])
def test_a_record_that_was_altered_is_never_read(
    full: Engine, tried: Tried, table: str
) -> None:
    for key, value in tried.records(table):
        tried.put(table, key, value[:-1] + bytes([value[-1] ^ 1]))
    with full.open(KEYS) as store, store.snapshot() as view:
        reads = {
            "dossiers": lambda: list(view.dossiers()),
            "doctors": lambda: list(view.doctors()),
            "entries": lambda: [view.entries(each.dossier_id) for each in view.dossiers()],
        }
        with pytest.raises(DamagedRecordError):
            reads[table]()


def test_a_record_that_an_index_promises_and_that_is_gone_is_told(
    store: Store, tried: Tried
) -> None:
    dossier_id = with_dossier(store, "trait")
    store.commit(Changes(entries=(a_deposit(dossier_id, b"x"),)), NOW)
    tried.delete("dossiers", dossier_id)
    with store.snapshot() as view, pytest.raises(StoreError, match="is missing"):
        view.dossiers_by_traits(["trait"])
