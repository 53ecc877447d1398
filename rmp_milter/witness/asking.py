"""Asking a witness by HTTP: bounded in octets and in time, and led nowhere else."""

import time
from collections.abc import Callable
from http.client import HTTPException, HTTPResponse
from typing import NamedTuple, TypeAlias
from urllib.error import HTTPError
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    UnknownHandler,
)

SECONDS = 30.0
"""For one question in all."""
MOST_ANSWERED = 64 << 10
SCHEMES = ("https://", "http://")
_PIECE = 1 << 14
_HEADERS = {"User-Agent": "rmp-audit", "Accept-Encoding": "identity"}


class SilentError(Exception):
    """No answer; ``str`` is one line, without the URL."""


class WitnessSaid(NamedTuple):
    """A witness's answer: the status of HTTP, and what came with it."""

    status: int
    body: bytes


Ask: TypeAlias = Callable[[str, bytes], WitnessSaid]
"""Asks what lies at a URL, with a body; raises :class:`SilentError`."""


def asker(seconds: float = SECONDS, clock: Callable[[], float] = time.monotonic) -> Ask:
    """Return what asks, through the proxy that the environment names, if any.

    A redirect is an answer like any other: nobody is led elsewhere.
    """

    def ask(url: str, asked: bytes) -> WitnessSaid:
        if not url.startswith(SCHEMES):
            raise SilentError("is not a URL of http or https")
        ends = clock() + seconds
        request = Request(url, asked, _HEADERS)  # noqa: S310 -- the scheme was looked at
        request.add_header("Content-Type", "application/octet-stream")
        try:
            try:
                answer = _opener().open(request, timeout=seconds)
            except HTTPError as error:
                with error:
                    body = _bounded(error.fp, lambda: clock() > ends)
                    return WitnessSaid(error.code, body)
            with answer:
                return WitnessSaid(answer.status, _bounded(answer, lambda: clock() > ends))
        except (OSError, HTTPException, ValueError) as error:
            reason = getattr(error, "reason", None) or error
            raise SilentError(str(reason)[:200] or type(error).__name__) from None

    return ask


def _opener() -> OpenerDirector:
    """Return urllib's opener with HTTP, HTTPS and proxies alone."""
    opener = OpenerDirector()
    for handler in (
        ProxyHandler,
        HTTPHandler,
        HTTPSHandler,
        UnknownHandler,
        HTTPDefaultErrorHandler,
        HTTPErrorProcessor,
    ):
        opener.add_handler(handler())
    return opener


def _bounded(answer: object, late: Callable[[], bool]) -> bytes:
    """Read to the end, piece by piece as they come."""
    if not isinstance(answer, HTTPResponse):
        raise SilentError("answers without HTTP")
    pieces, size = [], 0
    while piece := answer.read1(_PIECE):
        size += len(piece)
        if size > MOST_ANSWERED:
            raise SilentError("answers more than a witness does")
        if late():
            raise SilentError("takes too long to answer")
        pieces.append(piece)
    return b"".join(pieces)
