"""How a process of several threads is told to end: one thread waits for the signal."""

import signal
import threading
from collections.abc import Callable

TOLD_TO_END = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})


def when_told_to_end(*actions: Callable[[], None]) -> None:
    """Have the ``actions`` called, in a thread, at the first signal to end; return at once.

    Call it before any other thread is started: these inherit that the signals wait. A thread
    that did not would be given the signal, and the process would end where it stands. A handler
    is no way: it runs in the main thread, which may hold a lock that they need, or sit in
    a C function for ever.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, TOLD_TO_END)

    def wait() -> None:
        signal.sigwait(TOLD_TO_END)
        for action in actions:
            action()

    threading.Thread(target=wait, daemon=True, name="signals").start()
