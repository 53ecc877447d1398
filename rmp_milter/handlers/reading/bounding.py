"""What of a dossier is sent at once: an answer is a number of mails that a person can read.

What is left out follows on request. An emergency's answer is not cut (it is only put into
fewer mails): nobody shall have to ask twice for what may save a patient.
"""

from collections.abc import Callable, Sequence

from rmp_milter.calls.protocol.releasing import TRANSLATED
from rmp_milter.dossier.model import Document, Onglet, ReplyForm
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.letters.index import in_index_order
from rmp_milter.handlers.sight.seen import Seen
from rmp_milter.mail.outgoing.letter import Enclosure
from rmp_milter.mail.outgoing.loads import Room, mails_needed
from rmp_milter.mail.outgoing.wrapping import answered_form

_PACKETS = bytes(4096)
"""More than a reader's key packet takes: what is counted on is never less than is sent."""
_TRANSLATED = TRANSLATED + _PACKETS


IsTranslated = Callable[[Document], bool]


def room_of(case: Case) -> Room:
    """Return the form in which the sender is answered, and how much he is sent at once."""
    bounds = case.bounds
    return Room(answered_form(case.doctor), bounds.answer_bytes, bounds.answer_mails)


def at_once(
    picked: Sequence[Seen], room: Room, is_translated: IsTranslated
) -> tuple[Seen, ...]:
    """Return as much of it as one answer takes, in the order that it came in.

    The newest résumé before all, then the newest; an entry is sent whole or not, and one at
    least. What was replaced is needed last.
    """
    if _fits(picked, room, is_translated):
        return tuple(picked)
    needed = _by_need(picked)
    least, beyond = 1, len(needed)
    while beyond - least > 1:
        middle = (least + beyond) // 2
        if _fits(needed[:middle], room, is_translated):
            least = middle
        else:
            beyond = middle
    kept = {each.filed.number for each in needed[:least]}
    return tuple(each for each in picked if each.filed.number in kept)


def _by_need(picked: Sequence[Seen]) -> list[Seen]:
    newest = sorted(picked, key=lambda each: (bool(each.replaced_by), -each.filed.number))
    summaries = (each for each in newest if each.onglet is Onglet.SYNTHESE)
    first = next(summaries, newest[0])
    return [first, *(each for each in newest if each is not first)]


def translated_for(case: Case) -> IsTranslated:
    """Return what tells which documents are sealed anew for the sender."""
    wanted = case.doctor.reply_form is ReplyForm.LISIBLE

    def is_translated(document: Document) -> bool:
        return case.bounds.translates and (wanted or not case.opens(document.container))

    return is_translated


def _fits(picked: Sequence[Seen], room: Room, is_translated: IsTranslated) -> bool:
    documents = [
        Enclosure(
            each.number,
            each.filed.entry,
            document,
            _TRANSLATED if is_translated(document) else _PACKETS,
        )
        for each in in_index_order(picked)
        for document in each.filed.entry.documents
    ]
    return mails_needed(documents, room) <= room.mails
