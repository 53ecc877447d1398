"""Who may be médecin traitant: by the profession that the directory has for him."""

import pytest

from rmp_milter.dossier.model import Doctor
from rmp_milter.dossier.professions import is_doctor


def somebody(profession: str, patient_of: bytes = b"") -> Doctor:
    return Doctor(
        doctor_id=b"d" * 16,
        name="Dr Anne AUTRE",
        rpps="10101010104",
        mail="anne@cabinet.test",
        profession=profession,
        certificate=b"",
        fingerprint="ab" * 20,
        key_ids=(),
        patient_of=patient_of,
    )


@pytest.mark.parametrize(
    "profession", ["Médecin généraliste", "cardiologue", "Gastro-entérologue", "CHIRURGIEN"]
)
def test_qualified_specialities_are_doctors(profession: str) -> None:
    assert is_doctor(somebody(profession))


@pytest.mark.parametrize(
    "profession",
    ["", "Psychologue", "Chirurgien-dentiste", "Pharmacien", "Secrétaire médicale"],
)
def test_other_professions_are_none(profession: str) -> None:
    assert not is_doctor(somebody(profession))


def test_a_patient_is_none_whatever_is_said_of_him() -> None:
    assert not is_doctor(somebody("Cardiologue", patient_of=b"p" * 16))
