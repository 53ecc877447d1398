"""A bound on the processor time of a call, for mails that may turn out to cost much more.

Most mails are opened in a few milliseconds. What a small mail can be made to cost is bounded
too, but not by that little; so it is given up after a while, and comes again when there is room.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

QUICK_SECONDS = 0.025
"""Of processor time: five times what the mail of an emergency takes."""


class TooSlow(BaseException):
    """The time is over. Nothing on the way takes it for a fault in a mail (no ``Exception``)."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise :class:`TooSlow` once the block has used so many seconds of processor time.

    Nothing is bounded by 0. For the main thread of a process, and what changes nothing.
    """
    if not seconds:
        yield
        return
    over = False

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal over
        over = True
        raise TooSlow

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    if over:  # somebody on the way let nothing pass
        raise TooSlow
