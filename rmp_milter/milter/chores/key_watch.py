"""The ends of keys: who is written to by one is told before, the host of whom nobody can reach.

Part of the chores. The directory is gone through once a day, some of it in a round; each letter
is in a commit of its own, and sent once.
"""

import logging
from itertools import islice
from pathlib import Path

import msgspec

from rmp_milter.calls.keeper import GroundMoved
from rmp_milter.credentials import CertificateKind, CredentialError, ends_at, kind_of, usable
from rmp_milter.dossier.changes import Changes, Once
from rmp_milter.dossier.days import day_of
from rmp_milter.dossier.key_ends import DAY, stage_due
from rmp_milter.dossier.model import Doctor
from rmp_milter.errors import MailError
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.mail.outgoing.wording import day, spaced
from rmp_milter.milter.answering.answers import About
from rmp_milter.milter.chores.host_alerts import alert_host
from rmp_milter.milter.chores.round import Household
from rmp_milter.milter.chores.service_news import ServiceNews, tell_news
from rmp_milter.milter.chores.watch import Watch
from rmp_milter.store.format.failures import Conflict
from rmp_milter.store.surface import Snapshot

LOOKED_AT = 200
"""Persons of the directory in one round: each certificate is read for it."""
log = logging.getLogger("rmp.chores")


class DirectoryTour:
    """How far the rounds have come in the directory today; of one milter."""

    def __init__(self, handed_out: Path, at_once: int = LOOKED_AT) -> None:
        """``handed_out`` is the service's certificate for doctors."""
        self.handed_out = handed_out
        self._at_once = at_once
        self._day = ""
        self._behind: bytes | None = b""

    def turn(self, view: Snapshot, today: str) -> list[Doctor]:
        """Return whose turn it is; nobody where all had theirs ``today``."""
        if today != self._day:
            self._day, self._behind = today, b""
        if self._behind is None:
            return []
        found = list(islice(view.doctors_behind(self._behind), self._at_once))
        self._behind = found[-1].doctor_id if len(found) == self._at_once else None
        return found


class KeysWatched(msgspec.Struct, frozen=True):
    """How many were told that their key ends, whose are over, who was sent the service's."""

    key_letters: int = 0
    keys_over: int = 0
    service_letters: int = 0


def watch_keys(
    house: Household, watch: Watch, directory: DirectoryTour, at: int, now: int
) -> KeysWatched:
    """Do what is due at ``at``; ``now`` is when it is done (both epoch seconds).

    Raises :class:`~rmp_milter.store.format.failures.StoreError`.
    """
    with house.store.snapshot() as view:
        found = directory.turn(view, day_of(at, house.clock))
        over = [each for each in found if reads_nothing(each, view, at)]
    told = sum(_told(house, each, at, now) for each in found)
    if over:
        for each in over:
            log.warning(
                "RPPS %s treats patients and has no usable key: he reads nothing", each.rpps
            )
        alert_host(house, watch, "keys-over", now)
    news = ServiceNews.of(directory.handed_out, at) if found else None
    sent = sum(tell_news(house, news, each, now) for each in found) if news else 0
    done = KeysWatched(told, len(over), sent)
    if done != KeysWatched():
        figures = msgspec.structs.asdict(done).items()
        log.info("keys: %s", ", ".join(f"{name} {number}" for name, number in figures))
    return done


def reads_nothing(doctor: Doctor, view: Snapshot, at: int) -> bool:
    """Return whether he treats somebody and nothing can be encrypted to him."""
    if doctor.patient_of or usable(doctor.certificate, at):
        return False
    return any(each.closure is None for each in view.dossiers_of(doctor.doctor_id))


def _told(house: Household, doctor: Doctor, at: int, now: int) -> bool:
    """Tell somebody that his key ends, if that is due and was not done; whether it was."""
    try:
        end = ends_at(doctor.certificate, at)
    except CredentialError:
        return False
    stage = stage_due(end, at)
    if stage is None:
        return False
    mark = Once(end_mark(doctor, end, stage), end + DAY)
    with house.store.snapshot() as view:
        if view.happened(mark.value):
            return False
    about = About(reader=doctor, at=now, in_reply_to="", reply=False)
    try:
        mails = house.answers.make(_letter(house, doctor, end), about, lambda _document: None)
        house.store.commit(Changes(outbox=mails, once=(mark,)), now)
    except (GroundMoved, Conflict):
        return False  # he was changed meanwhile, or told by another process
    except MailError as error:
        log.warning("RPPS %s cannot be told of his key's end: %s", doctor.rpps, error.text)
        return False
    return True


def end_mark(doctor: Doctor, end: int, stage: int) -> bytes:
    """Return what the store remembers a letter on a key's end by."""
    return f"key ends {doctor.fingerprint} {end} {stage}".encode()


def _letter(house: Household, doctor: Doctor, end: int) -> Letter:
    language, last = house.language, day(end, house.clock)
    if kind_of(doctor.certificate) is CertificateKind.SMIME:
        words = text("certificate-ends", language, day=last)
    else:
        fingerprint = spaced(doctor.fingerprint)
        words = text("key-ends", language, day=last, fingerprint=fingerprint)
    return Letter(subject=text("subject-key-ends", language, day=last), text=words)
