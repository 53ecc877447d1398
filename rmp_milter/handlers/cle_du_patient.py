"""Clé du patient: the médecin traitant enrols the patient's own key, a standing reader's.

From then on the patient reads the dossier and exercises the rights on it by signed mail. All
documents that are there are opened once, by the custody slot, to write his key packets.
"""

from collections.abc import Sequence

import msgspec

from rmp_milter.certificates import Certificate, CertificateError, read_certificate, usable
from rmp_milter.dossier.changes import NewEnvelope
from rmp_milter.dossier.model import Doctor, Dossier, ReplyForm
from rmp_milter.dossier.rules import Act, Way
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.steps import Asked, Effects, Notice, Outcome, Steps, View
from rmp_milter.handlers.way_in.admission import admit
from rmp_milter.handlers.way_in.unlocking import unlock
from rmp_milter.mail.address import is_address
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.mail.outgoing.wording import birth_date, full_name

_FINGERPRINT_GROUP = 4


def handle(asked: Asked, view: View, language: Language) -> Steps:
    """Enrol the key that is enclosed, in the place of an earlier one."""
    admission = admit(asked, Act.CLE_PATIENT, view)
    dossier = admission.dossier
    if dossier is None:
        raise MailError("no-access", detail="no dossier")
    before = view.patient_of(dossier.dossier_id)
    patient = _patient(asked, dossier, before, view)
    documents = [
        document
        for each in view.entries(dossier.dossier_id)
        for document in each.entry.documents
    ]
    by_custody = msgspec.structs.replace(admission, way=Way.CUSTODY)
    released = yield from unlock(
        asked, by_custody, view, language, documents=documents, readers=(patient.certificate,)
    )
    envelopes = tuple(
        NewEnvelope(document.document_id, patient.fingerprint, packets[0])
        for document, packets in zip(documents, released, strict=True)
    )
    notices = (_welcome(asked, patient, language), *_replaced(asked, before, patient, language))
    effects = Effects(doctors=(patient,), envelopes=envelopes, notices=notices)
    return Outcome(_letter(dossier, patient, len(documents), language), effects)


def _patient(asked: Asked, dossier: Dossier, before: Doctor | None, view: View) -> Doctor:
    """Return the patient's record in the directory, new or in its next revision."""
    mail = asked.header.sheet.mail
    if not is_address(mail):
        raise MailError("patient-mail-needed")
    certificate = _only_key(asked, view)
    holders = [
        view.doctor_by_mail(mail),
        view.doctor_by_fingerprint(certificate.fingerprint),
        *(view.doctor_by_key_id(key_id) for key_id in certificate.key_ids),
    ]
    if any(holder and holder.patient_of != dossier.dossier_id for holder in holders):
        raise MailError("patient-key-taken")
    return Doctor(
        doctor_id=before.doctor_id if before else asked.new_id(),
        name=full_name(dossier.patient),
        rpps="",
        mail=mail,
        profession="patient",
        certificate=certificate.binary,
        fingerprint=certificate.fingerprint,
        key_ids=certificate.key_ids,
        reply_form=ReplyForm.SEPARATE,
        added_at=before.added_at if before else asked.at,
        revision=before.revision + 1 if before else 0,
        patient_of=dossier.dossier_id,
    )


def _only_key(asked: Asked, view: View) -> Certificate:
    """Return the one enclosed certificate that is no doctor's: clients add their owner's."""
    found = [each for each in _read(asked.opened.keys) if not _is_a_doctors(each, view)]
    if len(found) != 1 or not usable(found[0].binary, asked.at):
        raise MailError("patient-key-needed", detail=f"{len(found)} keys")
    return found[0]


def _read(keys: Sequence[bytes]) -> list[Certificate]:
    """Return the certificates, those left out that cannot be read."""
    found = {}
    for key in keys:
        try:
            certificate = read_certificate(key)
        except CertificateError:
            continue
        found[certificate.fingerprint] = certificate
    return list(found.values())


def _is_a_doctors(certificate: Certificate, view: View) -> bool:
    holder = view.doctor_by_fingerprint(certificate.fingerprint)
    return holder is not None and not holder.patient_of


def _letter(dossier: Dossier, patient: Doctor, count: int, language: Language) -> Letter:
    words = text(
        "patient-key",
        language,
        patient=patient.name,
        birth_date=birth_date(dossier.patient),
        mail=patient.mail,
        fingerprint=_spaced(patient.fingerprint),
        count=str(count),
    )
    return Letter(text("subject-patient-key", language, patient=patient.name), words)


def _welcome(asked: Asked, patient: Doctor, language: Language) -> Notice:
    words = text("welcome", language, treating=asked.doctor.name)
    return Notice(patient, Letter(text("subject-welcome", language), words))


def _replaced(
    asked: Asked, before: Doctor | None, patient: Doctor, language: Language
) -> tuple[Notice, ...]:
    """Tell the key that is replaced, lest somebody else's took its place unnoticed."""
    if before is None or before.fingerprint == patient.fingerprint:
        return ()
    words = text("key-replaced", language, treating=asked.doctor.name)
    return (Notice(before, Letter(text("subject-notice", language), words)),)


def _spaced(fingerprint: str) -> str:
    step = _FINGERPRINT_GROUP
    groups = (fingerprint[at : at + step] for at in range(0, len(fingerprint), step))
    return " ".join(groups).upper()
