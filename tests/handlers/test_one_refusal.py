"""A patient whom nobody knows and all that must look like him: one refusal, one work.

What is compared is what a stranger could measure: the letter, when it may leave, which calls
the keeper gets and how large they are, and how many letters are sealed.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from handlers_case import (
    CODE_SLOT,
    DEMO,
    JEAN,
    LAB,
    NOON,
    OTHER,
    RecordingKeeper,
    World,
    asked,
    dossier,
    entry,
    read_table,
    refusal_of,
    refusing,
    run,
    size_of,
)
from msgspec.structs import replace

from rmp_milter.calls.protocol.leaves import Record
from rmp_milter.calls.protocol.opening import Attested
from rmp_milter.calls.protocol.releasing import DECOY_SLOT, Prove, Recode, Release
from rmp_milter.dossier.model import Closure, Fault, Mask, Onglet, Patient, Slots, Strike, Tally
from rmp_milter.dossier.rules import Proof
from rmp_milter.errors import MailError
from rmp_milter.handlers import consultation, nouveau_code
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.outcome import Refusal
from rmp_milter.handlers.letters.refusal import attestation_fault, refusal_letter

LINES = "Demande : dossier\nPatient : DUPONT Jean\nNé le : 30/01/1959\n"
NUMBERED = LINES + "Numéros : 2\n"
NIR, OTHER_NIR = "159013456789082", "255027512345687"
DAY = 86_400
MANY = [entry(number, Onglet.BIOLOGIE, "Bilan", [DEMO]) for number in range(1, 120)]


def tallied(fault: Fault, subject: bytes, count: int, at: int = NOON - 60) -> dict[Any, Tally]:
    return {(fault, subject): Tally(times=(at,) * count)}


def world(**changed: Any) -> World:  # noqa: ANN401 -- whatever a dossier has
    return World([replace(dossier(), **changed)], MANY)


def resting() -> World:
    made = world()
    made.tallies = tallied(Fault.DOSSIER, dossier().dossier_id, 5)
    return made


OLD_SLOTS = replace(dossier().slots, code=replace(CODE_SLOT, folded=False))


def tried_for_weeks(slots: Slots = OLD_SLOTS, count: int = 30) -> World:
    """Return a dossier at whose code somebody tried once a day at most."""
    made = world(slots=slots)
    days = tuple(NOON - 29 * DAY + at * 20 * 3600 for at in range(count))
    made.tallies = {(Fault.DOSSIER, dossier().dossier_id): Tally(times=days)}
    return made


WORLDS: dict[str, Callable[[], World]] = {
    "a patient whom nobody knows": World,
    "a wrong code": world,
    "a revoked code": lambda: world(slots=replace(dossier().slots, code=None)),
    "a masked report": lambda: world(masks=(Mask(2, DEMO.doctor_id, NOON),)),
    "an opposed doctor": lambda: world(opposed=(OTHER.doctor_id,)),
    "a closed dossier": lambda: world(closure=Closure(NOON, NOON + 9)),
    "two patients who fit": lambda: World([dossier(number=8), dossier(number=9)], MANY),
    "a resting code": resting,
    "a code of before": lambda: world(slots=OLD_SLOTS),
    "a code of before that rests": tried_for_weeks,
}


class Measured(msgspec.Struct, frozen=True):
    """What a stranger sees of one refusal."""

    letter: bytes
    calls: tuple[tuple[str, int], ...]
    not_before: int
    sender_strikes: tuple[Strike, ...]
    counted: tuple[tuple[Fault, int], ...]
    letters_sealed: int


def measure(mail: Case, view: World) -> tuple[Measured, Refusal]:
    """Run a consultation whose code or card never opens."""
    keeper = RecordingKeeper(refusing(Prove))
    refusal = refusal_of(consultation.handle, mail, view, keeper)
    assert isinstance(refusal, Refusal)
    calls = [(type(each).__name__, size_of(each)) for each in keeper.requests]
    strikes = refusal.effects.strikes
    mine = tuple(each for each in strikes if each.fault is not Fault.DOSSIER)
    letter = refusal_letter(refusal, mail.header, mail.opened.header, "fr")
    measured = Measured(
        letter=msgspec.msgpack.encode(letter.text),
        calls=tuple(calls),
        not_before=refusal.not_before,
        sender_strikes=mine,
        counted=tuple((each.fault, len(each.subject)) for each in strikes),
        letters_sealed=1 + len(refusal.effects.notices),
    )
    return measured, refusal


def first_call(mail: Case, view: World) -> Any:  # noqa: ANN401 -- what the test says it is
    """Return what a consultation asks of the keeper first."""
    keeper = RecordingKeeper()
    with suppress(MailError):  # of a decoy nothing comes, even were it to open
        run(consultation.handle, mail, view, keeper)
    return keeper.requests[0]


def by_code(text: str) -> Case:
    return asked(text, by=OTHER, has_code=True)


def by_card(text: str) -> Case:
    mail = asked(text, by=OTHER)
    attested = Attested("lecteur", OTHER_NIR, OTHER.rpps, "once", NOON + 60)
    opened = replace(mail.opened, attested=attested)
    return replace(mail, opened=opened)


@pytest.mark.parametrize("what", WORLDS)
@pytest.mark.parametrize("text", [LINES, NUMBERED, LINES + "Numéros : 900\n"])
@pytest.mark.parametrize("way", [by_code, by_card])
@pytest.mark.promise(number=6)
def test_no_refusal_tells_whether_a_patient_exists(
    what: str, text: str, way: Callable[[str], Case]
) -> None:
    mail = way(text)
    nobody, _ = measure(mail, World())
    measured, _ = measure(mail, WORLDS[what]())
    assert measured == nobody
    assert [call for call, _ in measured.calls] == ["Prove"]
    assert measured.not_before == NOON + mail.bounds.hold


@pytest.mark.promise(number=6)
def test_the_code_is_proven_before_a_number_is_looked_for() -> None:
    keeper = RecordingKeeper()
    mail = by_code(LINES + "Numéros : 900\n")
    assert refusal_of(consultation.handle, mail, world(), keeper).text == "table-missing"
    assert [type(each) for each in keeper.requests] == [Prove, Release]


@pytest.mark.promise(number=6)
@pytest.mark.promise(number=14)
def test_a_masked_number_is_a_number_that_is_not_there() -> None:
    facts = []
    for numbers, masks in (("2", (Mask(2, DEMO.doctor_id, NOON),)), ("2", ())):
        entries = MANY[:2] if masks else MANY[:1]
        view = World([replace(dossier(), masks=masks)], entries)
        keeper = RecordingKeeper()
        read = read_table(view.held[0], entries)
        mail = by_code(f"{LINES}Numéros : {numbers} {read}\n")
        error = refusal_of(consultation.handle, mail, view, keeper)
        assert [type(each) for each in keeper.requests] == [Prove]
        facts.append((error.text, dict(error.facts)))
    assert facts == [("no-such-entry", {"numbers": "2"})] * 2


def test_a_right_code_is_released_once_after_it_was_proven() -> None:
    outcome, (prove, release) = run(consultation.handle, by_code(LINES), world())
    assert isinstance(prove, Prove)
    assert isinstance(release, Release)
    assert release.way_in == prove.way_in
    assert len(release.items) == len(MANY)
    (cleared,) = outcome.effects.cleared
    assert (cleared.fault, cleared.subject) == (Fault.DOSSIER, dossier().dossier_id)


class TestWrongCodesRest:
    """So many wrong codes let the code rest, and the médecin traitant is told once."""

    @pytest.mark.parametrize(("before", "told"), [(0, False), (3, False), (4, True)])
    def test_the_medecin_traitant_is_told_of_the_last_one(
        self,
        before: int,
        told: bool,  # noqa: FBT001 -- a parameter of the test
    ) -> None:
        view = world()
        view.tallies = tallied(Fault.DOSSIER, dossier().dossier_id, before)
        _, refusal = measure(by_code(LINES), view)
        (notice,) = refusal.effects.notices
        assert notice.sent is told
        assert (notice.reader == DEMO) is told
        assert "5" in notice.letter.text

    def test_every_wrong_code_counts_for_sender_dossier_and_all(self) -> None:
        _, refusal = measure(by_code(LINES), world())
        assert {each.fault for each in refusal.effects.strikes} == {
            Fault.SENDER,
            Fault.GLOBAL,
            Fault.DOSSIER,
        }

    def test_a_resting_code_is_not_tried_and_not_counted_again(self) -> None:
        _, refusal = measure(by_code(LINES), resting())
        counted = {each.subject for each in refusal.effects.strikes}
        assert dossier().dossier_id not in counted
        assert not refusal.effects.notices[0].sent

    def test_it_rests_no_longer_than_the_window(self) -> None:
        view = world()
        view.tallies = tallied(Fault.DOSSIER, dossier().dossier_id, 5, at=NOON - 3600)
        assert first_call(by_code(LINES), view).way_in.slot == CODE_SLOT

    def test_the_medecin_traitant_reads_on(self) -> None:
        assert isinstance(first_call(asked(LINES), resting()), Record)

    def test_a_card_opens_while_the_code_rests(self) -> None:
        held = replace(dossier(), patient=replace(JEAN, nir=NIR))
        view = World([replace(held, slots=replace(held.slots, vitale=b"v" * 80))])
        view.tallies = tallied(Fault.DOSSIER, held.dossier_id, 5)
        mail = by_card(LINES)
        attested = Attested("lecteur", NIR, OTHER.rpps, "once", NOON + 60)
        mail = replace(mail, opened=replace(mail.opened, attested=attested))
        assert first_call(mail, view).way_in.slot == b"v" * 80


class TestACodeOfBefore:
    """It may be of four digits: more wrong ones within a month let it rest till a new one."""

    def test_it_rests_after_wrong_ones_of_a_month(self) -> None:
        assert first_call(by_code(LINES), tried_for_weeks()).way_in.slot == DECOY_SLOT
        fewer = tried_for_weeks(count=29)
        assert first_call(by_code(LINES), fewer).way_in.slot == OLD_SLOTS.code

    def test_one_of_today_does_not(self) -> None:
        view = tried_for_weeks(slots=dossier().slots)
        assert first_call(by_code(LINES), view).way_in.slot == CODE_SLOT

    def test_tries_of_more_than_a_month_ago_do_not_count(self) -> None:
        view = world(slots=OLD_SLOTS)
        view.tallies = tallied(Fault.DOSSIER, dossier().dossier_id, 40, at=NOON - 30 * DAY)
        assert first_call(by_code(LINES), view).way_in.slot == OLD_SLOTS.code

    def test_the_medecin_traitant_is_told_once_and_how_to_end_it(self) -> None:
        _, refusal = measure(by_code(LINES), tried_for_weeks(count=29))
        (notice,) = refusal.effects.notices
        assert (notice.sent, notice.reader) == (True, DEMO)
        assert "30 fois" in notice.letter.text
        assert "nouveau code" in notice.letter.text
        _, later = measure(by_code(LINES), tried_for_weeks())
        assert not later.effects.notices[0].sent

    def test_the_medecin_traitant_sets_a_new_one_while_it_rests(self) -> None:
        mail = asked(LINES.replace("dossier", "nouveau code"))
        outcome, (recode,) = run(nouveau_code.handle, mail, tried_for_weeks())
        assert isinstance(recode, Recode)
        assert [each.fault for each in outcome.effects.cleared] == [Fault.DOSSIER]


class TestThrottles:
    """Codes end for a sender, and for all; médecins traitants go on."""

    @pytest.mark.parametrize(
        ("fault", "subject", "count"),
        [(Fault.SENDER, OTHER.doctor_id, 10), (Fault.GLOBAL, b"", 500)],
    )
    @pytest.mark.parametrize("what", WORLDS)
    def test_one_answer_whoever_is_asked_for(
        self, what: str, fault: Fault, subject: bytes, count: int
    ) -> None:
        view = WORLDS[what]()
        view.tallies |= tallied(fault, subject, count)
        keeper = RecordingKeeper()
        error = refusal_of(consultation.handle, by_code(LINES), view, keeper)
        assert (error.text, keeper.requests) == ("too-many", [])
        view.tallies = tallied(fault, subject, count, at=NOON - 3600)
        assert isinstance(first_call(by_code(LINES), view), Prove)

    def test_the_medecin_traitant_is_not_throttled(self) -> None:
        view = world()
        view.tallies = tallied(Fault.GLOBAL, b"", 500)
        assert isinstance(first_call(asked(LINES), view), Record)

    def test_another_sender_is_not_throttled(self) -> None:
        view = world()
        view.tallies = tallied(Fault.SENDER, LAB.doctor_id, 10)
        assert isinstance(first_call(by_code(LINES), view), Prove)


class TestAttestation:
    """What an attestation is worth, before any dossier is looked at."""

    def test_one_that_came_before_is_named_as_such(self) -> None:
        view = world()
        view.once = {b"vitale lecteur once"}
        keeper = RecordingKeeper()
        error = refusal_of(consultation.handle, by_card(LINES), view, keeper)
        assert (error.text, keeper.requests) == ("attestation-used", [])

    def test_a_refusal_uses_it_up_as_well(self) -> None:
        _, refusal = measure(by_card(LINES), world())
        assert [once.value for once in refusal.effects.once] == [b"vitale lecteur once"]

    def test_another_doctors_is_no_proof(self) -> None:
        mail = by_card(LINES)
        attested = Attested("lecteur", NIR, LAB.rpps, "once", NOON + 60)
        mail = replace(mail, opened=replace(mail.opened, attested=attested))
        assert mail.proofs == {Proof.SIGNATURE}
        assert attestation_fault(mail.opened, OTHER) == "other doctor"

    def test_another_patients_is_no_fault_of_its_own(self) -> None:
        assert attestation_fault(by_card(LINES).opened, OTHER) == ""

    @pytest.mark.parametrize("patient", [JEAN, replace(JEAN, nir=NIR)])
    def test_it_opens_no_dossier_of_another_number_or_of_none(self, patient: Patient) -> None:
        held = replace(dossier(), patient=patient)
        view = World([replace(held, slots=replace(held.slots, vitale=b"v" * 80))])
        assert first_call(by_card(LINES), view).way_in.slot != b"v" * 80
