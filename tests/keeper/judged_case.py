"""A dossier, who has to do with it, and a mail of one of them, as values."""

from typing import Any

import msgspec
from cards_case import DOSSIER as BLANK
from cards_case import person
from keeper_case import NOW, PEPPER

from rmp_milter.dossier.cards import DossierCard, LocumDays, PersonCard
from rmp_milter.dossier.days import UNIVERSAL, day_of
from rmp_milter.dossier.model import Patient
from rmp_milter.dossier.rules import Proof
from rmp_milter.keeper.authority.cards import Sealer
from rmp_milter.keeper.authority.ground import Ground, Registrant
from rmp_milter.keeper.authority.host_rules import DAY
from rmp_milter.keeper.authority.tickets import Share, Ticket
from rmp_milter.mail.header.routing import parse

SEALER = Sealer(PEPPER)
JEAN = Patient("DUPONT", "Jean", "1959-01-30")
TREATS, LOCUM, PATIENTS, OTHER = (name * 16 for name in (b"f", b"l", b"p", b"o"))
DOSSIER = msgspec.structs.replace(
    BLANK, treating=TREATS, patient=PATIENTS, traits=SEALER.traits(JEAN)
)
SIGNED, ACCOUNT = Proof.SIGNATURE, Proof.ACCOUNT


def day(at: int) -> str:
    return day_of(at, UNIVERSAL)


PRINCIPAL = person(TREATS, locums=(LocumDays(LOCUM, day(NOW - DAY), day(NOW)),))
PATIENT_CARD = person(PATIENTS, is_doctor=False, patient_of=DOSSIER.dossier)


def ground(
    text: str,
    sender: PersonCard,
    dossier: DossierCard | None = DOSSIER,
    *others: PersonCard,
    **more: Any,  # noqa: ANN401 -- any field of a ticket
) -> Ground:
    header = parse(text, 2030)
    ticket = Ticket(
        act=b"a" * 32,
        at=NOW,
        signed=NOW,
        person=sender.person,
        certificate=bytes(32),
        proof=SIGNED,
        verb=header.verb,
        shares=(Share(header, ()),),
        bodies=(),
        keys=(),
    )
    ticket = msgspec.structs.replace(ticket, **more)
    persons = tuple(Registrant(each, b"") for each in (sender, *others))
    return Ground(ticket, sender, dossier, persons)
