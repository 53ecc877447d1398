"""Letters that are sealed for what a mail decided."""

from typing import cast

import msgspec
import pytest
from settling_case import NOTHING, case_of

from rmp_milter.dossier.changes import TriesSeen
from rmp_milter.dossier.model import Doctor, Fault, OutgoingMail, Strike, Tally
from rmp_milter.handlers.asking.outcome import Effects, Notice, Outcome
from rmp_milter.mail.header.routing import parse
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.milter.answering import settling
from rmp_milter.milter.answering.answers import About, Answers
from rmp_milter.milter.answering.settling import changes_of
from rmp_milter.store.surface import Snapshot


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


class Tallies:
    """A moment of the store in which everybody has tried twice."""

    def tally(self, _fault: Fault, _subject: bytes) -> Tally:
        return Tally((3, 4))


STRUCK = Effects(
    strikes=(
        Strike(Fault.SENDER, b"paul", 5),
        Strike(Fault.GLOBAL, b"", 5),
        Strike(Fault.DOSSIER, b"d1", 5),
    ),
    cleared=(Strike(Fault.DOSSIER, b"d2", 0), Strike(Fault.DOSSIER, b"d1", 0)),
)


def tried(request: str) -> set[TriesSeen]:
    case = case_of(doctor("paul"))
    view, header = cast("Snapshot", Tallies()), parse(request, 2026)
    case = msgspec.structs.replace(case, view=view, header=header)
    answers = cast("Answers", Sealing())
    changes = changes_of(Outcome(Letter("", ""), STRUCK), case, NOTHING, (), answers)
    return {*changes.tried}


def test_what_counts_says_on_which_tries_it_was_decided() -> None:
    assert tried("Demande : dossier\n") == {
        TriesSeen(Fault.SENDER, b"paul", (3, 4)),
        TriesSeen(Fault.DOSSIER, b"d1", (3, 4)),
        TriesSeen(Fault.DOSSIER, b"d2", (3, 4)),
    }


def test_an_emergency_is_decided_on_no_count() -> None:
    assert tried("Demande : urgence\nMotif : coma\n") == set()
