"""Whose a certificate is, of those who have several: one that he is written to by, and others."""

from rmp_milter.dossier.cards import PersonCard
from rmp_milter.dossier.model import Doctor


def fingerprints_of(person: Doctor | PersonCard) -> frozenset[str]:
    """Return the fingerprints of all certificates of somebody, in lower-case hex."""
    others = (each.fingerprint for each in person.credentials)
    return frozenset({person.fingerprint, *others})


def certificates_of(doctor: Doctor) -> tuple[bytes, ...]:
    """Return all certificates of somebody, the one that he is written to by first."""
    return (doctor.certificate, *(each.certificate for each in doctor.credentials))


def names_of(doctor: Doctor) -> frozenset[str]:
    """Return all by which signatures may name somebody: fingerprints and key ids."""
    return fingerprints_of(doctor).union(doctor.key_ids)
