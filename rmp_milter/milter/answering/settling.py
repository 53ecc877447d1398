"""From what a handler decided to what is committed: bodies paired, letters sealed."""

import logging
from collections.abc import Iterator

import msgspec

from rmp_milter.calls.protocol import OpenedBody
from rmp_milter.certificates import usable
from rmp_milter.dossier.changes import Adoption, Changes, NewBody, NewEntry, NewWaiting, Once
from rmp_milter.dossier.model import Doctor, Document, OutgoingMail
from rmp_milter.handlers.asking.steps import Deferral, Effects, Filing, Outcome
from rmp_milter.milter.answering.answers import About, Answers
from rmp_milter.store.read.snapshot import Snapshot

log = logging.getLogger("rmp.milter")


class Ground(msgspec.Struct, frozen=True):
    """The mail that is settled: its digest and time, who is answered, what came with it.

    ``bodies`` and ``fresh`` are the memories that the opened bodies' spans lie in.
    """

    digest: bytes
    at: int
    sender: Doctor
    in_reply_to: str
    opened: tuple[OpenedBody, ...]
    bodies: memoryview
    fresh: memoryview
    once: tuple[Once, ...] = ()


def changes_of(outcome: Outcome, ground: Ground, view: Snapshot, answers: Answers) -> Changes:
    """Return all that the mail changes; raises :class:`MailError` where a seal fails."""
    effects = outcome.effects
    return Changes(
        digest=ground.digest,
        dossiers=effects.dossiers,
        entries=tuple(_new_entry(filing, ground) for filing in effects.filings),
        outbox=tuple(_mails(outcome, ground, view, answers)),
        doctors=effects.doctors,
        updates=effects.updates,
        envelopes=effects.envelopes,
        waiting=tuple(_new_waiting(deferral, ground) for deferral in effects.deferrals),
        adoptions=tuple(
            Adoption(each.waiting_id, each.dossier_id, each.entry) for each in effects.adoptions
        ),
        strikes=effects.strikes,
        cleared=effects.cleared,
        once=(*ground.once, *effects.once),
        receipts=effects.receipts,
        emergencies=effects.emergencies,
        postal=effects.postal,
    )


def _mails(
    outcome: Outcome, ground: Ground, view: Snapshot, answers: Answers
) -> Iterator[OutgoingMail]:
    """Yield the answer's mails, then those to others.

    A notice whose reader's key cannot be used is left out: it must not refuse another's mail.
    """
    bodies = _Bodies(outcome.effects, ground, view)
    about = About(
        reader=_present(ground.sender, outcome.effects),
        digest=ground.digest,
        at=ground.at,
        in_reply_to=ground.in_reply_to,
        not_before=outcome.not_before,
        urgent=outcome.urgent,
    )
    if outcome.letter is not None:
        yield from answers.make(outcome.letter, about, bodies.find)
    for notice in outcome.effects.notices:
        # Somebody else's expired key must not refuse this mail, nor keep its tries uncounted.
        reached = usable(notice.reader.certificate, ground.at)
        told = msgspec.structs.replace(
            about,
            reader=notice.reader if reached else ground.sender,
            in_reply_to="",
            not_before=notice.not_before,
            urgent=notice.urgent,
        )
        mails = answers.make(notice.letter, told, bodies.find)
        if reached and notice.sent:
            yield from mails
        elif not reached:
            log.warning("a notice is lost: key %s is not usable", notice.reader.fingerprint)


def _present(sender: Doctor, effects: Effects) -> Doctor:
    """Return the sender as these effects leave him: a new key reads the answer already."""
    changed = {doctor.doctor_id: doctor for doctor in effects.doctors}
    return changed.get(sender.doctor_id, sender)


class _Bodies:
    """Stored bodies, and those that this mail brings (a prescriber gets his copy at once)."""

    def __init__(self, effects: Effects, ground: Ground, view: Snapshot) -> None:
        entries = [
            *((filing.entry, filing.bodies) for filing in effects.filings),
            *((each.waiting.entry, each.bodies) for each in effects.deferrals),
        ]
        self._view = view
        self._new = {
            body.document_id: body.data
            for entry, places in entries
            for body in _paired(entry.documents, places, ground)
        }

    def find(self, document_id: bytes) -> memoryview | None:
        """Return the body of a document, or None."""
        found = self._new.get(document_id)
        return self._view.body(document_id) if found is None else memoryview(found)


def _new_entry(filing: Filing, ground: Ground) -> NewEntry:
    bodies = _paired(filing.entry.documents, filing.bodies, ground)
    return NewEntry(dossier_id=filing.dossier_id, entry=filing.entry, bodies=bodies)


def _new_waiting(deferral: Deferral, ground: Ground) -> NewWaiting:
    bodies = _paired(deferral.waiting.entry.documents, deferral.bodies, ground)
    return NewWaiting(deferral.waiting, deferral.trait_keys, bodies)


def _paired(
    documents: tuple[Document, ...], places: tuple[int, ...] | None, ground: Ground
) -> tuple[NewBody, ...]:
    """Pair an entry's documents with the bytes of the opened mail's bodies, in order."""
    found = []
    chosen = ground.opened if places is None else [ground.opened[place] for place in places]
    for document, body in zip(documents, chosen, strict=True):
        place = ground.fresh if body.fresh else ground.bodies
        data = place[body.span.offset : body.span.offset + body.span.length]
        found.append(NewBody(document_id=document.document_id, data=data))
    return tuple(found)
