"""A store moved from any engine to any: the same records, and one store at any time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from contract_case import clean, made
from engines import TRIED
from other_process import Depositing
from store_case import KEYS, NOW, a_doctor, filled, with_dossier

from rmp_milter.dossier.changes import Changes
from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.format.keys import StoreKeys

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engines import Tried

    from rmp_milter.store.engines import Engine

CUT = RuntimeError("cut off")


@pytest.fixture(params=sorted(TRIED))
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tried]:
    """An engine to move to, and the place for it."""
    (tmp_path / "other").mkdir()
    target = TRIED[request.param](tmp_path / "other")
    yield target
    target.free()


@pytest.fixture
def source(tried: Tried) -> Tried:
    with made(tried.engine) as store:
        filled(store)
    return tried


def tell_nobody(_what: str, _done: int, _total: int) -> None:
    """Tell nobody how far it is."""


def moved(source: Engine, target: Engine) -> None:
    with source.leaving() as left:
        target.take_over(KEYS, left, tell_nobody)
        left.settle()


def cut_off(source: Engine, target: Engine, after: int) -> None:
    """Begin to move, and be ended ``after`` so many steps that were told."""
    steps = iter(range(after))

    def tell(_what: str, _done: int, _total: int) -> None:
        if next(steps, None) is None:
            raise CUT

    with pytest.raises(RuntimeError, match="cut off"), source.leaving() as left:
        target.take_over(KEYS, left, tell)


def records_of(tried: Tried) -> dict[str, list[tuple[bytes, bytes]]]:
    return {table: tried.records(table) for table in tried.tables()}


def test_all_that_there_was_is_there_and_nowhere_else(source: Tried, target: Tried) -> None:
    before = records_of(source)
    moved(source.engine, target.engine)
    assert records_of(target) == before
    assert clean(target.engine)
    with pytest.raises(StoreError, match="there is no store"):
        source.engine.open(KEYS)
    with target.engine.open(KEYS) as store:
        store.commit(Changes(doctors=(a_doctor(5),)), NOW)
    assert clean(target.engine)


def test_it_comes_back_with_what_came_since(source: Tried, target: Tried) -> None:
    moved(source.engine, target.engine)
    with target.engine.open(KEYS) as store:
        store.commit(Changes(doctors=(a_doctor(5),)), NOW)
    before = records_of(target)
    moved(target.engine, source.engine)
    assert records_of(source) == before
    assert clean(source.engine)


@pytest.mark.parametrize("after", [0, 1, 12, 26])
def test_what_was_cut_off_is_gone_on_with(source: Tried, target: Tried, after: int) -> None:
    before = records_of(source)
    cut_off(source.engine, target.engine, after)
    with pytest.raises(StoreError, match="there is no store"):
        target.engine.open(KEYS)
    assert clean(source.engine)
    moved(source.engine, target.engine)
    assert records_of(target) == before


def test_what_was_begun_of_another_moment_is_thrown_away(source: Tried, target: Tried) -> None:
    cut_off(source.engine, target.engine, 20)
    with source.engine.open(KEYS) as store:
        store.commit(Changes(doctors=(a_doctor(5),)), NOW)
    before = records_of(source)
    moved(source.engine, target.engine)
    assert records_of(target) == before
    assert clean(target.engine)


def test_a_store_that_is_not_sound_is_not_moved(source: Tried, target: Tried) -> None:
    (key, value), *_ = source.records("entries")
    source.put("entries", key, value[:-1] + bytes([value[-1] ^ 1]))
    with pytest.raises(StoreError, match="the store is not sound"):
        moved(source.engine, target.engine)
    assert source.engine.check(KEYS).findings
    with pytest.raises(StoreError, match="there is no store"):
        target.engine.open(KEYS)


def test_keys_of_another_store_move_nothing(source: Tried, target: Tried) -> None:
    wrong = StoreKeys(metadata=b"x" * 32, index=KEYS.index, outbox=KEYS.outbox)
    with pytest.raises(StoreError, match="not sound"), source.engine.leaving() as left:
        target.engine.take_over(wrong, left, tell_nobody)
    assert clean(source.engine)


def test_no_store_is_moved_over_another(source: Tried, target: Tried) -> None:
    made(target.engine).close()
    before = records_of(target)
    with pytest.raises(StoreError, match="is made over it"):
        moved(source.engine, target.engine)
    assert records_of(target) == before
    assert clean(source.engine)


def test_who_has_it_open_writes_no_more(source: Tried, target: Tried) -> None:
    """A process of this machine keeps a file from being moved; one of another is shut out."""
    with source.engine.open(KEYS) as store:
        with_dossier(store, "trait")
    with Depositing(source) as writer:
        writer.stdout.readline()
        try:
            moved(source.engine, target.engine)
        except StoreError as refusal:
            assert "stop milter and courier" in str(refusal)  # noqa: PT017 -- either may be
            assert writer.runs
            return
        assert writer.wait() == 0
    assert clean(target.engine)


def test_a_store_that_is_not_there_cannot_be_left(tried: Tried) -> None:
    with pytest.raises(StoreError, match="there is no store"), tried.engine.leaving():
        pass
