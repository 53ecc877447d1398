"""What was changed since a rotation was prepared: the end is what one call would have made."""

from pathlib import Path

import pytest
from found_case import filled_throughout, found_in
from migration_case import silent
from prepared_case import CHANGES, change, finish, opened, prepare
from rotation_case import (
    KEY_FILE,
    Content,
    content,
    kept_files,
    keys_in,
    lay_keys,
    sound,
    succession_in,
)
from store_case import KEYS, make_store

from rmp_milter.store.format.keys import INDEX
from rmp_milter.store.format.succession import Rotated
from rmp_milter.store.resealing import reseal

pytestmark = pytest.mark.slow

ALL = tuple(CHANGES)


@pytest.fixture
def home(folder: Path) -> Path:
    with make_store(folder) as store:
        filled_throughout(store)
    lay_keys(folder.parent)
    return folder.parent


def made_at_once(home: Path, which: Rotated, target: Path) -> Content:
    """Return what one call makes of the store as it is, under the same next key."""
    target.mkdir()
    succession = succession_in(home, which)
    reseal(home / "store", target, succession.present(), succession.following(), _silent)
    return content(target)


def _silent(_done: int, _total: int) -> None:
    silent("", 0, 0)


@pytest.mark.parametrize("name", ALL)
def test_the_end_is_as_one_call_would_have_made_it(
    home: Path, which: Rotated, name: str, tmp_path: Path
) -> None:
    prepare(home, which)
    change(home, name)
    wanted = made_at_once(home, which, tmp_path / "at once")
    assert not finish(home, which)
    now = keys_in(home)
    assert getattr(now, which) != getattr(KEYS, which)
    assert opened(content(home / "store"), now) == opened(wanted, now)
    assert sound(home, now)
    assert not list(home.glob("*.next"))
    assert sorted(each.name for each in (home / "store").iterdir()) == ["data.mdb", "lock.mdb"]


def test_all_of_it_together_is_found_as_before(
    home: Path, which: Rotated, tmp_path: Path
) -> None:
    prepare(home, which)
    change(home, *ALL[:-2])
    before, wanted = found_in(home), made_at_once(home, which, tmp_path / "at once")
    assert not finish(home, which)
    assert found_in(home) == before
    assert opened(content(home / "store"), keys_in(home)) == opened(wanted, keys_in(home))
    assert sound(home, keys_in(home))
    assert kept_files(home) >= {f"{KEY_FILE[which]}.before"}


def test_one_after_the_other(home: Path) -> None:
    change(home, "entries are appended")
    for which, name in zip(
        (Rotated.INDEX, Rotated.METADATA, Rotated.OUTBOX, Rotated.INDEX),
        ("a dossier is made", "a dossier is changed", "rows leave", "marks come and go"),
        strict=True,
    ):
        (home / f"{INDEX}.before").unlink(missing_ok=True)
        prepare(home, which)
        change(home, name)
        before = found_in(home)
        assert not finish(home, which)
        assert found_in(home) == before
        assert sound(home, keys_in(home))
