"""From a decision to what is committed: who is written to, and with which key."""

from typing import Any

import pytest
from msgspec.structs import replace

from rmp_milter.answers import About
from rmp_milter.errors import MailError
from rmp_milter.handlers.steps import Effects, Notice, Outcome
from rmp_milter.mail.letter import Letter
from rmp_milter.model import Doctor, OutgoingMail
from rmp_milter.settling import Ground, changes_of

ASKER = Doctor(b"a" * 16, "Dr A", "1", "a@x.example", "médecin", b"old key", "aa", ("a",))
OTHER = Doctor(b"b" * 16, "Dr B", "2", "b@x.example", "médecin", b"expired", "bb", ("b",))
GROUND = Ground(b"d" * 32, 5, ASKER, "", (), memoryview(b""), memoryview(b""))
LETTER = Letter("subject", "text")


class Answers:
    """Seals nothing: the mail's Message-ID tells whose key it was for."""

    def __init__(self, fault: str = "expired-key") -> None:
        self.fault = fault

    def make(self, _letter: Letter, about: About, _bodies: object) -> tuple[OutgoingMail, ...]:
        if about.reader.certificate == b"expired":
            raise MailError(self.fault)
        return (OutgoingMail(about.reader.mail, about.reader.certificate.decode(), ()),)


def settled(outcome: Outcome, answers: Answers) -> list[str]:
    view: Any = None
    played: Any = answers
    return [mail.message_id for mail in changes_of(outcome, GROUND, view, played).outbox]


def test_the_answer_to_a_new_key_is_sealed_to_it() -> None:
    renewed = replace(ASKER, certificate=b"new key", revision=1)
    assert settled(Outcome(LETTER, Effects(doctors=(renewed,))), Answers()) == ["new key"]


def test_a_notice_to_an_expired_key_refuses_nobody_elses_mail() -> None:
    outcome = Outcome(LETTER, Effects(notices=(Notice(OTHER, LETTER),)))
    assert settled(outcome, Answers()) == ["old key"]


def test_any_other_fault_of_a_notice_is_not_passed_over() -> None:
    outcome = Outcome(LETTER, Effects(notices=(Notice(OTHER, LETTER),)))
    with pytest.raises(MailError):
        settled(outcome, Answers("unavailable"))
