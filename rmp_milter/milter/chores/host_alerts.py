"""The host is told what is wrong with the machine: in the log, and once a day by mail."""

import logging

from rmp_milter.dossier.changes import Changes, Once
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.plain_mail import PlainMail, plain_mail
from rmp_milter.milter.chores.round import Household
from rmp_milter.milter.chores.watch import Watch
from rmp_milter.store.format.failures import Conflict
from rmp_milter.store.surface import Snapshot

REMEMBERED = 86_400
"""Seconds until the same is said again."""
log = logging.getLogger("rmp.chores")


def alert_host(house: Household, watch: Watch, which: str, now: int) -> bool:
    """Tell the host of a trouble of this machine; return whether it was not told today.

    ``which`` is ``clock-behind``, ``clock-leapt``, ``keys-over``, ``restored``, ``shortage``,
    ``witness-refused``, ``witness-silent`` or ``witness-unmet``: the key of its words.

    Raises :class:`~rmp_milter.store.format.failures.StoreError`.
    """
    with house.store.snapshot() as view:
        if is_told(view, which, now):
            return False
    mark = Once(_mark(which, now), now + 2 * REMEMBERED)
    log.critical("the machine: %s, see the log of the milter and the manual", which)
    mails = tuple(
        plain_mail(_words(which, to), watch.audience.sender, now, watch.audience.new_token())
        for to in watch.alerts
    )
    try:
        house.store.commit(Changes(outbox=mails, once=(mark,)), now)
    except Conflict:
        return False
    return True


def is_told(view: Snapshot, which: str, now: int) -> bool:
    """Return whether the host was told of a trouble today."""
    return view.happened(_mark(which, now))


def _mark(which: str, now: int) -> bytes:
    return f"alert {which} {now // REMEMBERED}".encode()


def _words(which: str, recipient: str) -> PlainMail:
    both: tuple[Language, ...] = ("fr", "en")
    words = "\n\n".join(text(f"machine-{which}", each) for each in both)
    return PlainMail(recipient, text("machine-subject", "fr"), f"{words}\n")
