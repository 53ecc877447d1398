"""Dépôt: filed or waiting, and the sender cannot tell which; prescribers; receipts."""

import pytest
from handlers_case import (
    DEMO,
    JEAN,
    LAB,
    NOON,
    OTHER,
    WAITING_CARD,
    World,
    asked,
    body,
    doctor,
    dossier,
    play_usable,
    refusal_of,
    run,
)
from msgspec.structs import replace

from rmp_milter.calls.protocol.filing import Reseal, Wait
from rmp_milter.dossier.model import Closure, Locum, Onglet, Receipts
from rmp_milter.dossier.rules import Proof
from rmp_milter.handlers import depot
from rmp_milter.handlers.asking.case import Case, PatientShare
from rmp_milter.handlers.asking.outcome import Outcome
from rmp_milter.mail.header.routing import parse

WHO = "Patient : DUPONT Jean\nNé le : 30/01/1959\n"
LINES = WHO + "Document : Radio\n"
CLOSED = replace(dossier(), closure=Closure(NOON, NOON + 1))
PATIENT = replace(doctor("Jean DUPONT", 4), rpps="", patient_of=dossier().dossier_id)


@pytest.fixture(autouse=True)
def every_key_usable_but_an_old_one(monkeypatch: pytest.MonkeyPatch) -> None:
    play_usable(monkeypatch, lambda certificate, _at: b"VIEUX" not in certificate)


def deposit(text: str = LINES, **more) -> Case:  # noqa: ANN003 -- those of asked()
    return asked(text, **{"by": LAB, "bodies": [body()], **more})


def refusal(mail: Case, world: World) -> str:
    return refusal_of(depot.handle, mail, world).text


def both(mail: Case, world: World | None = None) -> tuple[Outcome, Outcome]:
    """Return the outcome with a dossier and without one."""
    world = world or World()
    world.held = (dossier(),)
    filed, _ = run(depot.handle, mail, world)
    world.held = ()
    waiting, _ = run(depot.handle, mail, world)
    assert len(filed.effects.filings) == len(waiting.effects.deferrals) == 1
    return filed, waiting


def test_it_is_sealed_to_the_dossier_and_to_the_treating_doctor() -> None:
    outcome, (reseal,) = run(depot.handle, deposit(), World([dossier()]))
    assert reseal.by.dossier == dossier().card
    assert [each.card for each in reseal.by.persons] == [LAB.card, DEMO.card]
    assert [item.place for item in reseal.items] == [0]
    assert reseal.readers == (DEMO.certificate,)
    (filing,) = outcome.effects.filings
    assert filing.entry.onglet is Onglet.IMAGERIE
    assert filing.entry.documents[0].standing[0].fingerprint == DEMO.fingerprint
    assert "Imagerie" in outcome.letter.text


def test_an_unusable_key_of_the_treating_doctor_refuses_no_report(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    play_usable(monkeypatch, lambda _certificate, _at: False)
    outcome, (reseal,) = run(depot.handle, deposit(WHO), World([dossier()]))
    assert reseal.readers == ()
    assert outcome.effects.filings[0].entry.documents[0].standing == ()


@pytest.mark.promise(number=5)
def test_doubt_never_files() -> None:
    two = World([dossier(number=8), dossier(number=9)])
    assert refusal(deposit(WHO, by=DEMO), two) == "not-filed"
    numbered = World([dossier(replace(JEAN, nir="159018002121980"))])
    contradicting = deposit(WHO + "NIR : 1 59 01 75 116 001 08\n", by=DEMO)
    assert refusal(contradicting, numbered) == "not-filed"


def test_without_a_document_there_is_nothing_to_file() -> None:
    mail = asked(WHO)
    assert refusal(mail, World([dossier()])) == "nothing-to-file"


def test_it_needs_all_three_traits() -> None:
    assert refusal(deposit("Patient : DUPONT Jean\n", by=DEMO), World()) == "header-problems"


def test_without_a_dossier_a_deposit_waits() -> None:
    outcome, (wait,) = run(depot.handle, deposit(), World())
    assert isinstance(wait, Wait)
    (deferral,) = outcome.effects.deferrals
    assert deferral.waiting.waiting_id == wait.waiting_id
    assert deferral.waiting.card == WAITING_CARD
    assert deferral.waiting.patient.birth_name == "DUPONT"
    assert deferral.waiting.expires_at == NOON + 30 * 86_400
    assert deferral.trait_keys == ("trait:DUPONT|JEAN|1959-01-30",)
    assert [each.standing for each in deferral.waiting.entry.documents] == [()]
    assert outcome.effects.filings == ()


@pytest.mark.promise(number=6)
def test_the_sender_cannot_tell_whether_there_is_a_dossier() -> None:
    filed, waiting = both(deposit("Patient : dupont, jean\nNé le : 30/01/59\n"))
    assert filed.letter == waiting.letter
    assert filed.not_before == waiting.not_before == NOON + 60
    assert filed.effects.receipts == waiting.effects.receipts


@pytest.mark.promise(number=6)
def test_the_keeper_has_as_much_work_either_way() -> None:
    _, (reseal,) = run(depot.handle, deposit(), World([dossier()]))
    _, (wait,) = run(depot.handle, deposit(), World())
    assert isinstance(reseal, Reseal)
    assert len(reseal.readers) == len(wait.readers) == 1
    assert len(reseal.items) == len(wait.items)
    assert reseal.event.action == wait.event.action == "depot"


def test_a_closed_dossier_counts_as_none() -> None:
    outcome, _ = run(depot.handle, deposit(), World([CLOSED]))
    assert len(outcome.effects.deferrals) == 1
    two = World([CLOSED, dossier(number=8)])
    outcome, _ = run(depot.handle, deposit(), two)
    assert outcome.effects.filings[0].dossier_id == two.held[1].dossier_id


def test_a_patient_deposits_nothing_in_his_own_or_anothers_dossier() -> None:
    for world in (World([dossier()]), World([dossier(number=8)]), World()):
        assert refusal(deposit(by=PATIENT), world) == "no-access"


def test_a_locum_deposits_in_the_name_of_the_medecin_traitant() -> None:
    world = World([dossier()])
    locum = Locum(OTHER.doctor_id, "2026-05-01", "2026-06-30", NOON)
    world.known[DEMO.doctor_id] = replace(DEMO, locums=(locum,))
    outcome, (reseal,) = run(depot.handle, deposit(by=OTHER), world)
    (filing,) = outcome.effects.filings
    assert filing.entry.author_name == "Dr Anne AUTRE (remplaçant de Dr Paul DEMO)"
    assert filing.entry.acting_for == DEMO.doctor_id
    assert reseal.event.acting_for == DEMO.rpps


def test_a_patient_with_a_key_of_his_own_is_a_standing_reader() -> None:
    world = World([dossier()])
    world.known[PATIENT.doctor_id] = PATIENT
    _, (reseal,) = run(depot.handle, deposit(), world)
    assert reseal.readers == (DEMO.certificate, PATIENT.certificate)


def test_an_opposed_doctor_may_still_deposit() -> None:
    opposing = replace(dossier(), opposed=(OTHER.doctor_id,))
    outcome, _ = run(depot.handle, deposit(by=OTHER), World([opposing]))
    assert len(outcome.effects.filings) == 1


def test_the_hosts_policy_may_ask_for_more() -> None:
    mail = deposit(proof=Proof.ACCOUNT)
    run(depot.handle, mail, World([dossier()]))
    strict = {key: [frozenset({Proof.SIGNATURE})] for key in mail.policy}
    assert refusal(replace(mail, policy=strict), World()) == "signature-needed"


class TestPrescriber:
    def copies(self, said: str, world: World | None = None, **more) -> Outcome:  # noqa: ANN003 -- those of asked()
        mail = deposit(f"{LINES}Prescripteur : {said}\n", **more)
        outcome, _ = run(depot.handle, mail, world or World([dossier()]))
        return outcome

    @pytest.mark.parametrize(
        "said",
        [
            OTHER.rpps,
            "Dr AUTRE, RPPS 1000 0000 002",
            OTHER.mail,
            "Anne Autre <D2@CABINET.example>",
            "Dr Anne AUTRE",
            "docteur AUTRE Anne",
            "anne autre",
        ],
    )
    def test_he_gets_a_copy_at_once_and_no_standing_access(self, said: str) -> None:
        outcome = self.copies(said)
        (notice,) = outcome.effects.notices
        assert notice.reader == OTHER
        assert notice.not_before == 0
        (enclosure,) = notice.letter.enclosures
        assert enclosure.packets == b"packet for " + OTHER.certificate
        assert "Laboratoire CENTRAL" in notice.letter.text
        assert "pas\naccès au dossier" in notice.letter.text
        (filing,) = outcome.effects.filings
        (document,) = filing.entry.documents
        assert [each.fingerprint for each in document.standing] == [DEMO.fingerprint]
        assert filing.entry.prescriber == said
        assert "est envoyée au prescripteur, Dr Anne AUTRE" in outcome.letter.text

    def test_what_waits_is_copied_alike(self) -> None:
        filed, waiting = both(deposit(LINES + "Prescripteur : Dr Anne AUTRE\n"))
        assert filed.letter == waiting.letter
        for outcome in (filed, waiting):
            (enclosure,) = outcome.effects.notices[0].letter.enclosures
            assert enclosure.packets == b"packet for " + OTHER.certificate

    @pytest.mark.parametrize(
        "said",
        [
            "Dr AUTRE",
            "Dr Inconnu",
            "10000000099",
            "x@nulle.part",
            f"{OTHER.rpps} d1@cabinet.example",
        ],
    )
    def test_an_unknown_one_is_said_and_the_deposit_filed_anyway(self, said: str) -> None:
        outcome = self.copies(said)
        assert outcome.effects.notices == ()
        assert len(outcome.effects.filings) == 1
        assert f"« {said} »\nn'a pas été trouvé" in outcome.letter.text

    def test_of_two_namesakes_none_is_guessed(self) -> None:
        world = World([dossier()])
        twin = doctor("Dr Anne AUTRE", 5)
        world.known[twin.doctor_id] = twin
        assert self.copies("Dr Anne AUTRE", world).effects.notices == ()

    def test_a_sender_who_prescribed_it_himself_gets_no_copy(self) -> None:
        outcome = self.copies("Dr Anne AUTRE", by=OTHER)
        assert outcome.effects.notices == ()
        assert "vous-même" in outcome.letter.text

    def test_the_medecin_traitant_gets_what_he_asked_for(self) -> None:
        (notice,) = self.copies("Dr Paul DEMO").effects.notices
        assert notice.reader == DEMO

    def test_an_opposed_one_gets_none_and_the_sender_cannot_tell(self) -> None:
        opposing = World([replace(dossier(), opposed=(OTHER.doctor_id,))])
        refused, sent = (self.copies("Dr Anne AUTRE", each) for each in (opposing, None))
        assert [each.sent for each in refused.effects.notices] == [False]  # sealed for the time
        assert [each.sent for each in sent.effects.notices] == [True]
        assert refused.letter == sent.letter

    def test_one_whose_key_is_of_no_use_is_said(self) -> None:
        world = World([dossier()])
        old = doctor("Dr Jules VIEUX", 6)
        world.known[old.doctor_id] = old
        outcome = self.copies("Dr Jules VIEUX", world)
        assert outcome.effects.notices == ()
        assert "n'est plus valable" in outcome.letter.text

    def test_a_patient_is_no_prescriber(self) -> None:
        world = World([dossier()])
        world.known[PATIENT.doctor_id] = PATIENT
        assert self.copies("Jean DUPONT", world).effects.notices == ()


class TestReceipts:
    def test_none_wants_no_answer(self) -> None:
        mail = deposit(by=replace(LAB, receipts=Receipts.NONE))
        for outcome in both(mail):
            assert (outcome.letter, outcome.effects.receipts) == (None, ())

    def test_daily_keeps_a_line(self) -> None:
        mail = deposit(LINES + "Prescripteur : X\n", by=replace(LAB, receipts=Receipts.DAILY))
        outcome, _ = run(depot.handle, mail, World())
        assert outcome.letter is None
        (line,) = outcome.effects.receipts
        assert (line.doctor_id, line.at) == (LAB.doctor_id, NOON)
        for words in ("DUPONT Jean", "Imagerie", "radio.pdf", "Aucune copie"):
            assert words in line.text

    def test_a_refusal_is_always_answered(self) -> None:
        mail = deposit(by=replace(LAB, receipts=Receipts.NONE), bodies=[])
        assert refusal(mail, World()) == "nothing-to-file"


class TestSeveralPatients:
    HEADERS = (
        "Nom : DUPONT\nPrénom : Jean\nNé le : 30/01/1959\nDocument : Biologie\n",
        "Nom : DURAND\nPrénom : Zoé\nNé le : 01/02/1988\n",
    )

    def mail(self, *headers: str, bodies: int = 2) -> Case:
        shares = tuple(
            PatientShare(parse(each, 2026), (at,))
            for at, each in enumerate(headers or self.HEADERS)
        )
        names = [body(f"b-{at}.hpr") for at in range(bodies)]
        return replace(deposit(self.HEADERS[0], bodies=names), parcels=shares)

    def test_each_message_goes_to_its_own_patient(self) -> None:
        outcome, requests = run(depot.handle, self.mail(), World([dossier()]))
        assert [type(each) for each in requests] == [Reseal, Wait]
        (filing,), (deferral,) = outcome.effects.filings, outcome.effects.deferrals
        assert (filing.bodies, deferral.bodies) == ((0,), (1,))
        assert deferral.waiting.patient.birth_name == "DURAND"
        assert filing.entry.documents[0].parts[-1].name == "b-0.hpr"
        assert deferral.waiting.entry.documents[0].parts[-1].name == "b-1.hpr"

    def test_one_receipt_lists_all(self) -> None:
        outcome, _ = run(depot.handle, self.mail(), World([dossier()]))
        for words in ("DUPONT Jean", "DURAND Zoé", "b-0.hpr", "b-1.hpr", "détaché"):
            assert words in outcome.letter.text

    def test_one_that_is_not_clear_refuses_all(self) -> None:
        unclear = "Nom : DURAND\nPrénom : Zoé\nNé le : 01/02/20\n"
        mail = self.mail(self.HEADERS[0], unclear)
        error = refusal_of(depot.handle, mail, World())
        assert error.text == "hprim-unclear"
        assert error.facts == {"number": "2", "count": "2"}
        assert refusal(self.mail(self.HEADERS[0], ""), World()) == "hprim-unclear"

    def test_one_in_doubt_files_none(self) -> None:
        two = World([dossier(number=8), dossier(number=9)])
        assert refusal(self.mail(*reversed(self.HEADERS)), two) == "not-filed"

    def test_a_document_that_is_nobodys_refuses_all(self) -> None:
        assert refusal(self.mail(bodies=3), World()) == "several-patients"


def test_a_patient_named_otherwise_in_the_dossier_is_receipted_as_he_was_written() -> None:
    known = World([dossier(replace(JEAN, birth_name="DÛPÔNT", first_names="Jean, Paul"))])
    outcome, _ = run(depot.handle, deposit(), known)
    assert "DUPONT Jean," in outcome.letter.text
    assert "Paul" not in outcome.letter.text
