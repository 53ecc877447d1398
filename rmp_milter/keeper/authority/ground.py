"""What a call rests on, read: the ticket, and the cards that are in force.

A card counts if the keeper made it and knows it as the one in force, or as the next one: then
it was committed since it was made, and is in force from now on. One that this very mail made is
not yet committed; it counts for this mail, and nothing is learnt by it.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from rmp_milter.calls.authority import Authority, Candidate
from rmp_milter.credentials import fingerprint_of
from rmp_milter.dossier.cards import CardError, DossierCard, PersonCard
from rmp_milter.dossier.credentials import fingerprints_of
from rmp_milter.dossier.rules import Proof
from rmp_milter.errors import AHEAD, GONE
from rmp_milter.keeper.authority.cards import Sealer, tag_of
from rmp_milter.keeper.authority.prolonged import NOBODY_TRUSTED, not_prolonged, replaced_among
from rmp_milter.keeper.authority.refusals import Moved, Unentitled
from rmp_milter.keeper.authority.tickets import Ticket
from rmp_milter.keeper.log.known import Stand
from rmp_milter.x509 import World

DOSSIER, PERSON = b"D", b"P"


class Shown(NamedTuple):
    """A card that was presented: what it says, under which key it is known, its tag."""

    card: DossierCard | PersonCard
    key: bytes
    tag: bytes


class HowItStands(NamedTuple):
    """How a card stands to what is known; the digests of what a person is known by.

    ``certificate`` is that of the one that he is written to by.
    """

    stand: Stand
    certificate: bytes = b""
    others: frozenset[bytes] = frozenset()

    @property
    def certificates(self) -> frozenset[bytes]:
        """The digests of all that are the person's."""
        return self.others | {self.certificate}


Look = Callable[[Shown], HowItStands]
"""Says how a card stands to what is known."""


class Registrant(NamedTuple):
    """Somebody whose card is in force, and the certificate of which it holds the digest.

    ``more`` are his other certificates, those of which the card holds the digest as well.
    ``newer`` is a later copy of one of all these (``replaced``), made good by its own key or by
    its authority.
    """

    card: PersonCard
    certificate: bytes
    newer: bytes = b""
    more: tuple[bytes, ...] = ()
    replaced: bytes = b""

    @property
    def certificates(self) -> tuple[bytes, ...]:
        """All that are his, each in its latest copy, the one that he is written to by first."""
        own = (self.certificate, *self.more)
        return tuple(
            self.newer if self.newer and each == self.replaced else each for each in own
        )

    @property
    def fingerprints(self) -> frozenset[str]:
        """What signatures of his may be made with: the card's, and that of the later copy."""
        more = {fingerprint_of(self.newer)} if self.newer else set()
        return fingerprints_of(self.card) | more


class Ground(NamedTuple):
    """What a call may rest on. ``dossier`` is None where no card of one was presented.

    ``lacks_persons`` says that a card of somebody does not count and was passed over.
    """

    ticket: Ticket
    sender: PersonCard
    dossier: DossierCard | None
    persons: tuple[Registrant, ...] = ()
    share: int = 0
    lacks_persons: bool = False

    def person(self, person: bytes) -> PersonCard | None:
        """Return the card in force of somebody, if it was presented."""
        return next((each.card for each in self.persons if each.card.person == person), None)

    def certificates_of(self, *persons: bytes) -> set[bytes]:
        """Return the certificates that these may be written to by."""
        found = (each for each in self.persons if each.card.person in persons)
        return {name for each in found for name in (each.certificate, *each.certificates)}


class CardReading:
    """Reads the cards of one call, which are then in ``shown``.

    ``learnt`` are those that are in force from now on. Read ``leniently`` (an emergency, and
    whose a signature is) a card of another revision counts as well, a person's if his
    certificate is the same: neither a keeper nor a store that was restored may let somebody
    wait.
    """

    def __init__(
        self,
        sealer: Sealer,
        look: Look,
        act: bytes = b"",
        *,
        leniently: bool = False,
        world: Callable[[], World] = lambda: NOBODY_TRUSTED,
    ) -> None:
        """``act`` is the mail's, whose own cards are not committed yet.

        ``world`` gives whose X.509 certificates count, for later copies of them.
        """
        self._sealer = sealer
        self._look = look
        self._act = act
        self._world = world
        self._leniently = leniently
        self.learnt: list[Shown] = []
        self.shown: list[Shown] = []

    def dossier(self, sealed: bytes) -> DossierCard:
        """Return a dossier's card; raise :class:`Unentitled`, :class:`Moved`."""
        try:
            card = self._sealer.dossier(sealed)
        except CardError:
            raise Unentitled("not a dossier's card") from None
        self._check(Shown(card, DOSSIER + card.dossier, tag_of(sealed)))
        return card

    def shown_dossier(self, sealed: bytes) -> DossierCard | None:
        """Return the card that a call brings of a dossier; read leniently, one that counts."""
        try:
            return self.dossier(sealed) if sealed else None
        except Unentitled:
            if not self._leniently:
                raise
            return None

    def card_of_person(self, sealed: bytes, newer: bytes = b"") -> PersonCard:
        """Return a person's card, his certificate aside; raise as :meth:`dossier`.

        Read leniently an older one counts as well with a ``newer`` copy that is the one in force.
        """
        return self._person(sealed, newer)[0]

    def _person(self, sealed: bytes, newer: bytes) -> tuple[PersonCard, HowItStands]:
        try:
            card = self._sealer.person(sealed)
        except CardError:
            raise Unentitled("not a person's card") from None
        return card, self._check(Shown(card, PERSON + card.person, tag_of(sealed)), newer)

    def person(self, candidate: Candidate, now: int) -> Registrant:
        """Return a person whose certificates are the card's; raise as :meth:`dossier`."""
        card, known = self._person(candidate.card, candidate.newer)
        if digest_of(candidate.certificate) != card.certificate:
            raise Unentitled("another certificate than the card's")
        newer = candidate.newer
        more = self._others(card, known, candidate.more)
        replaced = self._replaced((candidate.certificate, *more), newer, now)
        return Registrant(card, candidate.certificate, newer, more, replaced)

    def _replaced(self, own: Sequence[bytes], newer: bytes, now: int) -> bytes:
        """Return of which of somebody's certificates another is a later copy; empty for none."""
        if not newer:
            return b""
        if found := replaced_among(own, newer, now, self._world()):
            return found
        raise not_prolonged(newer)

    def _others(
        self, card: PersonCard, known: HowItStands, brought: Sequence[bytes]
    ) -> tuple[bytes, ...]:
        """Return a person's other certificates; raise :class:`Unentitled` for one more.

        Read leniently, one more is passed over. So are, of an older card, those that are not in
        force any more: nobody comes back by a certificate that was taken from him.
        """
        allowed = {each.digest for each in card.credentials}
        if known.stand in {Stand.OLD, Stand.TWIN}:
            allowed &= known.certificates
        found = tuple(each for each in brought if digest_of(each) in allowed)
        if len(found) < len(brought) and not self._leniently:
            raise Unentitled("a certificate that the card does not name")
        return found

    def persons(self, candidates: Iterable[Candidate], now: int) -> Iterator[Registrant]:
        """Yield those whose cards count; read leniently, others are passed over."""
        for each in candidates:
            try:
                yield self.person(each, now)
            except Unentitled:
                if not self._leniently:
                    raise

    def _check(self, shown: Shown, newer: bytes = b"") -> HowItStands:
        known = self._look(shown)
        stand = known.stand
        if stand in {Stand.CURRENT, Stand.NEXT}:
            self.shown.append(shown)
            if stand is Stand.NEXT and (not self._act or shown.card.act != self._act):
                self.learnt.append(shown)
            return known
        if stand is Stand.GONE:
            raise Unentitled(GONE)
        if not self._leniently:
            raise Unentitled(AHEAD) if stand is Stand.AHEAD else Moved
        card = shown.card
        is_his = (
            isinstance(card, DossierCard)
            or card.certificate in known.certificates
            or digest_of(newer) in known.certificates
        )
        if stand is not Stand.AHEAD and not is_his:
            raise Unentitled("a key that is in force no more")
        return known


def keys_named(sealer: Sealer, sealed: Iterable[bytes]) -> Iterator[bytes]:
    """Yield under which keys these cards are known, to look ahead by; nothing of a forged one."""
    for each in sealed:
        with suppress(CardError):
            if each[1:2] == DOSSIER:
                yield DOSSIER + sealer.dossier(each).dossier
            else:
                yield PERSON + sealer.person(each).person


def digest_of(certificate: bytes) -> bytes:
    """Return what stands for a certificate in a card."""
    return hashlib.sha256(certificate).digest()


def ground_of(reading: CardReading, ticket: Ticket, by: Authority, now: int) -> Ground:
    """Return what a call rests on; its sender's card must be among those presented.

    Raises :class:`Unentitled`, :class:`Moved`.
    """
    persons = tuple(reading.persons(by.persons, now))
    sender = next((each.card for each in persons if each.card.person == ticket.person), None)
    if sender is None or not ticket.person:
        raise Unentitled("without its sender's card")
    if ticket.proof is Proof.ACCOUNT and not sender.account:
        # An older card may have named an account that is his no more, when the mail was opened.
        raise Unentitled("an unsigned mail of whom none counts")
    if not 0 <= by.share < len(ticket.shares):
        raise Unentitled("a share that the mail has not")
    dossier, lacks = reading.shown_dossier(by.dossier), len(persons) < len(by.persons)
    return Ground(ticket, sender, dossier, persons, by.share, lacks)
