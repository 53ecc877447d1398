"""Clôture: who may close a dossier, who is told, and that nothing is added any more."""

import pytest
from handlers_case import (
    DEMO,
    LAB,
    NEXT_CARD,
    NOON,
    OTHER,
    RecordingKeeper,
    World,
    asked,
    body,
    dossier,
    refusal_of,
    refused_trial,
    run,
)
from msgspec.structs import replace
from wishes_case import JEAN_LINES, LOCUM, PATIENT, state_of, text_of, words_of, world

from rmp_milter.calls.authority import Close
from rmp_milter.calls.protocol.releasing import ByCode, Prove
from rmp_milter.dossier.model import Closure, Doctor, Takeover
from rmp_milter.handlers import cloture, depot

pytestmark = pytest.mark.usefixtures("every_key_usable")


def test_by_the_patient_and_the_treating_doctor_is_told() -> None:
    mail = asked(text_of("clôture"), by=PATIENT)
    outcome, (_record, amend) = run(cloture.handle, mail, world())
    closure = state_of(outcome).closure
    assert closure == Closure(NOON, NOON + 20 * 365 * 86_400)
    assert amend.wish == Close(NOON + 20 * 365 * 86_400)
    assert state_of(outcome).card == NEXT_CARD
    (notice,) = outcome.effects.notices
    assert notice.reader.doctor_id == DEMO.doctor_id
    assert "23/05/2046" in words_of(outcome)
    assert "23/05/2046" in notice.letter.text


def test_by_the_treating_doctor_with_the_code() -> None:
    mail = asked(text_of("clôture"))
    assert refusal_of(cloture.handle, mail, world()).text == "code-missing"
    mail = asked(text_of("clôture"), has_code=True)
    outcome, (_prove, release, _amend) = run(cloture.handle, mail, world())
    assert isinstance(release.way_in, ByCode)
    assert [each.reader for each in outcome.effects.notices] == [PATIENT]


@pytest.mark.parametrize("by", [OTHER, LOCUM])
def test_by_nobody_else(by: Doctor) -> None:
    mail = asked(text_of("clôture"), by=by, has_code=True)
    for known in (world(), World()):
        assert refusal_of(cloture.handle, mail, known).text == "close-by-whom"


@pytest.mark.parametrize("contested", [False, True])
def test_not_while_a_takeover_can_be_contested_nor_after_it_was_until_the_days_are_over(
    contested: bool,  # noqa: FBT001 -- rows of a table
) -> None:
    takeover = Takeover(OTHER.doctor_id, NOON - 9, NOON + 86_400, contested)
    known = world(replace(dossier(), takeover=takeover))
    for mail in (
        asked(text_of("clôture"), by=PATIENT),
        asked(text_of("clôture"), has_code=True),
    ):
        keeper = RecordingKeeper()
        error = refusal_of(cloture.handle, mail, known, keeper)
        assert (error.text, error.facts["at"][:10]) == ("close-contestable", "29/05/2026")
        assert [each for each in keeper.requests if not isinstance(each, Prove)] == []
        later = replace(mail, at=NOON + 86_400)
        assert state_of(run(cloture.handle, later, known)[0]).closure


@pytest.mark.promise(number=6)
def test_a_wrong_code_is_not_told_of_a_takeover() -> None:
    takeover = Takeover(OTHER.doctor_id, NOON - 9, NOON + 86_400)
    mail = asked(text_of("clôture"), has_code=True)
    for known in (world(), world(replace(dossier(), takeover=takeover))):
        error, _ = refused_trial(cloture.handle, mail, known)
        assert error.text == "no-access"


def test_nothing_is_added_any_more() -> None:
    closed = replace(dossier(), closure=Closure(NOON, NOON + 1))
    mail = asked(JEAN_LINES, by=LAB, bodies=[body()])
    outcome, _ = run(depot.handle, mail, world(closed))
    assert outcome.effects.filings == ()
    assert len(outcome.effects.deferrals) == 1
    unknown, _ = run(depot.handle, mail)
    assert words_of(outcome) == words_of(unknown)
