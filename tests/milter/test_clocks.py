"""Clocks that are wrong: whose, what follows, and what makes it good again."""

import pytest

from rmp_milter.calls.protocol.opening import Opened, Signature, Trust
from rmp_milter.dossier.days import UNIVERSAL
from rmp_milter.dossier.model import Verb
from rmp_milter.errors import MailError
from rmp_milter.milter.clocks import (
    ABOUT_NOW,
    BEHIND,
    DAY_SECONDS,
    DOCTORS,
    Clocks,
    HostTime,
    Stride,
    check_not_early,
    check_our_clock,
)

NOW = 1_900_000_000
UNSIGNED = Signature(Trust.NONE)


def signed(created: int, who: str = "f1", trust: Trust = Trust.GOOD) -> Signature:
    return Signature(trust, who, created=created)


def opened(signature: Signature, log_ahead: int = 0) -> Opened:
    return Opened(header="", signature=signature, bodies=(), log_ahead=log_ahead)


# Ours


@pytest.mark.parametrize(
    "signature",
    [UNSIGNED, signed(NOW + 3 * BEHIND), signed(NOW - 2 * ABOUT_NOW), signed(0)],
)
def test_a_log_of_the_future_puts_off_all_but_emergencies(signature: Signature) -> None:
    mail = opened(signature, BEHIND + 1)
    with pytest.raises(MailError) as refused:
        check_our_clock(Clocks(), mail, Verb.DEPOT, NOW)
    assert refused.value.code == 451
    assert "clock is behind" in refused.value.detail
    clocks = Clocks()
    check_our_clock(clocks, mail, Verb.URGENCE, NOW)
    assert clocks.doubt  # the host is told all the same


def test_a_small_step_of_the_clock_puts_nothing_off() -> None:
    assert not Clocks().weigh(UNSIGNED, NOW, BEHIND)


def test_a_signature_of_now_speaks_for_our_clock_until_the_log_says_more() -> None:
    clocks, far = Clocks(), 40 * DAY_SECONDS  # the clock ran ahead once, and was set right
    assert clocks.weigh(UNSIGNED, NOW, far)
    assert not clocks.weigh(signed(NOW - 20), NOW, far)
    assert not clocks.doubt
    assert not clocks.weigh(UNSIGNED, NOW + 60, far - 60)
    assert clocks.weigh(UNSIGNED, NOW + 60, far + 3600)


def test_an_unknown_keys_signature_says_nothing_of_the_time() -> None:
    clocks = Clocks()
    for trust in (Trust.UNKNOWN, Trust.BAD, Trust.EXPIRED):
        assert clocks.weigh(signed(NOW, trust=trust), NOW, BEHIND + 1)


def test_several_doctors_in_the_future_are_believed_one_is_not() -> None:
    clocks = Clocks()
    later = NOW + 2 * DAY_SECONDS
    for _ in range(2 * DOCTORS):
        assert not clocks.weigh(signed(later, "f1", Trust.FUTURE), NOW, 0)
    for number in range(2, DOCTORS):
        assert not clocks.weigh(signed(later, f"f{number}", Trust.FUTURE), NOW, 0)
    assert clocks.weigh(signed(later, "last", Trust.FUTURE), NOW, 0)
    assert clocks.weigh(UNSIGNED, NOW, 0)
    assert not clocks.weigh(UNSIGNED, later, 0)  # the clock was set
    assert clocks.weigh(UNSIGNED, NOW, 0)
    assert not clocks.weigh(signed(NOW, "honest"), NOW, 0)
    assert not clocks.weigh(UNSIGNED, NOW, 0)


def test_doctors_in_another_time_zone_put_nothing_off() -> None:
    clocks = Clocks()
    for number in range(3 * DOCTORS):
        assert not clocks.weigh(signed(NOW + 2 * 3600, f"f{number}"), NOW, 0)


# The sender's


def test_what_is_signed_in_the_future_is_refused_with_both_times_but_no_emergency() -> None:
    early, told = signed(NOW + 2 * DAY_SECONDS, trust=Trust.FUTURE), HostTime(UNIVERSAL, "fr")
    for verb in Verb:
        if verb is Verb.URGENCE:
            check_not_early(early, verb, NOW, told)
            continue
        with pytest.raises(MailError, match="future") as refused:
            check_not_early(early, verb, NOW, told)
        assert not refused.value.temporary
        assert refused.value.facts == {
            "signed": "19/03/2030 17:46 (temps universel)",
            "now": "17/03/2030 17:46 (temps universel)",
        }
    for trust in set(Trust) - {Trust.FUTURE}:
        check_not_early(signed(NOW, trust=trust), Verb.DEPOT, NOW, told)


# One that leaps


class Machine:
    """A clock on the wall, and how long the machine has been running."""

    def __init__(self) -> None:
        self.now, self.running = float(NOW), 100.0

    def passes(self, seconds: float, leap: float = 0) -> None:
        self.now += seconds + leap
        self.running += seconds


def stride_of(machine: Machine) -> Stride:
    return Stride(lambda: machine.now, lambda: machine.running)


def test_time_that_passes_is_followed_and_so_are_small_steps() -> None:
    machine = Machine()
    stride = stride_of(machine)
    for seconds, leap in ((300, 0), (40 * DAY_SECONDS, 0), (300, 7200), (300, -7200)):
        machine.passes(seconds, leap)
        assert stride.due_at() == machine.now
        assert not stride.is_held


def test_a_leap_ahead_makes_nothing_due_for_a_day() -> None:
    machine = Machine()
    stride = stride_of(machine)
    machine.passes(300, 400 * DAY_SECONDS)
    assert stride.due_at() == NOW + 300
    assert stride.is_held
    machine.passes(3600)
    assert stride.due_at() == NOW + 3900
    machine.passes(DAY_SECONDS)
    assert stride.due_at() == machine.now
    assert not stride.is_held


def test_a_leap_that_is_taken_back_was_none() -> None:
    machine = Machine()
    stride = stride_of(machine)
    machine.passes(300, 400 * DAY_SECONDS)
    assert stride.due_at() == NOW + 300
    machine.passes(300, -400 * DAY_SECONDS)
    assert stride.due_at() == machine.now == NOW + 600
    assert not stride.is_held


def test_a_clock_that_is_set_back_is_followed_at_once() -> None:
    machine = Machine()
    stride = stride_of(machine)
    machine.passes(300, -400 * DAY_SECONDS)
    assert stride.due_at() == machine.now
