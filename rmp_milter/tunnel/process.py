"""The process of one end: what it listens on, and that it lives until it is told to end."""

import logging
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

from rmp_milter.calls.listening import BACKLOG, Listening, ServerError, listening
from rmp_milter.linux.ending import when_told_to_end
from rmp_milter.linux.notify import Notifier

log = logging.getLogger("rmp.tunnel")

ROOM_FOR = 2
"""How many messages of the largest size a process holds in memory at once."""
PATIENCE = 10.0
"""Seconds that a large message waits for room; shorter than the other end's silence."""
_LONG = 3600.0

Serve = Callable[[socket.socket], None]


class Address(NamedTuple):
    """A host's name or address, and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def address_of(written: str) -> Address:
    """Return what the configuration writes as ``host:port``; an IPv6 address in brackets."""
    host, _, port = written.rpartition(":")
    return Address(host.removeprefix("[").removesuffix("]"), int(port))


def memory_bound(message_bytes: int, plaintext_bytes: int) -> int:
    """Return how many bytes a call may bring in memory.

    What is opened, written anew and encrypted again is longer than what came.
    """
    return 2 * max(message_bytes, plaintext_bytes)


def run_near(places: Sequence[tuple[Listening, Serve]], notifier: Notifier) -> None:
    """Serve keepers' sockets until told to end; raises :class:`ServerError`."""
    with ExitStack() as stack:
        _run([(stack.enter_context(listening(at)), serve) for at, serve in places], notifier)


def run_far(addresses: Sequence[Address], serve: Serve, notifier: Notifier) -> None:
    """Serve at the addresses until told to end; raises :class:`ServerError`."""
    with ExitStack() as stack:
        _run([(stack.enter_context(_listening(at)), serve) for at in addresses], notifier)


@contextmanager
def _listening(at: Address) -> Iterator[socket.socket]:
    try:
        family = socket.AF_INET6 if ":" in at.host else socket.AF_INET
        listener = socket.create_server(at, family=family, backlog=BACKLOG)
    except OSError as error:
        raise ServerError(f"{at}: {error.strerror or error}") from error
    with listener:
        yield listener


def _run(served: Sequence[tuple[socket.socket, Serve]], notifier: Notifier) -> None:
    ended = threading.Event()
    when_told_to_end(notifier.stopping, ended.set)
    for listener, serve in served:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        log.info("ready on %s", _name(listener))
    notifier.ready()
    while not ended.wait(notifier.pause or _LONG):
        notifier.alive()


def _name(listener: socket.socket) -> str:
    name = listener.getsockname()
    return name if isinstance(name, str) else f"{name[0]}:{name[1]}"
