"""The milter's intruder has answers sealed: none to himself, no code to anybody else."""

from collections.abc import Callable

import pytest
from intruded_calls import creating, reads, recoding
from intruded_house import JEAN, SERVICE, House
from msgspec.structs import replace

from rmp_milter.calls.authority import Candidate
from rmp_milter.calls.protocol.answering import Seal, Sealed
from rmp_milter.calls.protocol.filing import Create, Created
from rmp_milter.calls.protocol.releasing import Recode, Recoded
from testbed.intruder import candidates

pytestmark = [pytest.mark.integration, pytest.mark.promise(number=2)]


def test_nobody_else_reads_an_answer(house: House) -> None:
    intruder = house.intruder
    (eve,) = candidates(intruder.doctor(house.eve.mail))
    mine = Candidate(b"", intruder.certificate)
    ticket = intruder.ticket(reads(house.anne, house.code))
    wrong = [
        mine,
        replace(eve, certificate=intruder.certificate),
        replace(eve, newer=intruder.certificate),
        replace(eve, card=eve.card[:-1] + bytes([eve.card[-1] ^ 1])),
        replace(eve, card=house.jean.card),
        replace(eve, card=b""),
    ]
    with house.unchanged():
        for reader in wrong:
            for said in (b"", ticket):
                house.in_vain(Seal((reader,), said, b"Bonjour"))
            house.in_vain(Seal((eve, reader), ticket, b"Bonjour"))


def test_an_enclosed_key_reads_the_answer_to_its_own_mail_about_keys(house: House) -> None:
    """Whose key is to be the patient's; not that of a mail which asks for something else."""
    intruder = house.intruder
    files = {"cle.asc": intruder.keyring.export()}
    lines = f"{SERVICE}{JEAN}Courriel : jean@freemail.test\n"
    asks = house.paul.pgp_mime(f"Demande : clé du patient\n{lines}", files)
    mine = Candidate(b"", intruder.certificate)
    for mail in (
        house.eve.pgp_mime("Demande : aide\n", files),
        reads(house.anne, house.code),
        house.paul.pgp_mime(f"Demande : clé du patient\n{lines}"),
    ):
        house.in_vain(Seal((mine,), intruder.ticket(mail), b"x"))
    house.in_vain(Seal((mine,), b"", b"x"))
    assert isinstance(house.done(Seal((mine,), intruder.ticket(asks), b"x")), Sealed)


@pytest.mark.parametrize("make", [recoding, creating])
def test_a_code_is_told_to_who_wrote_alone(
    house: House, make: Callable[[House], Recode | Create]
) -> None:
    intruder, request = house.intruder, make(house)
    made = house.done(request)
    assert isinstance(made, Recoded | Created)
    paul, eve = candidates(*(intruder.doctor(e.mail) for e in (house.paul, house.eve)))
    by_eve = intruder.ticket(house.eve.pgp_mime("Demande : aide\n"))
    by_paul = intruder.ticket(house.paul.pgp_mime("Demande : aide\n"))
    right = Seal((paul,), request.by.ticket, b"@@CODE-PATIENT@@", made.held_code)
    wrong = [
        replace(right, readers=(eve,)),
        replace(right, readers=(paul, eve)),
        replace(right, readers=(eve, paul)),
        replace(right, readers=(paul, Candidate(b"", house.intruder.certificate))),
        replace(right, readers=(eve,), ticket=by_eve),
        replace(right, ticket=by_paul),
        replace(right, ticket=b""),
        replace(right, held_code=made.held_code[:-1]),
    ]
    with house.unchanged():
        for each in wrong:
            house.in_vain(each)
    assert isinstance(house.done(right), Sealed)
