"""Creation: consent, the sheet, the slip, proofs, a second one, what waited."""

from collections.abc import Mapping

import pytest
from handlers_case import DEMO, JEAN, LAB, NOON, OTHER, World, asked, dossier, entry, run
from msgspec.structs import replace

from rmp_milter.calls.protocol import CODE_FIELD, Adopt, Attested, Create, Record
from rmp_milter.dossier.changes import Once
from rmp_milter.dossier.model import Closure, Fault, Onglet, Patient, Strike, Tally, Waiting
from rmp_milter.dossier.rules import Act, Proof, Relation, policy_of
from rmp_milter.errors import MailError
from rmp_milter.handlers import creation
from rmp_milter.handlers.asking.steps import Asked, Outcome, Refusal

NUMBER, OTHERS_NUMBER = "159017511600108", "159018002121980"
PARENTS_NUMBER = "131017511600122"
CONSENT = "Demande : création\nPatient : DUPONT Jean\nNé le : 30/01/1959\nConsentement : oui\n"
SHEET = (
    "Nom d'usage : Durand\nSexe : M\nAdresse : 1 rue de l'Église, 75011 Paris\n"
    f"NIR : {NUMBER}\nRégime : général\nMutuelle : MGEN\nTéléphone : 01 23 45 67 89\n"
    "Fax : 01 23 45 67 80\nPortable : 06 12 34 56 78\nCourriel : cabinet@demo.example\n"
)


def create(mail: Asked, world: World | None = None) -> tuple[Outcome, list[object]]:
    return run(creation.handle(mail, world or World(), "fr"))


def refusal(mail: Asked, world: World | None = None) -> MailError:
    with pytest.raises(MailError) as caught:
        create(mail, world)
    return caught.value


def attested(
    text: str = CONSENT, nir: str = NUMBER, rpps: str = DEMO.rpps, policy: Mapping | None = None
) -> Asked:
    mail = asked(text)
    token = Attested("Lecteur", nir, rpps, "jti", NOON + 60)
    opened = replace(mail.opened, attested=token, held_attestation=b"held")
    return replace(mail, opened=opened, policy=policy or mail.policy)


def waiting(number: int, patient: Patient = JEAN) -> Waiting:
    filed = entry(number, Onglet.BIOLOGIE, "Bilan").entry
    filed = replace(filed, author=LAB.doctor_id, author_name=LAB.name, received_at=NOON - 9)
    return Waiting(bytes([number]) * 16, patient, filed, NOON - 9, NOON + 9)


def test_the_consent_is_recorded_with_who_when_and_which_text() -> None:
    outcome, _ = create(asked(CONSENT))
    consent = outcome.effects.dossiers[0].dossier.consent
    said = (consent.doctor_id, consent.stated_at, consent.text_version)
    assert said == (DEMO.doctor_id, NOON, creation.CONSENT_TEXT)
    assert f"recueilli par {DEMO.name}" in outcome.letter.text
    assert f"(texte {creation.CONSENT_TEXT})" in outcome.letter.text


def test_the_sheet_is_stored_and_shown_back() -> None:
    outcome, (made,) = create(asked(CONSENT + SHEET))
    new = outcome.effects.dossiers[0].dossier
    assert new.sheet.used_name == "Durand"
    assert new.sheet.mail == "cabinet@demo.example"
    assert new.patient.nir == made.nir == NUMBER
    for said in ("Durand", "sexe : M", "1 59 01 75 116 001 08", "MGEN", "Église", "06 12 34"):
        assert said in outcome.letter.text
    assert all(len(line) < 98 for line in outcome.letter.text.splitlines())


def test_nothing_but_the_strict_traits_is_needed() -> None:
    outcome, _ = create(asked(CONSENT))
    assert "Fiche du patient" not in outcome.letter.text


def test_the_slip_holds_the_codes_field_and_never_the_code() -> None:
    outcome, _ = create(asked(CONSENT))
    (slip,) = outcome.letter.files
    assert slip.data.count(CODE_FIELD.encode()) == 1
    assert slip.data.isascii()


def test_an_attestation_supplies_the_number_and_counts_once() -> None:
    outcome, (made,) = create(attested())
    assert made.nir == NUMBER
    assert outcome.effects.dossiers[0].dossier.patient.nir == NUMBER
    assert outcome.effects.once == (Once(b"vitale Lecteur jti", NOON + 60),)


def test_an_attestation_of_another_number_is_a_doubt_and_is_spent() -> None:
    held = refusal(attested(CONSENT + f"NIR : {OTHERS_NUMBER}\n"))
    assert isinstance(held, Refusal)
    assert held.text == "creation-held"
    assert len(held.effects.once) == 1


def test_an_attestation_for_another_doctor_is_refused() -> None:
    assert refusal(attested(rpps=OTHER.rpps)).text == "creation-attestation"
    mail = asked(CONSENT)
    faulty = replace(mail, opened=replace(mail.opened, attestation_fault="expired"))
    assert refusal(faulty).text == "creation-attestation"


def test_the_hosts_policy_says_which_proofs_it_takes() -> None:
    policy = policy_of({f"{Act.CREATION}_{Relation.OTHER}": ["signature+vitale"]})
    error = refusal(replace(asked(CONSENT), policy=policy))
    assert error.text == "creation-proofs"
    assert error.facts["proofs"] == "message signé + attestation Vitale"
    create(attested(policy=policy))
    assert len(create(asked(CONSENT, proof=Proof.ACCOUNT))[0].effects.dossiers) == 1


class TestASecondCreation:
    def held(self, world: World, text: str = CONSENT) -> Refusal:
        error = refusal(asked(text, by=OTHER), world)
        assert isinstance(error, Refusal)
        assert error.text == "creation-held"
        return error

    def test_answers_a_stranger_as_a_doubtful_identity_does(self) -> None:
        """The parent's number: nobody is there, and the answer is the same."""
        known = self.held(World([dossier()]))
        nobody = self.held(World(), CONSENT + f"NIR : {PARENTS_NUMBER}\n")
        assert (known.text, known.facts, known.not_before) == (
            nobody.text,
            nobody.facts,
            nobody.not_before,
        )
        assert known.effects.strikes == nobody.effects.strikes
        assert known.not_before > NOON
        # One letter each is sealed; only the médecin traitant's is sent.
        assert [each.sent for each in known.effects.notices] == [True]
        assert [each.sent for each in nobody.effects.notices] == [False]

    @pytest.mark.parametrize("world", [World([dossier()]), World()])
    def test_leaves_a_refusal_in_the_log(self, world: World) -> None:
        number = f"NIR : {PARENTS_NUMBER}\n"
        steps = creation.handle(asked(CONSENT + number, by=OTHER), world, "fr")
        leaf = next(steps)
        assert isinstance(leaf, Record)
        assert leaf.event.outcome == "refused"
        expected = world.held[0].dossier_id if world.held else bytes(16)
        assert leaf.event.dossier_id == expected

    def test_tells_the_treating_doctor_without_naming_who_asked(self) -> None:
        (notice,) = self.held(World([dossier()])).effects.notices
        assert notice.reader == DEMO
        assert "Dupont" in notice.letter.text or "DUPONT" in notice.letter.text
        assert OTHER.name not in notice.letter.text

    def test_counts_as_a_try_of_its_sender(self) -> None:
        error = self.held(World([dossier()]))
        assert error.effects.strikes == (Strike(Fault.SENDER, OTHER.doctor_id, NOON),)
        world = World([dossier()])
        world.tallies[Fault.SENDER, OTHER.doctor_id] = Tally((NOON - 1,) * 10)
        assert refusal(asked(CONSENT, by=OTHER), world).text == "too-many"
        assert refusal(asked(CONSENT, by=OTHER), self.throttled()).text == "too-many"

    @staticmethod
    def throttled() -> World:
        world = World()
        world.tallies[Fault.SENDER, OTHER.doctor_id] = Tally((NOON - 1,) * 10)
        return world

    def test_tells_the_treating_doctor_himself_by_his_signature_only(self) -> None:
        world = World([dossier()])
        assert refusal(asked(CONSENT), world).text == "already-yours"
        unsigned = refusal(asked(CONSENT, proof=Proof.ACCOUNT), world)
        assert unsigned.text == "creation-held"

    def test_of_a_closed_dossier_is_held(self) -> None:
        closed = replace(dossier(), closure=Closure(NOON, NOON + 1))
        error = refusal(asked(CONSENT), World([closed]))
        assert isinstance(error, Refusal)
        assert [each.sent for each in error.effects.notices] == [False]

    def test_of_his_patients_homonym_is_none(self) -> None:
        known = dossier(replace(JEAN, nir=OTHERS_NUMBER))
        outcome, _ = create(asked(CONSENT + f"NIR : {NUMBER}\n"), World([known]))
        assert outcome.effects.dossiers[0].seen == (known.dossier_id,)


class TestWhatWaited:
    def adopt(self, *deferred: Waiting, text: str = CONSENT, known: tuple = ()) -> Outcome:
        world = World(known)
        world.deferred = deferred
        outcome, requests = create(asked(text), world)
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
        _, requests = create(asked(CONSENT), world)
        (leaf,) = [each.event for each in requests if isinstance(each, Adopt)]
        assert (leaf.action, leaf.actor_rpps) == ("rattachement", LAB.rpps)
        assert leaf.request == asked(CONSENT).digest

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
