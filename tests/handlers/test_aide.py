"""Aide: the page of examples."""

from handlers_case import asked, run

from rmp_milter.handlers import aide


def test_it_sends_the_examples() -> None:
    outcome, _ = run(aide.handle, asked("Demande : aide\n"))
    assert "Consentement : [oui]" in outcome.letter.text
