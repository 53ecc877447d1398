"""A store that benches have filled is one as mails would have filled it, but for its keys."""

import secrets
from collections.abc import Iterator

import pytest
from filling import LEAST_DOCTORS, Filled, fill
from population import Place

from rmp_milter.config.sections import StoreSection
from rmp_milter.dossier.identity import trait_keys
from rmp_milter.keeper.authority.cards import Sealer
from rmp_milter.store import StoreKeys
from rmp_milter.store.engines import Engine
from rmp_milter.store.opening import engine_at
from rmp_milter.store.surface import Store

AMOUNT = 120
SEALER = Sealer(bytes(32))


@pytest.fixture(scope="module")
def keys() -> StoreKeys:
    return StoreKeys(*(secrets.token_bytes(32) for _ in range(3)))


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory, keys: StoreKeys) -> Engine:
    folder = tmp_path_factory.mktemp("filled") / "store"
    engine = engine_at(folder, StoreSection(map_bytes=64 << 20))
    engine.create(keys)
    return engine


@pytest.fixture(scope="module")
def store(engine: Engine, keys: StoreKeys) -> Iterator[Store]:
    with engine.open(keys) as store:
        yield store


@pytest.fixture(scope="module")
def filled(store: Store) -> Filled:
    return fill(store, SEALER, AMOUNT, Place.MAINLAND, lambda *_: None)


def test_it_holds_as_many_as_it_says(store: Store, filled: Filled) -> None:
    stats = store.stats()
    assert (stats["dossiers"], stats["doctors"]) == (AMOUNT, LEAST_DOCTORS)
    assert (filled.amount, len(filled.sample), len(filled.doctors)) == (
        AMOUNT,
        AMOUNT,
        LEAST_DOCTORS,
    )


def test_it_is_sound(engine: Engine, keys: StoreKeys, filled: Filled) -> None:
    report = engine.check(keys)
    assert report.counts["dossiers"] == filled.amount
    assert report.findings == report.notes == ()


def test_each_of_the_sample_is_found_by_his_traits(store: Store, filled: Filled) -> None:
    with store.snapshot() as view:
        for each in filled.sample:
            assert view.dossiers_by_traits(trait_keys(each.patient)) == (each,)
            assert view.doctor(each.treating) is not None


def test_the_cards_are_the_keepers_own(filled: Filled) -> None:
    for each in filled.sample:
        assert SEALER.dossier(each.card).dossier == each.dossier_id
    for doctor in filled.doctors:
        assert SEALER.person(doctor.card).person == doctor.doctor_id
