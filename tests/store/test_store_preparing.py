"""A rotation prepared beside a store in use: killed, given again, of no use, or not to be."""

import os
import stat
from pathlib import Path

import pytest
from found_case import found_in, store_in
from killed_case import is_killed_finishing, is_killed_preparing
from migration_case import silent
from prepared_case import BETWEEN, change, finish, nothing_is_left, prepare
from rotation_case import (
    KEY_FILE,
    content,
    keys_in,
    lay_keys,
    sound,
    succession_in,
)
from store_case import KEYS, make_store, with_dossier

from rmp_milter.store import StoreError, in_use, preparing
from rmp_milter.store.format.keys import OUTBOX, read_index_keys
from rmp_milter.store.format.succession import Rotated, unfinished
from rmp_milter.store.in_use import FileInUse
from rmp_milter.store.prepared import Stage

pytestmark = pytest.mark.slow


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


@pytest.mark.parametrize("moment", PREPARING)
def test_who_is_killed_while_he_prepares_goes_on(home: Path, moment: str) -> None:
    which, before = Rotated.METADATA, content(home / "store")
    assert is_killed_preparing(home, which, moment)
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
    for where, step in ((in_use, "moment_of"), (preparing, "verify"), (preparing, "reseal")):
        really = getattr(where, step)
        monkeypatch.setattr(
            where, step, lambda *a, s=step, r=really: (taken.append(s), r(*a))[1]
        )
    assert is_killed_preparing(home, Rotated.INDEX, "before verify 2")
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
    assert is_killed_finishing(home, which, moment)
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
    assert is_killed_finishing(home, which, moment)
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


def test_stages_stand_in_their_order() -> None:
    assert [*Stage] == ["begun", "copied", "verified", "written", "ready"]


def test_an_empty_store(folder: Path, which: Rotated) -> None:
    make_store(folder).close()
    lay_keys(folder.parent)
    preparing.prepare(FileInUse(folder), succession_in(folder.parent, which), silent)
    with_in = folder.parent
    change(with_in, "nothing")
    assert not finish(with_in, which)
    assert sound(with_in, keys_in(with_in))
