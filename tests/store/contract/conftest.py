from collections.abc import Iterator
from pathlib import Path

import pytest
from contract_case import fill, made
from engines import TRIED, Tried
from store_case import KEYS, NOW, usable

from rmp_milter.store.engines import Engine
from rmp_milter.store.surface import Outbox, Store


@pytest.fixture(params=sorted(TRIED))
def tried(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tried]:
    """An engine whose store is not made yet."""
    tried = TRIED[request.param](tmp_path / "store")
    yield tried
    tried.free()


@pytest.fixture
def engine(tried: Tried) -> Engine:
    return tried.engine


@pytest.fixture
def store(engine: Engine) -> Iterator[Store]:
    with made(engine) as store:
        yield store


@pytest.fixture
def outbox(store: Store, engine: Engine) -> Iterator[Outbox]:
    assert usable(store)
    with engine.outbox(KEYS.outbox, clock=lambda: NOW + 5) as outbox:
        yield outbox


@pytest.fixture
def full(engine: Engine) -> Engine:
    """The engine of a closed store with records of every kind."""
    fill(engine)
    return engine
