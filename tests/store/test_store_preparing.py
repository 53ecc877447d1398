"""A rotation prepared beside a store in use: killed, given again, of no use, or not to be."""

import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import lmdb
import pytest
from found_case import found_in, store_in
from migration_case import silent
from prepared_case import change, finish, prepare
from rotation_case import (
    KEY_FILE,
    content,
    kept_files,
    keys_in,
    lay_keys,
    rotate,
    sound,
    succession_in,
)
from store_case import KEYS, make_store, with_dossier

from rmp_milter.store import StoreError, preparing
from rmp_milter.store.format.keys import OUTBOX, read_index_keys
from rmp_milter.store.format.succession import Rotated, unfinished
from rmp_milter.store.prepared import Stage

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
BETWEEN = ("a dossier is made", "entries are appended", "rows leave", "marks come and go")
WHICH = {Rotated.METADATA: "index", Rotated.INDEX: "outbox", Rotated.OUTBOX: "metadata"}
"""To each key another one."""


def moments(**calls: int) -> list[str]:
    """Return each of so many calls, before and behind."""
    return [
        f"{when} {call} {number}"
        for call, times in calls.items()
        for number in range(1, times + 1)
        for when in ("before", "behind")
    ]


PREPARING = moments(begin=1, note=5, moment_of=1, see_room=1, verify=2, reseal=1, change=1)
FINISHING = moments(
    note=1, catch_up=1, make_like=1, sync_folder=1, discard=1, settle=1, write_whole=1
)


def killed(part: str, which: Rotated, home: Path, moment: str) -> None:
    done = subprocess.run(
        [sys.executable, "prepared_case.py", part, which, str(home), moment],
        cwd=HERE,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL


def stage_in(home: Path) -> str:
    found = preparing.waiting_in(home / "store")
    return "" if found is None else "ready" if found.ready else "begun"


def nothing_is_left(home: Path) -> bool:
    there = sorted(each.name for each in (home / "store").iterdir())
    return there == ["data.mdb", "lock.mdb"] and not list(home.glob("*.next"))


@pytest.mark.parametrize("moment", PREPARING)
def test_who_is_killed_while_he_prepares_goes_on(home: Path, moment: str) -> None:
    which, before = Rotated.METADATA, content(home / "store")
    killed("prepare", which, home, moment)
    assert content(home / "store") == before
    assert keys_in(home) == KEYS
    change(home, *BETWEEN)
    found = found_in(home)
    done = prepare(home, which)
    assert (done.ready, done.thrown_away) == (True, "")
    assert not finish(home, which)
    assert found_in(home) == found
    assert sound(home, keys_in(home))
    assert nothing_is_left(home)


def test_each_step_is_taken_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[str] = []
    steps = ("moment_of", "verify", "reseal")
    for step in steps:
        really = getattr(preparing, step)
        monkeypatch.setattr(
            preparing, step, lambda *a, s=step, r=really: (taken.append(s), r(*a))[1]
        )
    killed("prepare", Rotated.INDEX, home, "before verify 2")
    prepare(home, Rotated.INDEX)
    assert taken == ["verify"]
    done = prepare(home, Rotated.INDEX)
    assert (taken, done.earlier) == (["verify"], True)


@pytest.mark.parametrize("moment", FINISHING)
def test_who_is_killed_while_he_finishes_ends_it(home: Path, moment: str) -> None:
    which = Rotated.OUTBOX
    prepare(home, which)
    change(home, *BETWEEN)
    found = found_in(home)
    killed("finish", which, home, moment)
    if getattr(keys_in(home), which) == getattr(KEYS, which):
        finish(home, which)
    assert not unfinished(home, home / OUTBOX)
    assert getattr(keys_in(home), which) != getattr(KEYS, which)
    assert found_in(home) == found
    assert sound(home, keys_in(home))
    assert nothing_is_left(home)


@pytest.mark.parametrize(
    ("moment", "is_of_use"),
    [("before catch_up 1", True), ("behind catch_up 1", False), ("before make_like 1", False)],
)
def test_a_store_in_use_behind_a_finish_that_was_killed(
    home: Path, moment: str, *, is_of_use: bool
) -> None:
    which = Rotated.METADATA
    prepare(home, which)
    change(home, "a dossier is made")
    killed("finish", which, home, moment)
    change(home, "rows leave", "all that is over goes")
    found = found_in(home)
    if not is_of_use:
        with pytest.raises(
            StoreError, match="its finish was interrupted, and the store was in"
        ):
            finish(home, which)
        assert "was in use since" in prepare(home, which).thrown_away
    assert not finish(home, which)
    assert found_in(home) == found
    assert sound(home, keys_in(home))


def test_services_write_on_while_it_is_prepared(
    home: Path, which: Rotated, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = preparing.reseal
    with store_in(home) as store:

        def meanwhile(*arguments: object) -> None:
            with_dossier(store, "made meanwhile")
            really(*arguments)

        monkeypatch.setattr(preparing, "reseal", meanwhile)
        assert prepare(home, which).ready
        with pytest.raises(StoreError, match=r"already open|stop milter and courier first"):
            finish(home, which)
    found = found_in(home)
    assert not finish(home, which)
    assert found_in(home) == found
    with store_in(home) as store, store.snapshot() as view:
        assert len(view.dossiers_by_traits(["made meanwhile"])) == 1


def test_what_is_prepared_is_for_its_owner_and_holds_nothing_to_be_read(
    home: Path, which: Rotated
) -> None:
    mask = os.umask(0)
    try:
        done = prepare(home, which)
    finally:
        os.umask(mask)
    place = home / "store/rotation"
    files = [each for each in place.rglob("*") if each.is_file()]
    assert {stat.S_IMODE(each.stat().st_mode) for each in files} == {0o600}
    folders = [place, *(each for each in place.rglob("*") if each.is_dir())]
    assert {stat.S_IMODE(each.stat().st_mode) for each in folders} == {0o700}
    assert done.room == sum(each.stat().st_size for each in files if each.name == "data.mdb")
    key = home / KEY_FILE[which]
    following = key.with_name(f"{key.name}.next")
    assert stat.S_IMODE(following.stat().st_mode) == stat.S_IMODE(key.stat().st_mode)
    octets = b"".join(each.read_bytes() for each in files)
    assert not [each for each in (b"WACKENHEIM", b"Ludivine", b"Zebulon") if each in octets]
    newest = read_index_keys(following)[-32:]
    assert newest not in octets


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
    assert not preparing.abandon(place, succession_in(home, which))
    prepare(home, which)
    assert preparing.abandon(place, succession_in(home, which))
    assert nothing_is_left(home)
    assert kept_files(home) == set()
    assert (content(place), keys_in(home)) == (before, KEYS)
    with pytest.raises(StoreError, match="nothing is prepared"):
        finish(home, which)


def test_a_key_under_which_the_store_is_by_now_is_not_given_up(
    home: Path, which: Rotated
) -> None:
    prepare(home, which)
    killed("finish", which, home, "before settle 1")
    with pytest.raises(StoreError, match=f"{KEY_FILE[which]} is another one"):
        preparing.abandon(home / "store", succession_in(home, which))
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


def test_another_version_prepares_anew(
    home: Path, which: Rotated, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr("rmp_milter.store.prepared.__version__", "0.0.1")
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
    killed("prepare", which, home, "before reseal 1")
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

    for call in ("moment_of", "verify", "reseal"):
        with monkeypatch.context() as broken:
            broken.setattr(preparing, call, fails)
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


def test_stages_stand_in_their_order() -> None:
    assert [*Stage] == ["begun", "copied", "verified", "written", "ready"]


def test_an_empty_store(folder: Path, which: Rotated) -> None:
    make_store(folder).close()
    lay_keys(folder.parent)
    preparing.prepare(folder, succession_in(folder.parent, which), silent)
    with_in = folder.parent
    change(with_in, "nothing")
    assert not finish(with_in, which)
    assert sound(with_in, keys_in(with_in))
