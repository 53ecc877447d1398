"""Revocation lists by HTTP: bounded in octets, in time and in where a server may lead to."""

import time
from collections.abc import Callable
from http.client import HTTPException, HTTPResponse
from typing import TypeAlias
from urllib.error import HTTPError
from urllib.parse import urljoin
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    UnknownHandler,
)

from rmp_milter.trust.folder import is_url
from rmp_milter.x509.compiling import MAX_LIST

Fetch: TypeAlias = Callable[[str], bytes]
"""Returns what lies at a URL; raises :class:`FetchError`."""
SECONDS = 120
"""For one list in all; a server that says nothing for so long as SILENCE is given up."""
SILENCE = 15
MOST_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PIECE = 1 << 16
_HEADERS = {"User-Agent": "rmp-milter", "Accept-Encoding": "identity"}


class FetchError(Exception):
    """What could not be fetched; ``str`` is one line, without the URL."""


def fetcher(
    *,
    seconds: float = SECONDS,
    silence: float = SILENCE,
    most: int = MAX_LIST,
    clock: Callable[[], float] = time.monotonic,
) -> Fetch:
    """Return what fetches by HTTP, through the proxy that ``http_proxy`` names, if any.

    ``seconds`` and ``most`` (bytes) bound one list, ``silence`` (seconds) each wait for more.
    """

    def fetch(url: str) -> bytes:
        ends = clock() + seconds
        for _ in range(1 + MOST_REDIRECTS):
            if not is_url(url):
                raise FetchError("is not, or is redirected to what is not http://")
            try:
                with _opener().open(_request(url), timeout=silence) as answer:
                    return _bounded(answer, most, lambda: clock() > ends)
            except HTTPError as error:
                url = _led_to(url, error)
            except (OSError, HTTPException, ValueError) as error:
                raise FetchError(f"cannot be fetched: {error}") from None
        raise FetchError(f"is redirected more than {MOST_REDIRECTS} times")

    return fetch


def _request(url: str) -> Request:
    return Request(url, headers=_HEADERS)  # noqa: S310 -- is_url has seen it


def _led_to(url: str, error: HTTPError) -> str:
    """Return where a redirect leads; raise :class:`FetchError` for any other answer.

    urllib's own handler would first read whatever body comes with it, to no end.
    """
    with error:
        place = error.headers.get("Location", "")
    if error.code not in _REDIRECTS or not place:
        raise FetchError(f"the server says {error.code}") from None
    return urljoin(url, place)


def _opener() -> OpenerDirector:
    """Return urllib's opener with HTTP and proxies alone: no file:, ftp:, data:."""
    opener = OpenerDirector()
    handlers = (
        ProxyHandler,
        HTTPHandler,
        UnknownHandler,
        HTTPDefaultErrorHandler,
        HTTPErrorProcessor,
    )
    for handler in handlers:
        opener.add_handler(handler())
    return opener


def _bounded(answer: HTTPResponse, most: int, late: Callable[[], bool]) -> bytes:
    """Read to the end, piece by piece as they come."""
    pieces, size = [], 0
    while piece := answer.read1(_PIECE):
        size += len(piece)
        if size > most:
            raise FetchError(f"is larger than {most} bytes")
        if late():
            raise FetchError("takes too long")
        pieces.append(piece)
    return b"".join(pieces)
