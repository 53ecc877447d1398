"""Work that may end its process, done in one of its own."""

import faulthandler
import os
import resource
import signal
import traceback
from collections.abc import Callable

_MOST_SECONDS = 2  # of processor time: without memory the interpreter may go in circles


def in_a_child(work: Callable[[], int], otherwise: int) -> int:
    """Return what ``work`` gives in a forked process: its status, negative where it died of it.

    ``otherwise`` is the status where it raised.
    """
    child = os.fork()
    if not child:
        status = otherwise
        faulthandler.disable()  # what dies of it is expected here
        resource.setrlimit(resource.RLIMIT_CPU, (_MOST_SECONDS, _MOST_SECONDS))
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        try:
            status = work()
        finally:
            os._exit(status)
    return _status_of(child)


def forked(work: Callable[[], object]) -> int:
    """Return the id of a forked process that does ``work``; what it raises is printed."""
    child = os.fork()
    if not child:
        try:
            work()
        except BaseException:  # noqa: BLE001 -- pytest shows it beside the test that fails of it
            traceback.print_exc()
        finally:
            os._exit(1)
    return child


def is_killed(work: Callable[[], object]) -> bool:
    """Whether a forked process is killed over ``work``; it is not where it ends, or raises."""
    return was_killed(forked(work))


def was_killed(child: int) -> bool:
    """Whether a forked process was killed, which this waits for; else it came to an end."""
    return _status_of(child) == -signal.SIGKILL


def _status_of(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
