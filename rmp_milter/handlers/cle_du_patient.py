"""Clé du patient: the médecin traitant enrols the patient's own key, a standing reader's.

From then on the patient reads the dossier and exercises the rights on it by signed mail. All
documents that are there are opened once, by the custody slot, to write his key packets.

After a takeover it is how the new médecin traitant, who has the patient before him, confirms the
key that was suspended. While that takeover can be contested he can put no other in its place.
"""

import msgspec

from rmp_milter.calls.authority import PatientKey
from rmp_milter.credentials import CredentialFacts
from rmp_milter.dossier.model import Doctor, Dossier, ReplyForm
from rmp_milter.dossier.revisions import next_revision, revised
from rmp_milter.dossier.rules import Act, Way
from rmp_milter.dossier.takeovers import is_running
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.outcome import Effects, Notice, Outcome
from rmp_milter.handlers.asking.view import View
from rmp_milter.handlers.filing.key_packets import documents_in, read_anew, written
from rmp_milter.handlers.letters.takeovers import until_words
from rmp_milter.handlers.people.keys import enclosed, names_another, said_of_key
from rmp_milter.handlers.reading.enclosing import documents_of
from rmp_milter.handlers.sight.seen import seen
from rmp_milter.handlers.way_in.admission import Admission, admit
from rmp_milter.handlers.way_in.amending import amend
from rmp_milter.handlers.way_in.entering import settled
from rmp_milter.handlers.way_in.unlocking import prove, unlock
from rmp_milter.mail.address import is_address
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.mail.outgoing.wording import birth_date, full_name, spaced


def handle(case: Case) -> Outcome:
    """Enrol the key that is enclosed, in the place of an earlier one."""
    admission, dossier = prove(case, admit(case, Act.CLE_DU_PATIENT))
    before = case.view.patient_of(dossier.dossier_id)
    patient = _patient(case, dossier, before)
    _check_frozen(case, dossier, before, patient)
    documents = documents_in(dossier, case.view)
    # A signature alone opens no slot, so it is the custody slot that does, under its leaf.
    if admission.way is Way.STANDING:
        admission = msgspec.structs.replace(admission, way=Way.CUSTODY)
    released = unlock(case, admission, documents=documents, readers=(patient.certificate,))
    packets = written(documents, released, patient)
    wish = PatientKey(patient.doctor_id, patient.certificate)
    cards = amend(case, admission, wish, before, documents=documents)
    patient = msgspec.structs.replace(patient, card=cards.person)
    notices = (_welcome(case, patient), *_replaced(case, before, patient))
    after = revised(dossier, card=cards.dossier, suspended=False)
    effects = Effects(
        doctors=(patient,),
        updates=(read_anew(after, case.view),),
        key_packets=packets,
        notices=notices,
    )
    letter = _letter(case, dossier, patient, _told(case, admission, dossier))
    return Outcome(letter, settled(case, admission, effects))


def _check_frozen(case: Case, dossier: Dossier, before: Doctor | None, patient: Doctor) -> None:
    """Refuse a key, or an address, other than what was there, in the days of a takeover."""
    known = before and (before.fingerprint, before.mail.casefold())
    same = known == (patient.fingerprint, patient.mail.casefold())
    if is_running(dossier.takeover, case.at) and not same:
        raise MailError("patient-key-frozen", facts={"at": until_words(case, dossier)})


def _patient(case: Case, dossier: Dossier, before: Doctor | None) -> Doctor:
    """Return the patient's record in the directory, new or in its next revision."""
    mail = case.header.sheet.mail
    if not is_address(mail):
        raise MailError("patient-mail-needed")
    certificate = _only_key(case)
    holders = [
        case.view.doctor_by_mail(mail),
        case.view.doctor_by_fingerprint(certificate.fingerprint),
        *(case.view.doctor_by_key_id(key_id) for key_id in certificate.key_ids),
    ]
    own = before.doctor_id if before else b""
    if names_another(certificate, mail, own, case.view):
        raise MailError("patient-key-taken")
    if any(holder and holder.patient_of != dossier.dossier_id for holder in holders):
        raise MailError("patient-key-taken")
    return Doctor(
        doctor_id=before.doctor_id if before else case.new_id(),
        name=full_name(dossier.patient),
        rpps="",
        mail=mail,
        profession="patient",
        certificate=certificate.binary,
        fingerprint=certificate.fingerprint,
        key_ids=certificate.key_ids,
        reply_form=ReplyForm.SEPARATE,
        added_at=before.added_at if before else case.at,
        revision=next_revision(before),
        patient_of=dossier.dossier_id,
    )


def _only_key(case: Case) -> CredentialFacts:
    """Return the one enclosed certificate that is no doctor's: clients add their owner's."""
    found = enclosed(case.opened.keys, case.at)
    usable = {each.fingerprint: each for each in found.usable}
    others = [
        each for each in usable.values() if not _is_a_doctors(each.fingerprint, case.view)
    ]
    faults = [each for each in found.faults if not _is_a_doctors(each.fingerprint, case.view)]
    if faults and not others:
        raise MailError(f"patient-key-unusable-{faults[0].reason}")
    if len(others) != 1 or faults:
        raise MailError("patient-key-needed", detail=f"{len(others) + len(faults)} keys")
    return others[0]


def _is_a_doctors(fingerprint: str, view: View) -> bool:
    holder = view.doctor_by_fingerprint(fingerprint)
    return holder is not None and not holder.patient_of


def _told(case: Case, admission: Admission, dossier: Dossier) -> int:
    """Return how many documents the sender is told of: the patient reads masked ones as well."""
    entries = case.view.entries(dossier.dossier_id)
    shown = seen(dossier, entries, admission.relation, case.doctor.doctor_id)
    return len(documents_of(shown))


def _letter(case: Case, dossier: Dossier, patient: Doctor, count: int) -> Letter:
    words = text(
        "patient-key",
        case.language,
        patient=patient.name,
        birth_date=birth_date(dossier.patient),
        mail=patient.mail,
        fingerprint=spaced(patient.fingerprint),
        count=str(count),
    )
    if dossier.suspended:
        words += "\n" + text("patient-key-confirmed", case.language)
    subject = text("subject-patient-key", case.language, patient=patient.name)
    return Letter(subject, words + said_of_key(case, patient))


def _welcome(case: Case, patient: Doctor) -> Notice:
    words = text("welcome", case.language, treating=case.doctor.name)
    return Notice(patient, Letter(text("subject-welcome", case.language), words), is_new=True)


def _replaced(case: Case, before: Doctor | None, patient: Doctor) -> tuple[Notice, ...]:
    """Tell the key that is replaced, lest somebody else's took its place unnoticed."""
    if before is None or before.fingerprint == patient.fingerprint:
        return ()
    words = text("key-replaced", case.language, treating=case.doctor.name)
    return (Notice(before, Letter(text("subject-notice", case.language), words)),)
