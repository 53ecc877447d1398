import pytest

from rmp_milter.calls.authority import Candidate
from rmp_milter.calls.gate import Gate, Rank
from rmp_milter.calls.keeper import RemoteKeeper
from rmp_milter.calls.memory import Memory
from rmp_milter.calls.protocol.calls import Reply, Request
from rmp_milter.calls.protocol.message import Failed, Why
from rmp_milter.calls.protocol.opening import Open, Opened, Signature, Trust
from rmp_milter.dossier.model import Verb
from rmp_milter.milter.order import (
    SMALL,
    SOON_READ,
    open_in_turn,
    outside_turn,
    rank_of_opening,
    rank_of_rest,
)


@pytest.mark.parametrize(
    ("size", "seems_known", "logged_in", "rank"),
    [
        (SMALL, True, False, Rank.LIKELY),
        (SMALL, False, True, Rank.LOGGED_IN),
        (SMALL + 1, True, False, Rank.LARGE),
        (SMALL + 1, True, True, Rank.KNOWN),
        (SMALL, False, False, Rank.STRANGER),
        (SMALL + 1, False, False, Rank.STRANGER_LARGE),
    ],
)
def test_a_mail_is_opened_by_its_size_and_by_what_is_known_of_its_sender(
    size: int, *, seems_known: bool, logged_in: bool, rank: Rank
) -> None:
    assert rank_of_opening(size, seems_known=seems_known, logged_in=logged_in) is rank


def test_an_emergency_and_nothing_else_goes_on_as_one() -> None:
    assert [verb for verb in Verb if rank_of_rest(verb) is Rank.EMERGENCY] == [Verb.URGENCE]


def test_one_large_mail_is_read_at_a_time_and_small_ones_pass() -> None:
    gate = Gate(1, 0.05)
    with outside_turn(gate, SOON_READ + 1, lambda: False):
        with outside_turn(gate, SOON_READ, lambda: False):
            pass
        with (
            pytest.raises(TimeoutError),
            outside_turn(gate, SOON_READ + 1, lambda: True),
        ):
            pytest.fail("two at a time")
    with outside_turn(gate, SOON_READ + 1, lambda: True):
        assert gate.waiting() == 0


class Slow:
    """A keeper to which every mail is slow that is to be quick."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.asked: list[tuple[bool, bool]] = []

    def call(self, request: Request, _fd: int | None) -> tuple[Reply, int | None]:
        """Note whether it was to be quick, and whether a worker was free for strangers yet."""
        assert isinstance(request, Open)
        self.asked.append((request.quick, self.gate._free_narrow > 0))
        if request.quick:
            return Failed(Why.SLOW), None
        return Opened("", Signature(Trust.NONE), ()), None


@pytest.mark.parametrize(
    ("rank", "asked"),
    [
        (Rank.LOGGED_IN, [(False, True)]),
        (Rank.LIKELY, [(True, True), (False, False)]),
        (Rank.STRANGER, [(True, False), (False, False)]),
        (Rank.STRANGER_LARGE, [(False, False)]),
    ],
)
def test_a_mail_that_takes_long_waits_anew_with_the_large_ones(
    rank: Rank, asked: list[tuple[bool, bool]]
) -> None:
    played = Slow(Gate(2, 1))
    keeper = RemoteKeeper(played.call, 50, played.gate)
    with Memory() as bodies:
        _, fresh = open_in_turn(
            keeper, Open((), (Candidate(b"card", b"certificate"),)), bodies, rank
        )
    fresh.close()
    assert played.asked == asked
