"""What the service does without being asked: waiting deposits and daily digests. Pure.

    a waiting deposit that surely fits an open dossier by now → adopted
    one whose time is over                                    → gone, its sender told
    lines of receipts of the days before                      → one letter a depositor

:mod:`rmp_milter.chores_round` does them.
"""

import hashlib
from collections.abc import Generator, Sequence

import msgspec

from rmp_milter.handlers.access import day_of, match_open, sealed_document
from rmp_milter.handlers.depot import standing_readers
from rmp_milter.handlers.steps import Adopting, View, expect
from rmp_milter.identity import trait_keys
from rmp_milter.keeper.protocol import Adopt, Event, Reply, Request, Resealed
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.letter import Letter
from rmp_milter.mail.texts import text
from rmp_milter.mail.wording import birth_date, bullet_list, day, document_titles, full_name
from rmp_milter.model import Doctor, Document, Dossier, ReceiptLine, StandingKey, Waiting

ADOPTION = "rattachement"
"""What the access log calls it; the deposit itself left its leaf when it came in."""


def digest_of(chore: str, *parts: bytes) -> bytes:
    """Return what stands in the place of a mail's duplicate digest: a chore is done once."""
    framed = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return hashlib.sha256(b"rmp chore " + chore.encode() + b"\0" + framed).digest()


def home_of(waiting: Waiting, view: View) -> Dossier | None:
    """Return the open dossier that a waiting deposit surely belongs to, or None.

    Two numbers among what waits for a dossier are two patients; one without a number cannot
    say which it is.
    """
    found = match_open(waiting.patient, view).dossier
    if found is None:
        return None
    beside = view.waiting_by_traits(trait_keys(found.patient))
    numbers = {
        each.patient.nir
        for each in (waiting, *beside)
        if each.patient.nir and match_open(each.patient, view).dossier == found
    }
    return found if len(numbers) <= 1 else None


def adopt(
    waiting: Waiting, dossier: Dossier, view: View, at: int
) -> Generator[Request, Reply, Adopting]:
    """Have the deposit's keys sealed to the dossier; return the entry that it becomes."""
    readers = standing_readers(dossier, view, at)
    documents = waiting.entry.documents
    reply = yield Adopt(
        digest=digest_of("adoption", waiting.waiting_id),
        waiting_id=waiting.waiting_id,
        dossier_id=dossier.dossier_id,
        dossier_key=dossier.public_key,
        items=tuple(map(sealed_document, documents)),
        readers=tuple(reader.certificate for reader in readers),
        event=_event(waiting, dossier, view.doctor(waiting.entry.author), at),
    )
    items = expect(reply, Resealed).items
    adopted = tuple(
        _adopted(document, item.sealed_key, readers, item.packets)
        for document, item in zip(documents, items, strict=True)
    )
    entry = msgspec.structs.replace(waiting.entry, documents=adopted)
    return Adopting(waiting.waiting_id, dossier.dossier_id, entry)


def _event(waiting: Waiting, dossier: Dossier, author: Doctor | None, at: int) -> Event:
    """Return the leaf in the dossier, which names who made the deposit."""
    return Event(
        at=at,
        action=ADOPTION,
        request=digest_of("adoption", waiting.waiting_id),
        actor_rpps=author.rpps if author else "",
        actor_fingerprint=author.fingerprint if author else "",
        sender=author.mail if author else "",
        dossier_id=dossier.dossier_id,
    )


def _adopted(
    document: Document, sealed: bytes, readers: Sequence[Doctor], packets: Sequence[bytes]
) -> Document:
    standing = tuple(
        StandingKey(reader.fingerprint, packet)
        for reader, packet in zip(readers, packets, strict=True)
    )
    return msgspec.structs.replace(document, sealed_key=sealed, standing=standing)


def expiry_letter(waiting: Waiting, language: Language) -> Letter:
    """Tell the sender that his deposit is not kept any more, in the same words whatever why."""
    patient, entry = waiting.patient, waiting.entry
    titles = [title for each in entry.documents for title in document_titles(each, language)]
    words = text(
        "expired",
        language,
        date=day(waiting.received_at),
        patient=full_name(patient),
        birth_date=birth_date(patient),
        documents=bullet_list(titles),
    )
    subject = text("subject-expired", language, patient=full_name(patient))
    return Letter(subject=subject, text=words)


def lines_due(lines: Sequence[ReceiptLine], at: int) -> tuple[ReceiptLine, ...]:
    """Return the lines of the days (UTC) before ``at``: today's digest is not full yet."""
    return tuple(line for line in lines if day_of(line.at) < day_of(at))
