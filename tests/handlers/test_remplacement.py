"""Remplacement: who is named as locum, for which days, and what both are told."""

from typing import Any

import pytest
from handlers_case import DEMO, LAB, NEXT_PERSON, NOON, OTHER, World, asked, refusal_of, run
from msgspec.structs import replace

from rmp_milter.calls.authority import Locums
from rmp_milter.calls.protocol.cards import Amend
from rmp_milter.dossier.cards import LocumDays
from rmp_milter.dossier.model import Locum
from rmp_milter.dossier.rules import Proof
from rmp_milter.handlers import remplacement
from rmp_milter.handlers.asking.outcome import Outcome

TODAY = "2026-05-28"  # the day of NOON


def declaration(locum: str, first: str = "28/05/2026", last: str = "04/06/2026") -> str:
    return f"Demande : remplacement\nRemplaçant : {locum}\nDu : {first}\nAu : {last}\n"


def declared(text: str, world: World | None = None, **more: Any) -> tuple[Outcome, list[Any]]:  # noqa: ANN401 -- passed on
    return run(remplacement.handle, asked(text, **more), world)


def refusal(text: str, world: World | None = None, **more: Any) -> str:  # noqa: ANN401 -- passed on
    return refusal_of(remplacement.handle, asked(text, **more), world).text


@pytest.mark.parametrize("who", [OTHER.rpps, OTHER.mail, OTHER.name, "dr anne autré"])
def test_a_locum_is_named_by_rpps_mail_or_exact_name(who: str) -> None:
    outcome, (amend,) = declared(declaration(who))
    (changed,) = outcome.effects.doctors
    assert changed.locums == (Locum(OTHER.doctor_id, TODAY, "2026-06-04", NOON),)
    assert changed.revision == DEMO.revision + 1
    assert changed.card == NEXT_PERSON
    assert isinstance(amend, Amend)
    assert amend.wish == Locums((LocumDays(OTHER.doctor_id, TODAY, "2026-06-04"),))
    assert [each.card for each in amend.by.persons] == [DEMO.card, OTHER.card]
    assert (amend.event.action, amend.event.subject) == ("remplacement", OTHER.rpps)


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
