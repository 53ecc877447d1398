"""A dossier is not looked into before the keeper has tried the code or the card (promise 6).

What a verb reads of it costs time that a stranger could measure. So a look into the dossier
fails the test here, until the keeper has let the sender in.
"""

from typing import Any

import pytest
from handlers_case import (
    NOON,
    OTHER,
    RecordingKeeper,
    asked,
    dossier,
    play_certificates,
    refusal_of,
    run,
)
from msgspec.structs import replace
from proof_case import (
    CODE,
    FILED,
    LOOSE,
    NIR,
    SAID,
    SAID_BY_POLICY,
    TRIALS,
    TRIALS_BY_POLICY,
    WAITING,
    WHO,
    Guarded,
    Trial,
    acts_named,
    guarded,
    mail_of,
    named,
    trying,
    way_in_of,
)

from rmp_milter.calls.protocol.cards import Amend
from rmp_milter.calls.protocol.filing import Adopt
from rmp_milter.calls.protocol.releasing import Prove, Recode, Release
from rmp_milter.certificates import Certificate
from rmp_milter.dossier.model import Fault, Onglet, Refiling, Verb
from rmp_milter.dossier.rules import STRICTEST, Policy, Proof, policy_of
from rmp_milter.handlers import consultation
from rmp_milter.handlers.asking.outcome import Effects, Refusal
from rmp_milter.handlers.table import HANDLERS

pytestmark = pytest.mark.usefixtures("every_key_usable")


def refused(trial: Trial, world: Guarded, policy: Policy = STRICTEST) -> None:
    """Have a mail with a wrong code or card handled: one trial, one refusal, nothing more."""
    keeper = RecordingKeeper(trying(world, right=False))
    mail = mail_of(trial, policy)
    refusal = refusal_of(HANDLERS[trial[0]], mail, world, keeper)
    assert isinstance(refusal, Refusal)
    assert (refusal.text, refusal.not_before) == ("no-access", NOON + mail.bounds.hold)
    assert replace(refusal.effects, strikes=(), once=(), notices=()) == Effects()
    (tried,) = keeper.requests
    assert isinstance(tried, Recode if trial[0] is Verb.NOUVEAU_CODE else Prove)
    assert tried.way_in == way_in_of(trial)


def test_every_verb_that_takes_a_code_is_tried_here() -> None:
    """By the table of rights: whatever act a code may open, by the verbs that name it."""
    by_code = {trial[0] for trial in TRIALS if Proof.CODE in trial[2]}
    by_card = {trial[0] for trial in TRIALS if Proof.VITALE in trial[2]}
    assert by_code == by_card == SAID.keys()
    assert {trial[0] for trial in TRIALS_BY_POLICY} == SAID_BY_POLICY.keys()


def test_every_act_that_a_code_may_open_has_a_verb() -> None:
    acts = {act for (act, _), sets in LOOSE.items() for each in sets if Proof.CODE in each}
    assert acts <= {act for verb in SAID | SAID_BY_POLICY for act in acts_named(verb)}


def test_a_look_without_a_trial_is_seen() -> None:
    """The médecin traitant reads by his own packets: that must fail in a guarded world."""
    with pytest.raises(AssertionError, match="before the proof"):
        run(consultation.handle, asked(f"Demande : dossier\n{WHO}"), guarded())


@pytest.mark.parametrize("trial", TRIALS, ids=named)
def test_a_wrong_code_or_card_is_refused_and_nothing_was_looked_at(trial: Trial) -> None:
    refused(trial, guarded(trial[1]))


@pytest.mark.parametrize("trial", TRIALS, ids=named)
def test_a_right_one_is_tried_first_and_it_is_done(trial: Trial) -> None:
    world = guarded(trial[1])
    keeper = RecordingKeeper(trying(world, right=True))
    outcome, requests = run(HANDLERS[trial[0]], mail_of(trial), world, keeper)
    assert requests[0].way_in == way_in_of(trial)
    assert outcome.letter is not None
    if Proof.CODE in trial[2]:  # the wrong tries before it are forgotten
        assert [each.fault for each in outcome.effects.cleared] == [Fault.DOSSIER]
    else:  # the attestation is used up
        assert [each.value for each in outcome.effects.once] == [b"vitale lecteur once"]


class TestWhatAHostsPolicyLetsOthersDoByCode:
    """Enrolling a patient's key, filing anew, the sheet: the médecin traitant's else."""

    @pytest.fixture(autouse=True)
    def played_certificates(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def read(data: bytes) -> Certificate:
            return Certificate(data, data.decode(), (data.decode(),), (), "", 0)

        play_certificates(monkeypatch, read)

    @pytest.mark.parametrize("trial", TRIALS_BY_POLICY, ids=named)
    def test_a_wrong_code_opens_nothing_by_custody_either(self, trial: Trial) -> None:
        refused(trial, guarded(nir=""), LOOSE)

    def done(self, verb: Verb) -> tuple[Effects, list[Any]]:
        (trial,) = (each for each in TRIALS_BY_POLICY if each[0] is verb)
        world = guarded(nir="")
        world.deferred = (WAITING,)
        keeper = RecordingKeeper(trying(world, right=True))
        outcome, requests = run(HANDLERS[verb], mail_of(trial, LOOSE), world, keeper)
        # As by every right code: the wrong tries before it are forgotten.
        assert [each.fault for each in outcome.effects.cleared] == [Fault.DOSSIER]
        return outcome.effects, requests

    @pytest.mark.parametrize("verb", [Verb.CLE_DU_PATIENT, Verb.RECLASSEMENT, Verb.FICHE])
    def test_a_card_counts_once(self, verb: Verb) -> None:
        (trial,) = (each for each in TRIALS_BY_POLICY if each[0] is verb)
        by_card = (*trial[:2], frozenset({Proof.SIGNATURE, Proof.VITALE}))
        policy = policy_of({f"{next(iter(acts_named(verb)))}_autre": ("signature+vitale",)})
        world = guarded(nir=NIR)
        keeper = RecordingKeeper(trying(world, right=True))
        outcome, _ = run(HANDLERS[verb], mail_of(by_card, policy), world, keeper)
        assert [each.value for each in outcome.effects.once] == [b"vitale lecteur once"]

    def test_a_right_one_enrols_the_patients_key(self) -> None:
        effects, (prove, release, amend) = self.done(Verb.CLE_DU_PATIENT)
        assert isinstance(prove, Prove)
        assert isinstance(release, Release)
        assert prove.way_in == release.way_in == CODE
        assert isinstance(amend, Amend)
        (patient,) = effects.doctors
        assert (patient.certificate, patient.patient_of) == (b"jean1", dossier().dossier_id)
        assert len(effects.key_packets) == len(FILED)

    def test_a_right_one_moves_an_entry(self) -> None:
        effects, (prove, release) = self.done(Verb.RECLASSEMENT)
        assert isinstance(prove, Prove)
        assert isinstance(release, Release)
        assert prove.way_in == release.way_in == CODE
        moved = Refiling(1, Onglet.IMAGERIE, OTHER.doctor_id, NOON)
        assert effects.updates[0].dossier.refilings == (moved,)

    def test_a_right_one_changes_the_sheet_and_attaches_what_waited(self) -> None:
        effects, (prove, release, amend, adopt) = self.done(Verb.FICHE)
        assert isinstance(prove, Prove)
        assert isinstance(release, Release)
        assert isinstance(amend, Amend)
        assert isinstance(adopt, Adopt)
        assert prove.way_in == release.way_in == CODE
        changed = effects.updates[0].dossier
        assert (changed.patient.nir, changed.sheet.fax) == (NIR, "0123456780")
        assert [each.waiting_id for each in effects.adoptions] == [WAITING.waiting_id]
