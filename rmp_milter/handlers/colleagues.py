"""Who of the directory is meant, and who of it is a doctor."""

from rmp_milter.handlers.steps import View
from rmp_milter.identity import fold
from rmp_milter.model import Doctor

_TITLES = ("DR ", "DOCTEUR ", "PR ", "PROFESSEUR ", "MME ", "M ")
_DOCTORS = ("MEDECIN", "DOCTEUR", "GENERALISTE", "SPECIALISTE", "REMPLACANT")


def is_doctor(doctor: Doctor) -> bool:
    """Whether somebody of the directory is a doctor by profession, and no patient."""
    return not doctor.patient_of and fold(doctor.profession).startswith(_DOCTORS)


def colleague(words: str, view: View) -> Doctor | None:
    """Return the one professional of this RPPS number, mail address or name, or None.

    Names are compared folded, with and without their title; two of the same name are
    nobody. A patient who has a key of his own is never found: the directory tells nobody
    who has a dossier.
    """
    compact = "".join(words.split())
    found = view.doctor_by_rpps(compact) or view.doctor_by_mail(compact)
    named = [found] if found else _named(_untitled(words), view)
    professionals = [doctor for doctor in named if not doctor.patient_of]
    return professionals[0] if len(professionals) == 1 else None


def _named(name: str, view: View) -> list[Doctor]:
    return [doctor for doctor in view.doctors() if name and _untitled(doctor.name) == name]


def _untitled(name: str) -> str:
    folded = fold(name)
    title = next((each for each in _TITLES if folded.startswith(each)), "")
    return folded.removeprefix(title)
