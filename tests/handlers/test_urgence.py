"""Urgence: who reads at once, what he gets, who is told, and the short list to choose from."""

from collections.abc import Sequence
from itertools import product

import pytest
from handlers_case import (
    DEMO,
    JEAN,
    NOON,
    OTHER,
    RecordingKeeper,
    World,
    asked,
    dossier,
    play,
    refusal_of,
    refusing,
    run,
)
from msgspec.structs import replace
from urgence_case import FILED, WHO, emergency, listed

from rmp_milter.calls.protocol.calls import Reply, Request
from rmp_milter.calls.protocol.leaves import MOST_LISTED, RecordedList, RecordList
from rmp_milter.calls.protocol.releasing import ByCustody, Release
from rmp_milter.dossier.model import (
    Closure,
    Dossier,
    Emergency,
    Fault,
    Mask,
    Patient,
    PatientTold,
    Sheet,
    Tally,
)
from rmp_milter.dossier.rules import Proof
from rmp_milter.dossier.short_references import short_reference
from rmp_milter.errors import GoneError, MailError
from rmp_milter.handlers import urgence
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.people.likeness import SHORT_LIST


def writing(numbers: Sequence[int | None]) -> RecordingKeeper:
    """Return a keeper that writes these leaves of a list."""

    def answer(request: Request) -> Reply | MailError:
        is_list = isinstance(request, RecordList)
        return RecordedList(tuple(numbers)) if is_list else play(request)

    return RecordingKeeper(answer)


def refusal(mail: Case, world: World) -> str:
    return refusal_of(urgence.handle, mail, world).text


class TestGranted:
    def test_at_once_by_the_custody_slot_with_the_reason(self) -> None:
        outcome, (release,) = run(urgence.handle, emergency(), World([dossier()], FILED))
        assert isinstance(release, Release)
        assert release.way_in == ByCustody(dossier().slots.custody)
        assert release.readers == (OTHER.certificate,)
        assert (release.event.action, release.event.entries) == ("urgence", (1, 2))
        assert release.event.reference.startswith("U-")
        assert outcome.urgent
        assert len(outcome.letter.enclosures) == 2
        assert release.event.reference in outcome.letter.text

    def test_the_resume_comes_first(self) -> None:
        outcome, _ = run(urgence.handle, emergency(), World([dossier()], FILED[::-1]))
        assert outcome.letter.enclosures[0].entry.document_type == "Résumé"

    def test_masked_documents_stay_masked(self) -> None:
        masked = replace(dossier(), masks=(Mask(2, DEMO.doctor_id, NOON),))
        outcome, (release,) = run(urgence.handle, emergency(), World([masked], FILED))
        assert release.event.entries == (1,)
        assert len(release.items) == 1
        assert "Bilan" not in outcome.letter.text

    def test_it_is_kept_until_its_review(self) -> None:
        outcome, (release,) = run(urgence.handle, emergency(), World([dossier()], FILED))
        (kept,) = outcome.effects.emergencies
        assert kept == Emergency(
            reference=release.event.reference,
            dossier_id=dossier().dossier_id,
            doctor_id=OTHER.doctor_id,
            at=NOON,
            leaf=7,
            patient_told=PatientTold.NONE,
        )

    def test_no_throttle_no_resting_code_and_no_opposition_stands_in_its_way(self) -> None:
        world = World([replace(dossier(), opposed=(OTHER.doctor_id,))], FILED)
        for fault in Fault:
            for subject in (b"", OTHER.doctor_id, dossier().dossier_id):
                world.tallies[fault, subject] = Tally((NOON,) * 200)
        outcome, _ = run(urgence.handle, emergency(), world)
        assert len(outcome.letter.enclosures) == 2

    def test_the_same_mail_tried_again_has_the_same_reference(self) -> None:
        world = World([dossier()], FILED)
        references = {
            run(urgence.handle, emergency(), world)[1][0].event.reference for _ in "ab"
        }
        assert len(references) == 1


class TestTold:
    def test_the_treating_doctor_without_a_medical_word(self) -> None:
        outcome, _ = run(urgence.handle, emergency(), World([dossier()], FILED))
        (notice,) = outcome.effects.notices
        assert (notice.reader, notice.urgent) == (DEMO, True)
        assert OTHER.name in notice.letter.text
        assert outcome.effects.emergencies[0].reference in notice.letter.text
        assert "informez-le" in notice.letter.text
        assert "Résumé" not in notice.letter.text
        assert notice.letter.enclosures == ()

    def test_a_patient_with_an_address_by_a_letter_to_post(self) -> None:
        known = replace(dossier(), sheet=Sheet(address="1 rue X, Lyon", used_name="Martin"))
        outcome, _ = run(urgence.handle, emergency(), World([known], FILED))
        (letter,) = outcome.effects.postal
        assert (letter.name, letter.address) == (("Jean Martin",), "1 rue X, Lyon")
        assert letter.reference == outcome.effects.emergencies[0].reference
        assert outcome.effects.emergencies[0].patient_told is PatientTold.LETTER

    def test_a_patient_with_a_key_by_his_key(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(urgence, "reachable", lambda _data, _at: True)
        world = self.with_a_patients_key(dossier())
        outcome, _ = run(urgence.handle, emergency(), world)
        assert [each.reader.name for each in outcome.effects.notices] == [DEMO.name, "Jean"]
        assert outcome.effects.emergencies[0].patient_told is PatientTold.MAIL
        assert outcome.effects.postal == ()

    def test_a_patient_whose_key_is_of_no_use_by_a_letter(self) -> None:
        """The played certificates are none that could be encrypted to."""
        world = self.with_a_patients_key(replace(dossier(), sheet=Sheet(address="1 rue X")))
        outcome, _ = run(urgence.handle, emergency(), world)
        assert [each.reader for each in outcome.effects.notices] == [DEMO]
        assert len(outcome.effects.postal) == 1
        assert outcome.effects.emergencies[0].patient_told is PatientTold.LETTER

    @staticmethod
    def with_a_patients_key(known: Dossier) -> World:
        world = World([known], FILED)
        patient = replace(OTHER, doctor_id=b"p" * 16, name="Jean", patient_of=known.dossier_id)
        world.known[patient.doctor_id] = patient
        return world


class TestShortList:
    ANA = dossier(Patient("Dupont", "Ana", "1990-07-14"), number=8)

    def test_a_name_is_enough_for_a_list_that_is_an_access_itself(self) -> None:
        world = World([dossier(), self.ANA], FILED)
        outcome, requests = run(urgence.handle, emergency("Patient : DUPONT\n"), world)
        assert {leaf.dossier_id for leaf in listed(requests)} == {
            dossier().dossier_id,
            self.ANA.dossier_id,
        }
        assert {leaf.action for leaf in listed(requests)} == {"urgence liste"}
        assert short_reference(self.ANA.dossier_id) in outcome.letter.text
        assert outcome.letter.enclosures == ()
        assert outcome.urgent

    def test_an_age_narrows_it(self) -> None:
        world = World([dossier(), self.ANA], FILED)
        who = "Patient : DUPONT\nÂge : environ 36 ans\n"
        outcome, requests = run(urgence.handle, emergency(who), world)
        assert [leaf.dossier_id for leaf in listed(requests)] == [self.ANA.dossier_id]
        assert "DUPONT Ana, né(e) le 14/07/1990" in outcome.letter.text

    @pytest.mark.parametrize("said", ["DUPONT, 36 ans", "DUPONT, femme d'environ 36 ans"])
    def test_an_age_beside_the_name_narrows_it_too(self, said: str) -> None:
        world = World([dossier(), self.ANA], FILED)
        _, requests = run(urgence.handle, emergency(f"Patient : {said}\n"), world)
        assert [leaf.dossier_id for leaf in listed(requests)] == [self.ANA.dossier_id]

    def test_its_reference_chooses(self) -> None:
        world = World([dossier(), self.ANA], FILED)
        who = f"Référence : {short_reference(self.ANA.dossier_id).lower()}\n"
        _, (release,) = run(urgence.handle, emergency(who), world)
        assert release.dossier_id == self.ANA.dossier_id

    def test_no_identifier_is_asked_for(self) -> None:
        """A header with nothing but a misspelt name is searched, not refused."""
        who = "Patient : Dupont, Jean, Paul, Marie\nNé le : hier\nNIR : 12\n"
        outcome, requests = run(urgence.handle, emergency(who), World([dossier()]))
        assert len(listed(requests)) == 1
        assert "DUPONT Jean" in outcome.letter.text

    def test_homonyms_are_listed_not_guessed(self) -> None:
        twin = dossier(JEAN, number=7)
        _, requests = run(urgence.handle, emergency(), World([dossier(), twin], FILED))
        assert [leaf.action for leaf in listed(requests)] == ["urgence liste"] * 2

    def test_all_its_leaves_are_one_call_that_rests_on_every_dossiers_card(self) -> None:
        twins = [replace(dossier(JEAN, number=at), card=b"card %d" % at) for at in range(2, 40)]
        outcome, (request,) = run(urgence.handle, emergency(), World(twins, FILED))
        assert isinstance(request, RecordList)
        assert len(request.leaves) == SHORT_LIST <= MOST_LISTED
        cards = {each.dossier_id: each.card for each in twins}
        assert [each.dossier for each in request.leaves] == [
            cards[each.event.dossier_id] for each in request.leaves
        ]
        assert [each.card for each in request.by.persons] == [OTHER.card]
        for each in request.leaves:
            assert short_reference(each.event.dossier_id) in outcome.letter.text

    def test_nobody_is_shown_whose_leaf_is_not_written(self) -> None:
        """Whichever the keeper leaves out, and however many."""
        twins = [dossier(JEAN, number=at) for at in (5, 6, 7)]
        for written in product((1, None), repeat=3):
            outcome, requests = run(
                urgence.handle, emergency(), World(twins, FILED), writing(written)
            )
            (first, *_) = requests
            shown = [
                each.event.dossier_id
                for each in first.leaves
                if short_reference(each.event.dossier_id) in outcome.letter.text
            ]
            assert len(shown) == 3 - written.count(None)
            assert shown == [
                each.event.dossier_id
                for each, number in zip(first.leaves, written, strict=True)
                if number
            ]

    def test_without_its_leaves_it_goes_to_nobody(self) -> None:
        keeper = RecordingKeeper(refusing(RecordList, "unavailable"))
        error = refusal_of(
            urgence.handle, emergency("Patient : DUPON\n"), World([dossier()]), keeper
        )
        assert error.text == "unavailable"

    def test_nobody_alike_is_said_and_logged(self) -> None:
        outcome, (leaf,) = run(urgence.handle, emergency("Patient : ZUT\n"), World())
        assert leaf.event.outcome == "none"
        assert "plus largement" in outcome.letter.text

    def test_a_closed_dossier_is_as_none(self) -> None:
        closed = replace(dossier(), closure=Closure(NOON, NOON + 1))
        outcome, (leaf,) = run(urgence.handle, emergency(), World([closed]))
        assert leaf.event.dossier_id == b""
        assert outcome.effects.emergencies == ()


class TestCase:
    def test_a_signature(self) -> None:
        mail = asked(
            f"Demande : urgence\n{WHO}", by=OTHER, proof=Proof.ACCOUNT, has_reason=True
        )
        assert refusal(mail, World([dossier()])) == "emergency-unsigned"

    def test_no_certain_profession(self) -> None:
        midwife = replace(OTHER, profession="sage-femme")
        outcome, _ = run(urgence.handle, emergency(by=midwife), World([dossier()]))
        assert len(outcome.effects.emergencies) == 1

    def test_a_professional_not_a_patient(self) -> None:
        patient = replace(OTHER, patient_of=b"x" * 16)
        assert (
            refusal(emergency(by=patient), World([dossier()])) == "emergency-professionals-only"
        )


class TestErasedBefore:
    """A dossier that the keeper knows to be erased, back with an older copy of the store."""

    gone = replace(dossier(), dossier_id=b"\7" * 16)

    def is_gone(self, dossier_id: bytes) -> bool:
        return dossier_id == self.gone.dossier_id

    def keeper(self) -> RecordingKeeper:
        def answer(request: Request) -> Reply | GoneError:
            if isinstance(request, RecordList):
                ids = [each.event.dossier_id for each in request.leaves]
                return RecordedList(tuple(None if self.is_gone(each) else 1 for each in ids))
            if isinstance(request, Release) and self.is_gone(request.dossier_id):
                return GoneError("unavailable", code=451)
            return play(request)

        return RecordingKeeper(answer)

    def test_it_is_answered_as_if_there_were_none(self) -> None:
        outcome, asked_of = run(
            urgence.handle, emergency(), World([self.gone], FILED), self.keeper()
        )
        assert outcome.urgent
        assert "DUPONT" not in outcome.letter.text
        assert outcome.effects.emergencies == ()
        (_, nobody) = asked_of
        assert (nobody.event.action, nobody.event.outcome) == ("urgence liste", "none")

    def test_a_short_list_of_nothing_else_finds_nobody(self) -> None:
        mail = emergency("Patient : DUPON\n")
        outcome, requests = run(urgence.handle, mail, World([self.gone], FILED), self.keeper())
        assert [leaf.outcome for leaf in listed(requests)] == ["granted", "none"]
        assert short_reference(self.gone.dossier_id) not in outcome.letter.text

    def test_in_a_short_list_it_does_not_stand(self) -> None:
        world = World([dossier(), self.gone], FILED)
        outcome, _ = run(urgence.handle, emergency(), world, self.keeper())
        text = outcome.letter.text
        assert short_reference(dossier().dossier_id) in text
        assert short_reference(self.gone.dossier_id) not in text
