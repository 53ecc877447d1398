"""Letters to others than the sender: made for all, sent to who is meant and can read them."""

from typing import Any

import pytest
from msgspec.structs import replace
from settling_case import NOTHING, case_of

from rmp_milter.dossier.model import Doctor, OutgoingMail
from rmp_milter.errors import MailError, try_again
from rmp_milter.handlers.asking.outcome import Effects, Notice, Outcome
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.milter.answering import settling

SENDER = Doctor(b"s" * 16, "Dr S", "", "s@x.test", "médecin", b"cert s", "s", ())
TREATING = Doctor(b"t" * 16, "Dr T", "", "t@x.test", "médecin", b"cert t", "t", ())
NOTICE = Notice(TREATING, Letter(subject="avis", text="avis"))


class Answers:
    """Notes which letters were made, and for whom."""

    def __init__(self, refused: str = "") -> None:
        """For ``refused``, an address, the keeper seals nothing."""
        self.refused = refused
        self.made: list[tuple[str, str]] = []
        self.replies: list[bool] = []

    def make(self, letter: Letter, about: Any, _bodies: object) -> tuple[OutgoingMail, ...]:  # noqa: ANN401 -- an About
        if about.reader.mail == self.refused:
            raise try_again("unavailable", "keeper: unentitled a key that is in force no more")
        self.made.append((letter.subject, about.reader.mail))
        self.replies.append(about.reply)
        return (OutgoingMail(about.reader.mail, "<m@x>", (), about.not_before),)


def settle(monkeypatch: pytest.MonkeyPatch, notice: Notice, *unusable: bytes) -> Answers:
    """Settle a refusal with one notice; return what was made, and keep what is sent."""
    monkeypatch.setattr(settling, "reachable", lambda key, _at: key not in unusable)
    answers: Any = Answers()
    outcome = Outcome(Letter(subject="refus", text=""), Effects(notices=(notice,)), 65)
    changes = settling.changes_of(outcome, case_of(SENDER), NOTHING, (), answers)
    answers.sent = [(mail.recipient, mail.not_before) for mail in changes.outbox]
    made: Answers = answers
    return made


@pytest.mark.parametrize("urgent", [True, False])
def test_a_notice_that_cannot_be_sealed_refuses_no_emergency(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, *, urgent: bool
) -> None:
    """As where the store is older than the keeper, and his key is another by now."""
    monkeypatch.setattr(settling, "reachable", lambda *_: True)
    answers: Any = Answers(refused=TREATING.mail)
    answer = Letter(subject="dossier", text="")
    outcome = Outcome(answer, Effects(notices=(NOTICE,)), urgent=urgent)

    def settled() -> list[str]:
        changes = settling.changes_of(outcome, case_of(SENDER), NOTHING, (), answers)
        return [mail.recipient for mail in changes.outbox]

    if not urgent:
        with pytest.raises(MailError):
            settled()
        return
    assert settled() == ["s@x.test", ""]
    assert "a notice is lost: key t" in caplog.text
    answers.refused = SENDER.mail  # the keeper itself does not answer
    with pytest.raises(MailError):
        settled()


def test_a_notice_is_sent_at_once_and_the_answer_is_held(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers: Any = settle(monkeypatch, NOTICE)
    assert answers.sent == [("s@x.test", 65), ("t@x.test", 0)]


def test_nobody_asked_for_a_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settle(monkeypatch, NOTICE).replies == [True, False]


def test_one_that_stands_for_another_is_made_and_goes_to_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers: Any = settle(monkeypatch, replace(NOTICE, sent=False))
    assert answers.made == [("refus", "s@x.test"), ("avis", "t@x.test")]
    assert answers.sent == [("s@x.test", 65), ("", 0)]


def test_an_unusable_key_of_somebody_else_refuses_no_mail(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    answers: Any = settle(monkeypatch, NOTICE, TREATING.certificate)
    assert answers.made == [("refus", "s@x.test"), ("avis", "s@x.test")]
    assert answers.sent == [("s@x.test", 65), ("", 0)]
    assert "key t is not usable" in caplog.text
    assert "t@x.test" not in caplog.text  # no line names a doctor
