"""Masquage: numbers are those that the sender sees, and a mask stays one."""

from handlers_case import DEMO, LAB, NEXT_CARD, OTHER, asked, read_table, run
from wishes_case import FILED, MASKED, state_of, text_of, words_of, world

from rmp_milter.calls.authority import Masking
from rmp_milter.dossier.cards import Masked
from rmp_milter.handlers import masquage


def test_numbers_are_those_that_the_sender_sees() -> None:
    read = read_table(MASKED, FILED)
    mail = asked(text_of("masquage", f"Numéros : 2 {read}"), by=OTHER, has_code=True)
    outcome, (*_, amend) = run(masquage.handle, mail, world(MASKED))
    assert [mask.number for mask in state_of(outcome).masks] == [2, 3]
    assert "2. 28/05/2026  Bilan" in words_of(outcome)
    documents = [(bytes([102]) * 16, LAB.doctor_id), (bytes([103]) * 16, DEMO.doctor_id)]
    assert amend.wish == Masking(tuple(Masked(*each) for each in documents))
    assert state_of(outcome).card == NEXT_CARD


def test_twice_changes_nothing_and_says_so() -> None:
    mail = asked(text_of("masquage", "Numéros : 2"))
    outcome, _ = run(masquage.handle, mail, world(MASKED))
    assert outcome.effects.updates == ()
    assert "étaient déjà masqués, rien n'a été changé" in words_of(outcome)
