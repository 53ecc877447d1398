"""Who may create a dossier: consent, proofs, doubt, and a second one of a patient."""

from collections.abc import Mapping

import pytest
from handlers_case import (
    DEMO,
    JEAN,
    LAB,
    NOON,
    OTHER,
    RecordingKeeper,
    World,
    asked,
    dossier,
    refusal_of,
    run,
)
from msgspec.structs import replace

from rmp_milter.calls.protocol.leaves import Record
from rmp_milter.calls.protocol.opening import Attested
from rmp_milter.dossier.changes import Once
from rmp_milter.dossier.model import Closure, Fault, Strike, Tally
from rmp_milter.dossier.rules import Act, Proof, Relation, policy_of
from rmp_milter.errors import MailError
from rmp_milter.handlers import creation
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.outcome import Outcome, Refusal

NUMBER, OTHERS_NUMBER = "159017511600108", "159018002121980"
PARENTS_NUMBER = "131017511600122"
LINES = "Demande : création\nPatient : DUPONT Jean\nNé le : 30/01/1959\n"
CONSENT = LINES + "Consentement : oui\n"


def create(mail: Case, world: World | None = None) -> tuple[Outcome, list[object]]:
    return run(creation.handle, mail, world)


def refusal(mail: Case, world: World | None = None) -> MailError:
    return refusal_of(creation.handle, mail, world)


def attested(
    text: str = CONSENT, nir: str = NUMBER, rpps: str = DEMO.rpps, policy: Mapping | None = None
) -> Case:
    mail = asked(text)
    token = Attested("Lecteur", nir, rpps, "jti", NOON + 60)
    opened = replace(mail.opened, attested=token)
    return replace(mail, opened=opened, policy=policy or mail.policy)


@pytest.mark.parametrize("consent", ["", "Consentement : non\n"])
def test_the_patients_consent_is_needed(consent: str) -> None:
    assert refusal(asked(LINES + consent)).text == "consent-missing"


def test_it_is_for_doctors() -> None:
    assert refusal(asked(CONSENT, by=LAB)).text == "doctors-only"


def test_an_attestation_supplies_the_number_and_counts_once() -> None:
    outcome, _ = create(attested())
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
    assert error.facts["proofs"] == "un message signé + l'attestation de la carte Vitale"
    create(attested(policy=policy))


def test_a_host_that_asks_for_both_cards_says_so_in_words() -> None:
    policy = policy_of({f"{Act.CREATION}_{Relation.OTHER}": ["cps+vitale"]})
    by_key = attested(policy=policy)
    error = refusal(by_key)
    assert error.facts["proofs"] == (
        "un message signé avec votre carte CPS + l'attestation de la carte Vitale"
    )
    create(replace(by_key, sender=replace(by_key.sender, card=True)))
    assert len(create(asked(CONSENT, proof=Proof.ACCOUNT))[0].effects.dossiers) == 1


class TestASecondCreation:
    def test_overwrites_nothing(self) -> None:
        error = refusal(asked(CONSENT, by=OTHER), World([dossier()]))
        assert error.text == "creation-held"

    def test_tells_the_treating_doctor_that_it_is_there(self) -> None:
        assert refusal(asked(CONSENT), World([dossier()])).text == "already-yours"

    def test_is_none_where_two_numbers_tell_homonyms_apart(self) -> None:
        known = dossier(replace(JEAN, nir=OTHERS_NUMBER), treating=OTHER)
        mail = asked(CONSENT + "NIR : 1 59 01 75 116 001 08\n")
        outcome, _ = create(mail, World([known]))
        assert outcome.effects.dossiers[0].seen == (known.dossier_id,)

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
        # As many letters are sealed and committed; only the médecin traitant's is sent.
        two = self.held(World([dossier(number=8), dossier(number=9)]))
        assert [each.sent for each in two.effects.notices] == [True, True]
        assert [each.sent for each in known.effects.notices] == [True, False]
        assert [each.sent for each in nobody.effects.notices] == [False, False]

    @pytest.mark.parametrize("world", [World([dossier()]), World()])
    def test_leaves_a_refusal_in_the_log(self, world: World) -> None:
        number = f"NIR : {PARENTS_NUMBER}\n"
        keeper = RecordingKeeper()
        mail = asked(CONSENT + number, by=OTHER)
        assert refusal_of(creation.handle, mail, world, keeper).text == "creation-held"
        (leaf,) = keeper.requests
        assert isinstance(leaf, Record)
        assert leaf.event.outcome == "refused"
        expected = world.held[0].dossier_id if world.held else bytes(16)
        assert leaf.event.dossier_id == expected
        assert leaf.by.dossier == (world.held[0].card if world.held else b"")

    def test_tells_the_treating_doctor_without_naming_who_asked(self) -> None:
        (notice, _) = self.held(World([dossier()])).effects.notices
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
        assert [each.sent for each in error.effects.notices] == [False, False]

    def test_of_his_patients_homonym_is_none(self) -> None:
        known = dossier(replace(JEAN, nir=OTHERS_NUMBER))
        outcome, _ = create(asked(CONSENT + f"NIR : {NUMBER}\n"), World([known]))
        assert outcome.effects.dossiers[0].seen == (known.dossier_id,)
