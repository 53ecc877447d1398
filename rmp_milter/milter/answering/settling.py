"""From what a handler decided to what is committed: bodies paired, letters sealed."""

import logging
from collections.abc import Callable, Iterator

import msgspec

from rmp_milter.calls.protocol.opening import OpenedBody
from rmp_milter.credentials import reachable
from rmp_milter.dossier.changes import (
    Changes,
    NewBody,
    NewEntry,
    NewWaiting,
    Once,
    TriesSeen,
)
from rmp_milter.dossier.model import NOBODY, Doctor, Document, Fault, OutgoingMail, Verb
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.outcome import Deferral, Effects, Filing, Notice, Outcome
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.milter.answering.answers import About, Answers, Bodies

log = logging.getLogger("rmp.milter")


class Brought(msgspec.Struct, frozen=True):
    """What came with the mail: its bodies, and the memories that their spans lie in.

    ``stored`` gives a body that was there before, by its document's id.
    """

    opened: tuple[OpenedBody, ...]
    bodies: memoryview
    fresh: memoryview
    stored: Callable[[bytes], memoryview | None]


def changes_of(
    outcome: Outcome, case: Case, brought: Brought, once: tuple[Once, ...], answers: Answers
) -> Changes:
    """Return all that the mail changes; ``once`` is what may not come a second time.

    Raises :class:`MailError` where a seal fails.
    """
    effects = outcome.effects
    return Changes(
        digest=case.digest,
        dossiers=effects.dossiers,
        entries=tuple(_new_entry(filing, brought) for filing in effects.filings),
        outbox=tuple(_mails(outcome, case, brought, answers)),
        doctors=effects.doctors,
        updates=effects.updates,
        key_packets=effects.key_packets,
        waiting=tuple(_new_waiting(deferral, brought) for deferral in effects.deferrals),
        adoptions=effects.adoptions,
        strikes=effects.strikes,
        cleared=effects.cleared,
        once=(*once, *effects.once),
        receipts=effects.receipts,
        emergencies=effects.emergencies,
        postal=effects.postal,
        counted=effects.counted,
        tried=tuple(_tried(effects, case)),
    )


def _tried(effects: Effects, case: Case) -> Iterator[TriesSeen]:
    """Yield which tries counted when this one was weighed: in its sender's and patient's turns.

    Not everybody's together, who have no turn; and nothing makes an emergency wait.
    """
    if case.header.verb is Verb.URGENCE:
        return
    weighed = {(each.fault, each.subject) for each in (*effects.strikes, *effects.cleared)}
    for fault, subject in sorted(weighed):
        if fault is not Fault.GLOBAL:
            yield TriesSeen(fault, subject, case.view.tally(fault, subject).times)


def _mails(
    outcome: Outcome, case: Case, brought: Brought, answers: Answers
) -> Iterator[OutgoingMail]:
    """Yield the answer's mails, then those to others.

    A notice that stands for another, or whose reader's key cannot be used (it must not refuse
    another's mail), goes to nobody: a row less would tell of it.
    """
    bodies = _Bodies(outcome.effects, brought)
    about = About(
        reader=_present(case.doctor, outcome.effects),
        at=case.at,
        in_reply_to=case.message_id,
        not_before=outcome.not_before,
        urgent=outcome.urgent,
        ticket=case.ticket,
        newer=case.sender.newer,
        act=case.act,
    )
    if outcome.letter is not None:
        yield from answers.make(outcome.letter, about, bodies.find)
    for notice in outcome.effects.notices:
        mails, reached = _noticed(notice, about, case, answers, bodies.find)
        if not reached:
            log.warning("a notice is lost: key %s is not usable", notice.reader.fingerprint)
        told_to = notice.reader.mail if notice.sent and reached else NOBODY
        yield from (msgspec.structs.replace(mail, recipient=told_to) for mail in mails)


def _noticed(
    notice: Notice, about: About, case: Case, answers: Answers, find: Bodies
) -> tuple[tuple[OutgoingMail, ...], bool]:
    """Return a notice's mails, and whether they are its reader's or in the place of them.

    Somebody else's expired key must not refuse this mail, nor keep its tries uncounted; nor, in
    an emergency, one that is his no more: the store may be from an older copy.
    """
    told = msgspec.structs.replace(
        about,
        in_reply_to="",
        reply=False,
        not_before=notice.not_before,
        urgent=notice.urgent,
    )
    if reachable(notice.reader.certificate, case.at):
        theirs = msgspec.structs.replace(
            told, reader=notice.reader, is_new=notice.is_new, newer=b"", sent=notice.sent
        )
        try:
            return answers.make(notice.letter, theirs, find), True
        except MailError:
            if not about.urgent:
                raise
    own = msgspec.structs.replace(told, reader=case.doctor)
    return answers.make(_without_translations(notice.letter), own, find), False


def _without_translations(letter: Letter) -> Letter:
    """Return the letter as its sender may have it sealed in another's place."""
    kept = tuple(each for each in letter.enclosures if not each.is_translated)
    return msgspec.structs.replace(letter, enclosures=kept)


def _present(sender: Doctor, effects: Effects) -> Doctor:
    """Return the sender as these effects leave him: a new key reads the answer already."""
    changed = {doctor.doctor_id: doctor for doctor in effects.doctors}
    return changed.get(sender.doctor_id, sender)


class _Bodies:
    """Stored bodies, and those that this mail brings (a prescriber gets his copy at once)."""

    def __init__(self, effects: Effects, brought: Brought) -> None:
        entries = [
            *((filing.entry, filing.bodies) for filing in effects.filings),
            *((each.waiting.entry, each.bodies) for each in effects.deferrals),
        ]
        self._stored = brought.stored
        self._new = {
            body.document_id: body.data
            for entry, places in entries
            for body in _paired(entry.documents, places, brought)
        }

    def find(self, document_id: bytes) -> memoryview | None:
        """Return the body of a document, or None."""
        found = self._new.get(document_id)
        return self._stored(document_id) if found is None else memoryview(found)


def _new_entry(filing: Filing, brought: Brought) -> NewEntry:
    bodies = _paired(filing.entry.documents, filing.bodies, brought)
    return NewEntry(dossier_id=filing.dossier_id, entry=filing.entry, bodies=bodies)


def _new_waiting(deferral: Deferral, brought: Brought) -> NewWaiting:
    bodies = _paired(deferral.waiting.entry.documents, deferral.bodies, brought)
    return NewWaiting(deferral.waiting, deferral.trait_keys, bodies)


def _paired(
    documents: tuple[Document, ...], places: tuple[int, ...] | None, brought: Brought
) -> tuple[NewBody, ...]:
    """Pair an entry's documents with the bytes of the opened mail's bodies, in order."""
    found = []
    chosen = brought.opened if places is None else [brought.opened[place] for place in places]
    for document, body in zip(documents, chosen, strict=True):
        place = brought.fresh if body.fresh else brought.bodies
        data = place[body.span.offset : body.span.offset + body.span.length]
        found.append(NewBody(document_id=document.document_id, data=data))
    return tuple(found)
