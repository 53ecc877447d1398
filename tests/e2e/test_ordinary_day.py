"""A GP's ordinary day, from the first mail to the last, on a host of its own."""

import pytest
from day_case import Patient, Practice

from testbed.host import Host

pytestmark = pytest.mark.integration


def ten_patients() -> list[Patient]:
    return [
        Patient("DUPONT", "Jean", "30/01/1959"),
        Patient("DUPONT-MARTIN", "Marie-Claude", "02/03/1962"),
        Patient("d'ALMEIDA", "Éric", "14/07/1971"),
        Patient("LŒUILLET", "Zoé", "29/02/2000"),
        Patient("de LA TOUR", "Anne", "05/06/1948"),
        Patient("NÚÑEZ", "Inés", "11/11/1985"),
        Patient("LE GOFF", "Yann", "23/09/1990"),
        Patient("MÜLLER", "Hans", "01/12/1955"),
        Patient("N'DIAYE", "Fatou", "17/04/1993"),
        Patient("PETIT", "Léo", "08/08/2019"),
    ]


def test_an_ordinary_day() -> None:
    with Host() as host:
        practice = Practice(host)
        gp = practice.enrol("Dr Paul DEMO", "paul@cabinet.test")
        cardiologist = practice.enrol("Dr Anne COEUR", "anne@cardio.test", "cardiologue")
        lab = practice.enrol("Laboratoire CENTRAL", "labo@labo.test", "laboratoire")
        radiologist = practice.enrol("Dr Rémi RAYON", "remi@radio.test", "radiologue")
        patients = ten_patients()
        jean, marie, eric, zoe, anne, *others = patients

        # Morning: ten patients agree, one after the other.
        for patient in patients:
            practice.create(gp, patient, f"Antécédents de {patient.given} : néant.")
        practice.refused(
            gp, f"Demande : création\n{jean.lines}Consentement : oui\n", "existe déjà"
        )
        practice.refused(gp, f"Demande : création\n{jean.lines}", "consentement du patient")

        # The laboratory and the radiologist send what was prescribed yesterday.
        for patient in (jean, marie, eric, *others):
            practice.deposit(lab, patient, "Biologie", "Bilan.pdf")
        for patient in (jean, zoe, anne):
            receipt = practice.deposit(radiologist, patient, "Radiologie", "Thorax.pdf")
            assert "« Imagerie »" in receipt.text

        # Noon: what is new, and the dossiers of the afternoon.
        assert "Vos patients : 10\n" in practice.listed(gp)
        du = practice.listed(gp, "du")
        assert "DUPONT Jean" in du
        assert "DUPONT-MARTIN Marie-Claude" in du
        assert "ALMEIDA" not in du
        index, *documents = practice.read(gp, jean)
        assert len(documents) == practice.entries["DUPONT"] == 3
        assert index.text.index("SYNTHÈSE") < index.text.index("IMAGERIE")
        (summary_index, _) = practice.read(gp, zoe, more="Onglet : Imagerie\n")
        assert "SYNTHÈSE" not in summary_index.text

        # Afternoon: the cardiologist sees Jean, who holds his code, and mistypes it once.
        practice.fails_to_read(cardiologist, jean, "Faux")
        _, *read = practice.read(cardiologist, jean, code=jean.code)
        assert len(read) == 3
        practice.deposit(cardiologist, jean, "Compte-rendu de consultation", "Lettre.pdf")
        practice.refused(cardiologist, f"Demande : dossier\n{marie.lines}", "code du patient")
        assert "Vos patients : 0\n" in practice.listed(cardiologist)

        # Evening: the GP reads what the cardiologist wrote.
        index, *documents = practice.read(gp, jean)
        assert "Dr Anne COEUR" in index.text
        assert len(documents) == 4

        # Jean wants his radiograph seen by nobody else, and to know who has read what.
        masked = practice.wish(gp, jean, "masquage", "masquage", "Numéros : 3\n")
        assert "Entrée(s) masquée(s)" in masked
        index, *documents = practice.read(cardiologist, jean, code=jean.code)
        assert "IMAGERIE" not in index.text
        assert len(documents) == 3
        accesses = practice.wish(gp, jean, "accès", "acces")
        assert accesses.count("Dr Anne COEUR") == sum(
            number == practice.numbers[cardiologist.mail] for _, number, _ in jean.happened
        )

        # Léo's family moves abroad: his dossier is closed, and looks like none.
        leo = others[-1]
        closing = f"Code : {leo.code}\n"
        assert "clos" in practice.wish(gp, leo, "clôture", "cloture", closing)
        practice.refused(
            cardiologist,
            f"Demande : dossier\n{leo.lines}Code : {leo.code}\n",
            "L'accès n'est pas accordé.",
        )
        assert "Vos patients : 9\n" in practice.listed(gp)

        practice.close_the_day(patients)
