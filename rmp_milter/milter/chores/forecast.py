"""What the chores would do at a time, and to whom they would write: nothing is done.

The rules are those of the chores themselves (:mod:`.round`, :mod:`.watch`, :mod:`.key_watch`);
only the keeper's part is left out, so what it would refuse is in here too.
"""

from collections.abc import Iterator

import msgspec

from rmp_milter.credentials import CredentialError, ends_at
from rmp_milter.dossier.days import Clock
from rmp_milter.dossier.key_ends import stage_due
from rmp_milter.dossier.model import Doctor
from rmp_milter.dossier.overdue import alerts_due, reminder_due
from rmp_milter.handlers.filing.adoption import home_of
from rmp_milter.milter.chores.checkpoints import is_sent
from rmp_milter.milter.chores.due import lines_due
from rmp_milter.milter.chores.host_alerts import is_told
from rmp_milter.milter.chores.key_watch import end_mark, reads_nothing
from rmp_milter.milter.chores.watch import Watch, alert_mark
from rmp_milter.store.surface import Snapshot


class ForeseenChore(msgspec.Struct, frozen=True):
    """One thing that would be done: of what kind, about what, and who would be written to."""

    kind: str
    about: str
    mails_to: tuple[str, ...] = ()


def foreseen(
    view: Snapshot, watch: Watch, clock: Clock, at: int, now: int
) -> Iterator[ForeseenChore]:
    """Yield what would be done now (``now``) if it were ``at``; both in epoch seconds."""
    yield from _deposits(view, at)
    yield from _digests(view, clock, at)
    yield from _emergencies(view, watch, at)
    if watch.audience.addresses and not is_sent(view, at, watch.hour):
        yield ForeseenChore("checkpoint", "the access log", watch.audience.addresses)
    yield from _keys(view, watch, at, now)


def _deposits(view: Snapshot, at: int) -> Iterator[ForeseenChore]:
    for waiting in view.waiting_behind(b""):
        if home_of(waiting, view):
            yield ForeseenChore("adoption", waiting.waiting_id.hex())
        elif waiting.expires_at <= at:
            sender = view.doctor(waiting.entry.author)
            yield ForeseenChore("expiry", waiting.waiting_id.hex(), _mail_of(sender))


def _digests(view: Snapshot, clock: Clock, at: int) -> Iterator[ForeseenChore]:
    for doctor_id in view.receipt_doctors(b""):
        if lines_due(view.receipt_lines(doctor_id), at, clock):
            doctor = view.doctor(doctor_id)
            yield ForeseenChore("digest", _rpps(doctor), _mail_of(doctor))


def _emergencies(view: Snapshot, watch: Watch, at: int) -> Iterator[ForeseenChore]:
    for each in view.open_emergencies():
        doctor = view.doctor(each.doctor_id)
        if doctor and reminder_due(each, at, watch.remind_hours):
            yield ForeseenChore("reminder", each.reference, _mail_of(doctor))
        for late in alerts_due(each, at, watch.justify_hours, watch.review_hours):
            if not view.happened(alert_mark(late, each)):
                yield ForeseenChore(f"alert, {late}", each.reference, watch.alerts)


def _keys(view: Snapshot, watch: Watch, at: int, now: int) -> Iterator[ForeseenChore]:
    over = []
    for doctor in view.doctors_behind(b""):
        if reads_nothing(doctor, view, at):
            over.append(doctor.rpps)
        if _end_is_told(doctor, view, at):
            yield ForeseenChore("key letter", _rpps(doctor), _mail_of(doctor))
    if over:
        mails_to = () if is_told(view, "keys-over", now) else watch.alerts
        yield ForeseenChore("keys over", " ".join(sorted(over)), mails_to)


def _end_is_told(doctor: Doctor, view: Snapshot, at: int) -> bool:
    try:
        end = ends_at(doctor.certificate, at)
    except CredentialError:
        return False
    stage = stage_due(end, at)
    return stage is not None and not view.happened(end_mark(doctor, end, stage))


def _rpps(doctor: Doctor | None) -> str:
    return doctor.rpps if doctor else ""


def _mail_of(doctor: Doctor | None) -> tuple[str, ...]:
    return (doctor.mail,) if doctor else ()
