"""What the store's records say of all that a card vouches for.

So the host has cards made of records that have none, and compares those that have one. What
only the keeper knows is left empty: revision, act, the keyed digests of traits and number, and
when a certificate was signed.
"""

import hashlib
from collections.abc import Sequence

from msgspec.structs import replace

from rmp_milter.dossier.cards import (
    NO_ACT,
    Card,
    DossierCard,
    LocumDays,
    OtherCredential,
    PersonCard,
    WaitingCard,
    code_digest,
    slot_digest,
)
from rmp_milter.dossier.identity import fold
from rmp_milter.dossier.masks import masked_documents
from rmp_milter.dossier.model import Doctor, Dossier, NumberedEntry
from rmp_milter.dossier.professions import is_doctor

_KEEPERS_OWN = frozenset({"revision", "act", "traits", "number", "signed_at"})


def person_said(doctor: Doctor) -> PersonCard:
    """Return what the directory says of somebody; by his name no mail means a patient."""
    return PersonCard(
        person=doctor.doctor_id,
        revision=0,
        act=NO_ACT,
        certificate=hashlib.sha256(doctor.certificate).digest(),
        fingerprint=doctor.fingerprint,
        signed_at=0,
        rpps=doctor.rpps,
        name="" if doctor.patient_of else doctor.name,
        mail=doctor.mail,
        is_doctor=is_doctor(doctor),
        account=doctor.account,
        patient_of=doctor.patient_of,
        locums=tuple(
            LocumDays(each.doctor_id, each.first, each.last) for each in doctor.locums
        ),
        credentials=tuple(
            OtherCredential(hashlib.sha256(each.certificate).digest(), each.fingerprint, 0)
            for each in doctor.credentials
        ),
    )


def dossier_said(
    dossier: Dossier, entries: Sequence[NumberedEntry], patient: bytes
) -> DossierCard:
    """Return what the store says of a dossier.

    ``entries`` are all of it, oldest first (none are needed where nothing is masked);
    ``patient`` is the id of the patient's own entry in the directory, empty without one.
    """
    closure = dossier.closure
    return DossierCard(
        dossier=dossier.dossier_id,
        revision=0,
        act=NO_ACT,
        public_key=dossier.public_key,
        treating=dossier.treating,
        traits=(),
        number=b"",
        custody=slot_digest(dossier.slots.custody),
        code=code_digest(dossier.slots.code),
        vitale=slot_digest(dossier.slots.vitale),
        patient=patient,
        suspended=dossier.suspended,
        takeover=dossier.takeover,
        opposed=dossier.opposed,
        masked=masked_documents(dossier, entries),
        closed_at=closure.at if closure else 0,
        erase_at=closure.erase_at if closure else 0,
    )


def person_named(doctor: Doctor) -> str:
    """Return what somebody of the directory is called among findings: never by his name."""
    if doctor.patient_of:
        return f"the patient of dossier {doctor.patient_of.hex()}"
    return f"RPPS {doctor.rpps}"


def dossier_named(dossier: Dossier) -> str:
    """Return what a dossier is called among findings."""
    return f"dossier {dossier.dossier_id.hex()}"


def unlike(card: Card, said: Card) -> tuple[str, ...]:
    """Return the fields in which a card is not what the records say, but for the keeper's own.

    Names and addresses are compared as they are looked for, several of a kind in no order. Of
    a closure and a takeover both know the times, each by its own clock: these are not compared.
    """
    ours, theirs = _comparable(card), _comparable(said)
    fields = (name for name in type(card).__struct_fields__ if name not in _KEEPERS_OWN)
    return tuple(
        name for name in fields if getattr(ours, name, None) != getattr(theirs, name, None)
    )


def _comparable(card: Card) -> Card:
    match card:
        case PersonCard():
            locums = tuple(sorted(card.locums, key=lambda days: (days.locum, days.first)))
            name, mail = fold(card.name), card.mail.casefold()
            others = tuple(
                replace(each, signed_at=0)
                for each in sorted(card.credentials, key=lambda each: each.fingerprint)
            )
            return replace(card, name=name, mail=mail, locums=locums, credentials=others)
        case DossierCard():
            masked = tuple(sorted(card.masked, key=lambda each: each.document))
            opposed, closed_at = tuple(sorted(card.opposed)), min(card.closed_at, 1)
            changed = replace(card, opposed=opposed, masked=masked, closed_at=closed_at)
            takeover = card.takeover and replace(card.takeover, at=0, until=0)
            return replace(changed, takeover=takeover)
        case WaitingCard():
            return card
