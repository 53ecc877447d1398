"""Letters to somebody other than the sender, as he must hear of what happened."""

from rmp_milter.dossier.model import Doctor, Dossier, Patient
from rmp_milter.dossier.rules import Way
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.outcome import Notice
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.mail.outgoing.wording import birth_date, full_name, spaced


def code_rests(case: Case, patient: Patient, treating: Doctor) -> Notice:
    """Tell the médecin traitant that wrong codes let the dossier's code rest."""
    words = text(
        "code-rests",
        case.language,
        patient=full_name(patient),
        birth_date=birth_date(patient),
        count=str(case.bounds.wrong_codes),
        minutes=str(case.bounds.window // 60),
    )
    return notice(treating, words, case.language)


def old_code_rests(case: Case, patient: Patient, treating: Doctor) -> Notice:
    """Tell the médecin traitant that a code of before rests until the patient has a new one."""
    words = text(
        "old-code-rests",
        case.language,
        patient=full_name(patient),
        birth_date=birth_date(patient),
        count=str(case.bounds.old_wrong_codes),
    )
    return notice(treating, words, case.language)


def notice(reader: Doctor, words: str, language: Language) -> Notice:
    """Return a letter of these words to somebody other than the sender."""
    return Notice(reader, Letter(subject=text("subject-notice", language), text=words))


def tell_of_proven(
    case: Case, way: Way, key: str, dossier: Dossier, **facts: str
) -> tuple[Notice, ...]:
    """Tell whoever governs of what somebody changed by the patient's code or card.

    What is done by a signature alone is done by one of them. Otherwise as
    :func:`tell_concerned`.
    """
    if way not in {Way.CODE, Way.VITALE}:
        return ()
    return tell_concerned(case, key, dossier, **facts)


def tell_concerned(case: Case, key: str, dossier: Dossier, **facts: str) -> tuple[Notice, ...]:
    """Tell the médecin traitant, and the patient with a key of his own, the text ``key``.

    The sender is not told: he has the answer; nor is a patient whose key is suspended, which
    may not be his. ``facts`` join the patient and the sender.
    """
    words = text(
        key,
        case.language,
        patient=full_name(dossier.patient),
        birth_date=birth_date(dossier.patient),
        sender=case.doctor.name,
        **facts,
    )
    patient = None if dossier.suspended else case.view.patient_of(dossier.dossier_id)
    concerned = (case.view.doctor(dossier.treating), patient)
    return tuple(
        notice(reader, words, case.language)
        for reader in concerned
        if reader and reader.doctor_id != case.doctor.doctor_id
    )


def key_changed(before: Doctor, renewed: Doctor, language: Language) -> Notice:
    """Tell a doctor by his old key that another is in its place: the old one may be stolen."""
    words = text("own-key-replaced", language, fingerprint=spaced(renewed.fingerprint))
    return notice(before, words, language)
