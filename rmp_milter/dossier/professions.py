"""Which professions of the directory are a doctor's."""

from rmp_milter.dossier.identity import fold
from rmp_milter.dossier.model import Doctor

_DOCTORS = (
    *("MEDECIN", "DOCTEUR", "GENERALISTE", "SPECIALISTE", "REMPLACANT", "URGENTISTE"),
    *(
        "ALLERGOLOGUE",
        "ANESTHESISTE",
        "ANGIOLOGUE",
        "CANCEROLOGUE",
        "CARDIOLOGUE",
        "CHIRURGIEN",
    ),
    *(
        "DERMATOLOGUE",
        "DIABETOLOGUE",
        "ENDOCRINOLOGUE",
        "GASTROENTEROLOGUE",
        "GASTRO ENTEROLOGUE",
    ),
    *("GERIATRE", "GYNECOLOGUE", "HEMATOLOGUE", "HEPATOLOGUE", "INFECTIOLOGUE", "INTERNISTE"),
    *("NEPHROLOGUE", "NEUROLOGUE", "NEUROCHIRURGIEN", "OBSTETRICIEN", "ONCOLOGUE"),
    *("OPHTALMOLOGUE", "OPHTALMOLOGISTE", "ORL", "OTO RHINO", "PEDIATRE", "PEDOPSYCHIATRE"),
    *("PHLEBOLOGUE", "PNEUMOLOGUE", "PROCTOLOGUE", "PSYCHIATRE", "RADIOLOGUE", "REANIMATEUR"),
    *("RHUMATOLOGUE", "STOMATOLOGUE", "UROLOGUE"),
)
_NO_DOCTORS = ("CHIRURGIEN DENTISTE", "CHIRURGIENNE DENTISTE")


def is_doctor(doctor: Doctor) -> bool:
    """Whether somebody of the directory is a doctor by profession, and no patient.

    By the names of the qualified specialities (a psychologist or a dentist is none), since
    only a doctor can be médecin traitant (Code de la sécurité sociale, L. 162-5-3).
    """
    profession = fold(doctor.profession)
    named = profession.startswith(_DOCTORS) and not profession.startswith(_NO_DOCTORS)
    return named and not doctor.patient_of
