"""A dossier is not looked into before the keeper has tried the code or the card (promise 6).

What a verb reads of it costs time that a stranger could measure. So a look into the dossier
fails the test here, until the keeper has let the sender in.
"""

import ast
import inspect
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import pytest
from handlers_case import (
    CODE_SLOT,
    DEMO,
    JEAN,
    NOON,
    OTHER,
    SLOTS,
    Answering,
    RecordingKeeper,
    World,
    asked,
    body,
    dossier,
    entry,
    play,
    play_certificates,
    read_table,
    refusal_of,
    run,
)
from msgspec.structs import replace

from rmp_milter.calls.protocol import (
    Adopt,
    Attested,
    ByCode,
    ByVitale,
    Prove,
    Recode,
    Release,
    Reply,
    Request,
    WayIn,
)
from rmp_milter.certificates import Certificate
from rmp_milter.dossier.model import (
    Doctor,
    Fault,
    Locum,
    NumberedEntry,
    Onglet,
    Refiling,
    Verb,
    Waiting,
)
from rmp_milter.dossier.rules import STRICTEST, Act, Policy, Proof, Proofs, Relation, policy_of
from rmp_milter.errors import MailError
from rmp_milter.handlers import consultation
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.outcome import Effects, Refusal
from rmp_milter.handlers.table import HANDLERS

pytestmark = pytest.mark.usefixtures("every_key_usable")

NIR = "159017511600108"
WHO = "Patient : DUPONT Jean\nNé le : 30/01/1959\n"
CODE, CARD = ByCode(CODE_SLOT, b"held code"), ByVitale(b"v" * 80, b"held card")
FILED = [entry(number, Onglet.BIOLOGIE, "Bilan", [DEMO]) for number in (1, 2)]
WAITING = Waiting(
    b"w" * 16, replace(JEAN, nir=NIR), entry(7, Onglet.BIOLOGIE, "Bilan").entry, NOON, NOON + 9
)

ONE = f"Numéros : 1 {read_table(dossier(), FILED)}\n"

# What a mail says beside its verb and its patient.
SAID = {
    Verb.CONSULTATION: "",
    Verb.COPIE: "",
    Verb.RENVOI: "",
    Verb.RECTIFICATION: ONE,
    Verb.MASQUAGE: ONE,
    Verb.DEMASQUAGE: ONE,
    Verb.OPPOSITION: "Médecin : Laboratoire CENTRAL\n",
    Verb.LEVEE_D_OPPOSITION: "Médecin : Laboratoire CENTRAL\n",
    Verb.NOUVEAU_CODE: "",
    Verb.REVOCATION_DU_CODE: "",
    Verb.ACCES: "Preuves : oui\n",
    Verb.MEDECIN_TRAITANT: "Consentement : oui\n",
    Verb.CLOTURE: "",
}
SAID_BY_POLICY = {
    Verb.CLE_DU_PATIENT: "Courriel : jean@famille.example\n",
    Verb.RECLASSEMENT: f"{ONE}Onglet : Imagerie\n",
    Verb.FICHE: f"Fax : 0123456780\nNIR : {NIR}\n",
}
LOOSE = policy_of(
    {
        "cle_patient_autre": ("signature+code",),
        "reclassement_autre": ("signature+code",),
        "fiche_autre": ("signature+code",),
    }
)

Trial = tuple[Verb, Relation, Proofs]


@cache
def acts_named(verb: Verb) -> set[Act]:
    """Return the acts that a verb's module names, by its syntax tree."""
    module = inspect.getmodule(HANDLERS[verb])
    assert module is not None
    return {
        Act[node.attr]
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "Act"
    }


def trials(policy: Policy) -> Iterator[Trial]:
    """Yield every verb with who may ask for it, and by what, where code or card are tried."""
    tried = {Proof.CODE, Proof.VITALE}
    for (act, relation), sets in policy.items():
        enough = [proofs for proofs in sets if not proofs & tried]
        for proofs in sets:
            if proofs & tried and not any(each <= proofs for each in enough):
                for verb in (verb for verb in Verb if act in acts_named(verb)):
                    yield verb, relation, proofs


def named(trial: Trial) -> str:
    verb, relation, proofs = trial
    return f"{verb.name.lower()}-{relation}-{'+'.join(sorted(proofs))}"


TRIALS = list(trials(STRICTEST))
TRIALS_BY_POLICY = [each for each in trials(LOOSE) if each not in TRIALS]


class Guarded(World):
    """A world in which nothing may be looked for in a dossier until it is ``unlocked``."""

    unlocked = False

    def _look(self) -> None:
        assert self.unlocked, "looked at before the proof"

    def entries(self, dossier_id: bytes, after: int = 0) -> tuple[NumberedEntry, ...]:
        self._look()
        return super().entries(dossier_id, after)

    def last_entry(self, dossier_id: bytes) -> NumberedEntry | None:
        self._look()
        return super().last_entry(dossier_id)

    def key_packets(self, document_id: bytes, fingerprint: str) -> bytes:
        self._look()
        return super().key_packets(document_id, fingerprint)

    def waiting_by_traits(self, trait_keys_asked: Sequence[str]) -> tuple[Waiting, ...]:
        self._look()
        return super().waiting_by_traits(trait_keys_asked)


def guarded(relation: Relation = Relation.OTHER, nir: str = NIR) -> Guarded:
    """Return a world with Jean's dossier, in which OTHER may be DEMO's locum."""
    known = dossier(replace(JEAN, nir=nir))
    world = Guarded([replace(known, slots=replace(SLOTS, vitale=CARD.slot))], FILED)
    if relation is Relation.LOCUM:
        period = Locum(OTHER.doctor_id, "2026-05-01", "2026-06-30", NOON)
        world.known[DEMO.doctor_id] = replace(DEMO, locums=(period,))
    return world


def mail_of(trial: Trial, policy: Policy = STRICTEST) -> Case:
    verb, relation, proofs = trial
    by = DEMO if relation is Relation.TREATING else OTHER
    said = (SAID | SAID_BY_POLICY)[verb]
    mail = asked(
        f"Demande : {verb.value}\n{WHO}{said}",
        by=by,
        proof=Proof.SIGNATURE if Proof.SIGNATURE in proofs else Proof.ACCOUNT,
        bodies=[body()] if verb is Verb.RECTIFICATION else [],
    )
    assert (mail.header.verb, mail.header.problems) == (verb, ())
    opened = replace(mail.opened, keys=(b"jean1",), **proven_by(proofs, by))
    return replace(mail, policy=policy, opened=opened)


def proven_by(proofs: Proofs, by: Doctor) -> dict[str, object]:
    """Return what an opened mail has of the code, or of the card."""
    if Proof.CODE in proofs:
        return {"held_code": CODE.held_code}
    attested = Attested("lecteur", NIR, by.rpps, "once", NOON + 60)
    return {"attested": attested, "held_attestation": CARD.held_attestation}


def way_in_of(trial: Trial) -> WayIn:
    return CODE if Proof.CODE in trial[2] else CARD


def trying(world: Guarded, *, right: bool) -> Answering:
    """Return a keeper's answers: the right code or card unlocks the world, a wrong one not."""

    def answer(request: Request) -> Reply | MailError:
        if isinstance(getattr(request, "way_in", None), ByCode | ByVitale):
            if not right:
                return MailError("no-access")
            world.unlocked = True
        return play(request)

    return answer


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
        effects, (prove, release) = self.done(Verb.CLE_DU_PATIENT)
        assert isinstance(prove, Prove)
        assert isinstance(release, Release)
        assert prove.way_in == release.way_in == CODE
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
        effects, (prove, release, adopt) = self.done(Verb.FICHE)
        assert isinstance(prove, Prove)
        assert isinstance(release, Release)
        assert isinstance(adopt, Adopt)
        assert prove.way_in == release.way_in == CODE
        changed = effects.updates[0].dossier
        assert (changed.patient.nir, changed.sheet.fax) == (NIR, "0123456780")
        assert [each.waiting_id for each in effects.adoptions] == [WAITING.waiting_id]
