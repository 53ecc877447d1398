"""Numbers mean the entries of the index that they were read from, or are asked back about."""

import re
from collections.abc import Sequence

import pytest
from handlers_case import (
    DEMO,
    LAB,
    OTHER,
    RecordingKeeper,
    World,
    asked,
    body,
    dossier,
    entry,
    read_table,
    refusal_of,
    refused_trial,
    run,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from wishes_case import FILED, LOCUM, MASKED, PATIENT, state_of, text_of, words_of, world

from rmp_milter.calls.protocol.releasing import Prove, Release
from rmp_milter.dossier.model import Doctor, Dossier, Mask, NumberedEntry, Onglet, Verb
from rmp_milter.dossier.rules import policy_of
from rmp_milter.errors import MailError
from rmp_milter.handlers import (
    consultation,
    demasquage,
    masquage,
    reclassement,
    rectification,
)
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.outcome import Refusal
from rmp_milter.handlers.letters.refusal import refusal_letter
from rmp_milter.handlers.table import HANDLERS
from rmp_milter.mail.header.routing import parse
from testbed.examples import some

pytestmark = pytest.mark.usefixtures("every_key_usable")

FOURTH = entry(4, Onglet.COURRIERS, "Courrier", [DEMO])
READ = read_table(dossier(), FILED)
VERBS = {
    "dossier": consultation.handle,
    "masquage": masquage.handle,
    "démasquage": demasquage.handle,
    "rectification": rectification.handle,
}


def mail(request: str, numbers: str, by: Doctor = OTHER) -> Case:
    text = text_of(request, f"Numéros : {numbers}")
    return asked(text, by=by, has_code=True, bodies=[body()])


def sent(numbers: str, view: World, by: Doctor = OTHER) -> list[int]:
    """Return the dossier's own numbers of what a reading by number brings."""
    outcome, _ = run(consultation.handle, mail("dossier", numbers, by), view)
    assert outcome.letter is not None
    return [
        int.from_bytes(each.document.document_id[:1], "big") - 100
        for each in outcome.letter.enclosures
    ]


class TestBoundToTheIndex:
    """Who does not see all counts what he sees, and says which table he counted in."""

    def test_the_index_names_its_table_and_what_it_names_is_taken(self) -> None:
        outcome, _ = run(consultation.handle, mail("dossier", f"2 {READ}"), world())
        mark = READ.removeprefix("(table ").removesuffix(")")
        assert f"table {mark}" in words_of(outcome)
        assert sent(f"2 {READ}", world()) == [2]

    def test_entries_that_came_since_change_nothing(self) -> None:
        assert sent(f"3, 1 {READ}", world(None, (*FILED, FOURTH))) == [1, 3]

    def test_a_number_beyond_the_table_that_was_read_is_asked_back(self) -> None:
        view = world(None, (*FILED, FOURTH))
        assert refusal_of(consultation.handle, mail("dossier", f"4 {READ}"), view).text == (
            "table-other"
        )

    @pytest.mark.parametrize("request_", VERBS)
    def test_after_a_mask_the_same_number_is_another_entry_and_nothing_is_done(
        self, request_: str
    ) -> None:
        error = refusal_of(VERBS[request_], mail(request_, f"2 {READ}"), world(MASKED))
        assert isinstance(error, Refusal)
        assert error.text == "table-other"
        assert "2. 28/05/2026  Bilan" in error.below
        assert "Radio" not in error.below

    @pytest.mark.parametrize("request_", VERBS)
    def test_after_a_new_version_too(self, request_: str) -> None:
        newer = replace(FOURTH, entry=replace(FOURTH.entry, replaces=1))
        view = world(None, (*FILED, newer))
        error = refusal_of(VERBS[request_], mail(request_, f"2 {READ}"), view)
        assert error.text == "table-other"

    def test_what_is_shown_again_is_found_by_the_table_of_before(self) -> None:
        assert sent(f"2 {read_table(MASKED, FILED)}", world(MASKED)) == [3]
        again = refusal_of(
            consultation.handle, mail("dossier", f"2 {read_table(MASKED, FILED)}"), world()
        )
        assert again.text == "table-other"
        assert sent(f"2 {READ}", world()) == [2]

    @pytest.mark.parametrize("request_", VERBS)
    def test_without_its_table_a_number_is_asked_back(self, request_: str) -> None:
        error = refusal_of(VERBS[request_], mail(request_, "2"), world())
        assert isinstance(error, Refusal)
        assert error.text == "table-missing"
        assert "2. 28/05/2026  Radio" in error.below

    def test_the_table_of_another_dossier_is_none(self) -> None:
        other = read_table(dossier(number=8), FILED)
        error = refusal_of(consultation.handle, mail("dossier", f"2 {other}"), world())
        assert error.text == "table-other"

    def test_the_table_of_who_sees_more_is_another(self) -> None:
        """LAB sees its own masked entry; what it counts does not hold for a colleague."""
        read = read_table(MASKED, FILED, LAB)
        assert sent(f"2 {read}", world(MASKED), LAB) == [2]
        error = refusal_of(consultation.handle, mail("dossier", f"2 {read}"), world(MASKED))
        assert error.text == "table-other"

    def test_a_reclassement_by_a_hosts_policy_too(self) -> None:
        case = asked(
            text_of("reclassement", f"Numéros : 2 {READ}", "Onglet : Divers"),
            by=OTHER,
            has_code=True,
        )
        case = replace(case, policy=policy_of({"reclassement_autre": ("signature+code",)}))
        assert refusal_of(reclassement.handle, case, world(MASKED)).text == "table-other"
        outcome, _ = run(reclassement.handle, case, world())
        assert [each.number for each in state_of(outcome).refilings] == [2]


class TestWhoSeesAll:
    """The dossier's own numbers never change: no table is needed, and a wrong one is told."""

    @pytest.mark.parametrize("by", [DEMO, LOCUM, PATIENT])
    def test_needs_no_table(self, by: Doctor) -> None:
        outcome, _ = run(
            masquage.handle, asked(text_of("masquage", "Numéros : 3"), by=by), world(MASKED)
        )
        assert [mask.number for mask in state_of(outcome).masks] == [2, 3]

    @pytest.mark.parametrize("by", [DEMO, LOCUM, PATIENT])
    def test_is_told_that_they_stay_and_may_name_the_table(self, by: Doctor) -> None:
        words = words_of(run(consultation.handle, mail("dossier", "1", by), world(MASKED))[0])
        assert "restent les mêmes pour vous" in words
        found = re.search(r"table (\S{5}),", words)
        assert found
        assert sent(f"3 (table {found[1]})", world(MASKED), by) == [3]

    def test_but_a_table_that_he_read_as_somebody_else_is_asked_back(self) -> None:
        read = read_table(MASKED, FILED)
        wish = asked(text_of("masquage", f"Numéros : 2 {read}"), by=LOCUM)
        error = refusal_of(masquage.handle, wish, world(MASKED))
        assert error.text == "table-other"


class TestAskedBack:
    """It shows today's index, which is a reading: proven before, with its leaf."""

    def test_the_leaf_is_a_readings_and_names_what_was_shown(self) -> None:
        keeper = RecordingKeeper()
        refusal_of(masquage.handle, mail("masquage", "2"), world(MASKED), keeper)
        prove, release = keeper.requests
        assert isinstance(prove, Prove)
        assert isinstance(release, Release)
        assert (release.event.action, release.event.entries) == ("consultation", (1, 3))
        assert release.items == ()

    def test_a_right_code_is_right(self) -> None:
        error = refusal_of(consultation.handle, mail("dossier", "2"), world())
        assert isinstance(error, Refusal)
        assert [each.fault.value for each in error.effects.cleared] == ["dossier"]
        assert error.effects.strikes == ()

    def test_a_wrong_code_learns_nothing_of_tables(self) -> None:
        for said in ("2", f"2 {READ}", "2 (table ABCDE)"):
            assert refused_trial(masquage.handle, mail("masquage", said))[0].text == "no-access"

    def test_the_letter_shows_the_table_to_copy(self) -> None:
        case = mail("masquage", "2 (table K7QXM)")
        error = refusal_of(masquage.handle, case, world())
        letter = refusal_letter(error, case.header, case.opened.header, "fr")
        assert "table K7QXM, qui n'est pas" in letter.text.replace("\n", " ")
        assert READ in letter.text.replace("\n", " ")
        assert "  2. 28/05/2026  Radio, Laboratoire CENTRAL" in letter.text.splitlines()


def test_an_author_who_names_a_table_does_not_count_his_own_deposits() -> None:
    """``2`` of an index is not the second of his own: without a code it is asked back."""
    case = asked(text_of("rectification", f"Numéros : 2 {READ}"), by=LAB, bodies=[body()])
    for view in (world(), World()):
        assert refusal_of(rectification.handle, case, view).text == "code-missing"


def without(entries: Sequence[NumberedEntry], hidden: set[int]) -> tuple[NumberedEntry, ...]:
    """Return a dossier's entries had the hidden ones never come: with other numbers."""
    kept = [each for each in entries if each.number not in hidden]
    return tuple(replace(each, number=place) for place, each in enumerate(kept, 1))


def told(request: str, said: str, state: Dossier, entries: Sequence[NumberedEntry]) -> object:
    """Return all that a colleague with the code is told or sent."""
    case = mail(request, said)
    try:
        outcome, _ = run(VERBS[request], case, world(state, entries))
    except MailError as error:
        return refusal_letter(error, case.header, case.opened.header, "fr")
    return outcome.letter


@pytest.mark.promise(number=14)
@settings(max_examples=some(60), deadline=None, derandomize=True)
@given(
    hidden=st.sets(st.integers(1, 6), max_size=5),
    request_=st.sampled_from(["dossier", "masquage", "démasquage"]),
    numbers=st.lists(st.integers(1, 7), min_size=1, max_size=3),
    read=st.integers(0, 6),
    said=st.sampled_from(["", "read", "wrong"]),
)
def test_nothing_that_is_asked_by_number_tells_of_masked_entries(
    hidden: set[int], request_: str, numbers: list[int], read: int, said: str
) -> None:
    """A dossier with masked entries answers as one in which they never were, to the letter."""
    entries = tuple(entry(number, Onglet.BIOLOGIE, "Bilan", [DEMO]) for number in range(1, 7))
    masks = tuple(Mask(number, DEMO.doctor_id, 1) for number in sorted(hidden))
    masked = replace(dossier(), masks=masks)
    never = without(entries, hidden)
    table = {
        "": "",
        "read": read_table(dossier(), never[:read]),
        "wrong": "(table K7QXM)",
    }[said]
    wish = f"{', '.join(map(str, numbers))} {table}"
    assert told(request_, wish, masked, entries) == told(request_, wish, dossier(), never)


def test_every_verb_that_takes_numbers_is_tried_here() -> None:
    assert set(VERBS.values()) < set(HANDLERS.values())
    asking = {
        verb
        for verb in Verb
        if "Numéros" in {p.word for p in parse(f"Demande : {verb.value}\n", 2026).problems}
    }
    assert asking == {Verb.MASQUAGE, Verb.DEMASQUAGE, Verb.RECTIFICATION, Verb.RECLASSEMENT}
