"""The calls as an honest milter makes them, each for a genuine mail that passes."""

from collections.abc import Callable
from typing import Any

from intruded_house import JEAN, SERVICE, House

from rmp_milter.calls.authority import Masking, NoCode
from rmp_milter.calls.protocol.cards import Amend
from rmp_milter.calls.protocol.filing import Create, Reseal, ToReseal, Wait
from rmp_milter.calls.protocol.leaves import History, Record
from rmp_milter.calls.protocol.releasing import ByCode, ByCustody, Prove, Recode, Release
from rmp_milter.dossier.cards import Masked
from rmp_milter.dossier.model import Dossier
from testbed.doctor import Doctor
from testbed.intruder import leaf

NEW_ID = b"an id of 16 byte"


def sender_of(house: House, call: str) -> Doctor:
    """Return whose mail a call of :data:`CALLS` is for."""
    senders = {"Prove": house.anne, "Release": house.anne}
    return {**senders, "Reseal": house.lab, "Wait": house.lab}.get(call, house.paul)


def reads(doctor: Doctor, code: str, lines: str = JEAN) -> bytes:
    """Return a mail by which somebody asks for a dossier by its code."""
    return doctor.pgp_mime(f"Demande : dossier\n{lines}Code : {code}\n")


def slot_of(dossier: Dossier) -> ByCode:
    """Return the way in by a dossier's code."""
    assert dossier.slots.code is not None
    return ByCode(dossier.slots.code)


def proving(house: House) -> Prove:
    """Anne's code for Jean's dossier is tried."""
    ticket = house.intruder.ticket(reads(house.anne, house.code))
    by = house.intruder.by(ticket, house.jean)
    return Prove(by, slot_of(house.jean), leaf("consultation"))


def releasing(house: House) -> Release:
    """Anne reads Jean's dossier by its code."""
    jean, intruder = house.jean, house.intruder
    by = intruder.by(intruder.ticket(reads(house.anne, house.code)), jean)
    reader = intruder.doctor(house.anne.mail).certificate
    return Release(by, slot_of(jean), intruder.items(jean), (reader,), leaf("consultation"))


def recoding(house: House) -> Recode:
    """Paul renews Jean's code."""
    mail = house.paul.pgp_mime(f"Demande : nouveau code\n{SERVICE}{JEAN}")
    by = house.intruder.by(house.intruder.ticket(mail), house.jean)
    return Recode(by, ByCustody(house.jean.slots.custody), leaf("code"))


def filing(house: House) -> Reseal:
    """The laboratory's letter goes into Jean's dossier."""
    by = house.intruder.by(house.intruder.ticket(_letter(house, JEAN)), house.jean)
    reader = house.intruder.doctor(house.paul.mail).certificate
    return Reseal(by, (ToReseal(NEW_ID, 0),), (reader,), leaf("depot"))


def waiting(house: House) -> Wait:
    """A letter of the laboratory waits for a patient without a dossier."""
    mail = _letter(house, "Patient : PERSONNE Luc\nNé le : 04/04/1964\n")
    by = house.intruder.by(house.intruder.ticket(mail), None)
    return Wait(by, NEW_ID, (ToReseal(NEW_ID, 0),), (), leaf("depot"))


def _letter(house: House, lines: str) -> bytes:
    return house.lab.pgp_mime(f"{lines}Document : compte rendu\n\nVoici.\n", {"a.txt": b"A"})


def listing(house: House) -> History:
    """Paul asks who has read Jean's dossier."""
    return listing_of(house, house.jean, JEAN)


def listing_of(house: House, dossier: Dossier, lines: str) -> History:
    """Paul asks who has read a dossier."""
    mail = house.paul.pgp_mime(f"Demande : accès\n{lines}")
    by = house.intruder.by(house.intruder.ticket(mail), dossier)
    return History(by, leaf("acces"), proofs=3)


def recording(house: House) -> Record:
    """Paul reads Jean's dossier by his own key packets: it opens no slot."""
    mail = house.paul.pgp_mime(f"Demande : dossier\n{JEAN}")
    by = house.intruder.by(house.intruder.ticket(mail), house.jean)
    return Record(leaf("consultation", house.jean), by)


def masking(house: House) -> Amend:
    """Paul masks what is in Jean's dossier."""
    mail = house.paul.pgp_mime(f"Demande : masquage\n{JEAN}Numéros : 1\n")
    by = house.intruder.by(house.intruder.ticket(mail), house.jean)
    author = house.intruder.doctor(house.lab.mail).doctor_id
    (document,) = house.intruder.documents(house.jean)
    return Amend(Masking((Masked(document.document_id, author),)), leaf("masquage"), by)


def revoking(house: House) -> Amend:
    """Paul revokes Jean's code."""
    mail = house.paul.pgp_mime(f"Demande : révocation du code\n{SERVICE}{JEAN}")
    by = house.intruder.by(house.intruder.ticket(mail), house.jean)
    return Amend(NoCode(), leaf("revocation du code"), by)


def creating(house: House) -> Create:
    """Paul creates a dossier for somebody who has none."""
    lines = "Patient : NOUVEAU Max\nNé le : 05/05/1965\nConsentement : oui\n"
    ticket = house.intruder.ticket(house.paul.pgp_mime(f"Demande : création\n{lines}"))
    return Create(house.intruder.by(ticket, None), leaf("creation"))


CALLS: dict[str, Callable[[House], Any]] = {
    "Prove": proving,
    "Release": releasing,
    "Recode": recoding,
    "Reseal": filing,
    "Wait": waiting,
    "History": listing,
    "Record": recording,
    "Amend": masking,
    "Create": creating,
}
"""All calls that a ticket allows, but for the sealing of an answer."""
