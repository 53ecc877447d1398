"""Cards with the keeper's MAC: made here alone, and believed only with it."""

import hashlib
import hmac

from rmp_milter.dossier.cards import (
    TAG_SIZE,
    Card,
    CardError,
    DossierCard,
    PersonCard,
    WaitingCard,
    dossier_card,
    packed,
    person_card,
    waiting_card,
)
from rmp_milter.dossier.identity import trait_keys
from rmp_milter.dossier.model import Patient

_TRAIT_SIZE = 16


class Sealer:
    """Makes and reads cards, and the keyed digests in them."""

    def __init__(self, pepper: bytes) -> None:
        """``pepper`` is the keeper's; each purpose has a key of its own, derived from it."""
        self._cards = hmac.digest(pepper, b"rmp card key", "sha256")
        self._traits = hmac.digest(pepper, b"rmp card traits", "sha256")

    def sealed(self, card: Card) -> bytes:
        """Return the card as the store keeps it: its octets and their MAC."""
        octets = packed(card)
        return octets + self._tag(octets)

    def dossier(self, sealed: bytes) -> DossierCard:
        """Return what the keeper said of a dossier; raise :class:`CardError`."""
        self._check(sealed)
        return dossier_card(sealed)

    def person(self, sealed: bytes) -> PersonCard:
        """Return what the keeper said of a person; raise :class:`CardError`."""
        self._check(sealed)
        return person_card(sealed)

    def waiting(self, sealed: bytes) -> WaitingCard:
        """Return what the keeper said of a waiting deposit; raise :class:`CardError`."""
        self._check(sealed)
        return waiting_card(sealed)

    def traits(self, patient: Patient) -> tuple[bytes, ...]:
        """Return the keyed digests by which a patient is looked for, his number's apart."""
        return tuple(
            self._keyed(key) for key in trait_keys(patient) if not key.startswith("nir:")
        )

    def number(self, nir: str) -> bytes:
        """Return the keyed digest of a patient's number; empty for none."""
        compact = "".join(nir.split()).upper()
        return self._keyed(f"nir:{compact}") if compact else b""

    def nobody(self, patient: Patient) -> bytes:
        """Return what stands for a patient without a dossier (32 bytes)."""
        words = "\n".join(sorted(trait_keys(patient)))
        return hmac.digest(self._traits, b"nobody\n" + words.encode(), "sha256")

    def _keyed(self, words: str) -> bytes:
        return hmac.digest(self._traits, words.encode(), "sha256")[:_TRAIT_SIZE]

    def _tag(self, octets: bytes) -> bytes:
        return hmac.digest(self._cards, octets, "sha256")

    def _check(self, sealed: bytes) -> None:
        octets, tag = sealed[:-TAG_SIZE], sealed[-TAG_SIZE:]
        if not hmac.compare_digest(self._tag(octets), tag):
            raise CardError


def tag_of(sealed: bytes) -> bytes:
    """Return what a card is known by."""
    return hashlib.sha256(sealed).digest()[:16]
