"""Who may do what, by which proofs: one table, and a look-up in it (docs/rules.md).

The table is the strictest reading of who may do what; a host may loosen or tighten a row
in its configuration ([policy]). What a right lets a doctor see is in
:mod:`rmp_milter.handlers.sight.seen`.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType

import msgspec

from rmp_milter.dossier.model import Verb


class Act(StrEnum):
    """What is asked for, as far as rights go; the value is the policy's word."""

    CREATION = "creation"
    DEPOT = "depot"
    CONSULTATION = "consultation"
    LISTE = "liste"
    FICHE = "fiche"
    MEDECIN_TRAITANT = "medecin_traitant"
    REMPLACEMENT = "remplacement"
    NOUVELLE_CLE = "cle"
    RECLASSEMENT = "reclassement"
    RECTIFICATION = "rectification"
    MASQUAGE = "masquage"
    OPPOSITION = "opposition"
    NOUVEAU_CODE = "code"
    CLE_DU_PATIENT = "cle_patient"
    ACCES = "acces"
    COPIE = "copie"
    CONTESTATION = "contestation"
    CLOTURE = "cloture"


class Relation(StrEnum):
    """What the sender is to the dossier; the value is the policy's word."""

    TREATING = "traitant"
    LOCUM = "remplacant"  # of the médecin traitant, in his dates
    PATIENT = "patient"  # with a key of his own
    FORMER = "ancien"  # the médecin traitant before a takeover that can be contested
    AUTHOR = "auteur"  # of the entry, and nothing else
    OTHER = "autre"  # any other professional, also where there is no dossier
    OPPOSED = "oppose"  # the patient has refused him
    FOREIGN = "etranger"  # another patient


BY_SIGNATURE = frozenset(
    {
        *(Verb.REMPLACEMENT, Verb.NOUVELLE_CLE, Verb.CLE_DU_PATIENT, Verb.NOUVEAU_CODE),
        *(Verb.REVOCATION_DU_CODE, Verb.CLOTURE, Verb.LEVEE_D_OPPOSITION, Verb.DEMASQUAGE),
        Verb.CONTESTATION,
    }
)
"""Requests in which a signature alone helps a third party, or destroys."""

GOVERNING = BY_SIGNATURE | {Verb.MEDECIN_TRAITANT}
"""Requests that change who decides, who reads by himself, or whether anybody does."""


class Proof(StrEnum):
    """What a mail proves; the value is the policy's word."""

    SIGNATURE = "signature"
    CPS = "cps"  # a signature by the sender's CPS card; it is a signature besides
    ACCOUNT = "compte"
    CODE = "code"
    VITALE = "vitale"


class Way(StrEnum):
    """How the documents' keys are come by; the value stands in the access log."""

    STANDING = "standing"  # the reader's own key packets; no slot is opened
    CODE = "code"
    VITALE = "vitale"
    CUSTODY = "custody"


Proofs = frozenset[Proof]
Policy = Mapping[tuple[Act, Relation], Sequence[Proofs]]
"""(act, relation) → sets of proofs, each enough by itself, the preferred one first."""


def known_by(proof: Proof, *, card: bool) -> tuple[Proof, ...]:
    """Return what proves who wrote a mail: what a card signed is signed, whatever is required."""
    by_card = card and proof is Proof.SIGNATURE
    return (Proof.SIGNATURE, Proof.CPS) if by_card else (proof,)


def _sets(words: str) -> tuple[Proofs, ...]:
    return tuple(proofs_named(word) for word in words.split())


def proofs_named(words: str) -> Proofs:
    """Return the proofs of ``signature+code``; raises ValueError for an unknown word."""
    return frozenset(Proof(word) for word in words.split("+"))


_SIGNED = _sets("signature")
_IDENTIFIED = _sets("signature compte")
_SLOT = _sets("signature+code compte+code signature+vitale compte+vitale")
_SIGNED_SLOT = _sets("signature+code signature+vitale")
_CARDS = _sets("cps+vitale")  # last: who has both cards needs no other way than he had
_PATIENTS_WISH = {
    Relation.PATIENT: _SIGNED,
    Relation.TREATING: _SIGNED,
    Relation.LOCUM: _SIGNED,
    Relation.OTHER: _SLOT,
}

_TABLE: Mapping[Act, Mapping[Relation, tuple[Proofs, ...]]] = {
    Act.CREATION: {
        Relation.OTHER: (*_IDENTIFIED, *_CARDS),
        Relation.TREATING: (*_IDENTIFIED, *_CARDS),
    },
    Act.DEPOT: {
        Relation.TREATING: _IDENTIFIED,
        Relation.LOCUM: _IDENTIFIED,
        Relation.OTHER: _IDENTIFIED,
        Relation.OPPOSED: _IDENTIFIED,
    },
    Act.CONSULTATION: {
        Relation.TREATING: (*_SIGNED, *_SLOT, *_CARDS),
        Relation.LOCUM: (*_SIGNED, *_SLOT, *_CARDS),
        Relation.PATIENT: _SIGNED,
        Relation.OTHER: (*_SLOT, *_CARDS),
    },
    Act.LISTE: {Relation.TREATING: _SIGNED},
    Act.FICHE: {Relation.TREATING: _SIGNED, Relation.LOCUM: _SIGNED},
    Act.MEDECIN_TRAITANT: {
        Relation.OTHER: _SIGNED_SLOT,
        Relation.LOCUM: _SIGNED_SLOT,  # who takes over the practice was often its locum
        Relation.TREATING: _SIGNED_SLOT,
    },
    Act.REMPLACEMENT: {Relation.TREATING: _SIGNED},
    Act.NOUVELLE_CLE: {Relation.TREATING: _SIGNED, Relation.PATIENT: _SIGNED},
    Act.RECLASSEMENT: {Relation.TREATING: _SIGNED, Relation.LOCUM: _SIGNED},
    Act.RECTIFICATION: {**_PATIENTS_WISH, Relation.AUTHOR: _SIGNED},
    Act.MASQUAGE: _PATIENTS_WISH,
    Act.OPPOSITION: _PATIENTS_WISH,
    # A locum shall not hold, beyond his days, a code that he made: he needs the present one.
    Act.NOUVEAU_CODE: {**_PATIENTS_WISH, Relation.LOCUM: _SLOT},
    Act.CLE_DU_PATIENT: {Relation.TREATING: _SIGNED},
    Act.ACCES: _PATIENTS_WISH,
    Act.COPIE: _PATIENTS_WISH,
    Act.CONTESTATION: {Relation.FORMER: _SIGNED, Relation.PATIENT: _SIGNED},
    Act.CLOTURE: {Relation.PATIENT: _SIGNED, Relation.TREATING: _SIGNED_SLOT},
}

_SENDS_DOCUMENTS = frozenset({Act.CONSULTATION, Act.COPIE})

STRICTEST: Policy = MappingProxyType(
    {(act, relation): sets for act, row in _TABLE.items() for relation, sets in row.items()}
)


class Grant(msgspec.Struct, frozen=True):
    """That an act is allowed: by which proofs, and how the keys are come by."""

    proofs: Proofs
    way: Way


class Denied(StrEnum):
    """Why it is not, as a key of the refusals' catalogue."""

    NO_ACCESS = "no-access"
    CODE_MISSING = "code-missing"
    SIGNATURE_NEEDED = "signature-needed"
    CPS_NEEDED = "cps-needed"
    CARD_NEEDED = "card-needed"


def judge(
    policy: Policy, act: Act, relation: Relation, proofs: Iterable[Proof]
) -> Grant | Denied:
    """Return the grant, or what is missing most; the first set that fits counts.

    The opposed are judged as others are, so that they are asked for the same things: what
    they get is refused later, in the same words and after the same work as a wrong code.
    """
    given = frozenset(proofs)
    row = _row(policy, act, relation)
    for needed in row:
        if needed <= given:
            return Grant(needed, _way(act, relation, needed))
    lacking = frozenset[Proof]().union(*row) - given
    # The code before the signature: else a médecin traitant's account would show, by another
    # answer, whose patient it is.
    if Proof.CODE in lacking:
        return Denied.CODE_MISSING
    if Proof.SIGNATURE in lacking:
        return Denied.SIGNATURE_NEEDED
    if Proof.CPS in lacking:
        return Denied.CPS_NEEDED
    return Denied.CARD_NEEDED if Proof.VITALE in lacking else Denied.NO_ACCESS


def _row(policy: Policy, act: Act, relation: Relation) -> Sequence[Proofs]:
    if relation is Relation.OPPOSED and (act, relation) not in policy:
        relation = Relation.OTHER
    return policy.get((act, relation), ())


def _way(act: Act, relation: Relation, proofs: Proofs) -> Way:
    if Proof.CODE in proofs:
        return Way.CODE
    if Proof.VITALE in proofs:
        return Way.VITALE
    # A locum has no key packets of his own: the custody slot writes them, after its leaf.
    return (
        Way.CUSTODY if relation is Relation.LOCUM and act in _SENDS_DOCUMENTS else Way.STANDING
    )


def policy_of(rows: Mapping[str, Sequence[str]]) -> Policy:
    """Return the strictest policy with the host's rows in place of its own.

    ``rows`` maps ``act_relation`` (``consultation_autre``) to sets (``signature+code``).
    Raises ValueError with the row's name for what is unknown.
    """
    changed = {_named(name): tuple(map(proofs_named, sets)) for name, sets in rows.items()}
    return {**STRICTEST, **changed}


def _named(name: str) -> tuple[Act, Relation]:
    act, _, relation = name.rpartition("_")
    return Act(act), Relation(relation)
