"""Masquage: numbers are those that the sender sees, and a mask stays one."""

from handlers_case import OTHER, asked, read_table, run
from wishes_case import FILED, MASKED, state_of, text_of, words_of, world

from rmp_milter.handlers import masquage


def test_numbers_are_those_that_the_sender_sees() -> None:
    read = read_table(MASKED, FILED)
    mail = asked(text_of("masquage", f"Numéros : 2 {read}"), by=OTHER, held_code=b"held")
    outcome, _ = run(masquage.handle, mail, world(MASKED))
    assert [mask.number for mask in state_of(outcome).masks] == [2, 3]
    assert "2. 28/05/2026  Bilan" in words_of(outcome)


def test_twice_changes_nothing_and_says_so() -> None:
    mail = asked(text_of("masquage", "Numéros : 2"))
    outcome, _ = run(masquage.handle, mail, world(MASKED))
    assert outcome.effects.updates == ()
    assert "étaient déjà masqués, rien n'a été changé" in words_of(outcome)
