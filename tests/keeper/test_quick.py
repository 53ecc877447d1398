"""A mail that is to be opened quickly, and is not."""

import itertools
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType

import msgspec
import pytest
from keeper_case import HEADER, NOW, PDF, ask, desk_of, encrypted, entity, opening
from keeper_gpg import Gpg
from openpgp.composed import SignedSecretKey

from rmp_milter.calls.memory import Memory
from rmp_milter.calls.protocol.message import Failed, Why
from rmp_milter.calls.protocol.opening import Opened
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


def given_up_at(call: int, work: Callable[[], object]) -> bool:
    """Do the work and give it up at its ``call``-th call of a function; whether it came so far.

    What gives memory back is left alone: it does nothing else.
    """
    count, came = 0, False

    def counting(frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count, came
        count += event == "call"
        if count >= call and event == "call" and frame.f_code is not Memory.close.__code__:
            sys.setprofile(None)
            came = True
            raise TooSlow

    sys.setprofile(counting)
    try:
        work()
    except TooSlow:
        pass
    finally:
        sys.setprofile(None)
    return came


# Where a generator ends, what is raised is told to nobody: that is the interpreter's way.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.promise(number=11)
def test_a_mail_that_is_given_up_anywhere_leaves_nothing_open(
    service: SignedSecretKey, gpg: Gpg, tmp_path: Path
) -> None:
    """A stranger could have a worker run out of descriptors: by a mail that splits off files."""
    desk = desk_of(service, tmp_path)
    secret = entity(f"Demande : dossier\n{HEADER}Code : ABCD2345\n", files=[("a.pdf", PDF)])
    request, memory = opening([encrypted(gpg, secret)], entity=True)
    with Memory() as shared:
        shared.write(memory)
        fd = shared.fd
        before = len(list(Path("/proc/self/fd").iterdir()))

        def read() -> None:
            reply, split = answer.answer(desk, request, fd, NOW)
            if isinstance(reply, Failed):
                raise TooSlow
            assert split is not None
            split.close()

        calls = itertools.count(1, 23)
        assert (
            sum(1 for _ in itertools.takewhile(lambda at: given_up_at(at, read), calls)) > 100
        )
        assert len(list(Path("/proc/self/fd").iterdir())) == before
