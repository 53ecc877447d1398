"""A GP's ordinary day, from the first mail to the last, on a host of its own."""

from dataclasses import dataclass

import pytest
from day_case import Patient, Practice

from testbed.doctor import Doctor
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


@dataclass
class Cast:
    """Who is there on this day."""

    practice: Practice
    gp: Doctor
    cardiologist: Doctor
    lab: Doctor
    radiologist: Doctor
    prescriber: Doctor
    locum: Doctor
    successor: Doctor
    patients: list[Patient]


def gathered(host: Host) -> Cast:
    practice = Practice(host)
    return Cast(
        practice=practice,
        gp=practice.enrol("Dr Paul DEMO", "paul@cabinet.test"),
        cardiologist=practice.enrol("Dr Anne COEUR", "anne@cardio.test", "cardiologue"),
        lab=practice.enrol("Laboratoire CENTRAL", "labo@labo.test", "laboratoire"),
        radiologist=practice.enrol("Dr Rémi RAYON", "remi@radio.test", "radiologue"),
        prescriber=practice.enrol("Dr Luc ORDRE", "luc@clinique.test", "endocrinologue"),
        locum=practice.enrol("Dr Rose RELAIS", "rose@relais.test"),
        successor=practice.enrol("Dr Max SUITE", "max@suite.test"),
        patients=ten_patients(),
    )


def test_an_ordinary_day() -> None:
    with Host() as host:
        cast = gathered(host)
        dossiers_are_created(cast)
        results_come_in(cast)
        the_gp_reads_what_is_new(cast)
        the_cardiologist_sees_jean(cast)
        jean_masks_his_radiograph(cast)
        a_locum_stands_in(cast)
        eric_changes_doctors(cast)
        leos_dossier_is_closed(cast)
        cast.practice.close_the_day(cast.patients)


def dossiers_are_created(cast: Cast) -> None:
    """Ten patients agree; of one, results of the night wait already."""
    practice, gp, jean = cast.practice, cast.gp, cast.patients[0]
    practice.deposit_early(cast.lab, cast.patients[3], "Biologie", "Nuit.pdf")
    for patient in cast.patients:
        practice.create(gp, patient, f"Antécédents de {patient.given} : néant.")
    practice.refused(gp, f"Demande : création\n{jean.lines}Consentement : oui\n", "existe déjà")
    practice.refused(gp, f"Demande : création\n{jean.lines}", "accord du patient")


def results_come_in(cast: Cast) -> None:
    """The laboratory and the radiologist send what was prescribed yesterday."""
    practice = cast.practice
    jean, marie, eric, zoe, anne, *others = cast.patients
    for patient in (jean, marie, eric, *others):
        practice.deposit(cast.lab, patient, "Biologie", "Bilan.pdf")
    for patient in (jean, zoe, anne):
        receipt = practice.deposit(cast.radiologist, patient, "Radiologie", "Thorax.pdf")
        assert "« Imagerie »" in receipt.text

    prescriber, collected = cast.prescriber, practice.host.postfix.collected
    before = collected.count(prescriber.mail)
    named = f"Prescripteur : {prescriber.name}\n"
    receipt = practice.deposit(cast.lab, jean, "Biologie", "Bilan2.pdf", more=named)
    assert prescriber.name in receipt.text
    letter, copy = practice.host.answers(prescriber, 2, after=before)
    assert "DUPONT Jean" in letter.text
    assert copy.files["Bilan2.pdf"] == b"Biologie"
    practice.refused(prescriber, f"Demande : dossier\n{jean.lines}", "code du patient")


def the_gp_reads_what_is_new(cast: Cast) -> None:
    """Her patients, by letters; one dossier whole, one by an onglet."""
    practice, gp = cast.practice, cast.gp
    jean, zoe = cast.patients[0], cast.patients[3]
    assert "Vos patients : 10\n" in practice.listed(gp)
    du = practice.listed(gp, "du")
    assert "DUPONT Jean" in du
    assert "DUPONT-MARTIN Marie-Claude" in du
    assert "ALMEIDA" not in du
    index, *documents = practice.read(gp, jean)
    assert len(documents) == practice.entries["DUPONT"] == 4
    assert index.text.index("SYNTHÈSE") < index.text.index("IMAGERIE")
    (summary_index, _) = practice.read(gp, zoe, more="Onglet : Imagerie\n")
    assert "SYNTHÈSE" not in summary_index.text
    practice.knows_the_accesses(gp, zoe)


def the_cardiologist_sees_jean(cast: Cast) -> None:
    """Jean holds his code; it is mistyped once. In the evening the GP reads what he wrote."""
    practice, cardiologist = cast.practice, cast.cardiologist
    jean, marie, *_ = cast.patients
    practice.fails_to_read(cardiologist, jean, "Faux")
    _, *read = practice.read(cardiologist, jean, code=jean.code)
    assert len(read) == 4
    practice.deposit(cardiologist, jean, "Compte-rendu de consultation", "Lettre.pdf")
    practice.refused(cardiologist, f"Demande : dossier\n{marie.lines}", "code du patient")
    assert "Vos patients : 0\n" in practice.listed(cardiologist)
    index, *documents = practice.read(cast.gp, jean)
    assert "Dr Anne COEUR" in index.text
    assert len(documents) == 5


def jean_masks_his_radiograph(cast: Cast) -> None:
    """He wants it seen by nobody else, and to know who has read what."""
    practice, jean, cardiologist = cast.practice, cast.patients[0], cast.cardiologist
    masked = practice.wish(cast.gp, jean, "masquage", "masquage", "Numéros : 3\n")
    assert "Ces documents sont masqués" in masked
    index, *documents = practice.read(cardiologist, jean, code=jean.code)
    assert "IMAGERIE" not in index.text
    assert len(documents) == 4
    practice.knows_the_accesses(cast.gp, jean)


def a_locum_stands_in(cast: Cast) -> None:
    """For a week she reads and writes in the GP's name, without a code."""
    practice, gp, locum, marie = cast.practice, cast.gp, cast.locum, cast.patients[1]
    practice.replace(gp, locum)
    practice.host.settle()  # she has been told
    assert "Vos patients : 10\n" in practice.listed(locum)
    practice.read(locum, marie)
    practice.deposit(locum, marie, "Compte-rendu de consultation", "Visite.pdf")
    index, *_ = practice.read(gp, marie)
    assert "Dr Rose RELAIS (remplaçant de Dr Paul DEMO)" in " ".join(index.text.split())
    practice.knows_the_accesses(gp, marie)


def eric_changes_doctors(cast: Cast) -> None:
    """He moves to the next town; who treated him till now needs his code like anybody."""
    practice, successor, eric = cast.practice, cast.successor, cast.patients[2]
    agreed = f"Code : {eric.code}\nConsentement : oui\n"
    taken = practice.wish(successor, eric, "médecin traitant", "medecin_traitant", agreed)
    assert f"Vous êtes désormais le médecin traitant de {eric.name.upper()}" in taken
    _, *documents = practice.read(successor, eric)
    assert len(documents) == 2
    practice.host.settle()  # the former one has been told
    for former in (cast.gp, cast.locum):
        practice.refused(former, f"Demande : dossier\n{eric.lines}", "code du patient")
    assert "Vos patients : 9\n" in practice.listed(cast.gp)
    assert "Vos patients : 1\n" in practice.listed(successor)


def leos_dossier_is_closed(cast: Cast) -> None:
    """His family moves abroad: his dossier is closed, and looks like none."""
    practice, leo = cast.practice, cast.patients[-1]
    code = f"Code : {leo.code}\n"
    assert "clos" in practice.wish(cast.gp, leo, "clôture", "cloture", code)
    refused = f"Demande : dossier\n{leo.lines}{code}"
    practice.refused(cast.cardiologist, refused, "L'accès n'est pas accordé.")
    assert "Vos patients : 8\n" in practice.listed(cast.gp)
