"""Talking to the keeper on behalf of a generator, and what its failures mean outside."""

from collections.abc import Callable, Generator, Mapping
from typing import TypeVar

from rmp_milter.calls.client import KeeperDown
from rmp_milter.calls.memory import Memory
from rmp_milter.calls.protocol import Failed, Reply, Request, Why
from rmp_milter.errors import MailError, try_again

Call = Callable[[Request, int | None], tuple[Reply, int | None]]
ResultT = TypeVar("ResultT")

_OUTSIDE: Mapping[Why, str] = {
    Why.UNREADABLE: "unreadable",
    Why.NO_INTEGRITY: "no-integrity",
    Why.TOO_LARGE: "too-large",
    Why.UNSUPPORTED: "unsupported",
    Why.WRONG_CODE: "no-access",
    Why.WEAK_CODE: "weak-code",
    Why.NO_TEXT: "no-text",
    Why.LAYERED: "layered",
    Why.BAD_KEY: "expired-key",
}


class Keeper:
    """The keeper as the pipeline sees it: replies or :class:`MailError`, nothing else."""

    def __init__(self, call: Call, limit_megabytes: int) -> None:
        self._call = call
        self._facts = {"limit": str(limit_megabytes)}

    def ask(self, request: Request, memory: Memory | None = None) -> tuple[Reply, Memory]:
        """Send one request; return the reply and its shared memory (often empty).

        Raises :class:`MailError`: 451 where the keeper is down or cannot work, the
        refusal that fits the reason otherwise.
        """
        try:
            reply, fd = self._call(request, memory.fd if memory else None)
        except KeeperDown as error:
            raise try_again("unavailable", f"keeper: {error}") from error
        shared = Memory(fd)
        if isinstance(reply, Failed):
            shared.close()
            raise self._refusal(reply)
        return reply, shared

    def run(self, steps: Generator[Request, Reply, ResultT]) -> ResultT:
        """Answer each request of ``steps`` and return its result.

        A refusal is thrown into ``steps``, which may turn it into another.
        """
        try:
            request = next(steps)
            while True:
                request = self._answer(steps, request)
        except StopIteration as done:
            result: ResultT = done.value
            return result

    def _answer(self, steps: Generator[Request, Reply, object], request: Request) -> Request:
        try:
            reply, shared = self.ask(request)
        except MailError as error:
            return steps.throw(error)
        shared.close()
        return steps.send(reply)

    def _refusal(self, failed: Failed) -> MailError:
        if failed.why not in _OUTSIDE:
            return try_again("unavailable", f"keeper: {failed.why} {failed.detail}")
        return MailError(
            _OUTSIDE[failed.why],
            detail=f"keeper: {failed.why} {failed.detail}",
            facts=self._facts,
        )
