"""Locums: how many and for which days, what one may do in them and in whose name."""

from typing import Any

import pytest
from handlers_case import (
    DEMO,
    LAB,
    NOON,
    OTHER,
    World,
    asked,
    body,
    dossier,
    entry,
    refusal_of,
    run,
)
from msgspec.structs import replace

from rmp_milter.calls.protocol.releasing import ByCustody, Release
from rmp_milter.dossier.days import UNIVERSAL
from rmp_milter.dossier.model import Doctor, Locum, Onglet
from rmp_milter.errors import MailError
from rmp_milter.handlers import consultation, depot, liste
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.people.locums import MOST, with_locum

TODAY = "2026-05-28"  # the day of NOON
JEAN = "Patient : DUPONT Jean\nNé le : 30/01/1959\n"


def numbered(number: int) -> Doctor:
    return replace(OTHER, doctor_id=bytes([50 + number]) * 16)


def test_at_most_31_are_declared_at_once_and_those_that_are_over_do_not_count() -> None:
    doctor = replace(DEMO, locums=(Locum(b"o" * 16, "2026-01-01", "2026-05-27", NOON),))
    for number in range(MOST):
        doctor = with_locum(doctor, numbered(number), TODAY, TODAY, NOON, UNIVERSAL)
    assert len(doctor.locums) == MOST
    with pytest.raises(MailError, match="locum-many"):
        with_locum(doctor, numbered(MOST), TODAY, TODAY, NOON, UNIVERSAL)


def test_other_days_of_the_same_locum_are_kept_and_the_same_days_replaced() -> None:
    doctor = with_locum(DEMO, OTHER, "2026-07-01", "2026-07-31", NOON, UNIVERSAL)
    doctor = with_locum(doctor, OTHER, "2026-12-20", "2026-12-31", NOON, UNIVERSAL)
    doctor = with_locum(doctor, OTHER, "2026-07-01", "2026-07-15", NOON, UNIVERSAL)
    days = [(each.first, each.last) for each in doctor.locums]
    assert days == [("2026-07-01", "2026-07-15"), ("2026-12-20", "2026-12-31")]


def locum_week(first: str = TODAY, last: str = TODAY) -> World:
    """DEMO treats Jean; OTHER is his locum between these days."""
    world = World([dossier()], [entry(1, Onglet.SYNTHESE, "Résumé", [DEMO])])
    period = Locum(OTHER.doctor_id, first, last, NOON)
    world.known[DEMO.doctor_id] = replace(DEMO, locums=(period,))
    return world


def by_locum(text: str, **more: Any) -> Case:  # noqa: ANN401 -- passed on
    return asked(text, by=OTHER, **more)


def test_a_locum_reads_by_his_signature_through_the_custody_slot() -> None:
    mail = by_locum("Demande : dossier\n" + JEAN)
    outcome, (release,) = run(consultation.handle, mail, locum_week())
    assert isinstance(release, Release)
    assert isinstance(release.way_in, ByCustody)
    assert release.readers == (OTHER.certificate,)
    assert (release.event.proof, release.event.acting_for) == ("signature+custody", DEMO.rpps)
    assert len(outcome.letter.enclosures) == 1
    assert outcome.effects.updates == ()


@pytest.mark.parametrize(
    ("first", "last"), [("2026-05-29", "2026-06-04"), ("2026-05-01", "2026-05-27")]
)
def test_outside_his_days_a_locum_is_as_any_other_doctor(first: str, last: str) -> None:
    world = locum_week(first, last)
    mail = by_locum("Demande : dossier\n" + JEAN)
    assert refusal_of(consultation.handle, mail, world).text == "code-missing"
    listed, _ = run(liste.handle, by_locum("Demande : liste\nNom : DU\n"), world)
    assert "DUPONT" not in listed.letter.text


def test_a_locum_lists_the_patients_of_the_doctor_he_replaces() -> None:
    mail = by_locum("Demande : liste\nNom : DU\n")
    assert "DUPONT Jean" in run(liste.handle, mail, locum_week())[0].letter.text


@pytest.mark.usefixtures("every_key_usable")
def test_a_locums_deposit_says_in_whose_name() -> None:
    mail = by_locum(JEAN + "Document : Consultation\n", bodies=[body()])
    outcome, (reseal,) = run(depot.handle, mail, locum_week())
    (filing,) = outcome.effects.filings
    assert filing.entry.author_name == "Dr Anne AUTRE (remplaçant de Dr Paul DEMO)"
    assert (filing.entry.author, filing.entry.acting_for) == (OTHER.doctor_id, DEMO.doctor_id)
    assert reseal.event.acting_for == DEMO.rpps
    assert reseal.readers == (DEMO.certificate,)


@pytest.mark.usefixtures("every_key_usable")
def test_anybody_elses_deposit_is_in_his_own_name() -> None:
    for sender in (DEMO, LAB):
        mail = asked(JEAN, by=sender, bodies=[body()])
        outcome, _ = run(depot.handle, mail, locum_week())
        assert outcome.effects.filings[0].entry.author_name == sender.name
