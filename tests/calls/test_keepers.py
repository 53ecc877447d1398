"""Several keepers in their order: who is away is passed over, and asked after until he is back."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from rmp_milter.calls import keepers as module
from rmp_milter.calls.client import KeeperAway, KeeperDown, KeeperFailed
from rmp_milter.calls.gate import Rank
from rmp_milter.calls.keepers import KeeperPlace, Keepers, keepers_at
from rmp_milter.calls.protocol.calls import Reply, Request
from rmp_milter.calls.protocol.cards import Learned, Show
from rmp_milter.calls.protocol.message import Failed, Why
from testbed.played_keeper import PlayedKeeper
from testbed.waiting import wait_until

SOON = 20.0


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "a.sock", tmp_path / "b.sock"


@pytest.fixture
def both(places: tuple[Path, Path]) -> Iterator[tuple[PlayedKeeper, PlayedKeeper]]:
    with ExitStack() as stack:
        first, second = (stack.enter_context(closing(PlayedKeeper(path))) for path in places)
        yield first, second


def several(places: tuple[Path, ...]) -> Keepers:
    return keepers_at(places, 2, 5)


def soon() -> float:
    return time.monotonic() + SOON


def ask(keepers: Keepers) -> None:
    with keepers.way(Rank.KNOWN, 0, b"") as call:
        assert call(Show(()), None) == (Learned(0), None)


def test_the_first_is_asked_as_long_as_it_is_there(
    places: tuple[Path, Path], both: tuple[PlayedKeeper, PlayedKeeper]
) -> None:
    keepers = several(places)
    for _ in range(3):
        ask(keepers)
    assert [len(each.asked) for each in both] == [3, 0]


def test_who_is_away_is_passed_over_and_comes_back(
    places: tuple[Path, Path], both: tuple[PlayedKeeper, PlayedKeeper]
) -> None:
    keepers = several(places)
    both[0].close()
    with pytest.raises(KeeperAway):
        ask(keepers)  # who asks now finds it out
    for _ in range(3):
        ask(keepers)
    assert keepers.present() is keepers.places[1]
    with closing(PlayedKeeper(places[0])) as again:
        wait_until(lambda: keepers.present() is keepers.places[0], SOON, "its return")
        assert [type(each) for each in again.asked] == [Show]  # asked after once, by one


def test_of_one_that_is_away_nobody_but_one_thread_asks(places: tuple[Path, Path]) -> None:
    keepers = several(places[:1])
    before = threading.active_count()
    for _ in range(50):
        keepers.note_away(keepers.places[0], "gone")
    assert threading.active_count() == before + 1
    assert keepers.present() is None
    with closing(PlayedKeeper(places[0])):
        wait_until(lambda: threading.active_count() <= before + 1, SOON, "the thread's end")
        wait_until(lambda: keepers.present() is not None, SOON, "its return")


def test_whoever_waits_goes_on_when_one_is_back(places: tuple[Path, Path]) -> None:
    keepers = several(places)
    for place in keepers.places:
        keepers.note_away(place, "gone")
    found: list[KeeperPlace | None] = []

    def wait() -> None:
        found.append(keepers.wait(soon(), is_known=True))

    waiting = [threading.Thread(target=wait) for _ in range(5)]
    for thread in waiting:
        thread.start()
    with closing(PlayedKeeper(places[1])):
        for thread in waiting:
            thread.join(SOON)
    assert found == [keepers.places[1]] * 5
    assert (keepers._waiting, keepers._strangers) == (0, 0)


def test_nobody_waits_for_longer_than_he_may(places: tuple[Path, Path]) -> None:
    keepers = several(places)
    for place in keepers.places:
        keepers.note_away(place, "gone")
    assert keepers.wait(time.monotonic() + 0.05, is_known=True) is None
    assert keepers.wait(time.monotonic() - 1, is_known=True) is None


def test_strangers_do_not_take_all_places_to_wait(
    places: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 3)
    monkeypatch.setattr(module, "STRANGERS_WAITING", 1)
    keepers = several(places[:1])
    keepers.note_away(keepers.places[0], "gone")

    def wait(*, is_known: bool) -> threading.Thread:
        thread = threading.Thread(target=lambda: keepers.wait(soon(), is_known=is_known))
        thread.start()
        return thread

    held = [wait(is_known=False)]
    wait_until(lambda: keepers._strangers == 1, SOON, "the stranger")
    assert keepers.wait(soon(), is_known=False) is None
    held += [wait(is_known=True), wait(is_known=True)]
    wait_until(lambda: keepers._waiting == 3, SOON, "the others")
    assert keepers.wait(soon(), is_known=True) is None
    with closing(PlayedKeeper(places[0])):
        for thread in held:
            thread.join(SOON)
            assert not thread.is_alive()


def test_who_has_lost_one_goes_to_another_and_else_back(
    places: tuple[Path, Path], both: tuple[PlayedKeeper, PlayedKeeper]
) -> None:
    assert both
    keepers = several(places)
    first, second = keepers.places
    assert keepers.present(first) is second
    keepers.note_away(second, "gone")
    assert keepers.present(first) is first


def test_a_command_asks_in_turn_and_hears_the_last_ones_reason(
    places: tuple[Path, Path],
) -> None:
    keepers = several(places)
    with closing(PlayedKeeper(places[1])):
        assert keepers.expect(Learned, Show(())) == (Learned(0), None)
    with pytest.raises(KeeperAway, match="No such file"):
        keepers.call(Show(()))


@pytest.mark.parametrize("hangs_up", [False, True])
def test_only_a_keeper_that_was_not_asked_is_away(
    places: tuple[Path, Path], *, hangs_up: bool
) -> None:
    """The tunnel to its host says that it asked it nothing; a call that broke off may be done."""

    def answer(_request: Request, _fd: int | None) -> tuple[Reply, int | None] | None:
        return None if hangs_up else (Failed(Why.AWAY, "its host does not answer"), None)

    keepers = several(places[:1])
    with closing(PlayedKeeper(places[0], answer)), pytest.raises(KeeperDown) as caught:
        ask(keepers)
    assert isinstance(caught.value, KeeperAway) is not hangs_up
    assert (keepers.present() is None) is not hangs_up


def test_a_keeper_that_refuses_is_there(places: tuple[Path, Path]) -> None:
    def answer(_request: Request, _fd: int | None) -> tuple[Reply, int | None]:
        return Failed(Why.UNAVAILABLE, "access log"), None

    keepers = several(places)
    with closing(PlayedKeeper(places[0], answer)), pytest.raises(KeeperFailed):
        keepers.expect(Learned, Show(()))
    keepers.note_away(keepers.places[0], "gone")
    with closing(PlayedKeeper(places[0], answer)):
        wait_until(lambda: keepers.present() is keepers.places[0], SOON, "its return")


class Still:
    """Answers as a keeper does, but for when it stands still."""

    def __init__(self) -> None:
        self.goes_on = threading.Event()

    def __call__(self, _request: Request, _fd: int | None) -> tuple[Reply, int | None]:
        self.goes_on.wait(SOON)
        return Learned(0), None


def wait_until_asked(keeper: PlayedKeeper, more: int) -> None:
    before = len(keeper.asked)
    wait_until(lambda: len(keeper.asked) >= before + more, SOON, "somebody who asks after it")


def once_asked(keeper: PlayedKeeper, times: int, still: Still) -> None:
    """Let it go on when it was asked after so often."""

    def wait() -> None:
        wait_until_asked(keeper, times)
        still.goes_on.set()

    threading.Thread(target=wait).start()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in (("SILENT", 0.2), ("PROBE", 0.3)):
        monkeypatch.setattr(module, f"{name}_SECONDS", seconds)
    monkeypatch.setattr(module, "LONGEST_PAUSE", 0.1)


@pytest.mark.usefixtures("impatient")
def test_a_call_is_given_up_where_its_keeper_stands_still_and_another_answers(
    places: tuple[Path, Path],
) -> None:
    still, keepers = Still(), keepers_at(places, 2, SOON)
    with closing(PlayedKeeper(places[0], still)) as first, closing(PlayedKeeper(places[1])):
        with pytest.raises(KeeperDown) as caught:
            ask(keepers)
        assert not isinstance(caught.value, KeeperAway)  # it may have been done
        assert keepers.present() is keepers.places[1]
        ask(keepers)
        wait_until_asked(first, 3)  # it can be called, and is not back for that
        assert keepers.present() is keepers.places[1]
        still.goes_on.set()
        wait_until(lambda: keepers.present() is keepers.places[0], SOON, "its return")


@pytest.mark.usefixtures("impatient")
def test_who_waits_at_the_gate_of_a_keeper_that_stands_still_goes_to_another(
    places: tuple[Path, Path],
) -> None:
    """More mails than it has workers: one of them may be an emergency, not opened yet."""
    still, keepers = Still(), keepers_at(places, 1, SOON)
    heard = list[BaseException]()

    def begin() -> None:
        try:
            with keepers.places[0].way(Rank.LIKELY, 0, b"") as call:
                call(Show(()), None)
        except KeeperDown as error:
            heard.append(error)

    with closing(PlayedKeeper(places[0], still)), closing(PlayedKeeper(places[1])):
        threads = [threading.Thread(target=begin) for _ in range(5)]
        assert keepers.present() is keepers.places[0]
        for each in threads:
            each.start()
        wait_until(lambda: keepers.places[0].gate.waiting() == 3, SOON, "those at the gate")
        wait_until(lambda: len(heard) == 5, SOON / 2, "all of them")
        assert (
            sum(isinstance(each, KeeperAway) for each in heard) == 3
        )  # who had not called yet
        with pytest.raises(KeeperAway), keepers.places[0].way(Rank.KNOWN, 0, b"") as call:
            call(Show(()), None)
        assert keepers.expect(Learned, Show(())) == (Learned(0), None)
        still.goes_on.set()
        wait_until(lambda: keepers.present() is keepers.places[0], SOON, "its return")
        ask(keepers)


@pytest.mark.usefixtures("impatient")
def test_a_call_is_waited_for_where_no_other_keeper_answers(places: tuple[Path, Path]) -> None:
    still, keepers = Still(), keepers_at(places, 2, SOON)
    with closing(PlayedKeeper(places[0], still)) as first:
        once_asked(first, 3, still)
        ask(keepers)
    assert keepers.present() is keepers.places[0]


@pytest.mark.usefixtures("impatient")
def test_a_call_is_waited_for_where_its_keeper_answers_others(
    places: tuple[Path, Path],
) -> None:
    still, first = Still(), threading.Event()

    def slow_once(request: Request, fd: int | None) -> tuple[Reply, int | None]:
        if first.is_set():
            return Learned(0), None
        first.set()
        return still(request, fd)

    keepers = keepers_at(places, 2, SOON)
    with closing(PlayedKeeper(places[0], slow_once)) as one, closing(PlayedKeeper(places[1])):
        once_asked(one, 3, still)
        ask(keepers)
    assert keepers.places[1] is not keepers.present()
