"""Replies that a real Thunderbird sent: what its user typed, above, below, or in the quotation."""

from pathlib import Path

import pytest

from rmp_milter.calls.protocol.opening import Doubt, Standing
from rmp_milter.mail.incoming.mimetree import scan
from rmp_milter.mail.meaning.meaning import Meaning, asked
from rmp_milter.mail.meaning.whole import meaning_of_mail

REPLIES = Path(__file__).parents[1] / "fixtures" / "thunderbird-replies"
YEAR = 2026
REASON = "AVC suspecté, anticoagulant inconnu : il fallait savoir."
# An empty line stands between the quotation and what is typed below it only in the HTML editor.
IN_DOUBT = {"emergency-plain-below", "emergency-plain-end"}


def names(beginning: str) -> list[str]:
    return sorted(each.stem for each in REPLIES.glob(f"{beginning}-*.eml"))


def read(name: str) -> Meaning:
    data = (REPLIES / f"{name}.eml").read_bytes()
    return meaning_of_mail(data, scan(data), 1 << 20, YEAR).meaning


def nothing_asked(found: Meaning) -> bool:
    """Return whether nothing is done: an emergency without a reason only gives its form."""
    if not found.cut.found:
        return found.cut.code == ""
    return asked(found, YEAR).verb.value == "urgence" and not found.cut.reason


@pytest.mark.parametrize("name", names("emergency"))
def test_an_answer_to_an_emergency_justifies_it_where_its_words_are_sure(name: str) -> None:
    found = read(name)
    if name.endswith("in-quotation"):
        assert (found.standing, found.cut.reason) == (Standing.NOTHING, "")
        return
    header = asked(found, YEAR)
    assert header.verb.value == "justification"
    assert header.reference in (REPLIES / f"{name}.eml").read_text()
    doubted = name in IN_DOUBT
    expected = ((Doubt.QUOTED,), "") if doubted else ((), REASON)
    assert (found.doubts, found.cut.reason) == expected


@pytest.mark.parametrize("name", names("thanks"))
def test_thanks_are_thanks_wherever_they_are_typed(name: str) -> None:
    found = read(name)
    in_quotation = name.endswith("in-quotation")
    assert found.standing is (Standing.NOTHING if in_quotation else Standing.COURTESY)
    assert not found.cut.found


@pytest.mark.parametrize("name", names("stranger"))
def test_a_strangers_quoted_text_asks_for_nothing(name: str) -> None:
    text = (REPLIES / f"{name}.eml").read_text()
    assert "Merci" in text
    assert nothing_asked(read(name))


def test_all_kinds_of_replies_are_there() -> None:
    assert [len(names(kind)) for kind in ("emergency", "thanks", "stranger")] == [12, 6, 17]
