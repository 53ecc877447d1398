"""A mail whose keeper goes begins anew with another one, in time, and not for ever."""

import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from rmp_milter.calls.keepers import KeeperPlace, Keepers, keepers_at
from rmp_milter.errors import LostError, MailError
from rmp_milter.milter.anew import MOST_BROKEN, with_one_keeper
from rmp_milter.milter.means import Means
from testbed.played_keeper import PlayedKeeper

LONG, SHORT = 20.0, 0.0
Attempt = Callable[[KeeperPlace], str]


def keepers(folder: Path, *names: str) -> Keepers:
    return keepers_at([folder / f"{name}.sock" for name in names], 1, 5)


def take(attempt: Attempt, several: Keepers, patience: float = LONG) -> str:
    means = SimpleNamespace(keepers=several, keeper_wait=patience, at=lambda place: place)
    return with_one_keeper(
        cast(Callable[[Means], str], attempt),
        cast(Means, means),
        time.monotonic(),
        lambda: True,
    )


class Losing:
    """An attempt that loses its keeper so often, and then does what it is for."""

    def __init__(self, times: int, *, asked: bool) -> None:
        self.left = times
        self.asked = asked
        self.begun: list[str] = []

    def __call__(self, place: KeeperPlace) -> str:
        self.begun.append(place.socket.stem)
        if self.left:
            self.left -= 1
            raise LostError("keeper: gone", asked=self.asked)
        return "done"


@pytest.mark.parametrize("asked", [False, True])
@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_it_begins_anew_with_the_other(
    tmp_path: Path, order: tuple[str, str], *, asked: bool
) -> None:
    losing = Losing(1, asked=asked)
    assert take(losing, keepers(tmp_path, *order)) == "done"
    assert tuple(losing.begun) == order


def test_what_is_done_is_not_done_anew(tmp_path: Path) -> None:
    losing = Losing(0, asked=True)
    assert take(losing, keepers(tmp_path, "a", "b")) == "done"
    assert losing.begun == ["a"]


@pytest.mark.parametrize("error", [MailError("unreadable"), ValueError("a fault of ours")])
def test_a_refusal_is_not_asked_for_twice(tmp_path: Path, error: Exception) -> None:
    begun: list[KeeperPlace] = []

    def refused(place: KeeperPlace) -> str:
        begun.append(place)
        raise error

    with pytest.raises(type(error)) as caught:
        take(refused, keepers(tmp_path, "a", "b"))
    assert caught.value is error
    assert len(begun) == 1


def test_a_mail_that_ends_each_keepers_worker_does_not_go_round_for_ever(
    tmp_path: Path,
) -> None:
    losing = Losing(100, asked=True)
    with pytest.raises(LostError) as caught:
        take(losing, keepers(tmp_path, "a", "b"))
    assert caught.value.code == 451
    assert len(losing.begun) == 1 + MOST_BROKEN
    assert losing.begun[:2] == ["a", "b"]


def test_with_one_keeper_alone_it_waits_for_its_return(tmp_path: Path) -> None:
    several = keepers(tmp_path, "a")
    losing = Losing(1, asked=False)

    def once(place: KeeperPlace) -> str:
        try:
            return losing(place)
        except LostError:
            returned.append(PlayedKeeper(place.socket))
            raise

    returned: list[PlayedKeeper] = []
    try:
        assert take(once, several) == "done"
    finally:
        for each in returned:
            each.close()
    assert losing.begun == ["a", "a"]


def test_when_its_time_is_over_nothing_begins_anew(tmp_path: Path) -> None:
    losing = Losing(1, asked=False)
    with pytest.raises(LostError) as caught:
        take(losing, keepers(tmp_path, "a", "b"), SHORT)
    assert (caught.value.code, caught.value.temporary) == (451, True)
    assert losing.begun == ["a"]


def test_before_it_hears_451_a_mail_has_asked_once_itself(tmp_path: Path) -> None:
    several = keepers(tmp_path, "a")
    several.note_away(several.places[0], "gone")
    losing = Losing(0, asked=False)
    assert take(losing, several, SHORT) == "done"
    assert losing.begun == ["a"]
