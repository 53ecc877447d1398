"""The host is told what is wrong with the machine: in the log, and once a day by mail."""

import logging

from rmp_milter.dossier.changes import Changes, Once
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.plain_mail import PlainMail, plain_mail
from rmp_milter.milter.chores.round import Household
from rmp_milter.milter.chores.watch import Watch
from rmp_milter.store.format.failures import Conflict

REMEMBERED = 86_400
"""Seconds until the same is said again."""
log = logging.getLogger("rmp.chores")


def alert_host(house: Household, watch: Watch, which: str, now: int) -> bool:
    """Tell the host of a trouble of this machine; return whether it was not told today.

    ``which`` is ``clock-behind``, ``clock-leapt``, ``keys-over``, ``restored`` or ``shortage``:
    the key of its words.

    Raises :class:`~rmp_milter.store.format.failures.StoreError`.
    """
    mark = Once(f"alert {which} {now // REMEMBERED}".encode(), now + 2 * REMEMBERED)
    with house.store.snapshot() as view:
        if view.happened(mark.value):
            return False
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


def _words(which: str, recipient: str) -> PlainMail:
    both: tuple[Language, ...] = ("fr", "en")
    words = "\n\n".join(text(f"machine-{which}", each) for each in both)
    return PlainMail(recipient, text("machine-subject", "fr"), f"{words}\n")
