"""Rectification: a new version takes an entry's place; the old one stays, marked.

The patient and his médecin traitant (locum) do it by signature, others with his code, by
the number that the index shows. The author may do it by his signature alone: he counts his
own deposits for the patient. What he gets is a deposit's receipt, whether there is such an
entry or not; else the answer would tell him whether the patient has a dossier.
"""

from msgspec.structs import replace

from rmp_milter.calls.authority import Masking
from rmp_milter.dossier.masks import masked_documents
from rmp_milter.dossier.model import Entry
from rmp_milter.dossier.rules import Act, Relation
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.outcome import Effects, Filing, Notice, Outcome
from rmp_milter.handlers.filing.deposit import deposit
from rmp_milter.handlers.filing.key_packets import standing_readers
from rmp_milter.handlers.filing.sealing import file_bodies
from rmp_milter.handlers.letters.index import entry_title
from rmp_milter.handlers.letters.notices import tell_of_proven
from rmp_milter.handlers.sight.masked import documents_of
from rmp_milter.handlers.sight.seen import Seen
from rmp_milter.handlers.way_in.admission import permitted
from rmp_milter.handlers.way_in.amending import amend_entered
from rmp_milter.handlers.way_in.entering import Entered, changed, enter, settled
from rmp_milter.handlers.way_in.unlocking import ground
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.mail.outgoing.wording import bullet_list, document_titles, full_name


def handle(case: Case) -> Outcome:
    """File the mail's documents as the new version of one entry."""
    if len(case.header.numbers) != 1:
        raise MailError("one-number")
    if not case.opened.bodies:
        raise MailError("nothing-to-file")
    try:
        return _by_number(case)
    except MailError as error:
        # A number that was read from an index is not one of the sender's own deposits.
        if error.text != "code-missing" or case.header.table:
            raise
    return _by_author(case)


def _by_number(case: Case) -> Outcome:
    entered = enter(case, Act.RECTIFICATION)
    dossier, (old,) = entered.dossier, entered.picked
    if old.replaced_by:
        newer = str(old.replaced_by)
        raise MailError("already-replaced", facts={"number": str(old.number), "newer": newer})
    readers = standing_readers(dossier, case.view, case.at)
    by = ground(case, entered.admission, *readers)
    filing = file_bodies(case, dossier, readers, by)
    entry = _version_of(case, filing.entry, old)
    card = _masked_too(case, entered, entry) if old.masked else dossier.card
    effects = Effects(
        # A new revision, so that of two corrections at once the second one is refused.
        updates=changed(dossier, card=card),
        filings=(Filing(dossier.dossier_id, entry),),
        notices=_told(case, entered, old),
    )
    patient = full_name(dossier.patient)
    titles = [
        title for each in entry.documents for title in document_titles(each, case.language)
    ]
    letter = Letter(
        subject=text("subject-rectified", case.language, patient=patient),
        text=text(
            "rectified",
            case.language,
            patient=patient,
            old=entry_title(old, case.language, case.clock),
            documents=bullet_list(titles),
            onglet=entry.onglet.value,
        )
        + (text("rectified-masked", case.language) if old.masked else ""),
    )
    return Outcome(letter, settled(case, entered.admission, effects))


def _masked_too(case: Case, entered: Entered, entry: Entry) -> bytes:
    """Have the new version masked as the old one is; return the dossier's next card."""
    entries = case.view.entries(entered.dossier.dossier_id)
    masked = (*masked_documents(entered.dossier, entries), *documents_of(entry))
    return amend_entered(case, entered, Masking(masked))


def _told(case: Case, entered: Entered, old: Seen) -> tuple[Notice, ...]:
    """Tell whoever governs, by the number that he reads, what somebody put a version before."""
    number = str(old.filed.number)
    way = entered.admission.way
    return tell_of_proven(case, way, "rectified-notice", entered.dossier, number=number)


def _version_of(case: Case, entry: Entry, old: Seen) -> Entry:
    """Return the entry as the new version: in the old one's tab unless its type is said."""
    before = old.filed.entry
    if case.header.document:
        return replace(entry, replaces=old.filed.number)
    return replace(
        entry,
        replaces=old.filed.number,
        document_type=before.document_type,
        onglet=old.onglet,
        onglet_reason=before.onglet_reason,
    )


def _by_author(case: Case) -> Outcome:
    """File a deposit that says which of his own it corrects; nothing is looked for.

    Who reads the dossier is shown it as the new version, if there is one of that number
    (:mod:`rmp_milter.dossier.versions`). To look for it here would tell by the time taken
    whether the patient has a dossier.
    """
    permitted(case, Act.RECTIFICATION, Relation.AUTHOR)
    outcome = deposit(case)
    (number,) = case.header.numbers
    filings = tuple(
        replace(each, entry=replace(each.entry, corrects=number))
        for each in outcome.effects.filings
    )
    deferrals = tuple(
        replace(
            each,
            waiting=replace(each.waiting, entry=replace(each.waiting.entry, corrects=number)),
        )
        for each in outcome.effects.deferrals
    )
    effects = replace(outcome.effects, filings=filings, deferrals=deferrals)
    return Outcome(_explained(case, outcome.letter), effects, outcome.not_before)


def _explained(case: Case, letter: Letter | None) -> Letter | None:
    """Say on the receipt, always in the same words, what became of the number."""
    if letter is None:
        return None
    number = str(case.header.numbers[0])
    words = f"{letter.text}\n{text('rectified-own', case.language, number=number)}"
    return replace(letter, text=words)
