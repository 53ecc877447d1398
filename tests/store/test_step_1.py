"""The step from format 1 to 2: code slots say how their code counts, tries count longer."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lmdb
import pytest

from rmp_milter.config import Config, load
from rmp_milter.keeper.keys.keys import load_keys
from rmp_milter.keeper.keys.sealing import SealError, open_code_slot
from rmp_milter.store import StoreError
from rmp_milter.store.check.whole import check
from rmp_milter.store.format.blind import Blind, LinkKind
from rmp_milter.store.format.codecs import Codec, u32
from rmp_milter.store.format.course import Course
from rmp_milter.store.format.keys import StoreKeys, read_store_keys
from rmp_milter.store.migrating import migrate
from rmp_milter.store.steps import STEPS, mark_codes
from rmp_milter.store.store import LmdbStore
from testbed.past_service import manifest, unpack

DAY = 86_400


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return load(unpack(tmp_path))


@pytest.fixture
def keys(config: Config) -> StoreKeys:
    return read_store_keys(config.paths.milter, config.paths.outbox_key)


@pytest.fixture
def handle(config: Config) -> Iterator[lmdb.Environment]:
    with lmdb.Environment(str(config.paths.store), map_size=0, max_dbs=64) as opened:
        yield opened


def read(handle: lmdb.Environment, keys: StoreKeys, name: str) -> dict[bytes, Any]:
    """Return a table's records as plain values, whatever the format."""
    codec = Codec(name, keys.metadata, dict[str, Any])
    table = handle.open_db(name.encode(), create=False)
    with handle.begin() as txn:
        return {bytes(key): codec.open(key, sealed) for key, sealed in txn.cursor(table)}


def ends(handle: lmdb.Environment) -> set[bytes]:
    table = handle.open_db(b"tally_expiry", create=False)
    with handle.begin() as txn:
        return {bytes(key) for key, _ in txn.cursor(table)}


def silent(_done: int, _total: int) -> None:
    """Tell nobody."""


def test_every_code_that_is_there_keeps_its_case_and_nothing_else_changes(
    handle: lmdb.Environment, keys: StoreKeys
) -> None:
    before = read(handle, keys, "dossiers")
    told: list[tuple[int, int]] = []
    mark_codes(Course(handle, keys, lambda done, total: told.append((done, total))))
    after = read(handle, keys, "dossiers")
    total = len(before) + len(read(handle, keys, "doctors"))
    assert told[-1] == (total, total)
    coded = 0
    for key, record in before.items():
        if code := record["dossier"]["slots"]["code"]:
            assert "folded" not in code
            code["folded"] = False
            coded += 1
        assert after[key] == record
    assert set(after) == set(before)
    assert 0 < coded < len(before)


def test_more_records_than_one_transaction_takes_are_all_marked(
    handle: lmdb.Environment, keys: StoreKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rmp_milter.store.format.course.BATCH", 7)
    mark_codes(Course(handle, keys, silent))
    codes = [
        each["dossier"]["slots"]["code"] for each in read(handle, keys, "dossiers").values()
    ]
    assert {code["folded"] for code in codes if code} == {False}


def test_a_try_that_was_counted_counts_for_thirty_days(
    handle: lmdb.Environment, keys: StoreKeys
) -> None:
    tallies = read(handle, keys, "tallies")
    assert ends(handle) == {u32(of["times"][-1] + 7 * DAY) + key for key, of in tallies.items()}
    mark_codes(Course(handle, keys, silent))
    assert read(handle, keys, "tallies") == tallies
    assert ends(handle) == {
        u32(of["times"][-1] + 30 * DAY) + key for key, of in tallies.items()
    }
    assert tallies


def test_a_strangers_key_leads_to_a_doctor_no_more(
    handle: lmdb.Environment, keys: StoreKeys
) -> None:
    before = read(handle, keys, "doctors")
    key, record = next((key, each) for key, each in before.items() if "patient_of" not in each)
    squatted = b"ab" * 8
    whole = {**record, "key_ids": [*record["key_ids"], squatted.decode()]}
    link = Blind(keys.index).of(LinkKind.KEY_ID, squatted.decode()) + key
    doctors, index = (handle.open_db(name, create=False) for name in (b"doctors", b"index"))
    codec = Codec("doctors", keys.metadata, dict[str, Any])
    with handle.begin(write=True) as txn:
        txn.put(key, codec.seal(key, whole), db=doctors)
        txn.put(link, b"", db=index)
    mark_codes(Course(handle, keys, silent))
    assert read(handle, keys, "doctors") == before
    with handle.begin() as txn:
        assert txn.get(link, db=index) is None
    assert len(record["key_ids"]) == 2  # his own encryption key is bound, and stays


def test_the_moved_store_is_sound_and_its_codes_are_unfolded(
    config: Config, keys: StoreKeys
) -> None:
    move = migrate(config.paths.store, keys, STEPS, lambda *_: None)
    assert (move.found, move.steps[0]) == (1, mark_codes)
    assert check(config.paths.store, keys).findings == ()
    with (
        LmdbStore.open(config.paths.store, keys, map_bytes=0) as store,
        store.snapshot() as view,
    ):
        codes = [dossier.slots.code for dossier in view.dossiers()]
    assert {code.folded for code in codes if code} == {False}


def test_old_codes_open_as_they_did_and_only_in_their_case(
    config: Config, keys: StoreKeys
) -> None:
    migrate(config.paths.store, keys, STEPS, lambda *_: None)
    keys_of_codes = load_keys(config.paths.keeper).peppers.code_keys
    known = manifest()["known"]
    with (
        LmdbStore.open(config.paths.store, keys, map_bytes=0) as store,
        store.snapshot() as view,
    ):
        for which, typed in (("masked", known["code"]), ("recoded", known["new code"])):
            dossier = view.dossier(bytes.fromhex(known[which]))
            assert dossier
            slot = dossier.slots.code
            assert slot
            private = open_code_slot(slot, f" {typed} ", dossier.dossier_id, keys_of_codes)
            assert private.public_key().public_bytes_raw() == dossier.public_key
            for wrong in (typed.lower(), typed.replace("-", ""), "Fixture-3"):
                with pytest.raises(SealError):
                    open_code_slot(slot, wrong, dossier.dossier_id, keys_of_codes)


def test_a_record_that_does_not_open_leaves_the_store_as_it_was(
    config: Config, keys: StoreKeys
) -> None:
    wrong = StoreKeys(b"x" * 32, keys.index, keys.outbox)
    before = (config.paths.store / "data.mdb").read_bytes()
    with pytest.raises(StoreError, match="stays as it was, of format 1"):
        migrate(config.paths.store, wrong, STEPS, lambda *_: None)
    assert (config.paths.store / "data.mdb").read_bytes() == before
