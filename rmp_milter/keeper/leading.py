"""The keeper that may write the log, where several share one: it waits, takes over, and gives way.

A process of its own holds the lead, before any key is read, and does nothing else: so it gives its
sign of life in time, whatever the keeper is at. It ends with the keeper, and the keeper with it
once another has taken over.
"""

import logging
import os
import select
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import NamedTuple

from rmp_milter.engine.failures import StoreError
from rmp_milter.engine.fence import FencedError
from rmp_milter.keeper.log.journal import Journal, JournalError
from rmp_milter.keeper.log.place import LeadOfLog, LogPlace
from rmp_milter.keeper.log.places import lead_of
from rmp_milter.keeper.log.tree import LogFault
from rmp_milter.linux.notify import Notifier
from rmp_milter.linux.orphans import end_with_parent

log = logging.getLogger("rmp.keeper")

TAKEN_OVER = 75
"""With what a process of the keeper's ends that has seen that another keeper took over."""
_MOST_SAID = 4096
_LOOKED_SECONDS = 1.0
_AGAIN_SECONDS = 1.0
_STANDS_BY, _LEADS = b"?", b"!"


class Lead(NamedTuple):
    """Where the log is for the keeper that may write it, and the process that holds the lead.

    ``again`` holds it anew, in a process of its own, where that one was lost.
    """

    place: LogPlace
    holder: int = 0
    again: Callable[[], None] | None = None


@contextmanager
def leading(place: LogPlace, notifier: Notifier) -> Iterator[Lead]:
    """Give the lead of the log; wait as long as it is another keeper's.

    Raises :class:`.JournalError` where there is no log, or it is not what it must be.
    """
    lead = lead_of(place)
    if lead is None:
        yield Lead(place)
        return
    with Journal(place):  # a missing log, or one that was cut, stops the start
        pass
    ours, its = os.pipe()
    holder = _forked(lead, its)
    os.close(its)
    try:
        epoch = _awaited(ours, notifier)
        yield Lead(lead.place_for(epoch), holder, partial(hold, lead, epoch))
    finally:
        os.close(ours)
        _end(holder)


def _end(holder: int) -> None:
    """End the process, unless whoever looked after it has done so."""
    with suppress(ChildProcessError):
        if os.waitpid(holder, os.WNOHANG) == (0, 0):
            os.kill(holder, signal.SIGTERM)
            os.waitpid(holder, 0)


def hold(lead: LeadOfLog, epoch: bytes) -> None:
    """Hold the lead for ever; raise :class:`.FencedError` once another has taken over."""
    lead.keep(epoch)


def _forked(lead: LeadOfLog, its: int) -> int:
    """Return the process that waits for the lead, says so, and holds it."""
    parent = os.getpid()
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        end_with_parent(parent)
        _wait_and_hold(lead, its)
    except FencedError as error:
        log.critical("access log: %s", error)
        status = TAKEN_OVER
    except (LogFault, StoreError) as error:
        log.critical("access log: %s", error)
    except Exception as error:  # noqa: BLE001 -- a forked child must end here, whatever comes
        log.critical("the lead is lost: %s", type(error).__name__)
    finally:
        os._exit(status)


def _wait_and_hold(lead: LeadOfLog, its: int) -> None:
    def waiting() -> None:
        log.info("standing by: another keeper has the access log")
        os.write(its, _STANDS_BY)

    lead.wait(waiting)
    epoch = _taken(lead)
    os.write(its, _LEADS + epoch)
    os.close(its)
    hold(lead, epoch)


def _taken(lead: LeadOfLog) -> bytes:
    """Take the log over, as soon as its server lets us."""
    while True:
        try:
            return lead.take_over()
        except StoreError as error:
            log.warning("the access log cannot be taken over yet: %s", error)
            time.sleep(_AGAIN_SECONDS)


def _awaited(ours: int, notifier: Notifier) -> bytes:
    """Return the epoch that the holder has begun; who stands by is ready as well."""
    said = b""
    while _LEADS not in said:
        notifier.alive()
        if not select.select([ours], [], [], _LOOKED_SECONDS)[0]:
            continue
        more = os.read(ours, _MOST_SAID)
        if not more:
            raise JournalError("access log: the lead was not to be had, as the log says above")
        if more.startswith(_STANDS_BY):
            notifier.ready()
        said += more
    return said.partition(_LEADS)[2]
