"""The milter's intruder without a mail: no ticket, none that is genuine, another mail's."""

import secrets

import pytest
from intruded_calls import CALLS, reads, sender_of
from intruded_house import JEAN, LISE, House
from msgspec.structs import replace

from rmp_milter.calls.protocol.calls import Request
from rmp_milter.calls.protocol.message import Why
from rmp_milter.calls.protocol.releasing import Release
from rmp_milter.dossier.model import Verb
from rmp_milter.dossier.rules import Proof
from rmp_milter.keeper.authority.tickets import Share, Ticket, sealed_ticket
from rmp_milter.keeper.keys.held import Holder
from rmp_milter.mail.header.routing import parse

pytestmark = [pytest.mark.integration, pytest.mark.promise(number=2)]

NOT_HERE = {"Release", "Record"}
"""Calls that the host makes without a ticket, at its own door."""


@pytest.fixture(scope="module")
def calls(house: House) -> dict[str, Request]:
    """All calls as they are right, each for its genuine mail."""
    return {name: make(house) for name, make in CALLS.items()}


def with_ticket(request: Request, ticket: bytes) -> Request:
    return replace(request, by=replace(request.by, ticket=ticket))


def of_another_keeper(house: House, call: str) -> bytes:
    """Return a ticket that allows all that there is, sealed by a key of the intruder's own."""
    header = parse(f"Demande : dossier\n{JEAN}", 2026)
    ticket = Ticket(
        act=secrets.token_bytes(32),
        at=1,
        signed=1,
        person=house.intruder.doctor(house.paul.mail).doctor_id,
        certificate=bytes(32),
        proof=Proof.SIGNATURE,
        verb=Verb.CONSULTATION,
        shares=(Share(header, ()),),
        bodies=(),
        keys=(),
        code=call,
    )
    return sealed_ticket(Holder(secrets.token_bytes(32), secrets.token_bytes), ticket, 1)


@pytest.mark.promise(number=21)
@pytest.mark.parametrize("call", CALLS)
def test_nothing_is_done_without_a_genuine_ticket(
    house: House, calls: dict[str, Request], call: str
) -> None:
    request = calls[call]
    genuine: bytes = request.by.ticket
    forged = [
        genuine[:-1],
        genuine[: len(genuine) // 2],
        genuine[:-1] + bytes([genuine[-1] ^ 1]),
        bytes([genuine[0] ^ 128]) + genuine[1:],
        genuine[:40] + bytes([genuine[40] ^ 4]) + genuine[41:],
        secrets.token_bytes(len(genuine)),
        b"\0",
        of_another_keeper(house, call),
    ]
    with house.unchanged():
        for ticket in forged:
            house.in_vain(with_ticket(request, ticket))
        none = with_ticket(request, b"")
        house.in_vain(none, Why.NOT_HERE if call in NOT_HERE else Why.UNENTITLED)


@pytest.mark.promise(number=21)
@pytest.mark.parametrize("call", CALLS)
def test_a_mail_serves_for_nothing_but_what_it_asks(
    house: House, calls: dict[str, Request], call: str
) -> None:
    """The same sender, patient and proof, another request."""
    verb = "fiche" if call != "Amend" else "accès"
    text = f"Demande : {verb}\n{JEAN}Code : {house.code}\n"
    mail = sender_of(house, call).pgp_mime(text)
    with house.unchanged():
        house.in_vain(with_ticket(calls[call], house.intruder.ticket(mail)))


@pytest.mark.promise(number=21)
@pytest.mark.parametrize("call", sorted(CALLS.keys() - {"Wait", "Create"}))
def test_a_mail_about_one_patient_serves_for_no_other(
    house: House, calls: dict[str, Request], call: str
) -> None:
    request = calls[call]
    lise = replace(request.by, dossier=house.lise.card)
    with house.unchanged():
        house.in_vain(replace(request, by=lise))


@pytest.mark.promise(number=21)
@pytest.mark.parametrize("call", CALLS)
def test_a_mail_of_one_serves_for_nobody_else(
    house: House, calls: dict[str, Request], call: str
) -> None:
    """His card is not among those presented, whoever else's is."""
    request = calls[call]
    mail = sender_of(house, call).mail
    others = [each for each in house.intruder.doctors() if each.mail != mail]
    ticket: bytes = request.by.ticket
    by = house.intruder.by(ticket, house.jean, *others)
    with house.unchanged():
        house.in_vain(replace(request, by=by))


def test_a_keeper_that_was_started_anew_knows_no_ticket_of_before(house: House) -> None:
    """Last of all here: a ticket's key is in the running keeper's memory alone."""
    request = CALLS["Release"](house)
    assert isinstance(request, Release)
    before = house.intruder.ticket(reads(house.anne, house.code, LISE))
    house.restart_keeper()
    with house.unchanged():
        house.in_vain(request)
        house.in_vain(replace(request, by=house.intruder.by(before, house.lise)))
    house.done(CALLS["Release"](house))
