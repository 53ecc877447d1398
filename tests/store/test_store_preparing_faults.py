"""What is prepared and of no use, what is not sound, and what fails: all is as it was."""

import shutil
from pathlib import Path

import lmdb
import pytest
from found_case import found_in
from killed_case import is_killed_finishing, is_killed_preparing
from prepared_case import BETWEEN, change, finish, nothing_is_left, prepare, stage_in
from rotation_case import KEY_FILE, content, kept_files, keys_in, rotate, sound, succession_in
from store_case import KEYS

from rmp_milter.store import StoreError, in_use, preparing
from rmp_milter.store.format import version
from rmp_milter.store.format.succession import Rotated
from rmp_milter.store.in_use import FileInUse

pytestmark = pytest.mark.slow

WHICH = {Rotated.METADATA: "index", Rotated.INDEX: "outbox", Rotated.OUTBOX: "metadata"}
"""To each key another one."""


# What is prepared is of no use


def test_another_key_waits_for_the_one_that_is_prepared(home: Path, which: Rotated) -> None:
    prepare(home, which)
    before, other = content(home / "store"), Rotated(WHICH[which])
    for act in (prepare, finish, rotate):
        with pytest.raises(
            StoreError, match=f"first: rmp key rotate {which} --finish, or --ab"
        ):
            act(home, other)
    assert content(home / "store") == before
    assert stage_in(home) == "ready"
    assert not finish(home, which)


def test_what_is_given_up_leaves_nothing(home: Path, which: Rotated) -> None:
    before, place = content(home / "store"), home / "store"
    assert not preparing.abandon(FileInUse(place), succession_in(home, which))
    prepare(home, which)
    assert preparing.abandon(FileInUse(place), succession_in(home, which))
    assert nothing_is_left(home)
    assert kept_files(home) == set()
    assert (content(place), keys_in(home)) == (before, KEYS)
    with pytest.raises(StoreError, match="nothing is prepared"):
        finish(home, which)


def test_a_key_under_which_the_store_is_by_now_is_not_given_up(
    home: Path, which: Rotated
) -> None:
    prepare(home, which)
    assert is_killed_finishing(home, which, "before settle 1")
    with pytest.raises(StoreError, match=f"{KEY_FILE[which]} is another one"):
        preparing.abandon(FileInUse(home / "store"), succession_in(home, which))
    with pytest.raises(StoreError, match=f"{KEY_FILE[which]} is another one"):
        prepare(home, which)
    assert finish(home, which)
    assert sound(home, keys_in(home))


def test_a_store_put_back_has_nothing_prepared(
    home: Path, which: Rotated, tmp_path: Path
) -> None:
    shutil.copytree(home / "store", tmp_path / "copy")
    prepare(home, which)
    shutil.rmtree(home / "store")
    shutil.copytree(tmp_path / "copy", home / "store")
    with pytest.raises(StoreError, match="nothing is prepared"):
        finish(home, which)
    assert not rotate(home, which)
    assert sound(home, keys_in(home))
    assert nothing_is_left(home)


def test_an_older_state_of_the_store_is_reached_as_well(
    home: Path, which: Rotated, tmp_path: Path
) -> None:
    """What differs is looked at, not when it came."""
    shutil.copy2(home / "store/data.mdb", tmp_path)
    change(home, *BETWEEN)
    prepare(home, which)
    shutil.copy2(tmp_path / "data.mdb", home / "store/data.mdb")
    found = found_in(home)
    assert not finish(home, which)
    assert found_in(home) == found
    assert sound(home, keys_in(home))


@pytest.mark.parametrize(
    ("what", "older"),
    [("__version__", "0.0.1"), ("FORMAT", version.FORMAT._replace(number=1))],
    ids=["version", "format"],  # another one is behind rmp store migrate
)
def test_another_version_prepares_anew(
    home: Path, which: Rotated, what: str, older: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr(f"rmp_milter.store.prepared.{what}", older)
        prepare(home, which)
    with pytest.raises(StoreError, match="of no use, another version of rmp-milter has prep"):
        finish(home, which)
    done = prepare(home, which)
    assert "another version" in done.thrown_away
    assert not finish(home, which)
    assert sound(home, keys_in(home))


def test_a_next_key_that_is_gone_has_it_prepared_anew(home: Path, which: Rotated) -> None:
    prepare(home, which)
    (home / f"{KEY_FILE[which]}.next").unlink()
    with pytest.raises(StoreError, match="the next key is not there any more"):
        finish(home, which)
    assert "next key" in prepare(home, which).thrown_away
    assert not finish(home, which)


def test_what_was_begun_is_not_finished(home: Path, which: Rotated) -> None:
    assert is_killed_preparing(home, which, "before reseal 1")
    assert stage_in(home) == "begun"
    with pytest.raises(StoreError, match="it is not prepared yet"):
        finish(home, which)
    assert not rotate(home, which)  # all at once
    assert sound(home, keys_in(home))
    assert nothing_is_left(home)


def test_one_at_a_time(home: Path, which: Rotated, monkeypatch: pytest.MonkeyPatch) -> None:
    really = preparing.verify

    def meanwhile(*arguments: object) -> None:
        for act in (prepare, rotate, finish):
            with pytest.raises(StoreError, match="another rotation is under way"):
                act(home, which)
        found = preparing.waiting_in(home / "store")
        assert found
        assert found.under_way
        really(*arguments)

    monkeypatch.setattr(preparing, "verify", meanwhile)
    prepare(home, which)
    assert not finish(home, which)


# What is not sound, and what fails


def test_a_chain_tampered_with_before_is_not_made_whole(home: Path, which: Rotated) -> None:
    _lose_an_entry(home)
    before = content(home / "store")
    with pytest.raises(StoreError, match=r"stay as they were: the store is not sound"):
        prepare(home, which)
    assert content(home / "store") == before
    assert nothing_is_left(home)


def test_a_chain_tampered_with_since_is_not_made_whole(home: Path, which: Rotated) -> None:
    prepare(home, which)
    change(home, "entries are appended")
    _lose_an_entry(home)
    before = content(home / "store")
    said = "what was changed in the store is not sound|table entries would have"
    with pytest.raises(StoreError, match=said):
        finish(home, which)
    assert content(home / "store") == before
    assert keys_in(home) == KEYS
    assert stage_in(home) == "ready"


@pytest.mark.parametrize("table", ["entries", "heads", "index", "terms", "words", "dossiers"])
def test_what_was_changed_since_is_verified(home: Path, which: Rotated, table: str) -> None:
    """A record that is new, and then overwritten or lost, is found as rmp store check would."""
    before = content(home / "store")[table]
    prepare(home, which)
    change(home, "a dossier is made", "entries are appended")
    after = content(home / "store")[table]
    key = max(key for key, value in after.items() if before.get(key) != value)
    with lmdb.Environment(str(home / "store"), max_dbs=64, map_size=0) as handle:
        opened = handle.open_db(table.encode(), create=False)
        with handle.begin(write=True, db=opened) as txn:
            if after[key]:
                txn.put(key, bytes(len(after[key])))
            else:
                txn.delete(key)
    tampered = content(home / "store")
    with pytest.raises(StoreError, match=r"is not sound, \d+ findings"):
        finish(home, which)
    assert (content(home / "store"), keys_in(home)) == (tampered, KEYS)
    assert stage_in(home) == "ready"


def test_a_body_that_has_come_since_is_read(home: Path, which: Rotated) -> None:
    before = content(home / "store")["bodies"]
    prepare(home, which)
    change(home, "a dossier is made")
    bodies = content(home / "store")["bodies"]
    key = max({*bodies} - {*before})
    with lmdb.Environment(str(home / "store"), max_dbs=64, map_size=0) as handle:
        opened = handle.open_db(b"bodies", create=False)
        with handle.begin(write=True, db=opened) as txn:
            txn.put(key, bytes(len(bodies[key])))
    with pytest.raises(StoreError, match="its SHA-256 differs"):
        finish(home, which)


def _lose_an_entry(home: Path) -> None:
    with lmdb.Environment(str(home / "store"), max_dbs=64, map_size=0) as handle:
        table = handle.open_db(b"entries", create=False)
        with handle.begin(write=True, db=table) as txn:
            last = max((key for key, _ in txn.cursor()), key=lambda key: key[-4:])
            assert txn.delete(last)


def test_what_fails_leaves_all_as_it_was(
    home: Path, which: Rotated, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content(home / "store")
    full = OSError(28, "No space left on device")

    def fails(*_: object) -> None:
        raise full

    for where, call in ((in_use, "moment_of"), (preparing, "verify"), (preparing, "reseal")):
        with monkeypatch.context() as broken:
            broken.setattr(where, call, fails)
            with pytest.raises(StoreError, match="stay as they were: its disk is full"):
                prepare(home, which)
        assert nothing_is_left(home)
    small = shutil.disk_usage(home)._replace(free=1000)
    with monkeypatch.context() as broken:
        broken.setattr(shutil, "disk_usage", lambda _folder: small)
        with pytest.raises(StoreError, match="two more copies of the store need about"):
            prepare(home, which)
    assert nothing_is_left(home)
    assert (content(home / "store"), keys_in(home)) == (before, KEYS)


def test_a_finish_that_fails_leaves_what_is_prepared(
    home: Path, which: Rotated, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(home, which)
    change(home, *BETWEEN)
    before = content(home / "store")
    with monkeypatch.context() as broken:
        broken.setattr("rmp_milter.store.catching_up.Carrying.placed", lambda *_: _full())
        with pytest.raises(StoreError, match="as what is prepared: its disk is full"):
            finish(home, which)
    assert (content(home / "store"), keys_in(home)) == (before, KEYS)
    assert stage_in(home) == "ready"
    assert not finish(home, which)
    assert sound(home, keys_in(home))


def _full() -> None:
    raise OSError(28, "No space left on device")


def test_too_much_is_prepared_anew(
    home: Path, which: Rotated, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(home, which)
    change(home, *BETWEEN)
    monkeypatch.setattr("rmp_milter.store.differences.MOST_CHANGED", 5)
    with pytest.raises(StoreError, match="more than 5 records were changed since"):
        finish(home, which)
    assert stage_in(home) == "ready"
