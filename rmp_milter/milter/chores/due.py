"""What the service does without being asked: waiting deposits and daily digests. Pure.

    a waiting deposit that surely fits an open dossier by now → adopted
    one whose time is over                                    → gone, its sender told
    lines of receipts of the days before                      → one letter a depositor

Closed dossiers are not erased here: that cannot be undone, and a host whose clock is wrong
would do it unasked (``rmp dossier erase --due``). :mod:`rmp_milter.milter.chores.round` does them.
"""

import hashlib
from collections.abc import Sequence

from rmp_milter.dossier.changes import Adoption
from rmp_milter.dossier.days import Clock, day_of
from rmp_milter.dossier.model import Dossier, ReceiptLine, Waiting
from rmp_milter.handlers.asking.case import Occasion
from rmp_milter.handlers.asking.keeper import Keeper
from rmp_milter.handlers.asking.view import View
from rmp_milter.handlers.filing.adoption import adopt
from rmp_milter.handlers.filing.key_packets import standing_readers
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.mail.outgoing.wording import (
    birth_date,
    bullet_list,
    day,
    document_titles,
    full_name,
)


def digest_of(chore: str, *parts: bytes) -> bytes:
    """Return what stands in the place of a mail's duplicate digest: a chore is done once."""
    framed = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return hashlib.sha256(b"rmp chore " + chore.encode() + b"\0" + framed).digest()


def adopt_by_itself(
    waiting: Waiting, dossier: Dossier, view: View, keeper: Keeper, at: int
) -> Adoption:
    """Have a deposit adopted whose dossier was made beside it; return its entry."""
    occasion = Occasion(digest_of("adoption", waiting.waiting_id), at, view, keeper)
    return adopt(occasion, waiting, dossier, standing_readers(dossier, view, at))


def expiry_letter(waiting: Waiting, language: Language, clock: Clock) -> Letter:
    """Tell the sender that his deposit is not kept any more, in the same words whatever why."""
    patient, entry = waiting.patient, waiting.entry
    titles = [title for each in entry.documents for title in document_titles(each, language)]
    words = text(
        "expired",
        language,
        date=day(waiting.received_at, clock),
        patient=full_name(patient),
        birth_date=birth_date(patient),
        documents=bullet_list(titles),
    )
    subject = text("subject-expired", language, patient=full_name(patient))
    return Letter(subject=subject, text=words)


def lines_due(lines: Sequence[ReceiptLine], at: int, clock: Clock) -> tuple[ReceiptLine, ...]:
    """Return the lines of the days before ``at``: today's digest is not full yet."""
    today = day_of(at, clock)
    return tuple(line for line in lines if day_of(line.at, clock) < today)
