"""Accès: the list of what was done to a dossier, in plain words, from the access log.

On request with proofs: for each line a file that shows, without the log, that it is there.
"""

from collections.abc import Iterator, Sequence
from textwrap import fill

import msgspec

from rmp_milter.calls.protocol.leaves import MAX_PROOFS, History, PastEvent
from rmp_milter.calls.protocol.message import HOST
from rmp_milter.dossier.emergency import REVIEW
from rmp_milter.dossier.rules import Act, Proof, Way
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.leaf import event
from rmp_milter.handlers.asking.outcome import Effects, Outcome
from rmp_milter.handlers.asking.view import View
from rmp_milter.handlers.filing.adoption import ACTION as ADOPTION
from rmp_milter.handlers.sight.seen import SEES_ALL
from rmp_milter.handlers.sight.table import table_of
from rmp_milter.handlers.way_in.entering import Entered, enter, settled
from rmp_milter.handlers.way_in.unlocking import ground
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import known, text
from rmp_milter.mail.outgoing.letter import Attachment, Letter
from rmp_milter.mail.outgoing.wording import birth_date, full_name, minute, ranges, whose_time
from rmp_milter.tlog.entry_proofs import SUFFIX

LIMIT = 1000
"""The proof of an event that the host's own command brought about."""

_WISHES = frozenset(
    {"masquage", "demasquage", "opposition", "levee d'opposition", "reclassement"}
)
"""Events that only whoever sees all of a dossier is told: they tell of what is hidden."""
_FILING = frozenset({"depot", ADOPTION})
"""Events that an entry came of: whoever does not see it is not told of them."""

_LOOKED_AT = 10 * LIMIT
"""How many events are looked at for who does not see all: what is left out must not show in
how many lines he gets."""

_WIDTH = 66


def handle(case: Case) -> Outcome:
    """Send the newest events of the dossier, the oldest first; the last is this request.

    Proofs go to whoever sees all of the dossier: a leaf cannot be shown in part, and it names
    masked entries as well.
    """
    entered = enter(case, Act.ACCES)
    admission, dossier = entered.admission, entered.dossier
    # The same leaf as the way in has written: the keeper finds it and writes no second one.
    leaf = event(
        case,
        case.header.verb.value,
        dossier.dossier_id,
        way=admission.way,
        acting_for=admission.acting_for,
    )
    whole = admission.relation in SEES_ALL
    proofs = MAX_PROOFS if whole and case.header.proofs else 0
    limit = LIMIT if whole else _LOOKED_AT
    by, cosigned = ground(case, admission), case.cosigned if proofs else b""
    history = History(by, leaf, limit=limit, proofs=proofs, cosigned=cosigned)
    told = case.keeper.history(history)
    letter = _letter(case, told.events, entered)
    return Outcome(letter, settled(case, admission, Effects()))


def _letter(case: Case, events: Sequence[PastEvent], entered: Entered) -> Letter:
    patient, whole = entered.dossier.patient, entered.admission.relation in SEES_ALL
    files = _files(events) if whole else ()
    lines = list(_lines(case, events, entered, numbered=bool(files)))[-LIMIT:]
    head = text(
        "accesses-head",
        case.language,
        patient=full_name(patient),
        birth_date=birth_date(patient),
        count=str(len(lines)),
        clock=whose_time(case.clock, case.language),
        table=table_of(entered.dossier, entered.visible).mark,
    )
    notes = [] if whole else [text("accesses-partial", case.language)]
    if len(lines) == LIMIT:
        notes.append(text("accesses-newest", case.language, count=str(LIMIT)))
    if case.header.proofs and not whole:
        notes.append(text("accesses-no-proofs", case.language))
    words = "\n".join([head, *notes, *lines]) + "\n"
    if files:
        words += "\n" + _explained(files, len(lines), case.language)
    subject = text("subject-accesses", case.language, patient=full_name(patient))
    return Letter(subject=subject, text=words, files=files)


def _files(events: Sequence[PastEvent]) -> tuple[Attachment, ...]:
    """Return the proofs as files, named by the number that their lines show."""
    return tuple(
        Attachment(
            f"acces-{_number(past)}{SUFFIX}", "application/octet-stream", past.entry_proof
        )
        for past in events
        if past.entry_proof
    )


def _number(past: PastEvent) -> str:
    """Return the event's number in the log, by which auditors find it too."""
    return f"{past.number:04}"


def _explained(files: Sequence[Attachment], lines: int, language: Language) -> str:
    """Return what the files prove and how one is verified; that some lines have none."""
    words = text("accesses-proofs", language, file=files[-1].name)
    if len(files) < lines:
        words += text("accesses-proofs-newest", language, count=str(len(files)))
    return words


def _lines(
    case: Case, events: Sequence[PastEvent], entered: Entered, *, numbered: bool
) -> Iterator[str]:
    shown = {each.filed.number: each.number for each in entered.visible}
    whole = entered.admission.relation in SEES_ALL
    for past in _with_filings(events, entered, case.view):
        numbers = tuple(shown[number] for number in past.entries if number in shown)
        filed = past.entries or past.action in _FILING
        hidden = past.action in _WISHES or (filed and not numbers)
        if whole or not hidden:
            line = _line(msgspec.structs.replace(past, entries=numbers), case)
            if numbered:
                line = f"n° {_number(past)}  {line}"
            yield fill(line, _WIDTH, subsequent_indent=" " * 4, break_on_hyphens=False)


def _with_filings(
    events: Sequence[PastEvent], entered: Entered, view: View
) -> Iterator[PastEvent]:
    """Yield the events, deposits and attachments with the entry that came of them.

    Its number is not known when the leaf is written; the leaf and the entry name the same
    documents. One that nothing came of (it was tried again) has none.
    """
    came = {
        document.document_id: each.number
        for each in view.entries(entered.dossier.dossier_id)
        for document in each.entry.documents
    }
    for past in events:
        if past.action in _FILING:
            numbers = {came[each] for each in past.documents if each in came}
            yield msgspec.structs.replace(past, entries=tuple(sorted(numbers)))
        else:
            yield past


def _line(past: PastEvent, case: Case) -> str:
    """Return ``24/11/2026 21:03  Dr Anne AUTRE a consulté le dossier (entrées 1 à 3)...``."""
    language = case.language
    when, who = minute(past.at, case.clock), _who(past, case.view, language)
    words = f"{when}  {who} {_what(past, language)}"
    if past.entries:
        key = "accesses-entry" if len(past.entries) == 1 else "accesses-entries"
        words += text(key, language, entries=ranges(past.entries, language))
    return words + _by(past, language)


def _who(past: PastEvent, view: View, language: Language) -> str:
    if past.action == REVIEW:
        return text("accesses-reviewer", language)
    if not past.actor_rpps:
        return text(
            "accesses-host" if HOST in past.proof.split("+") else "accesses-patient", language
        )
    who = _named(past.actor_rpps, view)
    if not past.acting_for:
        return who
    return text("accesses-locum", language, locum=who, doctor=_named(past.acting_for, view))


def _named(rpps: str, view: View) -> str:
    doctor = view.doctor_by_rpps(rpps)
    return doctor.name if doctor else f"RPPS {rpps}"


def _what(past: PastEvent, language: Language) -> str:
    if past.outcome == "refused":
        proofs = past.proof.split("+")
        key = "refused-code" if Way.CODE in proofs else "refused-card"
        return text(key if {Way.CODE, Way.VITALE} & {*proofs} else "refused-other", language)
    return known(f"act-{past.action}", language) or text(
        "act-unknown", language, action=past.action
    )


def _by(past: PastEvent, language: Language) -> str:
    """Return what opened the dossier, where that was a card, or the patient's code."""
    proofs = past.proof.split("+")
    if past.outcome == "refused":
        return ""
    keys = [f"by-{each}" for each in (Proof.CPS, Way.CODE, Way.VITALE) if each in proofs]
    return "".join(text(key, language) for key in keys)
