"""Création: the dossier, its sheet and slip, what came with the mail, and what had waited."""

from handlers_case import (
    ACT,
    DEMO,
    JEAN,
    LAB,
    NEW_DOSSIER,
    NEXT_CARD,
    NOON,
    OTHER,
    WAITING_CARD,
    World,
    asked,
    body,
    dossier,
    entry,
    run,
)
from msgspec.structs import replace

from rmp_milter.calls.protocol.answering import CODE_FIELD, CODE_MARK
from rmp_milter.calls.protocol.filing import Adopt, Create, Reseal
from rmp_milter.dossier.model import Closure, Onglet, Patient, Waiting
from rmp_milter.handlers import creation
from rmp_milter.handlers.asking.case import Bounds
from rmp_milter.handlers.asking.outcome import Outcome
from rmp_milter.mail.outgoing.spelling import spelled_fields

NUMBER, OTHERS_NUMBER = "159017511600108", "159018002121980"
CONSENT = "Demande : création\nPatient : DUPONT Jean\nNé le : 30/01/1959\nConsentement : oui\n"
SHEET = (
    "Nom d'usage : Durand\nSexe : M\nAdresse : 1 rue de l'Église, 75011 Paris\n"
    f"NIR : {NUMBER}\nRégime : général\nMutuelle : MGEN\nTéléphone : 01 23 45 67 89\n"
    "Fax : 01 23 45 67 80\nPortable : 06 12 34 56 78\nCourriel : cabinet@demo.example\n"
)


def waiting(number: int, patient: Patient = JEAN) -> Waiting:
    filed = entry(number, Onglet.BIOLOGIE, "Bilan").entry
    filed = replace(filed, author=LAB.doctor_id, author_name=LAB.name, received_at=NOON - 9)
    return Waiting(bytes([number]) * 16, patient, filed, NOON - 9, NOON + 9, WAITING_CARD)


def test_it_makes_a_dossier_and_gives_the_code_only_as_a_mark() -> None:
    outcome, requests = run(creation.handle, asked(CONSENT))
    (new,) = outcome.effects.dossiers
    assert new.dossier.patient == Patient("DUPONT", "Jean", "1959-01-30")
    assert new.dossier.treating == DEMO.doctor_id
    assert (new.dossier.dossier_id, new.dossier.card) == (NEW_DOSSIER, NEXT_CARD)
    assert CODE_MARK in outcome.letter.text
    assert outcome.letter.held_code == b"held drawn code"
    assert [type(each) for each in requests] == [Create]
    assert {"DUPONT", "JEAN", "30011959"} <= set(requests[0].guessable)


def test_it_files_what_came_with_it() -> None:
    outcome, requests = run(creation.handle, asked(CONSENT, bodies=[body()]))
    assert [type(each) for each in requests] == [Create, Reseal]
    (filing,), (new,) = outcome.effects.filings, outcome.effects.dossiers
    assert filing.dossier_id == new.dossier.dossier_id
    assert "radio.pdf" in outcome.letter.text


def test_the_consent_is_recorded_with_who_when_and_which_text() -> None:
    outcome, _ = run(creation.handle, asked(CONSENT))
    consent = outcome.effects.dossiers[0].dossier.consent
    said = (consent.doctor_id, consent.stated_at, consent.text_version)
    assert said == (DEMO.doctor_id, NOON, Bounds().consent)
    assert f"recueilli par {DEMO.name}" in outcome.letter.text
    assert f"(texte {Bounds().consent})" in outcome.letter.text


def test_the_sheet_is_stored_and_shown_back() -> None:
    outcome, _ = run(creation.handle, asked(CONSENT + SHEET))
    new = outcome.effects.dossiers[0].dossier
    assert new.sheet.used_name == "Durand"
    assert new.sheet.mail == "cabinet@demo.example"
    assert new.patient.nir == NUMBER
    for said in ("Durand", "sexe M", "1 59 01 75 116 001 08", "MGEN", "Église", "06 12 34"):
        assert said in outcome.letter.text
    assert all(len(line) < 98 for line in outcome.letter.text.splitlines())


def test_nothing_but_the_strict_traits_is_needed() -> None:
    outcome, _ = run(creation.handle, asked(CONSENT))
    assert "Fiche du patient" not in outcome.letter.text


def test_the_slip_holds_the_codes_field_and_never_the_code() -> None:
    outcome, _ = run(creation.handle, asked(CONSENT))
    (slip,) = outcome.letter.files
    assert slip.data.count(CODE_FIELD.encode()) == 1
    assert all(slip.data.count(field.encode()) == 1 for field in spelled_fields("fr"))
    assert slip.data.isascii()


class TestWhatWaited:
    def adopt(self, *deferred: Waiting, text: str = CONSENT, known: tuple = ()) -> Outcome:
        world = World(known)
        world.deferred = deferred
        outcome, requests = run(creation.handle, asked(text), world)
        assert type(requests[0]) is Create
        assert sum(isinstance(each, Adopt) for each in requests) == len(
            outcome.effects.adoptions
        )
        return outcome

    def test_becomes_an_entry_that_the_treating_doctor_can_read(self) -> None:
        outcome = self.adopt(waiting(7))
        (adopted,) = outcome.effects.adoptions
        assert adopted.dossier_id == outcome.effects.dossiers[0].dossier.dossier_id
        (document,) = adopted.entry.documents
        assert document.standing[0].fingerprint == DEMO.fingerprint
        assert (adopted.entry.author, adopted.entry.received_at) == (LAB.doctor_id, NOON - 9)

    def test_leaves_the_leaf_of_its_depositor(self) -> None:
        world = World()
        world.deferred = (waiting(7),)
        _, requests = run(creation.handle, asked(CONSENT), world)
        (leaf,) = [each.event for each in requests if isinstance(each, Adopt)]
        assert (leaf.action, leaf.actor_rpps) == ("rattachement", LAB.rpps)
        assert leaf.request == ACT

    def test_is_listed_in_the_answer_and_its_depositor_told_nothing(self) -> None:
        outcome = self.adopt(waiting(7))
        assert "Laboratoire CENTRAL, onglet « Biologie » : " in outcome.letter.text
        assert outcome.effects.notices == ()
        assert outcome.effects.receipts == ()

    def test_of_another_number_stays(self) -> None:
        numbered = waiting(7, replace(JEAN, nir=OTHERS_NUMBER))
        assert self.adopt(numbered, text=CONSENT + SHEET).effects.adoptions == ()

    def test_of_another_first_name_stays(self) -> None:
        doubtful = waiting(7, replace(JEAN, first_names="Jean Pierre"))
        assert self.adopt(doubtful).effects.adoptions == ()

    def test_under_two_numbers_stays(self) -> None:
        one, two = (
            waiting(number, replace(JEAN, nir=nir))
            for number, nir in ((7, NUMBER), (8, OTHERS_NUMBER))
        )
        assert self.adopt(one, two).effects.adoptions == ()
        adopted = self.adopt(one, two, text=CONSENT + SHEET).effects.adoptions
        assert [each.waiting_id for each in adopted] == [one.waiting_id]

    def test_that_fits_two_dossiers_stays(self) -> None:
        homonym = dossier(replace(JEAN, nir=OTHERS_NUMBER), treating=OTHER)
        outcome = self.adopt(waiting(7), text=CONSENT + SHEET, known=(homonym,))
        assert outcome.effects.adoptions == ()

    def test_counts_a_closed_dossier_as_none_like_a_deposit_of_now(self) -> None:
        homonym = dossier(replace(JEAN, nir=OTHERS_NUMBER), treating=OTHER)
        homonym = replace(homonym, closure=Closure(NOON - 99, NOON + 99))
        outcome = self.adopt(waiting(7), text=CONSENT + SHEET, known=(homonym,))
        assert len(outcome.effects.adoptions) == 1
