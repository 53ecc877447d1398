"""The next cards: what a change is judged with, and what both kinds of cards are made by. Pure."""

import hashlib
from collections.abc import Callable
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
from rmp_milter.credentials import (
    CertificateKind,
    CredentialError,
    fingerprint_of,
    kind_of,
    read_credential,
    signed_at,
    stated_names,
)
from rmp_milter.credentials.trusted import judged_whole
from rmp_milter.dossier.cards import DossierCard, OtherCredential, PersonCard
from rmp_milter.dossier.model import Verb
from rmp_milter.dossier.naming import is_named
from rmp_milter.keeper.authority.cards import Sealer
from rmp_milter.keeper.authority.ground import Ground, digest_of
from rmp_milter.keeper.authority.host_rules import HostRules
from rmp_milter.keeper.authority.prolonged import NOBODY_TRUSTED
from rmp_milter.keeper.authority.refusals import Unentitled, Untrusted
from rmp_milter.x509 import Answer, Use, World, X509Error, allowed, read_x509

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
    """What a wish is judged with: ``now`` in epoch seconds, ``world`` gives whom the host trusts.

    That is for X.509 certificates only.
    """

    rules: HostRules
    sealer: Sealer
    ground: Ground
    now: int
    world: Callable[[], World] = lambda: NOBODY_TRUSTED


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
        return fingerprint_of(certificate)
    except CredentialError:
        return ""


def stated_of(certificate: bytes) -> frozenset[str]:
    """Return by which fingerprints a mail may state a certificate; none of what is none."""
    try:
        return stated_names(read_credential(certificate))
    except CredentialError:
        return frozenset()


def check_issued(certificate: bytes, rpps: str, world: Callable[[], World], now: int) -> None:
    """Raise for an X.509 certificate by which nobody may be enrolled.

    As at enrolment somebody whom the host trusts has issued it and says that it is not revoked;
    where it names an RPPS number it is its owner's, ``rpps``. OpenPGP keys have no issuer. Raises
    :class:`Untrusted`, :class:`Unentitled`.
    """
    if kind_of(certificate) is not CertificateKind.SMIME:
        return
    try:
        found = read_x509(certificate)
    except X509Error:
        raise Unentitled("a certificate that cannot be read") from None
    judged = judged_whole(found, world(), now)
    if allowed(judged.verdict, Use.ENROLLING, stale=judged.stale) is not Answer.YES:
        raise Untrusted(judged.why or judged.verdict.value)
    if found.rpps not in {"", rpps}:
        raise Unentitled("somebody else's certificate by its RPPS number")


def key_fields(certificate: bytes) -> dict[str, object]:
    """Return what a card says of the certificate that somebody is written to by."""
    made = other_credential(certificate)
    return {
        "certificate": made.digest,
        "fingerprint": made.fingerprint,
        "signed_at": made.signed_at,
    }


def other_credential(certificate: bytes) -> OtherCredential:
    """Return what a card says of another certificate of somebody's."""
    fingerprint = read_credential(certificate).fingerprint
    return OtherCredential(digest_of(certificate), fingerprint, signed_at(certificate))
