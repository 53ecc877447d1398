"""The next cards: what a change is judged with, and what both kinds of cards are made by. Pure."""

import hashlib
from typing import NamedTuple

from msgspec.structs import replace

from rmp_milter.calls.authority import (
    AddNumber,
    Close,
    Contest,
    Locums,
    Masking,
    NewKey,
    NoCode,
    Oppose,
    PatientKey,
    Prolong,
    TakeOver,
    Wish,
)
from rmp_milter.certificates import CertificateError, read_certificate, signed_at
from rmp_milter.dossier.cards import DossierCard, PersonCard
from rmp_milter.dossier.model import Verb
from rmp_milter.dossier.naming import is_named
from rmp_milter.keeper.authority.cards import Sealer
from rmp_milter.keeper.authority.ground import Ground, digest_of
from rmp_milter.keeper.authority.host_rules import HostRules
from rmp_milter.keeper.authority.refusals import Unentitled

VERBS: dict[type[Wish], frozenset[Verb]] = {
    TakeOver: frozenset({Verb.MEDECIN_TRAITANT}),
    Contest: frozenset({Verb.CONTESTATION}),
    Oppose: frozenset({Verb.OPPOSITION, Verb.LEVEE_D_OPPOSITION}),
    Masking: frozenset({Verb.MASQUAGE, Verb.DEMASQUAGE, Verb.RECTIFICATION}),
    NoCode: frozenset({Verb.REVOCATION_DU_CODE}),
    Close: frozenset({Verb.CLOTURE}),
    AddNumber: frozenset({Verb.FICHE}),
    PatientKey: frozenset({Verb.CLE_DU_PATIENT}),
    NewKey: frozenset({Verb.NOUVELLE_CLE}),
    Locums: frozenset({Verb.REMPLACEMENT, Verb.FIN_DE_REMPLACEMENT}),
}
"""Which requests a wish may come of. A key is prolonged by whatever its owner signs."""

OF_PERSONS = (NewKey, Prolong, Locums)
"""Wishes that change who somebody is, and no dossier."""


class Amending(NamedTuple):
    """What a wish is judged with: ``now`` in epoch seconds."""

    rules: HostRules
    sealer: Sealer
    ground: Ground
    now: int


class Next(NamedTuple):
    """The cards as they are to be."""

    dossier: DossierCard | None = None
    person: PersonCard | None = None


def prolonging(act: bytes) -> bytes:
    """Return the act by which a mail prolongs its signer's key: another one than what it asks.

    It is committed before the rest is decided. So what the same mail asks rests on it as on
    anybody's card, and is not done because this is.
    """
    return hashlib.sha256(b"rmp prolonging\0" + act).digest()


def next_dossier(card: DossierCard, act: bytes, **fields: object) -> DossierCard:
    """Return the card in its next revision, made by ``act``."""
    changed: DossierCard = replace(card, revision=card.revision + 1, act=act, **fields)
    return changed


def next_person(card: PersonCard, act: bytes, **fields: object) -> PersonCard:
    """Return the card in its next revision, made by ``act``."""
    changed: PersonCard = replace(card, revision=card.revision + 1, act=act, **fields)
    return changed


def names_professional(words: str, person: PersonCard) -> bool:
    """Whether the words of a mail name this professional; a patient is never named so."""
    named = is_named(words, person.rpps, person.mail, person.name)
    return bool(words) and named and not person.patient_of


def check_enclosed(ground: Ground, certificate: bytes) -> None:
    """Raise :class:`Unentitled` for a certificate that did not come in the mail itself."""
    if digest_of(certificate) not in ground.ticket.keys:
        raise Unentitled("a key that the mail does not enclose")


def fingerprint_in(certificate: bytes) -> str:
    """Return a wish's primary fingerprint in hex; empty for what is no certificate."""
    try:
        return read_certificate(certificate).fingerprint
    except CertificateError:
        return ""


def key_fields(certificate: bytes) -> dict[str, object]:
    """Return what a card says of a certificate."""
    return {
        "certificate": digest_of(certificate),
        "fingerprint": read_certificate(certificate).fingerprint,
        "signed_at": signed_at(certificate),
    }
