"""Renvoi, and the bound that makes it needed: what is sent at once, what follows."""

from collections.abc import Sequence

import pytest
from handlers_case import DEMO, OTHER, World, asked, dossier, entry, read_table, refusal_of, run
from msgspec.structs import replace

from rmp_milter.dossier.model import Doctor, Mask, NumberedEntry, Onglet, ReplyForm
from rmp_milter.handlers import consultation, copie, renvoi, urgence
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.outcome import Outcome

WHO = "Patient : DUPONT Jean\nNé le : 30/01/1959\n"
SIZE = 2_000_000
"""Of each document: four of them fill a mail, alone or together."""


def filed(count: int = 40, summaries: Sequence[int] = (3, 7)) -> list[NumberedEntry]:
    """Return blood tests, a few résumés among the oldest, each as large as two million octets."""
    return [
        _sized(
            entry(number, Onglet.SYNTHESE if number in summaries else Onglet.BIOLOGIE, "Bilan")
        )
        for number in range(1, count + 1)
    ]


def _sized(each: NumberedEntry) -> NumberedEntry:
    (document,) = each.entry.documents
    return replace(each, entry=replace(each.entry, documents=(replace(document, size=SIZE),)))


def mail(verb: str, more: str = "", mails: int = 6, by: Doctor = OTHER) -> Case:
    case = asked(f"Demande : {verb}\n{WHO}{more}", by=by, has_code=True, has_reason=True)
    return replace(case, bounds=replace(case.bounds, answer_mails=mails))


def numbered(said: str, entries: Sequence[NumberedEntry]) -> str:
    """Return the line by which a colleague asks for entries of the index that he was sent."""
    return f"Numéros : {said} {read_table(dossier(), entries)}\n"


def numbers(outcome: Outcome) -> set[int]:
    assert outcome.letter is not None
    return {each.number for each in outcome.letter.enclosures}


class TestWhatIsSentAtOnce:
    def test_is_the_newest_resume_and_the_newest(self) -> None:
        outcome, _ = run(consultation.handle, mail("dossier"), World([dossier()], filed()))
        # Five mails of documents: the résumé alone, three in each of the others.
        assert numbers(outcome) == {7, *range(29, 41)}
        assert outcome.letter.enclosures[0].number == 7

    def test_is_all_where_there_is_room(self) -> None:
        world = World([dossier()], filed())
        outcome, _ = run(consultation.handle, mail("dossier", mails=20), world)
        assert numbers(outcome) == set(range(1, 41))
        assert "renvoi" not in outcome.letter.text

    def test_no_key_is_asked_for_what_is_left_and_the_leaf_names_what_is_sent(self) -> None:
        world = World([dossier()], filed())
        outcome, (_, release) = run(consultation.handle, mail("dossier"), world)
        assert set(release.event.entries) == numbers(outcome)
        assert len(release.items) == len(release.event.documents) == 13

    def test_one_entry_at_least_is_sent(self) -> None:
        heavy = filed(3)
        documents = heavy[2].entry.documents * 30
        heavy[2] = replace(heavy[2], entry=replace(heavy[2].entry, documents=documents))
        world = World([dossier()], heavy)
        outcome, _ = run(consultation.handle, mail("dossier", numbered("3", heavy), 3), world)
        assert numbers(outcome) == {3}

    def test_is_counted_by_the_form_of_the_reader(self) -> None:
        world = World([dossier()], filed())
        partitioned = replace(OTHER, reply_form=ReplyForm.PARTITIONED)
        outcome, _ = run(consultation.handle, mail("dossier", by=partitioned), world)
        assert len(numbers(outcome)) == 6 * 3  # the index is in the first of them

    def test_what_was_replaced_comes_last(self) -> None:
        entries = filed(6, summaries=())
        entries[5] = replace(entries[5], entry=replace(entries[5].entry, replaces=5))
        world = World([dossier()], [*entries])
        case = mail("copie", mails=3, by=DEMO)
        case = replace(case, bounds=replace(case.bounds, answer_bytes=SIZE))
        outcome, _ = run(copie.handle, case, world)
        assert numbers(outcome) == {6, 4}

    def test_what_is_left_stays_new_to_the_treating_doctor(self) -> None:
        entries = [
            replace(each, entry=replace(each.entry, author=OTHER.doctor_id)) for each in filed()
        ]
        world = World([dossier()], entries)
        outcome, _ = run(consultation.handle, mail("dossier", by=DEMO), world)
        assert outcome.effects.updates == ()

    def test_an_index_alone_leaves_nothing(self) -> None:
        outcome, _ = run(consultation.handle, mail("index"), World([dossier()], filed()))
        assert "renvoi" not in outcome.letter.text

    def test_an_emergency_is_sent_all(self) -> None:
        world = World([dossier()], filed())
        outcome, (release,) = run(urgence.handle, mail("urgence", "Motif : ••••\n"), world)
        assert numbers(outcome) == set(range(1, 41))
        assert len(release.items) == 40
        assert "renvoi" not in outcome.letter.text


class TestTheIndex:
    def test_says_by_number_what_is_left_and_how_to_ask(self) -> None:
        outcome, _ = run(consultation.handle, mail("dossier"), World([dossier()], filed()))
        text = outcome.letter.text
        assert text.count("(non joint") == 27
        assert "\n  1 à 6, 8 à 28\n" in text
        assert "au plus 6 messages" in text
        assert "    Demande : [renvoi]\n" in text

    def test_tells_others_in_english(self) -> None:
        english = replace(mail("dossier"), language="en")
        outcome, _ = run(consultation.handle, english, World([dossier()], filed()))
        assert "    Request : [resend]\n" in outcome.letter.text


class TestRenvoi:
    def test_by_numbers_sends_those(self) -> None:
        case = mail("renvoi", numbered("2, 5-6", filed()))
        outcome, (_, release) = run(renvoi.handle, case, World([dossier()], filed()))
        assert numbers(outcome) == {2, 5, 6}
        assert release.event.action == "renvoi"
        assert release.event.entries == (2, 5, 6)

    def test_without_numbers_sends_what_was_left(self) -> None:
        world = World([dossier()], filed(20))
        first, _ = run(consultation.handle, mail("dossier"), world)
        outcome, _ = run(renvoi.handle, mail("renvoi"), world)
        assert numbers(outcome) == set(range(1, 21)) - numbers(first)

    def test_is_bounded_too_and_says_what_is_left_then(self) -> None:
        world = World([dossier()], filed())
        first, _ = run(consultation.handle, mail("dossier"), world)
        second, _ = run(renvoi.handle, mail("renvoi"), world)
        # The older résumé is the newest of what was left.
        assert numbers(second) == {3, *range(17, 29)}
        assert "1, 2, 4 à 6, 8 à 16" in second.letter.text
        assert "tout ce qui reste" in first.letter.text
        assert "tout ce qui reste" not in second.letter.text
        third, _ = run(renvoi.handle, mail("renvoi", numbered("1-6, 8-16", filed())), world)
        fourth, _ = run(renvoi.handle, mail("renvoi", numbered("1, 2", filed())), world)
        found = numbers(first) | numbers(second) | numbers(third) | numbers(fourth)
        assert found == set(range(1, 41))

    def test_where_nothing_was_left_sends_all_again(self) -> None:
        outcome, _ = run(renvoi.handle, mail("renvoi"), World([dossier()], filed(4)))
        assert numbers(outcome) == {1, 2, 3, 4}

    def test_keeps_to_the_lines_that_the_dossier_was_asked_by(self) -> None:
        world = World([dossier()], filed())
        outcome, _ = run(renvoi.handle, mail("renvoi", "Onglet : synthèse\n"), world)
        assert numbers(outcome) == {3, 7}

    def test_sends_nobody_what_is_masked_for_him(self) -> None:
        masked = replace(dossier(), masks=(Mask(2, DEMO.doctor_id, 0),))
        entries = [
            replace(each, entry=replace(each.entry, author=DEMO.doctor_id)) for each in filed(3)
        ]
        outcome, _ = run(renvoi.handle, mail("renvoi"), World([masked], entries))
        assert {each.entry for each in outcome.letter.enclosures} == {
            entries[0].entry,
            entries[2].entry,
        }

    @pytest.mark.parametrize("world", [World(), World([dossier()], filed(4))])
    def test_needs_the_code_where_a_consultation_does(self, world: World) -> None:
        case = asked(f"Demande : renvoi\n{WHO}Numéros : 1\n", by=OTHER)
        assert refusal_of(renvoi.handle, case, world).text == "code-missing"
