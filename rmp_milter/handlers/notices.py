"""Letters to somebody other than the sender, as he must hear of what happened."""

from rmp_milter.handlers.steps import Asked, Notice
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.letter import Letter
from rmp_milter.mail.routing import RoutingHeader
from rmp_milter.mail.texts import text
from rmp_milter.mail.wording import birth_date, french_day, full_name, spaced
from rmp_milter.model import Doctor, Dossier


def code_rests(dossier: Dossier, treating: Doctor, asked: Asked, language: Language) -> Notice:
    """Tell the médecin traitant that wrong codes let the dossier's code rest."""
    words = text(
        "code-rests",
        language,
        patient=full_name(dossier.patient),
        birth_date=birth_date(dossier.patient),
        count=str(asked.bounds.wrong_codes),
        minutes=str(asked.bounds.window // 60),
    )
    return Notice(treating, Letter(subject=text("subject-notice", language), text=words))


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
    words = text("key-replaced", language, fingerprint=spaced(renewed.fingerprint))
    return Notice(before, Letter(subject=text("subject-notice", language), text=words))
