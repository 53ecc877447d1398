"""Cards with the keeper's MAC: made here alone, and believed only with it."""

import hashlib
import hmac
from collections.abc import Sequence
from typing import TypeVar

from msgspec.structs import replace

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
from rmp_milter.keeper.keys.peppers import Generation, card_key, carried, traits_key

_TRAIT_SIZE = 16
OfAPatientT = TypeVar("OfAPatientT", DossierCard, WaitingCard)


class Sealer:
    """Makes and reads cards, and the keyed digests in them.

    A card of a former pepper counts as long as that one is whole; what it says is then given as
    if it were made now.
    """

    def __init__(self, pepper: bytes, before: Sequence[Generation] = ()) -> None:
        """``pepper`` is the keeper's, ``before`` are those that it had, the oldest first.

        Each purpose has a key of its own, derived from it.
        """
        self._traits = (*(each.traits for each in before), traits_key(pepper))
        self._cards = card_key(pepper)
        self._former = [
            (card_key(each.pepper), self._traits[place + 1 :])
            for place, each in enumerate(before)
            if each.pepper
        ]

    def sealed(self, card: Card) -> bytes:
        """Return the card as the store keeps it: its octets and their MAC."""
        octets = packed(card)
        return octets + _tag(self._cards, octets)

    def dossier(self, sealed: bytes) -> DossierCard:
        """Return what the keeper said of a dossier; raise :class:`CardError`."""
        since = self._since(sealed)
        return _carried_on(dossier_card(sealed), since)

    def person(self, sealed: bytes) -> PersonCard:
        """Return what the keeper said of a person; raise :class:`CardError`."""
        self._since(sealed)
        return person_card(sealed)

    def waiting(self, sealed: bytes) -> WaitingCard:
        """Return what the keeper said of a waiting deposit; raise :class:`CardError`."""
        since = self._since(sealed)
        return _carried_on(waiting_card(sealed), since)

    def is_present(self, sealed: bytes) -> bool:
        """Whether a card was made under the present pepper."""
        return _fits(self._cards, sealed)

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
        return self._digest(b"nobody\n" + words.encode())

    def _keyed(self, words: str) -> bytes:
        return self._digest(words.encode(), _TRAIT_SIZE)

    def _digest(self, words: bytes, size: int | None = None) -> bytes:
        first, *since = self._traits
        return carried(hmac.digest(first, words, "sha256")[:size], since)

    def _since(self, sealed: bytes) -> Sequence[bytes]:
        """Return by what a card's digests go on to the present; raise :class:`CardError`."""
        if self.is_present(sealed):
            return ()
        for key, since in self._former:
            if _fits(key, sealed):
                return since
        raise CardError


def tag_of(sealed: bytes) -> bytes:
    """Return what a card is known by."""
    return hashlib.sha256(sealed).digest()[:16]


def _carried_on(card: OfAPatientT, since: Sequence[bytes]) -> OfAPatientT:
    if not since:
        return card
    traits = tuple(carried(each, since) for each in card.traits)
    return replace(card, traits=traits, number=carried(card.number, since))


def _tag(key: bytes, octets: bytes) -> bytes:
    return hmac.digest(key, octets, "sha256")


def _fits(key: bytes, sealed: bytes) -> bool:
    return hmac.compare_digest(_tag(key, sealed[:-TAG_SIZE]), sealed[-TAG_SIZE:])
