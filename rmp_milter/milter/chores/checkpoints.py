"""Checkpoints by mail: the access log signed, and a mail to each who keeps checkpoints.

Once a day, with a heartbeat in the log, so that silence is noticed; or whenever the host
asks for it.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec

from rmp_milter.audit.handovers import LogHandOver
from rmp_milter.calls.client import AnyKeeper
from rmp_milter.calls.protocol.leaves import Checkpoint, Checkpointed
from rmp_milter.calls.protocol.message import heartbeat_at
from rmp_milter.dossier.changes import Changes, Once
from rmp_milter.mail.outgoing.checkpoint_mail import (
    MailedCheckpoint,
    MailedCosigned,
    NewLogKey,
    checkpoint_mail,
)
from rmp_milter.mail.outgoing.plain_mail import ServiceAddress
from rmp_milter.milter.chores.witness_news import NewsOfWitnesses, WitnessNews, no_news
from rmp_milter.store.format.failures import Conflict
from rmp_milter.store.surface import Snapshot, Store

FEWEST_KEEPERS = 2
"""With one keeper of checkpoints alone, nobody can compare two histories."""
_DAY = 86_400
_REMEMBERED = 3 * _DAY


class Audience(msgspec.Struct, frozen=True):
    """Who gets the checkpoints, from whom; ``new_token`` makes a Message-ID.

    With them goes what the ``witnesses`` cosigned.
    """

    addresses: tuple[str, ...]
    sender: ServiceAddress
    new_token: Callable[[], str]
    witnesses: NewsOfWitnesses = no_news


def last_hour(now: int, hour: int) -> int:
    """Return when it was ``hour`` o'clock (UTC) last, in epoch seconds."""
    today = datetime.fromtimestamp(now, UTC)
    wanted = today.replace(hour=hour, minute=0, second=0, microsecond=0)
    if wanted > today:
        wanted -= timedelta(days=1)
    return int(wanted.timestamp())


def send_checkpoint(
    keeper: AnyKeeper,
    store: Store,
    audience: Audience,
    now: int,
    once: tuple[Once, ...] = (),
) -> bytes:
    """Have the log signed behind a heartbeat, queue the mails; return the checkpoint.

    Raises :class:`KeeperDown`, :class:`KeeperFailed`, :class:`StoreError` and
    :class:`Conflict`.
    """
    reply, _ = keeper.expect(Checkpointed, Checkpoint(heartbeat_at(now)))
    sent = MailedCheckpoint(
        reply.note, tuple(map(_new_key, reply.handovers)), _witnessed(audience.witnesses(now))
    )
    mails = tuple(
        checkpoint_mail(sent, audience.sender, address, now, audience.new_token())
        for address in audience.addresses
    )
    store.commit(Changes(outbox=mails, once=once), now)
    return reply.note


def _witnessed(news: WitnessNews) -> MailedCosigned | None:
    """Return what auditors are told of witnesses, where a policy asks for some."""
    if not news.asked:
        return None
    return MailedCosigned(news.cosigned, "witness-unmet" not in news.troubles)


def _new_key(receipt: bytes) -> NewLogKey:
    """Return what auditors are told of a hand-over of the log's key."""
    handover = LogHandOver.parse(receipt)
    return NewLogKey(handover.number, str(handover.keys.present), receipt)


def last_checkpoint(view: Snapshot, now: int, hour: int) -> int:
    """Return for which moment the last daily checkpoint was sent, 0 if none in three days."""
    due = last_hour(now, hour)
    days = range(due, due - _REMEMBERED, -_DAY)
    return next((day for day in days if view.happened(_mark(day))), 0)


def is_sent(view: Snapshot, at: int, hour: int) -> bool:
    """Return whether the checkpoint of the day of ``at`` was sent, at ``hour`` or later."""
    return view.happened(_mark(last_hour(at, hour)))


def _mark(due: int) -> bytes:
    return f"daily checkpoint {due}".encode()


def send_daily_checkpoint(  # noqa: PLR0913, PLR0917 -- with whom, to whom, when
    keeper: AnyKeeper, store: Store, audience: Audience, at: int, hour: int, now: int
) -> bool:
    """Send the checkpoint of the day of ``at`` unless that is done; return whether it was.

    ``now`` is when it is done (both epoch seconds). The store remembers it, so that a
    restart sends none twice. Raises as :func:`send_checkpoint`.
    """
    due = last_hour(at, hour)
    with store.snapshot() as view:
        if is_sent(view, at, hour):
            return False
    try:
        once = Once(value=_mark(due), expires=due + _REMEMBERED)
        send_checkpoint(keeper, store, audience, now, (once,))
    except Conflict:
        return False  # another process was first
    return True
