"""What the keeper refuses, as the milter hears it."""

import pytest

from rmp_milter.calls.authority import NOTHING, NoCode
from rmp_milter.calls.client import KeeperAway, KeeperDown
from rmp_milter.calls.gate import Gate, Rank
from rmp_milter.calls.keeper import GroundMoved, RemoteKeeper
from rmp_milter.calls.protocol.calls import Reply, Request
from rmp_milter.calls.protocol.cards import Amend, Amended
from rmp_milter.calls.protocol.leaves import ListedLeaf, RecordedList, RecordList
from rmp_milter.calls.protocol.message import Event, Failed, Why
from rmp_milter.errors import AHEAD, FOREIGN, GONE, RESTORED, GoneError, LostError, MailError

AMEND = Amend(NoCode(), Event(1, "revocation du code", b"act", "", "", ""), NOTHING)


def keeper(reply: Reply) -> RemoteKeeper:
    """Return a keeper that answers so, whatever it is asked."""

    def call(_request: Request, _fd: int | None) -> tuple[Reply, int | None]:
        return reply, None

    return RemoteKeeper(call, 50)


def refusal(why: Why, detail: str = "a detail") -> MailError:
    with pytest.raises(MailError) as caught:
        keeper(Failed(why, detail)).amend(AMEND)
    return caught.value


def test_the_next_cards_come_back() -> None:
    assert keeper(Amended(b"next")).amend(AMEND) == Amended(b"next")


def test_a_card_that_is_not_in_force_any_more_refuses_nobody() -> None:
    with pytest.raises(GroundMoved):
        keeper(Failed(Why.MOVED)).amend(AMEND)


def test_what_was_done_before_is_told_as_such() -> None:
    error = refusal(Why.REPLAYED)
    assert (error.text, error.code, error.enhanced) == ("replayed", 550, "5.7.7")


def test_what_nothing_entitles_to_comes_again_and_only_the_log_says_why() -> None:
    """An honest milter asks for nothing of the kind: it is our fault, not the sender's."""
    error = refusal(Why.UNENTITLED)
    assert (error.text, error.code, error.facts) == ("unavailable", 451, {})
    assert error.detail == "keeper: unentitled a detail"


@pytest.mark.parametrize("detail", [AHEAD, GONE])
def test_after_a_restore_the_log_says_which_command_helps(detail: str) -> None:
    error = refusal(Why.UNENTITLED, detail)
    assert (error.code, error.facts) == (451, {})
    assert error.detail == f"keeper: unentitled {detail}: {RESTORED}"
    assert "rmp store check" in error.detail
    assert isinstance(error, GoneError) is (detail == GONE)
    assert RESTORED not in refusal(Why.UNAVAILABLE, detail).detail


@pytest.mark.parametrize("numbers", [(), (1,), (1, None, 2)])
def test_leaves_that_are_not_the_lists_are_none(numbers: tuple[int | None, ...]) -> None:
    leaf = Event(1, "urgence liste", b"act", "", "", "")
    request = RecordList(NOTHING, (ListedLeaf(leaf), ListedLeaf(leaf)))
    with pytest.raises(MailError) as caught:
        keeper(RecordedList(numbers)).record_list(request)
    assert caught.value.code == 451
    fitting = RecordedList((1, None))
    assert keeper(fitting).record_list(request) == fitting


@pytest.mark.parametrize(
    ("raised", "asked"), [(KeeperAway("nobody"), False), (KeeperDown("timed out"), True)]
)
def test_a_keeper_that_is_lost_is_told_from_all_other_faults(
    raised: KeeperDown, *, asked: bool
) -> None:
    def call(_request: Request, _fd: int | None) -> tuple[Reply, int | None]:
        raise raised

    with pytest.raises(LostError) as caught:
        RemoteKeeper(call, 50).amend(AMEND)
    assert (caught.value.asked, caught.value.code, caught.value.facts) == (asked, 451, {})


def test_a_keeper_that_was_started_anew_since_is_lost_to_the_mail() -> None:
    error = refusal(Why.UNENTITLED, FOREIGN)
    assert isinstance(error, LostError)
    assert error.asked
    assert not isinstance(refusal(Why.UNENTITLED, "held for too long"), LostError)


def test_a_gate_that_is_full_is_no_keeper_that_is_lost() -> None:
    def call(_request: Request, _fd: int | None) -> tuple[Reply, int | None]:
        raise AssertionError("at a full gate")

    gate = Gate(1, 0.01)
    with gate.place(Rank.KNOWN), pytest.raises(MailError) as caught:
        RemoteKeeper(call, 50, gate).amend(AMEND)
    assert not isinstance(caught.value, LostError)
    assert caught.value.code == 451
