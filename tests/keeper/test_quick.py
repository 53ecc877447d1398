"""A mail that is to be opened quickly, and is not."""

import signal
import time
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
from keeper_case import HEADER, ask, desk_of, encrypted, entity, opening
from keeper_gpg import Gpg
from openpgp.composed import SignedSecretKey

from rmp_milter.calls.protocol import Opened, Why
from rmp_milter.keeper.desk import answer
from rmp_milter.keeper.desk.quick import TooSlow, within


def work() -> None:
    while True:
        sum(range(1000))


def test_work_ends_when_its_time_is_over() -> None:
    with pytest.raises(TooSlow), within(0.01):
        work()
    assert signal.getsignal(signal.SIGPROF) is signal.SIG_DFL
    assert signal.getitimer(signal.ITIMER_PROF) == (0, 0)


def test_nobody_on_the_way_can_take_it_for_a_fault() -> None:
    with pytest.raises(TooSlow), within(0.01), suppress(Exception):
        work()
    with pytest.raises(TooSlow), within(0.01), suppress(BaseException):
        work()


def test_what_is_done_in_time_or_unbounded_goes_on() -> None:
    with within(5):
        sum(range(1000))
    with within(0):
        began = time.process_time()
        while time.process_time() - began < 0.02:
            sum(range(1000))
    assert signal.getitimer(signal.ITIMER_PROF) == (0, 0)


def test_a_mail_that_takes_too_long_is_given_up_and_can_come_again(
    service: SignedSecretKey, gpg: Gpg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = desk_of(service, tmp_path)
    request, memory = opening([encrypted(gpg, entity(HEADER))], entity=True)
    quick = msgspec.structs.replace(request, quick=True)
    assert isinstance(ask(desk, quick, memory).reply, Opened)
    with monkeypatch.context() as patched:
        patched.setattr(answer, "open_mail", lambda *_: work())
        assert ask(desk, quick, memory).failed.why is Why.SLOW
    assert isinstance(ask(desk, request, memory).reply, Opened)
