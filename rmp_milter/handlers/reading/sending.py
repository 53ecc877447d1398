"""Sending what a header asks for of a dossier: a consultation, and the patient's copy.

The médecin traitant (and the patient with a key of his own) signs and gets his standing key
packets; no slot is opened. For his locum the custody slot is, after its leaf. Anybody else
needs the patient's code or card: the keeper opens that slot and writes key packets for this
reader, this once. All other outcomes give one and the same refusal.
"""

from collections.abc import Sequence

import msgspec

from rmp_milter.dossier.changes import DossierUpdate
from rmp_milter.dossier.model import Dossier, Scope
from rmp_milter.dossier.revisions import revised
from rmp_milter.dossier.rules import Act, Relation, Way
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.outcome import Effects, Outcome
from rmp_milter.handlers.filing.key_packets import own_packets
from rmp_milter.handlers.letters.index import dossier_letter, what_is_left
from rmp_milter.handlers.reading.bounding import at_once, room_of, translated_for
from rmp_milter.handlers.reading.enclosing import (
    authors_certificates,
    documents_of,
    enclosures,
    hprim_headers,
)
from rmp_milter.handlers.sight.seen import SEES_ALL, Seen, chosen, seen
from rmp_milter.handlers.sight.table import table_of
from rmp_milter.handlers.way_in.admission import Admission, admit, spent
from rmp_milter.handlers.way_in.naming import entries_named
from rmp_milter.handlers.way_in.unlocking import forgiven, prove, unlock


class _Portion(msgspec.Struct, frozen=True):
    """The entries that the header asks for, and those of them that are sent now."""

    picked: tuple[Seen, ...]
    now: tuple[Seen, ...]

    @property
    def left(self) -> frozenset[int]:
        """The numbers, as the reader counts, of what is left for another request."""
        return frozenset(each.number for each in _but(self.picked, self.now))


def send(case: Case, act: Act, *, again: bool = False) -> Outcome:
    """Send what the header asks for of the dossier that it names, as one answer holds it.

    ``again``, without numbers: what an answer to the same lines would leave out, all of it
    where it leaves out nothing.

    Raises as :func:`~.admission.admit` and :func:`~.unlocking.prove` do, and
    as :func:`~.naming.entries_named` to readers alone: that a number is not there is an
    answer for them.
    """
    admission, dossier = prove(case, admit(case, act))
    visible = _visible(case, dossier, admission.relation)
    entries_named(case, admission, dossier, visible)
    portion = _portion(case, visible, again=again)
    packets = _packets(case, admission, portion.now, action=case.header.verb if again else "")
    treating = case.view.doctor(dossier.treating)
    letter = dossier_letter(
        dossier,
        treating.name if treating else "",
        portion.picked,
        () if case.header.scope is Scope.INDEX else enclosures(dossier, portion.now, packets),
        case.at,
        case.language,
        table=table_of(dossier, visible),
        clock=case.clock,
        whole_sheet=admission.relation in SEES_ALL,
        left=portion.left,
        closed=case.closed,
    )
    if portion.left:
        more = what_is_left(portion.left, case.bounds.answer_mails, case.language, again=again)
        letter = msgspec.structs.replace(letter, text=f"{letter.text}\n{more}")
    effects = Effects(
        updates=_read_up_to(case, admission, dossier, portion.now),
        cleared=forgiven(admission),
        once=spent(case),
    )
    certificates = authors_certificates(case, letter.enclosures)
    headers = hprim_headers(case, dossier, portion.now, letter.enclosures)
    complete = msgspec.structs.replace(
        letter,
        certificates=certificates,
        headers=headers,
        originals=case.header.scope is Scope.ORIGINAL,
    )
    return Outcome(complete, effects)


def _visible(case: Case, dossier: Dossier, relation: Relation) -> tuple[Seen, ...]:
    entries = case.view.entries(dossier.dossier_id)
    return seen(dossier, entries, relation, case.doctor.doctor_id)


def _portion(case: Case, visible: Sequence[Seen], *, again: bool) -> _Portion:
    picked = chosen(visible, case.header, case.clock)
    if case.header.scope is Scope.INDEX:
        return _Portion(picked, picked)
    room, is_translated = room_of(case), translated_for(case)
    now = at_once(picked, room, is_translated)
    if again and not case.header.numbers and len(now) < len(picked):
        picked = _but(picked, now)
        now = at_once(picked, room, is_translated)
    return _Portion(picked, now)


def _but(picked: Sequence[Seen], others: Sequence[Seen]) -> tuple[Seen, ...]:
    numbers = {each.number for each in others}
    return tuple(each for each in picked if each.number not in numbers)


def _packets(
    case: Case, admission: Admission, picked: Sequence[Seen], *, action: str
) -> list[bytes]:
    """Return the reader's key packets for each document of ``picked``, in order."""
    documents = documents_of(picked)
    written = unlock(
        case,
        admission,
        documents=() if case.header.scope is Scope.INDEX else documents,
        readers=(case.doctor.certificate,),
        entries=[each.filed.number for each in picked],
        action=action,
    )
    if admission.way is Way.STANDING:
        return [own_packets(document, case.doctor, case.view) for document in documents]
    return [packets[0] for packets in written]


def _read_up_to(
    case: Case, admission: Admission, dossier: Dossier, picked: Sequence[Seen]
) -> tuple[DossierUpdate, ...]:
    """Note what the médecin traitant has been sent, so that his list shows what is new.

    Up to the first entry that he neither wrote nor is sent now: one that is left out by an
    onglet or a number stays new, as all do in an index alone.
    """
    if admission.relation is not Relation.TREATING or case.header.scope is Scope.INDEX:
        return ()
    sent, known = {each.filed.number for each in picked}, dossier.seen
    for each in case.view.entries(dossier.dossier_id, dossier.seen):
        if each.number not in sent and each.entry.author != dossier.treating:
            break
        known = each.number
    if known == dossier.seen:
        return ()
    return (DossierUpdate(revised(dossier, seen=known)),)
