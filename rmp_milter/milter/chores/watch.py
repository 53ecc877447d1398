"""Watching over emergencies: reminders to doctors, alerts to the host, the daily checkpoint.

Part of the chores (:mod:`rmp_milter.milter.chores.round`): each in a commit of its own, each once.
"""

import logging
from collections.abc import Iterator

import msgspec

from rmp_milter.calls.client import AnyKeeper, KeeperDown, KeeperFailed
from rmp_milter.calls.keeper import GroundMoved
from rmp_milter.dossier.changes import Changes, Once
from rmp_milter.dossier.days import Clock
from rmp_milter.dossier.model import Emergency
from rmp_milter.dossier.overdue import alerts_due, reminder_due
from rmp_milter.dossier.revisions import revised
from rmp_milter.errors import MailError
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.mail.outgoing.plain_mail import PlainMail, plain_mail
from rmp_milter.mail.outgoing.wording import told_minute
from rmp_milter.milter.answering.answers import About
from rmp_milter.milter.chores.checkpoints import Audience, send_daily_checkpoint
from rmp_milter.milter.chores.due import digest_of
from rmp_milter.milter.chores.round import Household
from rmp_milter.store.format.failures import Conflict

ALERT_REMEMBERED = 400 * 86_400
log = logging.getLogger("rmp.chores")


class Watch(msgspec.Struct, frozen=True):
    """The host's choices ([audit]); ``audience`` keeps the checkpoints, if anybody does."""

    client: AnyKeeper
    audience: Audience
    hour: int
    alerts: tuple[str, ...]
    justify_hours: int
    review_hours: int
    remind_hours: tuple[int, ...]


class Watched(msgspec.Struct, frozen=True):
    """How many of each were sent in a round."""

    reminders: int = 0
    alerts: int = 0
    checkpoints: int = 0


def keep_watch(house: Household, watch: Watch, at: int, now: int) -> Watched:
    """Do what is due at ``at``; ``now`` is when it is done (both epoch seconds).

    What fails is tried in the next round.

    Raises :class:`~rmp_milter.store.format.failures.StoreError`.
    """
    with house.store.snapshot() as view:
        open_ones = list(view.open_emergencies())
    done = Watched(
        reminders=sum(_reminded(house, watch, each, at, now) for each in open_ones),
        alerts=sum(sum(_alerted(house, watch, each, at, now)) for each in open_ones),
        checkpoints=int(_checkpoint_sent(house, watch, at, now)),
    )
    if done != Watched():
        log.info(
            "watch: %s", ", ".join(f"{k} {n}" for k, n in msgspec.structs.asdict(done).items())
        )
    return done


def _reminded(house: Household, watch: Watch, emergency: Emergency, at: int, now: int) -> bool:
    if not reminder_due(emergency, at, watch.remind_hours):
        return False
    with house.store.snapshot() as view:
        doctor = view.doctor(emergency.doctor_id)
    if doctor is None:
        return False
    words = text(
        "reminder-justify",
        house.language,
        at=told_minute(emergency.at, house.clock, house.language),
        reference=emergency.reference,
    )
    letter = Letter(subject=text("subject-reminder", house.language), text=words)
    turn = str(len(emergency.reminded)).encode()
    digest = digest_of("reminder", emergency.reference.encode(), turn)
    try:
        about = About(reader=doctor, at=now, in_reply_to="", reply=False)
        mails = house.answers.make(letter, about, lambda _document: None)
    except GroundMoved:
        return False  # he was changed meanwhile: the next round reminds him
    except MailError as error:
        log.warning("watch: RPPS %s cannot be reminded: %s", doctor.rpps, error.text)
        return False
    changed = revised(emergency, reminded=(*emergency.reminded, at))
    return _committed(house, Changes(digest=digest, outbox=mails, emergencies=(changed,)), now)


def _alerted(
    house: Household, watch: Watch, emergency: Emergency, at: int, now: int
) -> Iterator[bool]:
    """Tell the host once of each thing that is overdue: in the log, and by mail."""
    for late in alerts_due(emergency, at, watch.justify_hours, watch.review_hours):
        mark = Once(alert_mark(late, emergency), now + ALERT_REMEMBERED)
        with house.store.snapshot() as view:
            if view.happened(mark.value):
                continue
        mails = tuple(
            plain_mail(
                _alert(late, emergency, watch, to, house.clock),
                watch.audience.sender,
                now,
                token,
            )
            for to in watch.alerts
            for token in [watch.audience.new_token()]
        )
        if _committed(house, Changes(outbox=mails, once=(mark,)), now):
            log.critical("emergency access %s: %s is overdue", emergency.reference, late)
            yield True


def alert_mark(late: str, emergency: Emergency) -> bytes:
    """Return what the store remembers an alert by: ``late`` is what is overdue."""
    return f"alert {late} {emergency.reference}".encode()


def _alert(
    late: str, emergency: Emergency, watch: Watch, recipient: str, clock: Clock
) -> PlainMail:
    hours = watch.justify_hours if late == "justification" else watch.review_hours
    facts = {"reference": emergency.reference, "hours": str(hours)}
    both: tuple[Language, ...] = ("fr", "en")
    words = "\n\n".join(
        text(f"alert-{late}", each, at=told_minute(emergency.at, clock, each), **facts)
        for each in both
    )
    return PlainMail(recipient, text("alert-subject", "fr", **facts), f"{words}\n")


def _checkpoint_sent(house: Household, watch: Watch, at: int, now: int) -> bool:
    if not watch.audience.addresses:
        return False
    try:
        return send_daily_checkpoint(
            watch.client, house.store, watch.audience, at, watch.hour, now
        )
    except (KeeperDown, KeeperFailed) as error:
        log.warning("watch: the daily checkpoint is put off: %s", error)
        return False


def _committed(house: Household, changes: Changes, now: int) -> bool:
    try:
        house.store.commit(changes, now)
    except Conflict:
        return False
    return True
