"""What a letter asks, done as the milter does it: its calls of the keeper, and what it stores."""

import secrets
from collections.abc import Callable
from datetime import datetime

from keeper_case import event
from keeper_letters import LOCUM_DAYS, Letter, certificate
from msgspec.structs import replace
from world_case import Change, Kept, Mail, Member, Parked, World, person_of

from rmp_milter.calls.authority import (
    Authority,
    Close,
    Contest,
    Locums,
    NewKey,
    NoCode,
    Oppose,
    PatientKey,
    TakeOver,
    Wish,
)
from rmp_milter.calls.protocol.cards import Amend, Amended
from rmp_milter.calls.protocol.filing import (
    Adopt,
    Create,
    Created,
    Reseal,
    Resealed,
    ToReseal,
    Wait,
)
from rmp_milter.calls.protocol.message import Event
from rmp_milter.calls.protocol.releasing import (
    ByCode,
    ByCustody,
    Prove,
    Proven,
    Recode,
    Recoded,
    Release,
    Released,
    WayIn,
)
from rmp_milter.dossier.cards import LocumDays, code_digest, waiting_card
from rmp_milter.dossier.emergency import reference_of
from rmp_milter.keeper.authority.host_rules import AS_SHIPPED
from rmp_milter.keeper.authority.tickets import read_ticket
from rmp_milter.keeper.log.known import of_dossier

ERASED_IN = AS_SHIPPED.retention


class Doing:
    """One letter's way to its change; the keeper's refusals pass."""

    def __init__(self, world: World, mail: Mail, kept: Kept | None) -> None:
        """``kept`` is the dossier as it is shown to the keeper, the stored one as a rule."""
        self.world, self.mail, self.kept = world, mail, kept
        self.letter: Letter = mail.letter
        self.now = world.now

    def change(self) -> Change:
        """Make the calls; return what they would have stored."""
        ways: dict[str, Callable[[], Change]] = {
            "création": self.created,
            "dépôt": self.filed,
            "dossier": self.read,
            "urgence": self.read_in_an_emergency,
            "médecin traitant": self.taken_over,
            "contestation": self.contested,
            "code": self.recoded,
            "révocation du code": lambda: self.amended(NoCode()),
            "clôture": self.closed,
            "opposition": lambda: self.amended(Oppose(person_of(self.letter.word)), self.named),
            "clé du patient": self.patients_key,
            "nouvelle clé": self.new_key,
            "remplacement": self.locum,
        }
        change = ways[self.letter.asks]()
        change.ground.update(self.mail.shown)
        return change

    @property
    def leaf(self) -> Event:
        """What the milter says that the leaf shall hold: its action, by the verb's own word."""
        ticket = read_ticket(self.world.desk.holder, self.mail.ticket, self.now)
        return event(ticket.verb.value if ticket.verb else "aide")

    @property
    def named(self) -> Member:
        return self.world.members[self.letter.word]

    @property
    def stored(self) -> Kept:
        assert self.kept is not None
        return self.kept

    def standing(self, kept: Kept) -> list[Member]:
        """Return who reads by his own key."""
        said = kept.said
        ids = (said.treating, b"" if said.suspended else said.patient)
        found = (self.world.member_by(each) for each in ids if each)
        return [each for each in found if each]

    def created(self) -> Change:
        made = self.world.call(self.mail, Create(self.mail.by(None), event("creation")))
        assert isinstance(made, Created)
        assert made.slots.code
        self.world.codes[code_digest(made.slots.code)] = self.letter.word
        kept, change = Kept(made.card, made.slots), Change(self.letter)
        for parked in self.world.parked:
            if parked.patient == self.letter.patient:
                kept = adopted(self.world, parked, kept, self.mail)
                change.adopted += (parked.said.waiting,)
        self.mail.shown.pop(of_dossier(made.dossier_id), None)  # it is made only now
        change.dossier = kept
        return change

    def filed(self) -> Change:
        document, change = secrets.token_bytes(16), Change(self.letter)
        items = (ToReseal(document, 0),)
        if self.kept is None or self.kept.said.closed_at:
            waiting = secrets.token_bytes(16)
            request = Wait(self.mail.by(None), waiting, items, (), event("depot"))
            made = self.world.call(self.mail, request)
            assert isinstance(made, Resealed)
            stored = (self.mail.document(made.items[0].sealed_key, document),)
            said = waiting_card(made.card)
            change.parked = Parked(made.card, said, stored, self.letter.patient)
            return change
        members = self.standing(self.kept)
        readers = tuple(certificate(each.key) for each in members)
        by = self.mail.by(self.kept, *members)
        made = self.world.call(self.mail, Reseal(by, items, readers, event("depot")))
        assert isinstance(made, Resealed)
        stored = (*self.kept.documents, self.mail.document(made.items[0].sealed_key, document))
        change.dossier = self.kept._replace(documents=stored)
        return change

    def proven(self) -> WayIn:
        code = self.stored.slots.code
        assert code is not None
        way = ByCode(code)
        said = Prove(self.by(), way, self.leaf)
        reply = self.world.call(self.mail, said)
        assert isinstance(reply, Proven)
        self.mail.ticket = reply.ticket
        return way

    def by(self, *others: Member) -> Authority:
        treating = self.world.member_by(self.stored.said.treating)
        return self.mail.by(self.kept, *others, *([treating] if treating else []))

    def released(self, way: WayIn, reader: bytes, *others: Member) -> None:
        leaf = replace(self.leaf, reference=reference_of(self.mail.opened.once))
        documents = self.stored.documents
        said = Release(
            self.by(*others), way, documents, (reader,), leaf, self.stored.said.dossier
        )
        assert isinstance(self.world.call(self.mail, said), Released)

    @property
    def custody(self) -> ByCustody:
        return ByCustody(self.stored.slots.custody)

    @property
    def own(self) -> bytes:
        return certificate(self.mail.sender.key)

    def read(self) -> Change:
        """Read by the code, or as a locum; who has packets of his own needs no call."""
        if self.letter.word:
            self.released(self.proven(), self.own)
        elif self.mail.sender not in self.standing(self.stored):
            self.released(self.custody, self.own)
        return Change(self.letter)

    def read_in_an_emergency(self) -> Change:
        self.released(self.custody, self.own)
        return Change(self.letter)

    def wished(self, wish: Wish, *others: Member) -> Amended:
        said = Amend(wish, self.leaf, self.by(*others))
        made = self.world.call(self.mail, said)
        assert isinstance(made, Amended)
        return made

    def amended(self, wish: Wish, *others: Member) -> Change:
        made = self.wished(wish, *others)
        return Change(self.letter, dossier=self.stored._replace(card=made.dossier))

    def taken_over(self) -> Change:
        self.released(self.proven(), self.own)
        return self.amended(TakeOver(at=self.now))

    def contested(self) -> Change:
        takeover = self.stored.said.takeover
        former = self.world.member_by(takeover.former) if takeover else None
        reader = certificate(former.key) if former else self.own
        self.released(self.custody, reader, *([former] if former else []))
        return self.amended(Contest(), *([former] if former else []))

    def recoded(self) -> Change:
        said = Recode(self.by(), self.custody, self.leaf, chosen=True)
        made = self.world.call(self.mail, said)
        assert isinstance(made, Recoded)
        self.world.codes[code_digest(made.code)] = self.letter.word
        slots = replace(self.stored.slots, code=made.code)
        return Change(self.letter, dossier=self.stored._replace(card=made.card, slots=slots))

    def closed(self) -> Change:
        if not self.mail.sender.said.patient_of:
            self.proven()
        return self.amended(Close(self.now + ERASED_IN))

    def patients_key(self) -> Change:
        key, patient = self.letter.word, self.world.member_by(self.stored.said.patient)
        name = key.rstrip("0123456789")
        self.released(self.custody, certificate(key))
        there = [patient] if patient else []
        made = self.wished(PatientKey(person_of(name), certificate(key)), *there)
        change = Change(self.letter, dossier=self.stored._replace(card=made.dossier))
        change.members[name] = Member(made.person, key)
        return change

    def new_key(self) -> Change:
        key, name = self.letter.word, self.letter.key.rstrip("0123456789")
        said = Amend(NewKey(certificate(key)), self.leaf, self.mail.by(None))
        made = self.world.call(self.mail, said)
        assert isinstance(made, Amended)
        for kept in self.world.dossiers.values():
            if self.mail.sender in self.standing(kept) and not kept.said.closed_at:
                self.kept = kept
                self.released(self.custody, certificate(key))
        return Change(self.letter, members={name: Member(made.person, key)})

    def locum(self) -> Change:
        days = LocumDays(self.named.said.person, *map(iso, LOCUM_DAYS))
        kept = (*(each for each in self.mail.sender.said.locums if each != days), days)
        by = self.mail.by(None, self.named)
        made = self.world.call(self.mail, Amend(Locums(kept), self.leaf, by))
        assert isinstance(made, Amended)
        name = self.letter.key.rstrip("0123456789")
        return Change(self.letter, members={name: Member(made.person, self.letter.key)})


def iso(day: datetime) -> str:
    return day.strftime("%Y-%m-%d")


def adopted(world: World, parked: Parked, kept: Kept, mail: Mail | None = None) -> Kept:
    """Return a dossier with what waited for it: by a chore, or by the mail that creates it."""
    treating = world.member_by(kept.said.treating)
    assert treating is not None
    by = mail.by(kept) if mail else Authority(b"", kept.card, (treating.candidate,))
    reader = certificate(treating.key)
    said = Adopt(by, parked.card, parked.documents, (reader,), event("rattachement"))
    made = world.ask(said)
    assert isinstance(made, Resealed)
    pairs = zip(parked.documents, made.items, strict=True)
    found = (replace(each, sealed_key=item.sealed_key) for each, item in pairs)
    return kept._replace(documents=(*kept.documents, *found))
