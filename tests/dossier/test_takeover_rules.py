"""A change of médecin traitant that may be contested: for how long, by whom, and that it ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from rmp_milter.dossier.model import CodeSlot, Consent, Dossier, Patient, Slots, Takeover
from rmp_milter.dossier.takeovers import (
    contested,
    is_former,
    is_running,
    may_be_contested,
    taken_over,
)

DAYS = 15 * 86_400
NOW = 1_780_000_000
OLD, NEW, THIRD, FOURTH = (bytes([number]) * 16 for number in range(4))
SLOT = CodeSlot(b"s" * 16, b"n" * 12, b"c" * 48, folded=True)
DOSSIER = Dossier(
    dossier_id=b"d" * 16,
    public_key=b"P" * 32,
    patient=Patient("Dupont", "Jean", "1959-01-30"),
    treating=OLD,
    slots=Slots(SLOT, b"custody"),
    consent=Consent(OLD, NOW, "test"),
    created_at=NOW,
)


def take(dossier: Dossier, by: bytes, at: int = NOW, days: int = DAYS) -> Dossier:
    return taken_over(dossier, by, at, days, has_key=False)


def test_a_takeover_can_be_contested_until_its_days_are_over() -> None:
    taken = take(DOSSIER, NEW)
    assert taken.takeover == Takeover(OLD, NOW, NOW + DAYS)
    assert (taken.treating, taken.revision) == (NEW, 1)
    assert may_be_contested(taken.takeover, NOW + DAYS - 1)
    assert not may_be_contested(taken.takeover, NOW + DAYS)
    assert not is_running(taken.takeover, NOW + DAYS)
    assert not is_running(None, NOW)


def test_a_contest_says_again_who_treats_and_nothing_else() -> None:
    taken = replace(take(DOSSIER, NEW), suspended=True, opposed=(THIRD,))
    after = contested(taken)
    assert (after.treating, after.revision) == (OLD, 2)
    assert after == replace(taken, treating=OLD, takeover=after.takeover, revision=2)
    assert is_running(after.takeover, NOW)
    assert not may_be_contested(after.takeover, NOW)


def test_without_a_takeover_nothing_is_contested() -> None:
    with pytest.raises(ValueError, match="no takeover"):
        contested(DOSSIER)


def test_takeover_contest_takeover_stands() -> None:
    again = take(contested(take(DOSSIER, NEW)), NEW, NOW + 5)
    assert again.treating == NEW
    assert again.takeover == Takeover(OLD, NOW, NOW + DAYS, contested=True)
    assert not may_be_contested(again.takeover, NOW + 5)
    later = take(again, THIRD, NOW + DAYS)
    assert later.takeover == Takeover(NEW, NOW + DAYS, NOW + 2 * DAYS)


def test_two_who_help_each_other_do_not_take_the_right_of_the_first_away() -> None:
    twice = take(take(DOSSIER, NEW), THIRD, NOW + DAYS - 1)
    assert twice.takeover == Takeover(OLD, NOW + DAYS - 1, NOW + 2 * DAYS - 1)
    assert contested(twice).treating == OLD


def test_who_takes_it_back_by_the_code_has_had_his_contest() -> None:
    back = take(take(DOSSIER, NEW), OLD, NOW + 9)
    assert back.treating == OLD
    assert not may_be_contested(back.takeover, NOW + 9)
    assert is_running(back.takeover, NOW + 9)
    assert not may_be_contested(take(back, NEW, NOW + 10).takeover, NOW + 10)


def test_the_former_one_is_that_within_the_days_and_while_another_treats() -> None:
    taken = take(DOSSIER, NEW)
    assert is_former(taken, OLD, NOW)
    assert not is_former(taken, OLD, NOW + DAYS)
    assert not is_former(taken, NEW, NOW)
    assert not is_former(taken, THIRD, NOW)
    assert not is_former(DOSSIER, OLD, NOW)
    assert not is_former(contested(taken), OLD, NOW)
    assert is_former(take(contested(taken), NEW), OLD, NOW)


@pytest.mark.parametrize(("before", "has_key"), [(False, True), (True, False), (True, True)])
def test_a_key_of_the_patients_is_suspended_and_stays_so(before: bool, has_key: bool) -> None:  # noqa: FBT001 -- rows of a table
    known = replace(DOSSIER, suspended=before)
    assert taken_over(known, NEW, NOW, DAYS, has_key=has_key).suspended
    assert not take(DOSSIER, NEW).suspended


def test_where_no_days_are_given_nothing_can_be_contested_and_nothing_waits() -> None:
    taken = take(DOSSIER, NEW, days=0)
    assert not is_running(taken.takeover, NOW)
    assert not is_former(taken, OLD, NOW)


@given(
    st.lists(st.tuples(st.sampled_from([OLD, NEW, THIRD, FOURTH, b""]), st.integers(0, DAYS)))
)
def test_whatever_happens_there_is_one_contest_in_the_days_of_a_takeover(
    steps: list[tuple[bytes, int]],
) -> None:
    """An empty name contests, where it is possible; others take the dossier over."""
    dossier, now, contests = DOSSIER, NOW, 0
    for by, later in steps:
        now += later
        if not is_running(dossier.takeover, now):
            contests = 0
        if by and by != dossier.treating:
            dossier = take(dossier, by, now)
        elif not by and may_be_contested(dossier.takeover, now):
            dossier, contests = contested(dossier), contests + 1
        assert contests <= 1
        if contests:
            assert not may_be_contested(dossier.takeover, now)
