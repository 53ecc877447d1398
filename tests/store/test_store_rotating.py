"""A store sealed anew under another key: whole, and store and key file of one key in the end."""

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from rotation_case import (
    KEY_FILE,
    LATER,
    MODES,
    Content,
    content,
    kept_files,
    keys_in,
    lay_keys,
    rotate,
    sound,
    succession_in,
)
from store_case import (
    KEYS,
    MAP_BYTES,
    NOW,
    a_deposit,
    a_dossier,
    a_mail,
    a_new_dossier,
    filled,
    make_store,
    the_dossier,
    with_dossier,
)

from rmp_milter.dossier.changes import Changes
from rmp_milter.store import StoreError, StoreKeyError, lmdb_rotating
from rmp_milter.store.format.codecs import Codec
from rmp_milter.store.format.failures import DamagedRecordError
from rmp_milter.store.format.former_keys import FormerOutboxKey, former_file, read_former
from rmp_milter.store.format.keys import OUTBOX, read_key
from rmp_milter.store.format.succession import BOUNCE_SECONDS, Rotated
from rmp_milter.store.format.tables import LEDGER_KEY, OUTBOX_LEDGER_KEY, table_names
from rmp_milter.store.lmdb_outbox import LmdbOutbox
from rmp_milter.store.resealing import METADATA_TABLES, OUTBOX_TABLES
from rmp_milter.store.store import LmdbStore

pytestmark = pytest.mark.slow

MADE_ANEW = {
    Rotated.METADATA: {*METADATA_TABLES, "entries", "heads"},
    Rotated.OUTBOX: {*OUTBOX_TABLES},
}


@pytest.fixture(params=[Rotated.METADATA, Rotated.OUTBOX])
def seals(request: pytest.FixtureRequest) -> Rotated:
    """What records are sealed under; the index key is looked at in ``test_store_redigesting``."""
    return Rotated(request.param)


def opened(found: Content, table: str, key: bytes) -> dict[bytes, object]:
    codec = Codec(table, key, dict[str, object])
    return {place: codec.open(place, sealed) for place, sealed in found[table].items()}


def test_all_is_as_it_was_but_for_the_seals(home: Path, seals: Rotated) -> None:
    before, held = content(home / "store"), keys_in(home)
    assert all(len(before[name]) > 1 for name in MADE_ANEW[seals])
    assert not rotate(home, seals)
    after, now = content(home / "store"), keys_in(home)
    assert now == replace(held, **{seals: getattr(now, seals)})
    assert getattr(now, seals) != getattr(held, seals)
    assert sound(home, now)
    linked = {"outbox_bodies"} if seals is Rotated.OUTBOX else set()
    for name in set(table_names()) - MADE_ANEW[seals] - linked - {"meta"}:
        assert after[name] == before[name], name
    for name in MADE_ANEW[seals]:
        was = opened(before, name, getattr(held, seals))
        is_now = opened(after, name, getattr(now, seals))
        for record in (*was.values(), *is_now.values()):
            for chained in ("previous", "last") if name in {"entries", "heads"} else ():
                record.pop(chained, None)
        assert is_now == was, name
    assert len(after["outbox_bodies"]) == len(before["outbox_bodies"]) > 1


def test_nothing_is_left_that_the_old_key_opens(home: Path, seals: Rotated) -> None:
    before = content(home / "store")
    rotate(home, seals)
    after = content(home / "store")
    for name in MADE_ANEW[seals]:
        codec = Codec(name, getattr(KEYS, seals), dict[str, object])
        for place, sealed in after[name].items():
            with pytest.raises(DamagedRecordError):
                codec.open(place, sealed)
    ledger = {Rotated.METADATA: LEDGER_KEY, Rotated.OUTBOX: OUTBOX_LEDGER_KEY}[seals]
    gone = [
        before["meta"][ledger],
        *(each for t in MADE_ANEW[seals] for each in before[t].values()),
    ]
    data = (home / "store/data.mdb").read_bytes()
    assert [sealed for sealed in gone if sealed[:28] in data] == []  # nor in a freed page


def test_the_old_keys_open_no_store(home: Path, which: Rotated) -> None:
    rotate(home, which)
    with (
        pytest.raises(StoreKeyError, match=f"{KEY_FILE[which]} is another one"),
        LmdbStore.open(home / "store", KEYS, map_bytes=0),
    ):
        pass
    with LmdbStore.open(home / "store", keys_in(home), map_bytes=0) as store:
        dossier_id = with_dossier(store, "somebody new")
        deposit = a_deposit(dossier_id, b"a new body")
        mail = a_mail(deposit.bodies[0].document_id)
        store.commit(Changes(entries=(deposit,), outbox=(mail,)), NOW)
        assert the_dossier(store, dossier_id).created_at == NOW
    assert sound(home, keys_in(home))


def test_files_have_their_modes_and_the_key_of_before_is_kept(
    home: Path, which: Rotated
) -> None:
    (home / "store/data.mdb").chmod(0o640)
    mask = os.umask(0o077)
    try:
        rotate(home, which)
    finally:
        os.umask(mask)
    assert {name: stat.S_IMODE((home / name).stat().st_mode) for name in MODES} == MODES
    assert stat.S_IMODE((home / "store/data.mdb").stat().st_mode) == 0o640
    before = home / f"{KEY_FILE[which]}.before"
    assert stat.S_IMODE(before.stat().st_mode) == 0o600
    assert read_key(before) == getattr(KEYS, which)
    former = {f"{OUTBOX}.former"} if which is Rotated.OUTBOX else set()
    assert kept_files(home) == {before.name, *former}
    assert sorted(each.name for each in (home / "store").iterdir()) == ["data.mdb", "lock.mdb"]


def test_bounces_of_before_are_recognised_by_the_former_key(home: Path) -> None:
    with LmdbOutbox.open(home / "store", KEYS.outbox, MAP_BYTES) as outbox:
        last = max(each.row for each in outbox.rows(sent=True))
    rotate(home, Rotated.OUTBOX)
    (former,) = read_former(home / OUTBOX)
    assert former == FormerOutboxKey(KEYS.outbox, last + 1, LATER + BOUNCE_SECONDS)
    assert stat.S_IMODE(former_file(home / OUTBOX).stat().st_mode) == 0o600
    assert KEYS.outbox.hex() not in repr(former)


def test_a_key_from_another_time_is_never_lost(home: Path, which: Rotated) -> None:
    rotate(home, which)
    found, held = content(home / "store"), keys_in(home)
    with pytest.raises(StoreError, match=r"\.before is there from another time: move it away"):
        rotate(home, which)
    assert (content(home / "store"), keys_in(home)) == (found, held)
    assert not list(home.glob("*.next"))
    (home / f"{KEY_FILE[which]}.before").unlink()
    rotate(home, which)
    assert sound(home, keys_in(home))
    assert len(read_former(home / OUTBOX)) == (2 if which is Rotated.OUTBOX else 0)


def test_all_keys_one_after_the_other(home: Path) -> None:
    for each in Rotated:
        rotate(home, each)
    now = keys_in(home)
    assert all(getattr(now, each) != getattr(KEYS, each) for each in Rotated)
    assert now.index.startswith(KEYS.index)
    assert sound(home, now)


@pytest.mark.parametrize("many", [200, pytest.param(2000, marks=pytest.mark.soak)])
def test_all_of_many_dossiers_are_readable_afterwards(folder: Path, many: int) -> None:
    home, made = folder.parent, dict[bytes, int]()
    with make_store(folder) as store:
        filled(store)
        for number in range(many):
            dossier = a_dossier(name=f"NOM{number}")
            new = a_new_dossier(f"many {number}", dossier=dossier)
            entries = tuple(
                a_deposit(dossier.dossier_id, os.urandom(200)) for _ in range(number % 4)
            )
            mail = tuple(a_mail(each.bodies[0].document_id) for each in entries[:1])
            store.commit(Changes(dossiers=(new,), entries=entries, outbox=mail), NOW)
            made[dossier.dossier_id] = len(entries)
    lay_keys(home)
    told: list[tuple[str, int, int]] = []
    for each in Rotated:
        lmdb_rotating.rotate(folder, succession_in(home, each), lambda *line: told.append(line))
    now = keys_in(home)
    with LmdbStore.open(folder, now, map_bytes=0) as store, store.snapshot() as view:
        for dossier_id, count in made.items():
            assert view.dossier(dossier_id) is not None
            assert len(list(view.entries(dossier_id))) == count
    with LmdbOutbox.open(folder, now.outbox, MAP_BYTES) as outbox:
        rows = outbox.rows()
        assert len(rows) > many * 3 // 4
        for each in rows[:50]:
            assert outbox.load(each.row).recipient == each.recipient
    assert sound(home, now)
    assert [line[0] for line in told if line[1] == line[2]].count("sealing") >= len(Rotated)


def test_a_large_table_is_taken_some_records_at_a_time(
    home: Path, which: Rotated, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rmp_milter.engine.filling.MOST_RECORDS", 2)
    monkeypatch.setattr("rmp_milter.engine.filling.MOST_BYTES", 8000)
    rotate(home, which)
    assert sound(home, keys_in(home))
