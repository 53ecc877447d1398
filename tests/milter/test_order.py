import pytest

from rmp_milter.calls.gate import Gate, Rank
from rmp_milter.dossier.model import Verb
from rmp_milter.milter.order import (
    SMALL,
    SOON_READ,
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
