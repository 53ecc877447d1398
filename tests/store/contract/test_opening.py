"""A store made, opened by whom it may, and refused."""

from collections.abc import Callable
from pathlib import Path

import pytest
from contract_case import clean, made
from engines import FORMAT_NUMBER, Tried
from store_case import KEYS, NOW, a_deposit, a_doctor, a_mail, with_dossier

from rmp_milter.dossier.changes import Changes
from rmp_milter.store.engines import Engine
from rmp_milter.store.format.failures import (
    Conflict,
    OtherFormatError,
    StoreError,
    StoreFailed,
)
from rmp_milter.store.format.keys import StoreKeys
from rmp_milter.store.surface import Store

Use = Callable[[Engine], object]
USES: list[Use] = [
    lambda engine: engine.open(KEYS),
    lambda engine: engine.open(KEYS, read_only=True),
    lambda engine: engine.outbox(KEYS.outbox),
    lambda engine: engine.check(KEYS),
]


def test_a_new_store_is_empty_and_sound(engine: Engine) -> None:
    with made(engine) as store, store.snapshot() as view:
        assert list(view.dossiers()) == list(view.doctors()) == list(view.waiting()) == []
        assert list(view.emergencies()) == list(view.receipt_doctors()) == []
        assert view.postal() == ()
        counts = {name: count for name, count in store.stats().items() if "bytes" not in name}
        assert set(counts.values()) == {0}
    assert clean(engine)


@pytest.mark.parametrize("use", USES)
def test_a_missing_store_is_not_made_by_opening(engine: Engine, use: Use) -> None:
    for _ in range(2):
        with pytest.raises(StoreError, match="there is no store"):
            use(engine)


def test_a_store_is_never_made_over_one_that_is_there(engine: Engine) -> None:
    doctor = a_doctor()
    with made(engine) as store:
        store.commit(Changes(doctors=(doctor,)), NOW)
    with pytest.raises(StoreError, match="not empty"):
        engine.create(KEYS)
    with engine.open(KEYS) as store, store.snapshot() as view:
        assert list(view.doctors()) == [doctor]


@pytest.mark.parametrize("wrong", ["metadata", "index", "outbox"])
def test_the_keys_of_another_store_are_refused(engine: Engine, wrong: str) -> None:
    made(engine).close()
    keys = {"metadata": KEYS.metadata, "index": KEYS.index, "outbox": KEYS.outbox}
    for read_only in (False, True):
        with pytest.raises(StoreError, match="the keys are not those"):
            engine.open(StoreKeys(**keys | {wrong: b"x" * 32}), read_only=read_only)
    assert clean(engine)


def test_the_courier_with_another_key_is_refused(engine: Engine) -> None:
    made(engine).close()
    with pytest.raises(StoreError, match="the key is not that"):
        engine.outbox(b"x" * 32)


@pytest.mark.parametrize("use", USES)
def test_an_older_format_is_refused_and_the_way_named(tried: Tried, use: Use) -> None:
    made(tried.engine).close()
    tried.mark(FORMAT_NUMBER - 1)
    said = f"is of format {FORMAT_NUMBER - 1}, older than .* rmp store migrate$"
    with pytest.raises(OtherFormatError, match=said):
        use(tried.engine)


@pytest.mark.parametrize("use", [*USES, lambda engine: engine.planned()])
def test_a_later_format_is_refused(tried: Tried, use: Use) -> None:
    made(tried.engine).close()
    tried.mark(FORMAT_NUMBER + 1)
    with pytest.raises(OtherFormatError, match="written by a later version"):
        use(tried.engine)


def test_a_store_of_our_format_is_not_moved(full: Engine) -> None:
    plan = full.planned()
    assert (plan.found, plan.wanted, list(plan.steps)) == (FORMAT_NUMBER, FORMAT_NUMBER, [])
    before = full.check(KEYS)
    assert list(full.migrate(KEYS, lambda *_: None).steps) == []
    assert full.check(KEYS) == before


def test_an_older_store_has_steps_to_our_format(tried: Tried) -> None:
    made(tried.engine).close()
    tried.mark(FORMAT_NUMBER - 1)
    plan = tried.engine.planned()
    assert (list(plan.steps), plan.wanted) == ([FORMAT_NUMBER - 1], FORMAT_NUMBER)
    assert plan.room > 0


def test_what_was_committed_is_there_when_it_is_opened_again(engine: Engine) -> None:
    with made(engine) as store:
        dossier_id = with_dossier(store, "trait")
        entry = a_deposit(dossier_id, b"body")
        store.commit(Changes(digest=b"d" * 32, entries=(entry,), outbox=(a_mail(),)), NOW)
        figures = store.stats()
    for read_only in (True, False):
        with engine.open(KEYS, read_only=read_only) as store, store.snapshot() as view:
            assert view.seen(b"d" * 32)
            assert [each.entry for each in view.entries(dossier_id)] == [entry.entry]
            assert view.body(entry.bodies[0].document_id) == b"body"
            assert store.stats() == figures
    with engine.outbox(KEYS.outbox) as outbox:
        assert [row.row for row in outbox.rows()] == [1]


def test_a_store_that_is_open_twice_is_one(store: Store, engine: Engine) -> None:
    with engine.open(KEYS) as other:
        other.commit(Changes(digest=b"d" * 32), NOW)
        with store.snapshot() as view:
            assert view.seen(b"d" * 32)
    with pytest.raises(Conflict):
        store.commit(Changes(digest=b"d" * 32), NOW)


def test_a_closed_store_refuses_every_use(engine: Engine) -> None:
    store = made(engine)
    store.close()
    store.close()
    with pytest.raises(StoreFailed), store.snapshot():
        pass
    with pytest.raises(StoreFailed):
        store.commit(Changes(), NOW)
    outbox = engine.outbox(KEYS.outbox)
    outbox.close()
    outbox.close()
    with pytest.raises(StoreFailed):
        outbox.rows()


def test_a_reader_outlives_the_closing_of_its_store(engine: Engine) -> None:
    store, doctor = made(engine), a_doctor()
    store.commit(Changes(doctors=(doctor,)), NOW)
    with store.snapshot() as view:
        store.close()
        assert view.doctor(doctor.doctor_id) == doctor
    with pytest.raises(StoreFailed):
        store.commit(Changes(), NOW)


def test_a_store_opened_to_read_reads_and_writes_nothing(engine: Engine) -> None:
    doctor = a_doctor()
    with made(engine) as store:
        store.commit(Changes(doctors=(doctor,)), NOW)
    with engine.open(KEYS, read_only=True) as store:
        with store.snapshot() as view:
            assert view.doctor(doctor.doctor_id) == doctor
        with pytest.raises(StoreFailed):
            store.commit(Changes(doctors=(a_doctor(2),)), NOW)
    with engine.open(KEYS) as store:
        assert store.stats()["doctors"] == 1
        taken, most = store.room()
        assert taken > 0
        assert not most or taken < most


def test_digests_are_remembered_as_long_as_the_opener_says(engine: Engine) -> None:
    made(engine).close()
    with engine.open(KEYS, duplicate_days=2) as store:
        store.commit(Changes(digest=b"d" * 32), NOW)
        store.commit(Changes(), NOW + 2 * 86_400 - 1)
        assert store.stats()["duplicate_digests"] == 1
        store.commit(Changes(), NOW + 2 * 86_400)
        assert store.stats()["duplicate_digests"] == 0


def test_figures_count_what_there_is(full: Engine) -> None:
    with full.open(KEYS) as store:
        stats = store.stats()
    expected = {
        "dossiers": 6,
        "entries": 7,
        "documents": 14,
        "key_packets": 2,
        "doctors": 2,
        "deposits_waiting": 2,
        "receipt_lines": 2,
        "emergencies": 2,
        "letters_to_post": 2,
        "tallies": 2,
        "bodies_given_up": 2,
        "outbox_waiting": 5,
        "outbox_parked": 1,
        "outbox_sent_lately": 2,
        "duplicate_digests": 2,
    }
    assert {name: stats[name] for name in expected} == expected
    assert stats["document_bytes"] >= 6 * 9000


# Copies


def test_a_copy_is_the_store_as_it_was_at_that_moment(
    store: Store, tried: Tried, tmp_path: Path
) -> None:
    dossier_id = with_dossier(store, "trait")
    entry = a_deposit(dossier_id, b"body")
    store.commit(Changes(entries=(entry,), outbox=(a_mail(),)), NOW)
    (tmp_path / "copy").mkdir()
    store.copy(tmp_path / "copy")
    before = tried.engine.check(KEYS)
    store.commit(Changes(digest=b"later" * 5, doctors=(a_doctor(),)), NOW)
    copy = tried.at(tmp_path / "copy").engine
    assert copy.check(KEYS) == before
    with copy.open(KEYS) as copied, copied.snapshot() as view:
        assert not view.seen(b"later" * 5)
        assert view.entries(dossier_id)[0].entry == entry.entry
        copied.commit(Changes(digest=b"copy's own" * 3), NOW)
    with store.snapshot() as view:
        assert not view.seen(b"copy's own" * 3)


def test_a_store_is_compacted_whole(full: Engine, tried: Tried, tmp_path: Path) -> None:
    lines = full.compact(KEYS, tmp_path / "compact")
    assert "rmp store check" in lines
    assert tried.at(tmp_path / "compact").engine.check(KEYS) == full.check(KEYS)


def test_nothing_is_compacted_over_what_is_there(full: Engine, tmp_path: Path) -> None:
    (tmp_path / "compact").mkdir()
    (tmp_path / "compact" / "mine").touch()
    with pytest.raises(StoreError, match="is not empty"):
        full.compact(KEYS, tmp_path / "compact")
    assert [each.name for each in (tmp_path / "compact").iterdir()] == ["mine"]
