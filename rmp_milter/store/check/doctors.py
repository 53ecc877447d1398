"""Verification of the directory: doctors, patients with a key, lines of digests."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from rmp_milter.credentials import CertificateKind, kind_of
from rmp_milter.dossier.credentials import certificates_of, fingerprints_of
from rmp_milter.dossier.naming import name_words
from rmp_milter.store.check.erased import is_erased, still_known
from rmp_milter.store.check.walk import MAX_FINDINGS
from rmp_milter.store.format.blind import LinkKind
from rmp_milter.store.format.codecs import ID_BYTES
from rmp_milter.store.format.strangers_keys import strangers_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rmp_milter.dossier.model import Doctor
    from rmp_milter.store.check.cards import CardCheck
    from rmp_milter.store.check.expected import Expected
    from rmp_milter.store.check.foreseen import Foreseen
    from rmp_milter.store.check.walk import Record, Walk
    from rmp_milter.store.format.codecs import Codecs

RECEIPT_KEY_BYTES = 24
MOST_HOLDERS = 16
"""Of what one may have; more are in the index of a damaged store only, and named there."""


class DoctorCheck:
    """Walks the directory and holds what the others must agree with."""

    def __init__(
        self, walk: Walk, codecs: Codecs, expected: Expected, cards: CardCheck
    ) -> None:
        self._walk = walk
        self._codecs = codecs
        self._expected = expected
        self._cards = cards
        self._unfound: dict[bytes, bytes] = {}

    def run(self) -> None:
        """Note every finding in the directory; say what must lead to whom."""
        for key, sealed in self._walk.records("doctors", self._foresee):
            doctor = self._walk.opened(self._codecs.doctors, key, sealed)
            if doctor is not None:
                self._check(key, doctor)

    def _foresee(self, foreseen: Foreseen, some: Sequence[Record]) -> None:
        each = (self._walk.tried(self._codecs.doctors, key, sealed) for key, sealed in some)
        doctors = [doctor for doctor in each if doctor is not None]
        links = (link for doctor in doctors for link in _links(self._codecs, doctor))
        foreseen.ask_holders(links, MOST_HOLDERS)
        foreseen.ask("dossiers", (doctor.patient_of for doctor in doctors))

    def _check(self, key: bytes, doctor: Doctor) -> None:
        if doctor.doctor_id != key:
            self._walk.add(f"doctor {key.hex()} holds another identifier")
        self._cards.person(doctor)
        if doctor.patient_of:
            self._check_patient(key, doctor.patient_of)
        if _strangers_of(doctor):
            self._walk.add(
                f"doctor {key.hex()} is found by keys that are not his: "
                f"rmp doctor set {doctor.fingerprint} --read-key"
            )
        for link, kind in _links(self._codecs, doctor).items():
            self._check_alone(link, kind, key)
            self._expected["index"].ask(link + key)
        for kind, value in _shared_values(doctor):
            self._expected["index"].ask(self._codecs.blind.of(kind, value) + key)

    def _check_patient(self, key: bytes, dossier_id: bytes) -> None:
        if not self._walk.has("dossiers", dossier_id):
            self._walk.add(f"doctor {key.hex()} is the patient of no dossier")
        stored = self._walk.read("dossiers", self._codecs.dossiers, dossier_id)
        if stored is not None and is_erased(stored.dossier):
            self._walk.add(still_known(dossier_id))

    def _check_alone(self, link: bytes, kind: LinkKind, key: bytes) -> None:
        """Note who else has what nobody may share: once, for the later of the two.

        Whom the index does not lead to is remembered, as many as a list of findings has.
        """
        others = set(islice(self._walk.holders(link), MOST_HOLDERS))
        if key not in others and len(self._unfound) < MAX_FINDINGS:
            others.add(self._unfound.setdefault(link, key))
        for other in sorted(others):
            if other < key and self._has(other, link):
                self._walk.add(f"doctors {other.hex()} and {key.hex()} have the same {kind}")

    def _has(self, doctor_id: bytes, link: bytes) -> bool:
        doctor = self._walk.read("doctors", self._codecs.doctors, doctor_id)
        return doctor is not None and link in _links(self._codecs, doctor)


def check_receipts(walk: Walk, codecs: Codecs) -> None:
    """Note every finding in the lines of digests."""
    for key, sealed in walk.records("receipts", _foresee_doctors):
        if len(key) != RECEIPT_KEY_BYTES or not walk.has("doctors", key[:ID_BYTES]):
            walk.add(f"receipt line {key.hex()} is for nobody")
        line = walk.opened(codecs.receipts, key, sealed)
        if line is not None and line.doctor_id != key[:ID_BYTES]:
            walk.add(f"receipt line {key.hex()} is for another")


def _foresee_doctors(foreseen: Foreseen, receipts: Sequence[Record]) -> None:
    foreseen.ask_whether("doctors", (key[:ID_BYTES] for key, _ in receipts))


def _strangers_of(doctor: Doctor) -> set[str]:
    """Return the key ids that none of somebody's certificates has."""
    left = {each.lower() for each in doctor.key_ids} - fingerprints_of(doctor)
    for certificate in certificates_of(doctor):
        if (
            kind_of(certificate) is CertificateKind.OPENPGP
        ):  # others are named by their fingerprint alone
            left &= {*strangers_in(certificate, tuple(left))}
    return left


def _links(codecs: Codecs, doctor: Doctor) -> dict[bytes, LinkKind]:
    return {codecs.blind.of(kind, value): kind for kind, value in _values(doctor)}


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


def _shared_values(doctor: Doctor) -> Iterator[tuple[LinkKind, str | bytes]]:
    """Yield from what the index leads to somebody, and may lead to others as well."""
    yield from ((LinkKind.LOCUM, each) for each in {one.doctor_id for one in doctor.locums})
    if not doctor.patient_of and (words := name_words(doctor.name)):
        yield LinkKind.NAME, " ".join(words)
