"""Justification: the words of the doctor who read in an emergency join that access."""

import pytest
from handlers_case import DEMO, LAB, NOON, OTHER, TICKET, World, asked, refusal_of, run
from msgspec.structs import replace

from rmp_milter.calls.protocol.leaves import Record
from rmp_milter.dossier.model import Doctor, Emergency, EmergencyState
from rmp_milter.handlers import justification
from rmp_milter.handlers.asking.case import Case

KEPT = Emergency("U-ABCD-EFGH-JKMN", b"d" * 16, OTHER.doctor_id, NOON - 60, 7)


def sent(by: Doctor = OTHER, *, reason: bool = True) -> Case:
    text = f"Demande : justification\nRéférence : {KEPT.reference.lower()}\n"
    return asked(text, by=by, has_reason=reason)


@pytest.mark.parametrize(
    "typed", ["u abcd efgh jkmn", "UABCDEFGHJKMN", "« U–ABCD–efgh-jkmn »."]
)
def test_its_reference_may_be_typed_in_any_way(typed: str) -> None:
    text = f"Demande : justification\nRéférence : {typed}\n"
    _, (record,) = run(justification.handle, asked(text, by=OTHER, has_reason=True), known())
    assert record.event.reference == KEPT.reference


def known(state: EmergencyState = EmergencyState.NEW) -> World:
    world = World()
    world.broken_glass[KEPT.reference] = replace(KEPT, state=state)
    return world


def test_it_joins_the_access() -> None:
    outcome, (record,) = run(justification.handle, sent(), known())
    assert isinstance(record, Record)
    assert (record.by.ticket, record.with_reason) == (TICKET, True)
    assert (record.event.action, record.event.reference) == (
        "justification",
        KEPT.reference,
    )
    (kept,) = outcome.effects.emergencies
    assert (kept.state, kept.justified_at, kept.revision) == (
        EmergencyState.JUSTIFIED,
        NOON,
        1,
    )


def test_a_later_one_does_not_end_a_review() -> None:
    world = known(EmergencyState.CONTESTED)
    outcome, _ = run(justification.handle, sent(), world)
    assert outcome.effects.emergencies[0].state is EmergencyState.CONTESTED


@pytest.mark.parametrize("by", [DEMO, LAB])
def test_another_doctors_reference_is_as_unknown(by: Doctor) -> None:
    refused = refusal_of(justification.handle, sent(by=by), known())
    assert refused.text == "no-such-reference"
    unknown = refusal_of(justification.handle, sent(), World())
    assert unknown.text == refused.text


def test_it_needs_words() -> None:
    refused = refusal_of(justification.handle, sent(reason=False), known())
    assert refused.text == "reason-missing"
