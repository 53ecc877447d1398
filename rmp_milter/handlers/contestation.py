"""Contestation: a change of médecin traitant is taken back, once, within some days.

By who was médecin traitant before, or by the patient with a key of his own, suspended or not.
It says again who treats and changes nothing else. Of documents that came meanwhile the former
one gets key packets, by the custody slot.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from rmp_milter.calls.authority import Contest
from rmp_milter.credentials import usable
from rmp_milter.dossier.changes import NewKeyPackets
from rmp_milter.dossier.model import Doctor, Document, Dossier, Sheet
from rmp_milter.dossier.rules import Act, Way
from rmp_milter.dossier.takeovers import contested, is_running, may_be_contested
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.outcome import Effects, Outcome
from rmp_milter.handlers.filing.key_packets import (
    documents_in,
    own_packets,
    read_anew,
    written,
)
from rmp_milter.handlers.letters.takeovers import (
    contest_notices,
    standing_words,
    until_words,
)
from rmp_milter.handlers.people.contacts import with_contacts
from rmp_milter.handlers.way_in.admission import Admission, admit
from rmp_milter.handlers.way_in.amending import amend
from rmp_milter.handlers.way_in.entering import settled
from rmp_milter.handlers.way_in.unlocking import prove, unlock
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.mail.outgoing.wording import birth_date, full_name


def handle(case: Case) -> Outcome:
    """Put the former médecin traitant back in his place."""
    try:
        admission, dossier = prove(case, admit(case, Act.CONTESTATION))
    except MailError as error:
        raise _explained(error) from error
    former = _former(case, dossier)
    missing = _missing(case, dossier, former)
    packets = _opened(case, admission, missing, former)
    card = amend(case, admission, Contest(), former, documents=missing).dossier
    after = _restored(case, dossier, former, card)
    effects = Effects(
        updates=(read_anew(after, case.view),),
        key_packets=packets,
        notices=contest_notices(case, dossier, after, former),
    )
    letter = _letter(case, after, former, len(missing))
    return Outcome(letter, settled(case, admission, effects))


def _explained(error: MailError) -> MailError:
    """Return the refusal with who may contest: the same for a patient whom nobody knows.

    One that a code was tried for leaves something behind (it is a Refusal) and stays as it is.
    """
    plain = type(error) is MailError and error.text == "no-access"
    return MailError("contest-by-whom") if plain else error


def _former(case: Case, dossier: Dossier) -> Doctor:
    """Return whom the contest puts back; raise what only who may contest is told."""
    takeover = dossier.takeover
    if takeover is None or not is_running(takeover, case.at):
        raise MailError("contest-none")
    if not may_be_contested(takeover, case.at):
        raise MailError("contest-once")
    former = case.view.doctor(takeover.former)
    if former is None:
        raise MailError("contest-former-gone")
    return former


def _missing(case: Case, dossier: Dossier, former: Doctor) -> list[Document]:
    """Return the documents that he has no packets of; none where his key cannot be used.

    Then nothing is lost: the index says so, and the code or another key opens them.
    """
    if not usable(former.certificate, case.at):
        return []
    documents = documents_in(dossier, case.view)
    return [each for each in documents if not own_packets(each, former, case.view)]


def _opened(
    case: Case, admission: Admission, documents: Sequence[Document], former: Doctor
) -> tuple[NewKeyPackets, ...]:
    """Write the leaf; return the packets of the documents for him."""
    # A signature alone opens no slot, so it is the custody slot that does, under its leaf.
    if documents and admission.way is Way.STANDING:
        admission = replace(admission, way=Way.CUSTODY)
    readers = (former.certificate,)
    released = unlock(case, admission, documents=documents, readers=readers, persons=(former,))
    return written(documents, released, former) if documents else ()


def _restored(case: Case, dossier: Dossier, former: Doctor, card: bytes) -> Dossier:
    """Return the dossier in his care again, with his contacts if it is he who writes."""
    own = former.doctor_id == case.doctor.doctor_id
    said = case.header.sheet if own else Sheet()
    contacts = with_contacts(dossier.sheet, said)
    return replace(contested(dossier), sheet=contacts, seen=0, card=card)


def _letter(case: Case, after: Dossier, former: Doctor, documents: int) -> Letter:
    own = former.doctor_id == case.doctor.doctor_id
    patient = full_name(after.patient)
    words = text(
        "contested-own" if own else "contested-for-patient",
        case.language,
        patient=patient,
        birth_date=birth_date(after.patient),
        former=former.name,
        documents=str(documents),
    )
    words += "\n" + text("contested-once", case.language, at=until_words(case, after))
    if own:
        words += standing_words(case, after, case.view.entries(after.dossier_id))
    elif after.suspended:
        words += "\n" + text("contested-key", case.language)
    return Letter(text("subject-treating", case.language, patient=patient), words)
