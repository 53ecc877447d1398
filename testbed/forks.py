"""Work that may end its process, done in one of its own."""

import faulthandler
import os
import resource
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
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
