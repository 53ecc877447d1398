"""Médecin traitant: a doctor takes the patient's care over, by the patient's code or card.

The keeper opens that slot and writes key packets of every document for him; from then on new
documents come with a packet for him and none for the former one. It is the way, too, by which
a médecin traitant whose key was lost reads the dossier with his present one.

A takeover suspends the patient's key, shows what stands from before, and can be contested once
(:mod:`rmp_milter.dossier.takeovers`).
"""

from msgspec.structs import replace

from rmp_milter.calls.authority import TakeOver
from rmp_milter.dossier.model import Doctor, Dossier
from rmp_milter.dossier.professions import is_doctor
from rmp_milter.dossier.revisions import revised
from rmp_milter.dossier.rules import Act
from rmp_milter.dossier.takeovers import may_be_contested, taken_over
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.outcome import Effects, Outcome
from rmp_milter.handlers.filing.key_packets import documents_in, read_anew, written
from rmp_milter.handlers.letters.takeovers import standing_words, taken_notices, until_words
from rmp_milter.handlers.people.contacts import with_contacts
from rmp_milter.handlers.way_in.admission import admit, spent
from rmp_milter.handlers.way_in.amending import amend
from rmp_milter.handlers.way_in.unlocking import forgiven, prove, unlock
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.mail.outgoing.wording import birth_date, full_name


def handle(case: Case) -> Outcome:
    """Make the sender the médecin traitant, with key packets of every document."""
    _check_sender(case)
    # Proven first: what the dossier holds must not be looked at before (promise 6).
    admission, dossier = prove(case, admit(case, Act.MEDECIN_TRAITANT))
    documents = documents_in(dossier, case.view)
    packets = unlock(case, admission, documents=documents, readers=(case.doctor.certificate,))
    same = dossier.treating == case.doctor.doctor_id
    after = revised(dossier, seen=0)
    if not same:
        wish = TakeOver(at=case.at)
        card = amend(case, admission, wish, documents=documents).dossier
        after = _taken_over(case, dossier, card)
    effects = Effects(
        updates=(read_anew(after, case.view),),
        key_packets=written(documents, packets, case.doctor),
        cleared=forgiven(admission),
        once=spent(case),
        notices=() if same else taken_notices(case, dossier, after),
    )
    key = "treating-renewed" if same else "treating-taken"
    words = _words(case, key, after, len(documents))
    if not same:
        words += _former_words(case, dossier, after)
        words += standing_words(case, after, case.view.entries(dossier.dossier_id))
    patient = full_name(dossier.patient)
    subject = text("subject-treating", case.language, patient=patient)
    return Outcome(Letter(subject=subject, text=words), effects)


def _check_sender(case: Case) -> None:
    """Raise what is missing before anything of the dossier is looked at."""
    if not is_doctor(case.doctor):
        raise MailError("treating-doctors-only")
    if case.header.consent is not True:
        raise MailError("treating-consent")


def _taken_over(case: Case, dossier: Dossier, card: bytes) -> Dossier:
    """Return the dossier in the sender's care, of which he was not sent anything yet."""
    has_key = case.view.patient_of(dossier.dossier_id) is not None
    after = taken_over(
        dossier, case.doctor.doctor_id, case.at, case.bounds.contest, has_key=has_key
    )
    contacts = with_contacts(dossier.sheet, case.header.sheet)
    return replace(after, sheet=contacts, seen=0, card=card)


def _words(case: Case, key: str, dossier: Dossier, documents: int) -> str:
    return text(
        key,
        case.language,
        patient=full_name(dossier.patient),
        birth_date=birth_date(dossier.patient),
        documents=str(documents),
    )


def _former_words(case: Case, before: Dossier, after: Dossier) -> str:
    """Return what becomes of who was médecin traitant, and of what he or the first may do."""
    former: Doctor | None = case.view.doctor(before.treating)
    known = "treating-former" if former else "treating-former-gone"
    words = "\n" + text(known, case.language, former=former.name if former else "")
    if may_be_contested(after.takeover, case.at):
        words += "\n" + text("treating-contest", case.language, at=until_words(case, after))
    return words
