"""A store sealed anew under another key: whole, and store and key file of one key in the end."""

import os
import select
import shutil
import signal
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import lmdb
import pytest
from rotation_case import LATER, MODES, keys_in, lay_keys, rotate, sound, succession_in
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
from rmp_milter.store import StoreError, StoreKeyError, StoreKeys, rotating
from rmp_milter.store.format.codecs import Codec
from rmp_milter.store.format.failures import DamagedRecordError
from rmp_milter.store.format.former_keys import FormerKey, former_file, read_former
from rmp_milter.store.format.keys import INDEX, METADATA, OUTBOX, read_key
from rmp_milter.store.format.succession import BOUNCE_SECONDS, Rotated, unfinished
from rmp_milter.store.format.tables import LEDGER_KEY, OUTBOX_LEDGER_KEY, table_names
from rmp_milter.store.outbox import LmdbOutbox
from rmp_milter.store.resealing import METADATA_TABLES, OUTBOX_TABLES, reseal
from rmp_milter.store.store import LmdbStore

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
MADE_ANEW = {
    Rotated.METADATA: {*METADATA_TABLES, "entries", "heads"},
    Rotated.OUTBOX: {*OUTBOX_TABLES},
}
KEY_FILE = {Rotated.METADATA: METADATA, Rotated.OUTBOX: OUTBOX}
Content = dict[str, dict[bytes, bytes]]


@pytest.fixture
def home(full_folder: Path) -> Path:
    lay_keys(full_folder.parent)
    return full_folder.parent


@pytest.fixture(params=list(Rotated))
def which(request: pytest.FixtureRequest) -> Rotated:
    return Rotated(request.param)


def content(folder: Path) -> Content:
    """Return all that is in the file, table by table."""
    with lmdb.Environment(str(folder), max_dbs=64, map_size=0, readonly=True) as handle:
        tables = {name: handle.open_db(name.encode(), create=False) for name in table_names()}
        with handle.begin() as txn:
            return {name: dict(txn.cursor(table)) for name, table in tables.items()}


def opened(found: Content, table: str, key: bytes) -> dict[bytes, object]:
    codec = Codec(table, key, dict[str, object])
    return {place: codec.open(place, sealed) for place, sealed in found[table].items()}


def kept_files(home: Path) -> set[str]:
    return {each.name for each in home.iterdir()} - {"store", METADATA, INDEX, OUTBOX}


def test_all_is_as_it_was_but_for_the_seals(home: Path, which: Rotated) -> None:
    before, held = content(home / "store"), keys_in(home)
    assert all(len(before[name]) > 1 for name in MADE_ANEW[which])
    assert not rotate(home, which)
    after, now = content(home / "store"), keys_in(home)
    assert now == replace(held, **{which: getattr(now, which)})
    assert getattr(now, which) != getattr(held, which)
    assert sound(home, now)
    linked = {"outbox_bodies"} if which is Rotated.OUTBOX else set()
    for name in set(table_names()) - MADE_ANEW[which] - linked - {"meta"}:
        assert after[name] == before[name], name
    for name in MADE_ANEW[which]:
        was = opened(before, name, getattr(held, which))
        is_now = opened(after, name, getattr(now, which))
        for record in (*was.values(), *is_now.values()):
            for chained in ("previous", "last") if name in {"entries", "heads"} else ():
                record.pop(chained, None)
        assert is_now == was, name
    assert len(after["outbox_bodies"]) == len(before["outbox_bodies"]) > 1


def test_nothing_is_left_that_the_old_key_opens(home: Path, which: Rotated) -> None:
    before = content(home / "store")
    rotate(home, which)
    after = content(home / "store")
    for name in MADE_ANEW[which]:
        codec = Codec(name, getattr(KEYS, which), dict[str, object])
        for place, sealed in after[name].items():
            with pytest.raises(DamagedRecordError):
                codec.open(place, sealed)
    ledger = {Rotated.METADATA: LEDGER_KEY, Rotated.OUTBOX: OUTBOX_LEDGER_KEY}[which]
    gone = [
        before["meta"][ledger],
        *(each for t in MADE_ANEW[which] for each in before[t].values()),
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
    assert former == FormerKey(KEYS.outbox, last + 1, LATER + BOUNCE_SECONDS)
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


def test_both_keys_one_after_the_other(home: Path) -> None:
    for each in Rotated:
        rotate(home, each)
    now = keys_in(home)
    assert (now.metadata != KEYS.metadata, now.outbox != KEYS.outbox) == (True, True)
    assert now.index == KEYS.index
    assert sound(home, now)


CALLS = {
    "begin": 1,
    "check_room": 1,
    "verify": 2,
    "reseal": 1,
    "make_like": 1,
    "sync_folder": 1,
    "settle": 1,
    "write_whole": 2,
}
MORE_CALLS = {
    Rotated.METADATA: {"replace": 2},
    Rotated.OUTBOX: {"replace": 3, "keep_former": 1},
}
MOMENTS = [
    (which, f"{when} {call} {number}")
    for which in Rotated
    for call, times in {**CALLS, **MORE_CALLS[which]}.items()
    for number in range(1, times + 1)
    for when in ("before", "behind")
]
"""Each step of a rotation: the files that it makes, what it verifies, every rename."""


@pytest.mark.parametrize(("which", "moment"), MOMENTS)
def test_a_kill_leaves_all_old_or_a_second_call_ends_it(
    home: Path, which: Rotated, moment: str
) -> None:
    found = content(home / "store")
    killed = subprocess.run(
        [sys.executable, "rotation_case.py", which, str(home), moment], cwd=HERE, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    old = content(home / "store") == found
    if read_key(home / KEY_FILE[which]) != getattr(KEYS, which):
        assert not unfinished(home, home / OUTBOX)  # all new
        assert not old
        assert sound(home, keys_in(home))
        return
    assert sound(home, KEYS) == old
    assert old or unfinished(home, home / OUTBOX)
    assert rotate(home, which) == (not old)
    assert keys_in(home) != KEYS
    assert sound(home, keys_in(home))
    assert read_key(home / f"{KEY_FILE[which]}.before") == getattr(KEYS, which)
    assert [each.key for each in read_former(home / OUTBOX)] == (
        [KEYS.outbox] if which is Rotated.OUTBOX else []
    )
    assert not [each for each in home.iterdir() if each.suffix in {".next", ".part", ".new"}]
    assert sorted(each.name for each in (home / "store").iterdir()) == ["data.mdb", "lock.mdb"]


def test_a_chain_that_was_tampered_with_is_not_made_whole(home: Path, which: Rotated) -> None:
    with lmdb.Environment(str(home / "store"), max_dbs=64, map_size=0) as handle:
        table = handle.open_db(b"entries", create=False)
        with handle.begin(write=True, db=table) as txn:
            last = next(key for key, _ in txn.cursor() if key.endswith(b"\x03"))
            assert txn.delete(last)
    before = (home / "store/data.mdb").read_bytes()
    said = r"and its keys stay as they were: the store is not sound, \d+ findings"
    with pytest.raises(StoreError, match=said):
        rotate(home, which)
    assert (home / "store/data.mdb").read_bytes() == before
    assert kept_files(home) == set()


def test_what_fails_leaves_all_as_it_was(
    home: Path, which: Rotated, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (home / "store/data.mdb").read_bytes()
    small = shutil.disk_usage(home)._replace(free=len(before) // 2)
    faults = {
        "reseal": OSError(28, "No space left on device"),
        "make_like": lmdb.MapFullError("the map is full"),
    }
    for call, fault in faults.items():
        with monkeypatch.context() as broken:
            broken.setattr(rotating, call, raising(fault))
            with pytest.raises(StoreError, match=f"stay as they were: .*{fault.args[-1]}"):
                rotate(home, which)
    with monkeypatch.context() as full:
        full.setattr(shutil, "disk_usage", lambda _folder: small)
        with pytest.raises(StoreError, match=f"and {small.free} are free"):
            rotate(home, which)
    assert (home / "store/data.mdb").read_bytes() == before
    assert kept_files(home) == set()
    assert sorted(each.name for each in (home / "store").iterdir()) == ["data.mdb", "lock.mdb"]


def raising(fault: Exception):  # noqa: ANN201 -- a stand-in for any call
    def call(*_: object) -> None:
        raise fault

    return call


def test_what_was_sealed_wrongly_is_found_before_it_takes_the_place(
    home: Path, which: Rotated, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (home / "store/data.mdb").read_bytes()

    def forgets(
        source: Path, target: Path, old: StoreKeys, _new: StoreKeys, tell: object
    ) -> None:
        reseal(source, target, old, old, tell)

    monkeypatch.setattr(rotating, "reseal", forgets)
    with pytest.raises(StoreError, match="the new store is not sound"):
        rotate(home, which)
    assert (home / "store/data.mdb").read_bytes() == before
    assert kept_files(home) == set()


def test_a_key_that_is_anothers_is_told_and_nothing_is_forgotten(
    home: Path, which: Rotated
) -> None:
    file = home / KEY_FILE[which]
    next_key = file.with_name(f"{file.name}.next")
    shutil.copy(home / INDEX, file)
    shutil.copy(home / INDEX, next_key)
    with pytest.raises(StoreKeyError, match=f"{KEY_FILE[which]} holds what belongs in {INDEX}"):
        rotate(home, which)
    assert next_key.exists()


def test_the_index_key_is_not_made_anew(home: Path, tmp_path: Path) -> None:
    other = replace(KEYS, index=b"x" * 32)
    (tmp_path / "target").mkdir()
    with pytest.raises(StoreError, match="look-ups cannot be made anew"):
        reseal(home / "store", tmp_path / "target", KEYS, other, lambda *_: None)


def test_a_store_in_use_is_left_alone(home: Path, which: Rotated) -> None:
    hold = "import lmdb, sys; env = lmdb.open(sys.argv[1]); print('open', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(home / "store")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as service:
        assert service.stdout is not None
        assert service.stdout.readline() == "open\n"
        with pytest.raises(StoreError, match="stop milter and courier first"):
            rotate(home, which)
        service.communicate("\n")
    assert kept_files(home) == set()
    assert keys_in(home) == KEYS


def test_two_thousand_dossiers_are_all_readable_afterwards(folder: Path) -> None:
    home, made = folder.parent, dict[bytes, int]()
    with make_store(folder) as store:
        filled(store)
        for number in range(2000):
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
        rotating.rotate(folder, succession_in(home, each), lambda *line: told.append(line))
    now = keys_in(home)
    with LmdbStore.open(folder, now, map_bytes=0) as store, store.snapshot() as view:
        for dossier_id, count in made.items():
            assert view.dossier(dossier_id) is not None
            assert len(list(view.entries(dossier_id))) == count
    with LmdbOutbox.open(folder, now.outbox, MAP_BYTES) as outbox:
        rows = outbox.rows()
        assert len(rows) > 1500
        for each in rows[:50]:
            assert outbox.load(each.row).recipient == each.recipient
    assert sound(home, now)
    assert [line[0] for line in told if line[1] == line[2]].count("sealing") >= len(Rotated)


def test_a_large_table_is_taken_some_records_at_a_time(
    home: Path, which: Rotated, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rmp_milter.store.resealing.BATCH_RECORDS", 2)
    monkeypatch.setattr("rmp_milter.store.resealing.BATCH_BYTES", 8000)
    rotate(home, which)
    assert sound(home, keys_in(home))


def test_each_file_is_on_disk_before_what_needs_it(
    home: Path, which: Rotated, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a power cut could leave a key that nothing is sealed under, and no other."""
    done, flush, rename = list[str](), os.fsync, Path.replace

    def flushed(fd: int) -> None:
        done.append(f"flush {Path(f'/proc/self/fd/{fd}').readlink().name}")
        flush(fd)

    def renamed(old: Path, new: Path) -> Path:
        done.append(f"to {new.name}")
        return rename(old, new)

    monkeypatch.setattr(os, "fsync", flushed)
    monkeypatch.setattr(Path, "replace", renamed)
    rotate(home, which)
    key, folder = KEY_FILE[which], f"flush {home.name}"
    former = [f"flush {key}.former.new", folder, f"to {key}.former", folder]
    assert done == [
        folder,  # nothing was there to be forgotten
        *(f"flush {key}.next.part", folder, folder),
        *("flush data.mdb", "to data.mdb", "flush store"),
        *(former if which is Rotated.OUTBOX else []),
        *(f"flush {key}.before.part", folder, folder),
        *(f"to {key}", folder),
    ]


def test_a_service_that_starts_meanwhile_waits_and_reads_the_keys_anew(
    home: Path, which: Rotated, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[str]] = []

    def meanwhile(*arguments: object) -> None:
        service = subprocess.Popen(
            [sys.executable, "rotation_case.py", "open", str(home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=HERE,
            text=True,
        )
        started.append(service)
        assert service.stdout is not None
        assert service.stdout.readline() == "read\n"
        assert not select.select([service.stdout], [], [], 1.0)[0]
        reseal(*arguments)

    monkeypatch.setattr(rotating, "reseal", meanwhile)
    rotate(home, which)
    (service,) = started
    out, _ = service.communicate("", timeout=60)
    assert (out, service.returncode) == ("read\nopen\n", 0)
