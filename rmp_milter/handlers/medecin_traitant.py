"""Médecin traitant: a doctor takes the patient's care over, by the patient's code or card.

The keeper opens that slot and writes key packets of every document for him; from then on new
documents come with a packet for him and none for the former one. It is the way, too, by which
a médecin traitant whose key was lost reads the dossier with his present one.
"""

from collections.abc import Generator

import msgspec

from rmp_milter.calls.protocol import Reply, Request
from rmp_milter.dossier.changes import DossierUpdate
from rmp_milter.dossier.model import Doctor, Document, Dossier, Sheet
from rmp_milter.dossier.rules import Act
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.steps import Asked, Effects, Outcome, Steps, View
from rmp_milter.handlers.filing.key_packets import documents_in, written
from rmp_milter.handlers.letters.notices import treating_changed
from rmp_milter.handlers.people.colleagues import is_doctor
from rmp_milter.handlers.way_in.admission import Admission, admit, spent
from rmp_milter.handlers.way_in.unlocking import forgiven, unlock
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.mail.outgoing.wording import birth_date, full_name


def handle(asked: Asked, view: View, language: Language) -> Steps:
    """Make the sender the médecin traitant, with key packets of every document."""
    _check_sender(asked)
    admission = admit(asked, Act.MEDECIN_TRAITANT, view)
    documents = documents_in(admission.dossier, view) if admission.dossier else []
    packets = yield from _packets(asked, admission, documents, view, language)
    dossier = admission.dossier
    if dossier is None:
        raise MailError("no-access", detail="no dossier")
    former = view.doctor(dossier.treating)
    same = dossier.treating == asked.doctor.doctor_id
    told = () if same or former is None else (former,)
    effects = Effects(
        updates=(DossierUpdate(_taken_over(dossier, asked)),),
        envelopes=written(documents, packets, asked.doctor),
        cleared=forgiven(admission),
        once=spent(asked),
        notices=tuple(treating_changed(dossier, each, asked, language) for each in told),
    )
    key = "treating-renewed" if same else "treating-taken"
    return Outcome(_letter(key, dossier, len(documents), former, language), effects)


def _check_sender(asked: Asked) -> None:
    """Raise what is missing before anything of the dossier is looked at."""
    if not is_doctor(asked.doctor):
        raise MailError("treating-doctors-only")
    if asked.header.consent is not True:
        raise MailError("treating-consent")


def _packets(
    asked: Asked,
    admission: Admission,
    documents: list[Document],
    view: View,
    language: Language,
) -> Generator[Request, Reply, tuple[tuple[bytes, ...], ...]]:
    return (
        yield from unlock(
            asked,
            admission,
            view,
            language,
            documents=documents,
            readers=(asked.doctor.certificate,),
        )
    )


def _taken_over(dossier: Dossier, asked: Asked) -> Dossier:
    """Return the dossier in the sender's care, of which he was not sent anything yet."""
    same = dossier.treating == asked.doctor.doctor_id
    return msgspec.structs.replace(
        dossier,
        treating=asked.doctor.doctor_id,
        sheet=dossier.sheet if same else _with_contacts(dossier.sheet, asked.header.sheet),
        seen=0,
        revision=dossier.revision + 1,
    )


def _with_contacts(sheet: Sheet, said: Sheet) -> Sheet:
    """Return the sheet with the new médecin traitant's contacts in place of the former's."""
    return msgspec.structs.replace(
        sheet, phone=said.phone, fax=said.fax, mobile=said.mobile, mail=said.mail
    )


def _letter(
    key: str, dossier: Dossier, documents: int, former: Doctor | None, language: Language
) -> Letter:
    patient = full_name(dossier.patient)
    words = text(
        key,
        language,
        patient=patient,
        birth_date=birth_date(dossier.patient),
        documents=str(documents),
    )
    if key == "treating-taken":
        known = "treating-former" if former else "treating-former-gone"
        name = former.name if former else ""
        words += "\n" + text(known, language, former=name)
    return Letter(subject=text("subject-treating", language, patient=patient), text=words)
