"""Cards and mails as values, to judge by and to change."""

from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from keeper_case import NOW, PEPPER

from rmp_milter.calls.authority import (
    Wish,
)
from rmp_milter.dossier.cards import NO_ACT, DossierCard, PersonCard
from rmp_milter.dossier.rules import Proof
from rmp_milter.keeper.authority.amending import amended_dossier
from rmp_milter.keeper.authority.cards import Sealer
from rmp_milter.keeper.authority.ground import Ground, Registrant
from rmp_milter.keeper.authority.host_rules import AS_SHIPPED, DAY
from rmp_milter.keeper.authority.next_cards import Amending
from rmp_milter.keeper.authority.refusals import Unentitled
from rmp_milter.keeper.authority.tickets import Share, Ticket
from rmp_milter.mail.header.routing import parse

SEALER = Sealer(PEPPER)
ACT = b"a" * 32
FORMER, TAKER, PATIENTS, OTHER = (name * 16 for name in (b"f", b"t", b"p", b"o"))
CONTESTED_UNTIL = NOW + AS_SHIPPED.contest_days * DAY


def person(person_id: bytes, name: str = "Dr X", **more: Any) -> PersonCard:  # noqa: ANN401 -- any field
    card = PersonCard(
        person=person_id,
        revision=3,
        act=NO_ACT,
        certificate=bytes(32),
        fingerprint=person_id.hex(),
        signed_at=0,
        rpps="10001234567",
        name=name,
        mail="x@x.fr",
        is_doctor=True,
    )
    return msgspec.structs.replace(card, **more)


DOSSIER = DossierCard(
    dossier=b"dossier-16-bytes",
    revision=7,
    act=NO_ACT,
    public_key=bytes(32),
    treating=FORMER,
    traits=(b"t" * 16,),
    number=b"",
    custody=b"c" * 32,
    code=b"k" * 32,
    vitale=b"v" * 32,
    patient=PATIENTS,
)
KEPT = ("dossier", "public_key", "traits", "custody", "vitale")
"""Fields of a dossier's card that no mail's wish touches."""


@dataclass
class Given:
    """What a wish is judged with; the mail's text, its sender, who is shown beside."""

    text: str
    sender: PersonCard = field(default_factory=lambda: person(TAKER))
    others: tuple[PersonCard, ...] = ()
    keys: tuple[bytes, ...] = ()
    at: int = NOW

    def amending(self) -> Amending:
        header = parse(self.text, 2030)
        ticket = Ticket(
            act=ACT,
            at=self.at,
            signed=self.at,
            person=self.sender.person,
            certificate=bytes(32),
            proof=Proof.SIGNATURE,
            verb=header.verb,
            shares=(Share(header, ()),),
            bodies=(),
            keys=self.keys,
        )
        persons = tuple(Registrant(each, b"") for each in (self.sender, *self.others))
        ground = Ground(ticket, self.sender, DOSSIER, persons)
        return Amending(AS_SHIPPED, SEALER, ground, self.at)


def changed(given: Given, wish: Wish, dossier: DossierCard = DOSSIER) -> dict[str, object]:
    """Return the fields that a wish changes, revision and act aside."""
    made = amended_dossier(given.amending(), wish, dossier).dossier
    assert made is not None
    assert (made.revision, made.act) == (dossier.revision + 1, ACT)
    assert all(getattr(made, name) == getattr(dossier, name) for name in KEPT)
    names = [name for name in DossierCard.__struct_fields__ if name not in {"revision", "act"}]
    found = {name: getattr(made, name) for name in names}
    return {name: found[name] for name in names if found[name] != getattr(dossier, name)}


def refused(given: Given, wish: Wish, dossier: DossierCard = DOSSIER) -> str:
    with pytest.raises(Unentitled) as why:
        changed(given, wish, dossier)
    return str(why.value)
