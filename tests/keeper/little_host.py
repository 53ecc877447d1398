"""A little host around a desk: a directory of doctors, dossiers, and the mails that ask for them.

It does what the milter does and decides nothing: cards are vouched for at the operator's door,
every ticket comes of a real mail that the keeper has opened, and a card is as good as committed
from when it is kept here.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from keeper_case import (
    NOW,
    Answered,
    ask,
    encrypted,
    entity,
    event,
    hosts_event,
    opening,
)
from keeper_gpg import Gpg
from msgspec.structs import replace

from rmp_milter.calls.authority import Authority, Candidate, PersonSaid, Wish
from rmp_milter.calls.protocol.calls import Request
from rmp_milter.calls.protocol.cards import Amend, Amended, Vouch, Vouched
from rmp_milter.calls.protocol.filing import Create, Created, Reseal, Resealed, ToReseal
from rmp_milter.calls.protocol.opening import Opened
from rmp_milter.calls.protocol.releasing import SealedDocument
from rmp_milter.dossier.cards import (
    NO_ACT,
    DossierCard,
    LocumDays,
    PersonCard,
    dossier_card,
    person_card,
)
from rmp_milter.dossier.model import Slots
from rmp_milter.keeper.authority.tickets import Ticket, read_ticket
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.keeper.desk.doors import Door
from rmp_milter.mail.header.routing import parse

ALICE, BOB, EVE = "alice@x.fr", "bob@x.fr", "eve@x.fr"
RPPS = {ALICE: "10001234567", BOB: "10003456786"}
NAMES = {ALICE: "Dr Alice ALLARD", BOB: "Dr Bob BERTIN"}
CODE = "JzbV-7kQ2"
PATIENT = "Patient : DUPONT Jean\r\nNé le : 30/01/1959\r\n"
OTHER_PATIENT = "Patient : MARTIN Anne\r\nNé le : 01/02/1960\r\n"
LIST = "Demande : liste\r\nService : rmp@x.fr\r\nNom : DU\r\n"
DOCUMENT = b"document-16bytes"


def asking(request: str, *lines: str, patient: str = PATIENT) -> str:
    """Return a routing header that asks for something of a patient."""
    said = "".join(f"{line}\r\n" for line in lines)
    return f"Demande : {request}\r\nService : rmp@x.fr\r\n{patient}{said}"


@dataclass
class Member:
    """Somebody of the directory, as his entry stands in the store."""

    name: str
    card: bytes
    certificate: bytes
    more: tuple[bytes, ...] = ()

    @property
    def said(self) -> PersonCard:
        """What the card says."""
        return person_card(self.card)

    @property
    def person(self) -> bytes:
        """The id of his entry."""
        return self.said.person

    @property
    def candidate(self) -> Candidate:
        """What a call brings of him."""
        return Candidate(self.card, self.certificate, more=self.more)


@dataclass
class Kept:
    """A dossier, as it stands in the store."""

    card: bytes
    slots: Slots
    created: Created

    @property
    def said(self) -> DossierCard:
        """What the card says."""
        return dossier_card(self.card)

    @property
    def dossier_id(self) -> bytes:
        """The dossier's id."""
        return self.said.dossier


@dataclass
class Mail:
    """A mail that was opened."""

    sender: Member
    opened: Opened
    memory: bytes
    plain: bytes
    now: int = NOW

    @property
    def ticket(self) -> bytes:
        """Its ticket."""
        return self.opened.ticket

    @property
    def action(self) -> str:
        """What a leaf of it may be called."""
        return parse(self.opened.header, 2030).verb.value

    def by(
        self,
        dossier: Kept | bytes = b"",
        *others: Member,
        share: int = 0,
        ticket: bytes = b"",
    ) -> Authority:
        """Return what a call for this mail rests on."""
        card = dossier.card if isinstance(dossier, Kept) else dossier
        persons = tuple(each.candidate for each in (self.sender, *others))
        return Authority(ticket or self.ticket, card, persons, share)

    def data(self, place: int = 0) -> bytes:
        """Return the encrypted data of one of its bodies."""
        span = self.opened.bodies[place].span
        return self.memory[span.offset : span.offset + span.length]

    def sealed(self, sealed_key: bytes, document: bytes, place: int = 0) -> SealedDocument:
        """Return one of its bodies as a stored document."""
        body = self.opened.bodies[place]
        return SealedDocument(document, body.container, body.digest, sealed_key)


class LittleHost:
    """The directory and the dossiers beside a desk."""

    def __init__(self, gpg: Gpg, desk: Desk) -> None:
        self.gpg = gpg
        self.desk = desk
        self.members: dict[str, Member] = {}

    def ask(self, request: Request, now: int = NOW, memory: bytes = b"") -> Answered:
        """Call at the milter's door."""
        return ask(self.desk, request, memory, now)

    def vouched(self, request: Vouch, now: int = NOW) -> bytes:
        """Call at the operator's door; return the card."""
        reply = ask(self.desk, request, now=now, door=Door.OPERATOR).reply
        assert isinstance(reply, Vouched), reply
        return reply.card

    def member(self, name: str) -> Member:
        """Return somebody of the directory, who is enrolled now if he was not."""
        return self.members.get(name) or self.enrol(name)

    def enrol(  # noqa: PLR0913 -- what members differ in
        self,
        name: str,
        *,
        now: int = NOW,
        is_doctor: bool = True,
        account: str = "",
        locums: Sequence[LocumDays] = (),
        place: bytes = b"",
        more: Sequence[bytes] = (),
    ) -> Member:
        """Vouch for whose key gpg has under a mail address; once more: for what changed.

        ``more`` are the certificates that he has beside.
        """
        certificate, before = self.gpg.public(name), self.members.get(name)
        card = PersonCard(
            person=place or hashlib.sha256(name.encode()).digest()[:16],
            revision=0,
            act=NO_ACT,
            certificate=b"",
            fingerprint="",
            signed_at=0,
            rpps=RPPS.get(name, f"1{int.from_bytes(name.encode()) % 10**10:010}"),
            name=NAMES.get(name, f"Dr {name.partition('@')[0].upper()}"),
            mail=name,
            is_doctor=is_doctor,
            account=account,
            locums=tuple(locums),
        )
        said = PersonSaid(card, certificate, tuple(more))
        request = Vouch(said, hosts_event("inscription"), before.card if before else b"")
        made = Member(name, self.vouched(request, now), certificate, said.more)
        self.members[name] = made
        return made

    def mail(  # noqa: PLR0913 -- what mails differ in
        self,
        name: str,
        text: str,
        *,
        files: Sequence[tuple[str, bytes]] = (),
        account: str = "",
        signed: bool = True,
        now: int = NOW,
        at: int = NOW,
        key: str = "",
    ) -> Mail:
        """Open a mail that somebody has signed, ``at`` a time, or sent from his account.

        ``key`` names another key than the one under his mail address.
        """
        sender = self.member(name)
        # No two mails are one: each has a line of its own, as clients give them.
        own = f"X-Mail: {secrets.token_hex(8)}\r\n".encode()
        plain = own + entity(text, files=files)
        body = encrypted(self.gpg, plain, signer=(key or name) if signed else "", at=at)
        request, memory = opening([body], entity=True)
        request = replace(request, persons=(sender.candidate,), account=account)
        answered = self.ask(request, now, memory)
        assert isinstance(answered.reply, Opened), answered.reply
        return Mail(sender, answered.reply, answered.memory or memory, plain, now)

    def ticket(self, mail: Mail) -> Ticket:
        """Return what a mail's ticket holds."""
        return read_ticket(self.desk.holder, mail.ticket, mail.now)

    def create(
        self,
        name: str = ALICE,
        *lines: str,
        code: str = CODE,
        patient: str = PATIENT,
        now: int = NOW,
    ) -> Kept:
        """Have a dossier made by a real mail, under this code or one that is drawn."""
        more = (*lines, *([f"Code : {code}"] if code else []))
        text = asking("création", "Consentement : oui", *more, patient=patient)
        return self.made(self.mail(name, text, now=now))

    def made(self, mail: Mail) -> Kept:
        """Have the dossier made that a mail asks for."""
        made = self.ask(Create(mail.by(), event("creation")), mail.now).reply
        assert isinstance(made, Created), made
        return Kept(made.card, made.slots, made)

    def amended(
        self, mail: Mail, wish: Wish, kept: Kept | bytes = b"", *others: Member
    ) -> Amend:
        """Return the call that changes what a mail asks to have changed."""
        return Amend(wish, event(mail.action), mail.by(kept, *others))

    def amend(
        self, mail: Mail, wish: Wish, kept: Kept | bytes = b"", *others: Member
    ) -> Amended:
        """Have something changed; nothing is committed."""
        reply = self.ask(self.amended(mail, wish, kept, *others), mail.now).reply
        assert isinstance(reply, Amended), reply
        return reply

    def reseal(
        self,
        mail: Mail,
        kept: Kept,
        readers: Sequence[bytes] = (),
        *others: Member,
        document: bytes = DOCUMENT,
    ) -> Reseal:
        """Return the call that files a mail's first body."""
        items = (ToReseal(document, 0),)
        return Reseal(mail.by(kept, *others), items, tuple(readers), event("depot"))

    def filed(self, mail: Mail, kept: Kept, document: bytes = DOCUMENT) -> SealedDocument:
        """Have a mail's first body filed; return the stored document."""
        reply = self.ask(self.reseal(mail, kept, document=document), mail.now).reply
        assert isinstance(reply, Resealed), reply
        return mail.sealed(reply.items[0].sealed_key, document)
