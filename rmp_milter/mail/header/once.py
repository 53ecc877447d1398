"""What is asked several times of the lines of one mail, and worked out once.

Whoever asks what a mail means reads the same lines again for each question: half of an opening.
What was read is remembered for one mail only, and forgotten with it: it is a patient's.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

MOST_REMEMBERED = 4096
"""Answers that are kept of one mail: a text of many lines is not held many times over."""

ParamT = ParamSpec("ParamT")
T = TypeVar("T")

_UNKNOWN = object()
_known: ContextVar[dict[object, Any] | None] = ContextVar("known", default=None)


@contextmanager
def read_once() -> Iterator[None]:
    """Let the same be worked out only once in the block; all is forgotten at its end."""
    token = _known.set({})
    try:
        yield
    finally:
        _known.reset(token)


def remembered(read: Callable[ParamT, T]) -> Callable[ParamT, T]:
    """Let a function be asked the same only once within :func:`read_once`.

    Its arguments are given by place and can be hashed; nobody changes what it returns.
    """

    @wraps(read)
    def asked(*arguments: ParamT.args, **named: ParamT.kwargs) -> T:
        known = _known.get()
        if known is None or named:
            return read(*arguments, **named)
        key = read, arguments
        found: T = known.get(key, _UNKNOWN)
        if found is _UNKNOWN:
            found = read(*arguments, **named)
            if len(known) < MOST_REMEMBERED:
                known[key] = found
        return found

    return asked
