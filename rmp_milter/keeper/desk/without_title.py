"""Calls that nothing entitles to: each kind leaves its leaf, at most one an hour.

An honest milter makes none, so one is the sign of an intruder, of a mistake of ours, or of a
restored store. The bound is there so that whoever floods the keeper cannot fill its log.
"""

import hashlib
import logging

from rmp_milter.calls.protocol.calls import Request
from rmp_milter.calls.protocol.message import Event
from rmp_milter.keeper.desk.desk import Desk, write_leaf

WITHOUT_TITLE = "sans titre"
"""The action of the leaf."""
_SPAN = 3600
log = logging.getLogger("rmp.keeper")


def note_without_title(desk: Desk, request: Request, why: str, now: int) -> None:
    """Write what was tried and why it was not done: the call's name, nothing that it held."""
    call = type(request).__name__
    log.warning("not entitled: %s: %s", call, why)
    once = hashlib.sha256(f"{WITHOUT_TITLE} {call} {why} {now // _SPAN}".encode()).digest()
    leaf = Event(
        at=now,
        action=WITHOUT_TITLE,
        request=once,
        actor_rpps="",
        actor_fingerprint="",
        sender="",
        outcome="refused",
        proof=call,
    )
    write_leaf(desk, leaf, now)
