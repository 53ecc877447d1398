"""Locums: who is named, for which days, what he may do in them and in whose name."""

from typing import Any

import pytest
from handlers_case import DEMO, LAB, NOON, OTHER, World, asked, body, dossier, entry, run
from msgspec.structs import replace

from rmp_milter.calls.protocol import ByCustody, Record, Release
from rmp_milter.dossier.model import Doctor, Locum, Onglet
from rmp_milter.dossier.rules import Proof
from rmp_milter.errors import MailError
from rmp_milter.handlers import consultation, depot, liste, remplacement
from rmp_milter.handlers.asking.steps import Asked, Outcome
from rmp_milter.handlers.people.locums import MOST, with_locum, without_locum
from rmp_milter.mail.header.routing import parse

TODAY = "2026-05-28"  # the day of NOON
JEAN = "Patient : DUPONT Jean\nNé le : 30/01/1959\n"


def declaration(locum: str, first: str = "28/05/2026", last: str = "04/06/2026") -> str:
    return f"Demande : remplacement\nRemplaçant : {locum}\nDu : {first}\nAu : {last}\n"


def declared(text: str, world: World | None = None, **more: Any) -> tuple[Outcome, list[Any]]:  # noqa: ANN401 -- passed on
    return run(remplacement.handle(asked(text, **more), world or World(), "fr"))


def refusal(text: str, world: World | None = None, **more: Any) -> str:  # noqa: ANN401 -- passed on
    with pytest.raises(MailError) as caught:
        declared(text, world, **more)
    return caught.value.text


def locum_week(first: str = TODAY, last: str = TODAY) -> World:
    """DEMO treats Jean; OTHER is his locum between these days."""
    world = World([dossier()], [entry(1, Onglet.SYNTHESE, "Résumé", [DEMO])])
    period = Locum(OTHER.doctor_id, first, last, NOON)
    world.known[DEMO.doctor_id] = replace(DEMO, locums=(period,))
    return world


@pytest.mark.parametrize("who", [OTHER.rpps, OTHER.mail, OTHER.name, "dr anne autré"])
def test_a_locum_is_named_by_rpps_mail_or_exact_name(who: str) -> None:
    outcome, (record,) = declared(declaration(who))
    (changed,) = outcome.effects.doctors
    assert changed.locums == (Locum(OTHER.doctor_id, TODAY, "2026-06-04", NOON),)
    assert changed.revision == DEMO.revision + 1
    assert isinstance(record, Record)
    assert (record.event.action, record.event.subject) == ("remplacement", OTHER.rpps)


def test_the_locum_is_told_for_whom_and_when() -> None:
    outcome, _ = declared(declaration(OTHER.rpps))
    (notice,) = outcome.effects.notices
    assert notice.reader == OTHER
    assert "Dr Paul DEMO vous a déclaré(e)" in notice.letter.text
    assert "du 28/05/2026 au 04/06/2026 inclus" in notice.letter.text
    assert "Dr Anne AUTRE, du 28/05/2026 au 04/06/2026 inclus" in outcome.letter.text


@pytest.mark.parametrize("who", ["Dr Personne", "10000000009", "x@y.example"])
def test_an_unknown_locum_is_not_guessed(who: str) -> None:
    assert refusal(declaration(who)) == "locum-unknown"


def test_two_of_the_same_name_are_nobody() -> None:
    world = World()
    twin = replace(OTHER, doctor_id=b"t" * 16, rpps="10000000008", mail="t@x.example")
    world.known[twin.doctor_id] = twin
    assert refusal(declaration(OTHER.name), world) == "locum-unknown"
    assert declared(declaration(OTHER.rpps), world)[0].effects.doctors


def test_a_patient_with_a_key_is_never_found() -> None:
    world = World()
    patient = replace(OTHER, doctor_id=b"p" * 16, rpps="", mail="p@x.example", patient_of=b"d")
    world.known = {patient.doctor_id: patient}
    assert refusal(declaration("p@x.example"), world) == "locum-unknown"
    assert refusal(declaration(OTHER.name), world) == "locum-unknown"


@pytest.mark.parametrize("who", [LAB.rpps, DEMO.rpps])
def test_a_locum_is_another_doctor(who: str) -> None:
    assert refusal(declaration(who)) == "locum-unfit"


@pytest.mark.parametrize(
    ("first", "last"),
    [("01/05/2026", "27/05/2026"), ("05/06/2026", "04/06/2026"), ("01/06/2026", "02/06/2027")],
)
def test_days_that_are_over_reversed_or_too_many_are_refused(first: str, last: str) -> None:
    assert refusal(declaration(OTHER.rpps, first, last)) == "locum-days"


def test_a_whole_year_and_a_single_day_are_taken() -> None:
    assert declared(declaration(OTHER.rpps, "01/06/2026", "31/05/2027"))
    assert declared(declaration(OTHER.rpps, "28/05/2026", "28/05/2026"))


def test_declaring_is_for_doctors_and_signed() -> None:
    assert refusal(declaration(OTHER.rpps), by=LAB) == "locum-doctors-only"
    text = declaration(OTHER.rpps)
    assert refusal(text, proof=Proof.ACCOUNT) == "signature-needed"


def numbered(number: int) -> Doctor:
    return replace(OTHER, doctor_id=bytes([50 + number]) * 16)


def test_at_most_31_are_declared_at_once_and_those_that_are_over_do_not_count() -> None:
    doctor = replace(DEMO, locums=(Locum(b"o" * 16, "2026-01-01", "2026-05-27", NOON),))
    for number in range(MOST):
        doctor = with_locum(doctor, numbered(number), TODAY, TODAY, NOON)
    assert len(doctor.locums) == MOST
    with pytest.raises(MailError, match="locum-many"):
        with_locum(doctor, numbered(MOST), TODAY, TODAY, NOON)


def test_other_days_of_the_same_locum_are_kept_and_the_same_days_replaced() -> None:
    doctor = with_locum(DEMO, OTHER, "2026-07-01", "2026-07-31", NOON)
    doctor = with_locum(doctor, OTHER, "2026-12-20", "2026-12-31", NOON)
    doctor = with_locum(doctor, OTHER, "2026-07-01", "2026-07-15", NOON)
    days = [(each.first, each.last) for each in doctor.locums]
    assert days == [("2026-07-01", "2026-07-15"), ("2026-12-20", "2026-12-31")]


def test_the_end_is_asked_for_in_a_word_of_its_own_and_at_once() -> None:
    doctor = with_locum(DEMO, OTHER, TODAY, "2026-06-04", NOON)
    text = f"Demande : fin de remplacement\nRemplaçant : {OTHER.name}\n"
    assert parse(text, 2026).problems == ()
    outcome, (record,) = declared(text, by=doctor)
    assert outcome.effects.doctors[0].locums == ()
    assert record.event.action == "fin de remplacement"
    assert "a mis fin à votre remplacement" in outcome.effects.notices[0].letter.text
    assert "aucun" in outcome.letter.text


def test_what_was_not_declared_cannot_end() -> None:
    with pytest.raises(MailError, match="locum-none"):
        without_locum(DEMO, OTHER, NOON)


# What a locum may do


def by_locum(text: str, **more: Any) -> Asked:  # noqa: ANN401 -- passed on
    return asked(text, by=OTHER, **more)


def test_a_locum_reads_by_his_signature_through_the_custody_slot() -> None:
    steps = consultation.handle(by_locum("Demande : dossier\n" + JEAN), locum_week(), "fr")
    outcome, (release,) = run(steps)
    assert isinstance(release, Release)
    assert isinstance(release.opening, ByCustody)
    assert release.readers == (OTHER.certificate,)
    assert (release.event.proof, release.event.acting_for) == ("signature+custody", DEMO.rpps)
    assert len(outcome.letter.enclosures) == 1
    assert outcome.effects.updates == ()


@pytest.mark.parametrize(
    ("first", "last"), [("2026-05-29", "2026-06-04"), ("2026-05-01", "2026-05-27")]
)
def test_outside_his_days_a_locum_is_as_any_other_doctor(first: str, last: str) -> None:
    world = locum_week(first, last)
    with pytest.raises(MailError, match="code-missing"):
        run(consultation.handle(by_locum("Demande : dossier\n" + JEAN), world, "fr"))
    listed, _ = run(liste.handle(by_locum("Demande : liste\nNom : DU\n"), world, "fr"))
    assert "DUPONT" not in listed.letter.text


def test_a_locum_lists_the_patients_of_the_doctor_he_replaces() -> None:
    mail = by_locum("Demande : liste\nNom : DU\n")
    assert "DUPONT Jean" in run(liste.handle(mail, locum_week(), "fr"))[0].letter.text


def test_a_locums_deposit_says_in_whose_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(depot, "usable", lambda _certificate, _at: True)
    mail = by_locum(JEAN + "Document : Consultation\n", bodies=[body()])
    outcome, (reseal,) = run(depot.handle(mail, locum_week(), "fr"))
    (filing,) = outcome.effects.filings
    assert filing.entry.author_name == "Dr Anne AUTRE (remplaçant de Dr Paul DEMO)"
    assert (filing.entry.author, filing.entry.acting_for) == (OTHER.doctor_id, DEMO.doctor_id)
    assert reseal.event.acting_for == DEMO.rpps
    assert reseal.readers == (DEMO.certificate,)


def test_anybody_elses_deposit_is_in_his_own_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(depot, "usable", lambda _certificate, _at: True)
    for sender in (DEMO, LAB):
        mail = asked(JEAN, by=sender, bodies=[body()])
        outcome, _ = run(depot.handle(mail, locum_week(), "fr"))
        assert outcome.effects.filings[0].entry.author_name == sender.name
