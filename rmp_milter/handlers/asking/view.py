"""What a handler sees of the store: the dossiers and doctors at one moment."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from rmp_milter.dossier.model import (
    Doctor,
    Dossier,
    Emergency,
    Fault,
    NumberedEntry,
    Tally,
    Waiting,
)
from rmp_milter.dossier.search_terms import Term


class View(Protocol):
    """The dossiers and doctors at one moment: the store's snapshot."""

    def doctor(self, doctor_id: bytes) -> Doctor | None:
        """Return the enrolled doctor, or None."""

    def doctor_by_rpps(self, rpps: str) -> Doctor | None:
        """Return the doctor of this RPPS number."""

    def doctor_by_mail(self, mail: str) -> Doctor | None:
        """Return the doctor of this mail address, case folded."""

    def doctor_by_fingerprint(self, fingerprint: str) -> Doctor | None:
        """Return the doctor with this primary key."""

    def doctor_by_key_id(self, key_id: str) -> Doctor | None:
        """Return the doctor one of whose keys has this id."""

    def doctors_named(self, name: str) -> Iterator[Doctor]:
        """Yield the doctors of this name, patients apart: titles and order do not count.

        Bound what is taken of it.
        """

    def principals_of(self, doctor_id: bytes) -> Iterator[Doctor]:
        """Yield the doctors who declared this one as their locum, whatever the days."""

    def patient_of(self, dossier_id: bytes) -> Doctor | None:
        """Return the patient's own directory entry, if he has a key."""

    def dossier(self, dossier_id: bytes) -> Dossier | None:
        """Return one dossier without its entries."""

    def term_holders(self, term: Term) -> Iterator[bytes]:
        """Yield the ids of the open dossiers that have the term, in no order that means any.

        For emergencies only. One after the other is read: whoever asks stops where he likes.
        """

    def terms_ahead(self, terms: Sequence[Term]) -> None:
        """Be told whose holders will be asked for next: an engine far away gets them in one go."""

    def words_held(self, words: Iterable[str]) -> frozenset[str]:
        """Return which of these family words any open dossier has a term of."""

    def emergency(self, reference: str) -> Emergency | None:
        """Return the emergency access of a public reference."""

    def dossiers_by_traits(self, trait_keys: Sequence[str]) -> tuple[Dossier, ...]:
        """Return all dossiers that any of the keys leads to."""

    def dossiers_of(self, doctor_id: bytes) -> Iterator[Dossier]:
        """Return the dossiers of which the doctor is médecin traitant."""

    def entries(self, dossier_id: bytes, after: int = 0) -> tuple[NumberedEntry, ...]:
        """Return the dossier's entries beyond number ``after`` in the order they came."""

    def last_entry(self, dossier_id: bytes) -> NumberedEntry | None:
        """Return the dossier's newest entry, or None."""

    def key_packets(self, document_id: bytes, fingerprint: str) -> bytes:
        """Return the key packets that were written later for a reader's key, or nothing."""

    def waiting_by_traits(self, trait_keys: Sequence[str]) -> tuple[Waiting, ...]:
        """Return the waiting deposits that any of the keys leads to."""

    def happened(self, value: bytes) -> bool:
        """Whether this, which may happen once, has happened."""

    def tally(self, fault: Fault, subject: bytes) -> Tally:
        """Return the tries that count against a subject."""
