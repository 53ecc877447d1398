"""Every verb that takes a code or a card, by whom and by what, as a mail; a guarded world."""

import ast
import inspect
from collections.abc import Iterator, Sequence
from functools import cache

from handlers_case import (
    CODE_SLOT,
    DEMO,
    JEAN,
    NOON,
    OTHER,
    SLOTS,
    WAITING_CARD,
    Answering,
    World,
    asked,
    body,
    dossier,
    entry,
    play,
    read_table,
)
from msgspec.structs import replace

from rmp_milter.calls.protocol.calls import Reply, Request
from rmp_milter.calls.protocol.opening import Attested
from rmp_milter.calls.protocol.releasing import ByCode, ByVitale, WayIn
from rmp_milter.dossier.model import (
    Doctor,
    Locum,
    NumberedEntry,
    Onglet,
    Verb,
    Waiting,
)
from rmp_milter.dossier.rules import STRICTEST, Act, Policy, Proof, Proofs, Relation, policy_of
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.table import HANDLERS

NIR = "159017511600108"
WHO = "Patient : DUPONT Jean\nNé le : 30/01/1959\n"
CODE, CARD = ByCode(CODE_SLOT), ByVitale(b"v" * 80, bytes(35))
FILED = [entry(number, Onglet.BIOLOGIE, "Bilan", [DEMO]) for number in (1, 2)]
WAITING = Waiting(
    b"w" * 16,
    replace(JEAN, nir=NIR),
    entry(7, Onglet.BIOLOGIE, "Bilan").entry,
    NOON,
    NOON + 9,
    WAITING_CARD,
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
            if proofs & tried and not any(each <= brought(proofs) for each in enough):
                for verb in (verb for verb in Verb if act in acts_named(verb)):
                    yield verb, relation, proofs


def brought(proofs: Proofs) -> Proofs:
    """Return what a mail proves that brings these: a card's signature is a signature."""
    return proofs | {Proof.SIGNATURE} if Proof.CPS in proofs else proofs


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
        proof=Proof.SIGNATURE if Proof.SIGNATURE in brought(proofs) else Proof.ACCOUNT,
        bodies=[body()] if verb is Verb.RECTIFICATION else [],
    )
    assert (mail.header.verb, mail.header.problems) == (verb, ())
    opened = replace(mail.opened, keys=(b"jean1",), **proven_by(proofs, by))
    sender = replace(mail.sender, card=Proof.CPS in proofs)
    return replace(mail, policy=policy, opened=opened, sender=sender)


def proven_by(proofs: Proofs, by: Doctor) -> dict[str, object]:
    """Return what an opened mail has of the code, or of the card."""
    if Proof.CODE in proofs:
        return {"has_code": True}
    attested = Attested("lecteur", NIR, by.rpps, "once", NOON + 60)
    return {"attested": attested}


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
