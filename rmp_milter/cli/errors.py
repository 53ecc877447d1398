"""What a command says when it cannot do what was asked: a line, a hint, an exit status."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

from rmp_milter.phrases.phrase import line_of


class Status(IntEnum):
    """Exit statuses of ``rmp`` (rmp(1))."""

    OK = 0
    REFUSED = 1  # there are findings, or the command refuses
    USAGE = 2  # command line or configuration


class CommandError(Exception):
    """A command's refusal; ``hint`` says what to do and may be empty."""

    def __init__(self, line: str, hint: str = "", status: Status = Status.REFUSED) -> None:
        super().__init__(line)
        self.line = line
        self.hint = hint
        self.status = status


@contextmanager
def refusing(*foreseen: type[Exception], hint: str = "") -> Iterator[None]:
    """Turn the ``foreseen`` errors of the block, which are one clear line each.

    What an error itself says is to be done goes before the ``hint``.
    """
    try:
        yield
    except foreseen as error:
        raise CommandError(line_of(error), getattr(error, "hint", "") or hint) from error
