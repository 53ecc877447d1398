"""A patient's key after a takeover: it counts for nothing until it is confirmed."""

import pytest
from handlers_case import (
    DEMO,
    LAB,
    NEXT_CARD,
    NOON,
    OTHER,
    RecordingKeeper,
    asked,
    body,
    play_certificates,
    refusal_of,
    run,
)
from msgspec.structs import replace
from takeover_case import AGO, DAY, DAYS, contested_once, taken, taken_world
from wishes_case import JEAN_LINES, PATIENT, text_of, words_of

from rmp_milter.certificates import Certificate
from rmp_milter.dossier.model import Emergency, PatientTold, Sheet, Verb
from rmp_milter.handlers import cle_du_patient, depot, nouveau_code, urgence
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.filing.key_packets import standing_dossiers, standing_readers
from rmp_milter.handlers.table import HANDLERS
from rmp_milter.mail.meaning.understanding import OwnWords, understood

pytestmark = pytest.mark.usefixtures("every_key_usable")

SAID = {
    Verb.CONSULTATION: "",
    Verb.COPIE: "",
    Verb.RENVOI: "",
    Verb.RECTIFICATION: "Numéros : 1\n",
    Verb.MASQUAGE: "Numéros : 1\n",
    Verb.DEMASQUAGE: "Numéros : 2\n",
    Verb.OPPOSITION: "Médecin : Laboratoire CENTRAL\n",
    Verb.LEVEE_D_OPPOSITION: "Médecin : Laboratoire CENTRAL\n",
    Verb.NOUVEAU_CODE: "",
    Verb.REVOCATION_DU_CODE: "",
    Verb.ACCES: "Preuves : oui\n",
    Verb.CLOTURE: "",
    Verb.NOUVELLE_CLE: f"Empreinte : {'ab' * 20}\n",
}
"""All that a patient may ask for of his dossier, but for the contest."""


@pytest.fixture(autouse=True)
def keys_are_names(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {PATIENT.certificate: PATIENT.fingerprint}

    def read(data: bytes) -> Certificate:
        name = known.get(data, data.decode(errors="replace"))
        return Certificate(data, name, (name,), (), "", 0)

    play_certificates(monkeypatch, read)
    monkeypatch.setattr(urgence, "reachable", lambda *_: True)


def mail_of(verb: Verb, *, by_name: bool = False) -> Case:
    who = JEAN_LINES if by_name else ""
    text = f"Demande : {verb.value}\n{who}{SAID[verb]}"
    mail = asked(text, by=PATIENT, bodies=[body()] if verb is Verb.RECTIFICATION else [])
    header = understood(OwnWords(text), 2026, PATIENT)
    assert (header.verb, header.problems) == (verb, ())
    return replace(mail, header=header, opened=replace(mail.opened, keys=(b"ab" * 20,)))


@pytest.mark.parametrize("by_name", [False, True])
@pytest.mark.parametrize("verb", SAID)
def test_whatever_it_asks_for_is_refused_in_words_of_its_own(
    verb: Verb,
    by_name: bool,  # noqa: FBT001 -- rows of a table
) -> None:
    mail, keeper = mail_of(verb, by_name=by_name), RecordingKeeper()
    error = refusal_of(HANDLERS[verb], mail, taken_world(), keeper)
    assert error.text == "patient-key-contestable"
    assert error.facts["at"].startswith("09/06/2026")
    assert keeper.requests == []
    for world in (taken_world(takeover=None), contested_once()):
        assert refusal_of(HANDLERS[verb], mail, world).text == "patient-key-suspended"


@pytest.mark.parametrize("verb", SAID)
def test_a_confirmed_one_is_not_refused_for_that(verb: Verb) -> None:
    mail = replace(mail_of(verb), at=NOON - AGO + DAYS)
    outcome, _ = run(HANDLERS[verb], mail, taken_world(suspended=False))
    assert outcome.letter is not None


def test_another_patient_of_that_name_is_told_nothing_of_it() -> None:
    other = replace(PATIENT, patient_of=b"?" * 16)
    mail = asked(text_of("dossier"), by=other)
    assert refusal_of(HANDLERS[Verb.CONSULTATION], mail, taken_world()).text == "no-access"


def test_it_is_no_standing_reader() -> None:
    world = taken_world()
    (state,) = world.held
    readers = standing_readers(state, world, NOON)
    assert [each.doctor_id for each in readers] == [OTHER.doctor_id]
    assert [*standing_dossiers(PATIENT, world)] == []
    confirmed = taken_world(suspended=False)
    assert PATIENT in standing_readers(confirmed.held[0], confirmed, NOON)
    assert [*standing_dossiers(PATIENT, confirmed)] == [confirmed.held[0]]


def test_a_deposit_brings_no_packet_for_it() -> None:
    mail = asked(JEAN_LINES, by=LAB, bodies=[body()])
    _, (reseal,) = run(depot.handle, mail, taken_world(opposed=()))
    assert reseal.readers == (OTHER.certificate,)


def test_it_is_told_of_nothing() -> None:
    mail = asked(text_of("nouveau code"), by=LAB, has_code=True)
    outcome, _ = run(nouveau_code.handle, mail, taken_world(opposed=()))
    assert [each.reader.doctor_id for each in outcome.effects.notices] == [OTHER.doctor_id]


def emergency_in(**fields: object) -> tuple[Emergency, set[bytes], int]:
    """Return the emergency, who is told by mail, and how many letters are posted."""
    text = f"Demande : urgence\n{JEAN_LINES}Motif : ••••\n"
    mail = asked(text, by=LAB, has_reason=True)
    effects = run(urgence.handle, mail, taken_world(**fields))[0].effects
    (emergency,) = effects.emergencies
    told = {each.reader.doctor_id for each in effects.notices}
    return emergency, told, len(effects.postal)


def test_of_an_emergency_he_hears_as_one_without_a_key() -> None:
    """The key may be a former doctor's; a letter reaches the patient whoever has it."""
    emergency, told, letters = emergency_in(sheet=Sheet(address="1 rue X"))
    assert (emergency.patient_told, letters) == (PatientTold.LETTER, 1)
    assert told == {OTHER.doctor_id}
    emergency, told, letters = emergency_in()
    assert (emergency.patient_told, letters) == (PatientTold.NONE, 0)
    emergency, told, letters = emergency_in(suspended=False)
    assert (emergency.patient_told, letters) == (PatientTold.MAIL, 0)
    assert told == {OTHER.doctor_id, PATIENT.doctor_id}


# The confirmation


def enrol(key: bytes = PATIENT.certificate, mail: str = PATIENT.mail, at: int = NOON) -> Case:
    made = replace(asked(text_of("clé du patient", f"Courriel : {mail}"), by=OTHER), at=at)
    return replace(made, opened=replace(made.opened, keys=(key,)))


def test_the_new_medecin_traitant_confirms_it_by_enrolling_it_again() -> None:
    world = taken_world()
    outcome, (release, _amend) = run(cle_du_patient.handle, enrol(), world)
    (update,) = outcome.effects.updates
    assert update.dossier == taken(suspended=False, revision=1, card=NEXT_CARD)
    assert len(release.items) == len(outcome.effects.key_packets) == 4
    assert [each.reader.doctor_id for each in outcome.effects.notices] == [PATIENT.doctor_id]
    assert "Votre demande la confirme" in words_of(outcome)


def test_where_none_was_suspended_nothing_of_it_is_said() -> None:
    outcome, _ = run(cle_du_patient.handle, enrol(), taken_world(suspended=False))
    (update,) = outcome.effects.updates
    assert update.dossier == taken(suspended=False, revision=1, card=NEXT_CARD)
    assert "confirme" not in words_of(outcome)


@pytest.mark.parametrize(
    "mail", [enrol(b"other"), enrol(mail="ailleurs@famille.example")], ids=["key", "address"]
)
def test_no_other_key_nor_address_while_it_can_be_contested_or_was(mail: Case) -> None:
    error = refusal_of(cle_du_patient.handle, mail, taken_world())
    assert error.text == "patient-key-frozen"
    assert error.facts["at"].startswith("09/06/2026")
    again = contested_once(treating=OTHER.doctor_id)
    assert refusal_of(cle_du_patient.handle, mail, again).text == "patient-key-frozen"
    run(cle_du_patient.handle, replace(mail, at=NOON - AGO + DAYS), taken_world())


def test_who_had_none_gets_none_meanwhile() -> None:
    world = taken_world(suspended=False)
    del world.known[PATIENT.doctor_id]
    assert refusal_of(cle_du_patient.handle, enrol(), world).text == "patient-key-frozen"
    run(cle_du_patient.handle, enrol(at=NOON + 12 * DAY), world)


def test_a_medecin_traitant_who_contested_confirms_it_too() -> None:
    mail = enrol()
    mail = replace(mail, sender=replace(mail.sender, doctor=DEMO))
    outcome, _ = run(cle_du_patient.handle, mail, contested_once())
    assert not outcome.effects.updates[0].dossier.suspended
