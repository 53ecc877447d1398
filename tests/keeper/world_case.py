"""A store beside a desk, whose commits may fail, come late or never; and who may have what.

What the store says is what the keeper goes by, or what it will: that is the first thing that is
looked at, after whatever happened. The second is what each reply rests on: whoever is handed a
key, or changes a way in, must have that right by the card in force, as one reads it here again.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import openpgp.composed
from keeper_case import ask, desk_of, hosts_event, opening
from keeper_letters import DOCTORS, Letter, Scribe, certificate, mail_of
from msgspec.structs import replace

from rmp_milter.calls.authority import Authority, Candidate, PersonSaid
from rmp_milter.calls.protocol.calls import Reply, Request
from rmp_milter.calls.protocol.cards import Compare, Compared, Vouch, Vouched
from rmp_milter.calls.protocol.message import Failed, Why
from rmp_milter.calls.protocol.opening import Opened
from rmp_milter.calls.protocol.releasing import SealedDocument
from rmp_milter.dossier.cards import (
    NO_ACT,
    DossierCard,
    PersonCard,
    WaitingCard,
    dossier_card,
    person_card,
)
from rmp_milter.dossier.model import Slots
from rmp_milter.keeper.authority.cards import tag_of
from rmp_milter.keeper.authority.host_rules import HostRules
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.keeper.desk.doors import Door
from rmp_milter.keeper.keys.held import Holder
from rmp_milter.keeper.log.journal import Journal
from rmp_milter.keeper.log.known import of_dossier, of_person

RPPS = {"alice": "10001234567", "bob": "10003456786", "eve": "10005678904"}


MANY_TRIES = HostRules(wrong_codes=10_000, sender_codes=10_000, global_codes=100_000)
"""How many wrong codes are too many is shown elsewhere."""


class Refused(Exception):  # noqa: N818 -- a reply, not a fault
    """The keeper did not do a call."""

    def __init__(self, why: Why, detail: str) -> None:
        super().__init__(f"{why}: {detail}")
        self.why = why


class Member(NamedTuple):
    """Somebody as the directory has him: his card, and by which key he signs."""

    card: bytes
    key: str

    @property
    def said(self) -> PersonCard:
        return person_card(self.card)

    @property
    def candidate(self) -> Candidate:
        return Candidate(self.card, certificate(self.key))


class Kept(NamedTuple):
    """A dossier as the store has it."""

    card: bytes
    slots: Slots
    documents: tuple[SealedDocument, ...] = ()

    @property
    def said(self) -> DossierCard:
        return dossier_card(self.card)


class Parked(NamedTuple):
    """A deposit that waits."""

    card: bytes
    said: WaitingCard
    documents: tuple[SealedDocument, ...]
    patient: str


@dataclass
class Change:
    """What a mail would commit: on which cards it rests, and what is to be stored."""

    letter: Letter
    ground: dict[bytes, bytes] = field(default_factory=dict)
    dossier: Kept | None = None
    members: dict[str, Member] = field(default_factory=dict)
    parked: Parked | None = None
    adopted: tuple[bytes, ...] = ()


@dataclass
class Mail:
    """An opened letter: its ticket, and what its calls rested on."""

    letter: Letter
    sender: Member
    opened: Opened
    ticket: bytes
    shown: dict[bytes, bytes] = field(default_factory=dict)

    def by(self, kept: Kept | None, *others: Member) -> Authority:
        """Return what a call rests on, and note it."""
        if kept:
            self.shown[of_dossier(kept.said.dossier)] = kept.card
        for each in (self.sender, *others):
            self.shown[of_person(each.said.person)] = each.card
        unique = dict.fromkeys((self.sender.candidate, *(each.candidate for each in others)))
        return Authority(self.ticket, kept.card if kept else b"", tuple(unique))

    def document(self, sealed: bytes, document: bytes) -> SealedDocument:
        body = self.opened.bodies[0]
        return SealedDocument(document, body.container, body.digest, sealed)


def person_of(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()[:16]


class World:
    """The keeper, its store, and what both say."""

    def __init__(
        self, service: openpgp.composed.SignedSecretKey, scribe: Scribe, folder: Path, now: int
    ) -> None:
        self.folder, self.scribe, self.now = folder, scribe, now
        self.desk: Desk = desk_of(service, folder, rules=MANY_TRIES)
        self.members: dict[str, Member] = {}
        self.dossiers: dict[str, Kept] = {}  # by patient
        self.past: dict[str, list[Kept]] = {}
        self.parked: list[Parked] = []
        self.codes: dict[bytes, str] = {}
        self.erased: set[bytes] = set()
        self.committed: dict[Letter, list[bytes]] = {}
        self.answered: Callable[[Mail, Request], None] = lambda *_: None
        for name in DOCTORS:
            self.members[name] = Member(self._enrolled(name), f"{name}1")

    def _enrolled(self, name: str) -> bytes:
        blank = PersonCard(
            person=person_of(name),
            revision=0,
            act=NO_ACT,
            certificate=b"",
            fingerprint="",
            signed_at=0,
            rpps=RPPS[name],
            name=f"Dr {name.upper()}",
            mail=mail_of(name),
            is_doctor=True,
        )
        said = PersonSaid(blank, certificate(f"{name}1"))
        made = self.operator(Vouch(said, hosts_event("inscription")))
        assert isinstance(made, Vouched), made
        return made.card

    def operator(self, request: Request) -> Reply:
        """Call at the operator's door."""
        return ask(self.desk, request, now=self.now, door=Door.OPERATOR).reply

    def restart(self) -> None:
        """End the keeper and start it again: what it had in memory is gone, tickets with it."""
        self.desk.journal.close()
        holder = Holder(secrets.token_bytes(32), secrets.token_bytes)
        made = {name: getattr(self.desk, name) for name in ("keys", "random", "limits")}
        log = Journal(self.folder / "log")
        self.desk = Desk(
            **made,
            journal=log,
            holder=holder,
            verifier=self.desk.verifier,
            rules=self.desk.rules,
        )

    def member_by(self, person: bytes) -> Member | None:
        found = (each for each in self.members.values() if each.said.person == person)
        return next(found, None)

    # Mails

    def opened(self, letter: Letter) -> Mail | None:
        """Open a letter; None where nobody who is enrolled signed it with a key in force."""
        sender = self.members.get(letter.key.rstrip("0123456789"))
        if sender is None:
            return None
        request, memory = opening([self.scribe.written(letter)], entity=True)
        request = replace(request, persons=(sender.candidate,), account="")
        opened = ask(self.desk, request, memory, self.now).reply
        assert isinstance(opened, Opened), opened
        return Mail(letter, sender, opened, opened.ticket) if opened.ticket else None

    def call(self, mail: Mail, request: Request) -> Reply:
        """Make one of a mail's calls; raise :class:`Refused`."""
        reply = self.ask(request)
        self.answered(mail, request)
        return reply

    def ask(self, request: Request) -> Reply:
        """Make a call at the milter's door; raise :class:`Refused`."""
        reply = ask(self.desk, request, now=self.now).reply
        if isinstance(reply, Failed):
            raise Refused(reply.why, reply.detail)
        return reply

    def commit(self, change: Change) -> bool:
        """Store a change if what it rests on still stands; return whether it was.

        A mail is stored once: as in the store, which knows its act again.
        """
        stored = self.cards()
        if change.letter in self.committed and change.letter.key:
            return False
        new = (
            change.dossier is not None and of_dossier(change.dossier.said.dossier) not in stored
        )
        taken = new and change.letter.patient in self.dossiers
        if taken or any(stored.get(key, card) != card for key, card in change.ground.items()):
            return False
        if any(
            each not in {one.said.waiting for one in self.parked} for each in change.adopted
        ):
            return False
        made = []
        if change.dossier:
            patient = change.letter.patient
            self.dossiers[patient] = change.dossier
            self.past.setdefault(patient, []).append(change.dossier)
            made.append(change.dossier.card)
        self.members.update(change.members)
        made += [each.card for each in change.members.values()]
        if change.parked:
            self.parked.append(change.parked)
        self.parked = [each for each in self.parked if each.said.waiting not in change.adopted]
        self.committed.setdefault(change.letter, []).extend(made)
        return True

    def cards(self) -> dict[bytes, bytes]:
        """Return every card that the store has."""
        persons = {of_person(each.said.person): each.card for each in self.members.values()}
        return persons | {
            of_dossier(each.said.dossier): each.card for each in self.dossiers.values()
        }

    # What both say

    def stands(self) -> dict[bytes, str]:
        """Return how each of the store's cards stands to what the keeper knows."""
        cards = self.cards()
        reply = self.operator(Compare(tuple(cards.values())))
        assert isinstance(reply, Compared), reply
        return dict(zip(cards, reply.stands, strict=True))

    def is_in_force(self, sealed: bytes) -> bool:
        """Whether the keeper knows just this card, or a later one."""
        if sealed[1:2] == b"D":
            key, revision = (
                of_dossier(dossier_card(sealed).dossier),
                dossier_card(sealed).revision,
            )
        else:
            key, revision = of_person(person_card(sealed).person), person_card(sealed).revision
        with self.desk.journal.own() as own:
            known = own.known.read(key)
        return known is not None and (known.revision, known.tag) == (revision, tag_of(sealed))

    def is_learnt(self, sealed: bytes) -> bool:
        """Whether the keeper knows this card, or one behind it."""
        is_dossier = sealed[1:2] == b"D"
        card = dossier_card(sealed) if is_dossier else person_card(sealed)
        key = (
            of_dossier(card.dossier)
            if isinstance(card, DossierCard)
            else of_person(card.person)
        )
        with self.desk.journal.own() as own:
            known = own.known.read(key)
        return known is not None and known.revision >= card.revision
