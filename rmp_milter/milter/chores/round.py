"""Doing the chores: one round, each chore in a commit of its own, each at most once.

A chore that somebody else did meanwhile (a conflict) is passed over; one that the keeper
cannot help with now is tried again in the next round.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice

import msgspec

from rmp_milter.calls.gate import Rank
from rmp_milter.calls.keeper import GroundMoved, RemoteKeeper
from rmp_milter.dossier.changes import Changes, ToldUpTo
from rmp_milter.dossier.days import UNIVERSAL, Clock, day_of
from rmp_milter.dossier.model import Doctor, OutgoingMail, Waiting
from rmp_milter.errors import MailError
from rmp_milter.handlers.filing.adoption import home_of
from rmp_milter.handlers.letters.receipts import digest_letter
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.milter.answering.answers import About, Answers
from rmp_milter.milter.answering.ground import grounded
from rmp_milter.milter.chores.due import adopt_by_itself, digest_of, expiry_letter, lines_due
from rmp_milter.store.format.failures import Conflict
from rmp_milter.store.surface import Snapshot, Store

EXPIRED_A_ROUND = 1000
LOOKED_AT_A_ROUND = 1000
log = logging.getLogger("rmp.chores")


class Places:
    """How far the rounds have come in what they look through a part at a time.

    Of what waits, and of those with lines of a digest, a round looks at ``at_once``; the next
    one goes on behind them, and after the last begins anew. So a round takes no longer
    however many wait.
    """

    def __init__(self, at_once: int = LOOKED_AT_A_ROUND) -> None:
        self.at_once = at_once
        self.waiting = b""
        self.receipts = b""

    def next_waiting(self, view: Snapshot) -> list[Waiting]:
        """Return the deposits whose turn it is."""
        found = list(islice(view.waiting_behind(self.waiting), self.at_once))
        self.waiting = found[-1].waiting_id if len(found) == self.at_once else b""
        return found

    def next_receipts(self, view: Snapshot) -> list[bytes]:
        """Return the depositors whose turn it is."""
        found = list(islice(view.receipt_doctors(self.receipts), self.at_once))
        self.receipts = found[-1] if len(found) == self.at_once else b""
        return found


class Household(msgspec.Struct, frozen=True):
    """What the chores are done with; it is the milter's."""

    store: Store
    keeper: RemoteKeeper
    answers: Answers
    language: Language
    clock: Clock = UNIVERSAL
    places: Places = msgspec.field(default_factory=Places)


class Count(msgspec.Struct, frozen=True):
    """How many chores of each kind were done, and how many could not be."""

    adopted: int = 0
    expired: int = 0
    digests: int = 0
    failed: int = 0


def do_round(house: Household, at: int, now: int) -> Count:
    """Do what is due at ``at``; ``now`` is when it is done (both epoch seconds).

    Raises :class:`~rmp_milter.store.format.failures.StoreError`.
    """
    with house.store.snapshot() as view:
        over = view.waiting_expired(at, EXPIRED_A_ROUND)
    # What fits a dossier by now is adopted, even in its last hour.
    adopted = list(_adoptions(house, over, now))
    expired = list(_expiries(house, over, now))
    digests = list(_digests(house, at, now))
    count = Count(
        adopted=adopted.count(True),
        expired=expired.count(True),
        digests=digests.count(True),
        failed=[*adopted, *expired, *digests].count(False),
    )
    if count != Count():
        log.info("chores: %s", ", ".join(f"{name} {n}" for name, n in as_dict(count).items()))
    return count


def as_dict(count: Count) -> dict[str, int]:
    """Return the figures by name."""
    return msgspec.structs.asdict(count)


def _adoptions(house: Household, over: Sequence[Waiting], now: int) -> Iterator[bool]:
    with house.store.snapshot() as view:
        looked_at = (*house.places.next_waiting(view), *over)
        by_id = {each.waiting_id: each for each in looked_at}
        fitting = [each for each in by_id.values() if home_of(each, view)]
    for waiting in fitting:
        yield from _done(house, "adoption", partial(_adoption, house, waiting, now), now)


def _adoption(house: Household, waiting: Waiting, now: int) -> Changes | None:
    """Return the adoption as things stand now, or None where nothing fits any more."""
    keeper = house.keeper.noting(Rank.KNOWN)
    with house.store.snapshot() as view:
        dossier = home_of(waiting, view)
        if dossier is None:
            return None
        adoption = adopt_by_itself(waiting, dossier, view, keeper, now)
    digest = digest_of("adoption", waiting.waiting_id)
    return grounded(Changes(digest=digest, adoptions=(adoption,)), keeper.shown)


def _expiries(house: Household, over: Sequence[Waiting], now: int) -> Iterator[bool]:
    for waiting in over:
        yield from _done(house, "expiry", partial(_expiry, house, waiting, now), now)


def _expiry(house: Household, waiting: Waiting, now: int) -> Changes | None:
    """Return the end of its wait, or None where it was adopted meanwhile."""
    with house.store.snapshot() as view:
        still_waits = view.waiting_one(waiting.waiting_id) is not None
    return expiry(house, waiting, now) if still_waits else None


def expiry(house: Household, waiting: Waiting, now: int) -> Changes:
    """Return the end of a deposit's wait, with the letter to its sender.

    A sender who left the directory, or whose key is of no use, cannot be told: that is
    logged. Raises :class:`MailError` while the keeper cannot write the letter.
    """
    digest = digest_of("expiry", waiting.waiting_id)
    with house.store.snapshot() as view:
        sender = view.doctor(waiting.entry.author)
    letter = expiry_letter(waiting, house.language, house.clock)
    mails = _letter(house, letter, sender, now)
    return Changes(digest=digest, expired=(waiting.waiting_id,), outbox=mails)


def _letter(
    house: Household, letter: Letter, reader: Doctor | None, now: int
) -> tuple[OutgoingMail, ...]:
    if reader is None:
        log.warning("chores: a sender is not in the directory any more and is not told")
        return ()
    about = About(reader=reader, at=now, in_reply_to="", reply=False)
    try:
        return house.answers.make(letter, about, lambda _document: None)
    except MailError as error:
        if error.temporary:
            raise
        log.warning("chores: RPPS %s cannot be told: %s", reader.rpps, error.text)
        return ()


def _digests(house: Household, at: int, now: int) -> Iterator[bool]:
    with house.store.snapshot() as view:
        doctors = house.places.next_receipts(view)
    for doctor_id in doctors:
        yield from _done(house, "digest", partial(_digest, house, doctor_id, at, now), now)


def _digest(house: Household, doctor_id: bytes, at: int, now: int) -> Changes | None:
    with house.store.snapshot() as view:
        lines = lines_due(view.receipt_lines(doctor_id), at, house.clock)
        doctor = view.doctor(doctor_id)
    if not lines:
        return None
    digest = digest_of("receipts", doctor_id, day_of(at, house.clock).encode())
    letter = digest_letter(lines, house.language, house.clock)
    mails = _letter(house, letter, doctor, now)
    told = ToldUpTo(doctor_id, max(line.at for line in lines))
    return Changes(digest=digest, outbox=mails, told=(told,))


def _done(
    house: Household, chore: str, decide: Callable[[], Changes | None], now: int
) -> Iterator[bool]:
    """Do one chore; yield whether it could be done, or nothing where there is nothing to do.

    What moved meanwhile is seen as it is then in the next round.
    """
    try:
        if changes := decide():
            yield from _committed(house, changes, now)
    except GroundMoved:
        return
    except MailError as error:
        log.warning("chores: %s put off: %s %s", chore, error.text, error.detail)
        yield False


def _committed(house: Household, changes: Changes, now: int) -> Iterator[bool]:
    """Commit; yield True, or nothing where it was done by another."""
    try:
        house.store.commit(changes, now)
    except Conflict:
        return
    yield True
