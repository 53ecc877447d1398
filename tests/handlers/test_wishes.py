"""Who may exercise the patient's wishes.

The patient, his médecin traitant or locum by signature; others with his code.
"""

import pytest
from handlers_case import (
    CODE_SLOT,
    DEMO,
    LAB,
    NOON,
    OTHER,
    PROVEN,
    TICKET,
    Handler,
    World,
    asked,
    dossier,
    read_table,
    refusal_of,
    refused_trial,
    run,
)
from msgspec.structs import replace
from wishes_case import FILED, LOCUM, PATIENT, state_of, text_of, world

from rmp_milter.calls.protocol.cards import Amend
from rmp_milter.calls.protocol.leaves import Record
from rmp_milter.calls.protocol.releasing import ByCode, Release
from rmp_milter.dossier.model import Closure, Doctor, Fault
from rmp_milter.handlers import acces, masquage, nouveau_code, opposition
from rmp_milter.handlers.asking.outcome import Refusal


@pytest.mark.parametrize("by", [DEMO, LOCUM, PATIENT])
def test_by_signature(by: Doctor) -> None:
    mail = asked(text_of("masquage", "Numéros : 2"), by=by)
    outcome, (request, amend) = run(masquage.handle, mail, world())
    assert [mask.number for mask in state_of(outcome).masks] == [2]
    assert isinstance(request, Record | Release)
    assert (request.event.action, request.event.entries) == ("masquage", (2,))
    assert isinstance(amend, Amend)
    assert amend.event == request.event
    assert amend.by == request.by


def test_any_other_professional_with_the_code() -> None:
    read = read_table(dossier(), FILED)
    mail = asked(text_of("masquage", f"Numéros : 2 {read}"), by=OTHER, has_code=True)
    outcome, (prove, release, amend) = run(masquage.handle, mail, world())
    assert release.way_in == ByCode(CODE_SLOT)
    assert (prove.by.ticket, release.by.ticket, amend.by.ticket) == (TICKET, PROVEN, PROVEN)
    assert [each.card for each in amend.by.persons] == [OTHER.card]
    assert state_of(outcome).masks[0].by == OTHER.doctor_id
    assert outcome.effects.cleared[0].fault is Fault.DOSSIER


def test_nobody_without_it() -> None:
    mail = asked(text_of("masquage", "Numéros : 2"), by=OTHER)
    for known in (world(), World()):
        assert refusal_of(masquage.handle, mail, known).text == "code-missing"


@pytest.mark.parametrize(
    "handle", [masquage.handle, opposition.handle, nouveau_code.handle, acces.handle]
)
def test_a_wrong_code_is_as_no_patient(handle: Handler) -> None:
    lines = ("Numéros : 99", "Médecin : Dr Anne AUTRE")
    mail = asked(text_of("masquage", *lines), by=LAB, has_code=True)
    opposed = replace(dossier(), opposed=(LAB.doctor_id,))
    closed = replace(dossier(), closure=Closure(NOON, NOON + 1))
    worlds = (world(), World(), world(opposed), world(closed))
    refusals = [refused_trial(handle, mail, each)[0] for each in worlds]
    assert all(isinstance(each, Refusal) for each in refusals)
    assert {each.text for each in refusals} == {"no-access"}
