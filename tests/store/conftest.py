import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from rotation_case import lay_keys
from store_case import KEYS, MAP_BYTES, NOW, full_store, make_store, usable

from rmp_milter.dossier.changes import Changes
from rmp_milter.store import Store
from rmp_milter.store.format.succession import Rotated
from rmp_milter.store.lmdb_outbox import LmdbOutbox


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    with make_store(folder) as store:
        yield store


@pytest.fixture
def outbox(store: Store, folder: Path) -> Iterator[LmdbOutbox]:
    assert usable(store)
    with LmdbOutbox.open(folder, KEYS.outbox, MAP_BYTES, clock=lambda: NOW + 5) as outbox:
        yield outbox


@pytest.fixture(scope="session")
def filled_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed store with records in every table, which nobody changes."""
    folder = tmp_path_factory.mktemp("filled") / "store"
    with (
        full_store(folder) as store,
        LmdbOutbox.open(folder, KEYS.outbox, MAP_BYTES, clock=lambda: NOW) as outbox,
    ):
        outbox.sent(1)
        outbox.sent(2)
        store.commit(Changes(bounced=(2,)), NOW)
        outbox.park(3, "relay refused")
    return folder


@pytest.fixture
def full_folder(filled_once: Path, folder: Path) -> Path:
    """A closed store with records in every table, sent and parked rows among them."""
    return shutil.copytree(filled_once, folder)


@pytest.fixture
def home(full_folder: Path) -> Path:
    lay_keys(full_folder.parent)
    return full_folder.parent


@pytest.fixture(params=list(Rotated))
def which(request: pytest.FixtureRequest) -> Rotated:
    return Rotated(request.param)
