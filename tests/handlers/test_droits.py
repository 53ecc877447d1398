"""Droits: the page of the patient's rights."""

from handlers_case import asked, run

from rmp_milter.calls.protocol.leaves import Record
from rmp_milter.handlers import droits


def test_it_sends_the_page_of_the_rights() -> None:
    outcome, (record,) = run(droits.handle, asked("Demande : droits\n"))
    assert isinstance(record, Record)
    assert "Les droits du patient" in outcome.letter.text
    assert max(map(len, outcome.letter.text.splitlines())) < 98
