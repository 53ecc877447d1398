"""Verification of the directory: doctors, patients with a key, lines of digests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rmp_milter.credentials import CertificateKind, kind_of
from rmp_milter.dossier.credentials import certificates_of, fingerprints_of
from rmp_milter.store.format.codecs import ID_BYTES, LinkKind
from rmp_milter.store.format.strangers_keys import strangers_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rmp_milter.dossier.model import Doctor
    from rmp_milter.store.check.cards import CardCheck
    from rmp_milter.store.check.expected import Expected
    from rmp_milter.store.check.walk import Walk
    from rmp_milter.store.format.codecs import Codecs

RECEIPT_KEY_BYTES = 24


def check_doctors(walk: Walk, codecs: Codecs, expected: Expected, cards: CardCheck) -> None:
    """Note every finding in the directory; say what must lead to whom."""
    links: dict[bytes, bytes] = {}
    for key, sealed in walk.records("doctors"):
        expected.doctors.add(key)
        doctor = walk.opened(codecs.doctors, key, sealed)
        if doctor is None:
            continue
        if doctor.doctor_id != key:
            walk.add(f"doctor {key.hex()} holds another identifier")
        if doctor.patient_of:
            expected.patients_of[doctor.patient_of] = key
        cards.person(doctor)
        if _strangers_of(doctor):
            walk.add(
                f"doctor {key.hex()} is found by keys that are not his: "
                f"rmp doctor set {doctor.fingerprint} --read-key"
            )
        for kind, value in _values(doctor):
            link = codecs.blind.of(kind, value)
            other = links.setdefault(link, key)
            if other != key:
                walk.add(f"doctors {other.hex()} and {key.hex()} have the same {kind}")
            expected.links.add(link + key)


def check_receipts(walk: Walk, codecs: Codecs, expected: Expected) -> None:
    """Note every finding in the lines of digests; the directory has been seen."""
    for key, sealed in walk.records("receipts"):
        if len(key) != RECEIPT_KEY_BYTES or key[:ID_BYTES] not in expected.doctors:
            walk.add(f"receipt line {key.hex()} is for nobody")
        line = walk.opened(codecs.receipts, key, sealed)
        if line is not None and line.doctor_id != key[:ID_BYTES]:
            walk.add(f"receipt line {key.hex()} is for another")


def check_patients(walk: Walk, expected: Expected) -> None:
    """Note the patients who have a key to no dossier; the dossiers have been seen."""
    for dossier_id, doctor_id in expected.patients_of.items():
        if dossier_id not in expected.dossiers:
            walk.add(f"doctor {doctor_id.hex()} is the patient of no dossier")


def _strangers_of(doctor: Doctor) -> set[str]:
    """Return the key ids that none of somebody's certificates has."""
    left = {each.lower() for each in doctor.key_ids} - fingerprints_of(doctor)
    for certificate in certificates_of(doctor):
        if (
            kind_of(certificate) is CertificateKind.OPENPGP
        ):  # others are named by their fingerprint alone
            left &= {*strangers_in(certificate, tuple(left))}
    return left


def _values(doctor: Doctor) -> Iterator[tuple[LinkKind, str | bytes]]:
    values: list[tuple[LinkKind, str | bytes]] = [
        (LinkKind.MAIL, doctor.mail.casefold()),
        (LinkKind.RPPS, doctor.rpps),
        (LinkKind.ACCOUNT, doctor.account),
        *((LinkKind.FINGERPRINT, each.lower()) for each in fingerprints_of(doctor)),
        (LinkKind.PATIENT, doctor.patient_of),
        *((LinkKind.KEY_ID, key_id.lower()) for key_id in doctor.key_ids),
    ]
    return ((kind, value) for kind, value in values if value)
