"""Mails taken in threads of Python's own, for which libmilter's threads wait.

libmilter starts threads by itself, and pymilter gives each *connection* a state of Python's, which
one thread after the other uses. Native code that calls back into Python asks for the state of the
*thread* (PyGILState_Ensure) and finds another connection's there, or one that is gone: the process
ends by a segmentation fault. PostgreSQL's driver does so whenever the server says something that it
was not asked for; libraries in Rust may at any time.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def in_own_threads(act: Callable[P, T]) -> Callable[P, T]:
    """Return what has ``act`` done in such a thread, and returns or raises what it does."""

    def done(*args: P.args, **kwargs: P.kwargs) -> T:
        with ThreadPoolExecutor(1, thread_name_prefix="mail") as own:  # gone with its mail
            return own.submit(act, *args, **kwargs).result()

    return done
