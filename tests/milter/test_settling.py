"""Letters that are sealed for what a mail decided."""

from typing import cast

import msgspec
import pytest
from settling_case import NOTHING, case_of

from rmp_milter.dossier.model import Doctor, OutgoingMail
from rmp_milter.handlers.asking.outcome import Effects, Notice, Outcome
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.milter.answering import settling
from rmp_milter.milter.answering.answers import About, Answers
from rmp_milter.milter.answering.settling import changes_of


class Sealing:
    def make(self, _letter: Letter, about: About, _bodies: object) -> tuple[OutgoingMail, ...]:
        return (OutgoingMail(about.reader.mail, "<1@x>", ()),)


def doctor(name: str) -> Doctor:
    return Doctor(name.encode(), name, "", f"{name}@x.test", "", name.encode(), name, ())


def test_a_notice_to_an_unusable_key_refuses_nobody_elses_mail(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settling, "reachable", lambda data, _at: data != b"expired")
    letter = Letter("", "")
    notices = tuple(Notice(doctor(name), letter) for name in ("expired", "anne"))
    outcome = Outcome(letter, Effects(notices=notices))
    answers = cast("Answers", Sealing())
    changes = changes_of(outcome, case_of(doctor("paul")), NOTHING, (), answers)
    assert [mail.recipient for mail in changes.outbox] == ["paul@x.test", "", "anne@x.test"]


def test_the_answer_to_a_new_key_is_sealed_to_it() -> None:
    before = doctor("old")
    renewed = msgspec.structs.replace(before, mail="renewed@x.test")
    outcome = Outcome(Letter("", ""), Effects(doctors=(renewed,)))
    answers = cast("Answers", Sealing())
    changes = changes_of(outcome, case_of(before), NOTHING, (), answers)
    assert [mail.recipient for mail in changes.outbox] == ["renewed@x.test"]
