"""Letters to somebody other than the sender, as he must hear of what happened."""

from rmp_milter.dossier.model import Doctor, Dossier, Patient
from rmp_milter.handlers.asking.steps import Asked, Notice, View
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.header.routing import RoutingHeader
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.mail.outgoing.wording import birth_date, french_day, full_name, spaced


def code_rests(patient: Patient, treating: Doctor, asked: Asked, language: Language) -> Notice:
    """Tell the médecin traitant that wrong codes let the dossier's code rest."""
    words = text(
        "code-rests",
        language,
        patient=full_name(patient),
        birth_date=birth_date(patient),
        count=str(asked.bounds.wrong_codes),
        minutes=str(asked.bounds.window // 60),
    )
    return Notice(treating, Letter(subject=text("subject-notice", language), text=words))


def tell_concerned(
    key: str, dossier: Dossier, asked: Asked, view: View, language: Language, **facts: str
) -> tuple[Notice, ...]:
    """Tell the médecin traitant, and the patient with a key of his own, the text ``key``.

    The sender is not told: he has the answer. ``facts`` join the patient and the sender.
    """
    words = text(
        key,
        language,
        patient=full_name(dossier.patient),
        birth_date=birth_date(dossier.patient),
        sender=asked.doctor.name,
        **facts,
    )
    concerned = (view.doctor(dossier.treating), view.patient_of(dossier.dossier_id))
    return tuple(
        Notice(reader, Letter(subject=text("subject-notice", language), text=words))
        for reader in concerned
        if reader and reader.doctor_id != asked.doctor.doctor_id
    )


def treating_changed(
    dossier: Dossier, former: Doctor, asked: Asked, language: Language
) -> Notice:
    """Tell the former médecin traitant whom the patient has chosen."""
    words = text(
        "treating-lost",
        language,
        patient=full_name(dossier.patient),
        birth_date=birth_date(dossier.patient),
        doctor=asked.doctor.name,
    )
    return Notice(former, Letter(subject=text("subject-notice", language), text=words))


def locum_declared(
    doctor: Doctor, locum: Doctor, header: RoutingHeader, language: Language
) -> Notice:
    """Tell a locum for whom he acts, from when to when."""
    first, last = french_day(header.first_day), french_day(header.last_day)
    words = text("locum-told", language, doctor=doctor.name, first=first, last=last)
    return Notice(locum, Letter(subject=text("subject-notice", language), text=words))


def locum_ended(doctor: Doctor, locum: Doctor, language: Language) -> Notice:
    """Tell a locum that he acts for the doctor no more."""
    words = text("locum-over", language, doctor=doctor.name)
    return Notice(locum, Letter(subject=text("subject-notice", language), text=words))


def key_changed(before: Doctor, renewed: Doctor, language: Language) -> Notice:
    """Tell a doctor by his old key that another is in its place: the old one may be stolen."""
    words = text("own-key-replaced", language, fingerprint=spaced(renewed.fingerprint))
    return Notice(before, Letter(subject=text("subject-notice", language), text=words))
