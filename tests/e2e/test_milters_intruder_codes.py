"""The milter's intruder guesses at codes, and keeps slots that were in force before."""

from collections.abc import Iterator
from itertools import islice

import pytest
from intruded_calls import reads, releasing, slot_of
from intruded_house import EVES_ACCOUNT, JEAN, SERVICE, House
from msgspec.structs import replace

from rmp_milter.calls.protocol.message import Failed, Why
from rmp_milter.calls.protocol.releasing import (
    DECOY_VITALE,
    ByVitale,
    Prove,
    Proven,
    Recode,
    Recoded,
    Release,
)
from rmp_milter.dossier.model import Dossier
from testbed.doctor import Doctor
from testbed.intruder import leaf
from testbed.reading import code_told

pytestmark = [pytest.mark.integration, pytest.mark.promise(number=2)]

RENEWED = "Patient : CHANGE Paul\nNé le : 09/09/1969\n"


def trying(house: House, mail: bytes, dossier: Dossier, account: str = "") -> Prove:
    """Return the call by which a mail's code is tried."""
    by = house.intruder.by(house.intruder.ticket(mail, account), dossier)
    return Prove(by, slot_of(dossier), leaf("consultation", dossier))


def guesses(count: int) -> Iterator[str]:
    return (f"AAAA BBBB CC{number:02}" for number in range(count))


@pytest.mark.promise(number=6)
@pytest.mark.parametrize(
    ("count", "name"), [(12, "DEVINE"), pytest.param(40, "QUARANTE", marks=pytest.mark.soak)]
)
def test_guesses_in_as_many_mails_leave_as_many_leaves_and_a_code_that_rests(
    house: House, count: int, name: str
) -> None:
    """By a signature or by an account, under whatever digests: not one more than by mail.

    When the code rests, even the right one opens nothing, and nothing shows that it is right.
    That is after five; a long campaign goes on to forty.
    """
    guessed = f"Patient : {name} Paul\nNé le : 08/08/1968\n"
    code = house.create(guessed)
    dossier = house.intruder.dossier(name)
    house.done(trying(house, reads(house.anne, code, guessed), dossier))
    requests = []
    for at, guess in enumerate(guesses(count)):
        text = f"Demande : dossier\n{guessed}Code : {guess}\n"
        mail = house.eve.pgp_mime(text, sign=bool(at % 2))
        requests.append(trying(house, mail, dossier, EVES_ACCOUNT))
    before = len(house.leaves())
    with house.unchanged():
        for request in requests:
            leaf_ = house.wrong(request)
            assert leaf_["rpps"] == house.intruder.doctor(house.eve.mail).rpps
    tried = house.leaves()[before:]
    assert len(tried) == len({leaf_["request"] for leaf_ in tried}) == count
    right = house.wrong(trying(house, reads(house.anne, code, guessed), dossier))
    assert right.keys() == tried[0].keys()


def test_one_mail_tries_one_code_once_however_often_it_is_shown(house: House) -> None:
    """Whatever it is called, and whatever is said to have come with it."""
    request = trying(house, reads(house.eve, "AAAA BBBB CCCC"), house.jean)
    house.wrong(request)
    before = len(house.leaves())
    for more in ({"entries": (1, 2)}, {"reference": "U-ABCD"}, {"subject": "1"}, {"at": 1}):
        again = replace(request, event=replace(request.event, **more))
        assert house.intruder.refused(again).why is Why.WRONG_CODE
    assert len(house.leaves()) == before
    assert isinstance(
        house.done(trying(house, reads(house.anne, house.code), house.jean)), Proven
    )


def test_a_guess_is_no_refusal_of_another_name(house: House) -> None:
    """The leaf of a code that failed cannot be called a deposit's, or anything else's."""
    request = trying(house, reads(house.eve, "AAAA BBBB DDDD"), house.jean)
    for action in ("depot", "creation", "heartbeat", "sans titre", "urgence"):
        house.in_vain(replace(request, event=leaf(action, house.jean)))


def test_without_a_card_no_code_is_tried(house: House) -> None:
    """The code of one's patient is right, and opens nobody's dossier."""
    request = trying(house, reads(house.anne, house.code), house.jean)
    leaf_ = house.wrong(replace(request, by=replace(request.by, dossier=b"")))
    assert leaf_["patient"] not in {"", _patient_of(house, request)}


def _patient_of(house: House, request: Prove) -> str:
    """Return what stands for the dossier in its leaves."""
    refused = trying(house, reads(house.eve, "AAAA BBBB EEEE"), house.jean)
    assert refused.by.dossier == request.by.dossier
    return str(house.wrong(refused)["patient"])


def test_no_card_opens_what_only_a_code_opens(house: House) -> None:
    request = trying(house, reads(house.anne, house.code), house.jean)
    house.in_vain(replace(request, way_in=ByVitale(DECOY_VITALE)))


def test_the_code_of_before_opens_nothing_once_there_is_a_new_one(house: House) -> None:
    """Nor after its revocation: not with the slot of then, by no card that is in force."""
    code = house.create(RENEWED)
    slots = [house.intruder.dossier("CHANGE")]
    mail = house.paul.pgp_mime(f"Demande : nouveau code\n{SERVICE}{RENEWED}")
    (answer, *_) = house.host.exchange(house.paul, mail)
    new_code = code_told(answer.text)
    slots.append(house.intruder.dossier("CHANGE"))
    house.done(reading(house, house.anne, new_code, slots[1], slots[1]))
    house.wrong(reading(house, house.anne, code, slots[0], slots[1]))
    house.wrong(reading(house, house.anne, code, slots[1], slots[1]))
    house.wrong(reading(house, house.anne, new_code, slots[0], slots[1]))
    mail = house.paul.pgp_mime(f"Demande : révocation du code\n{SERVICE}{RENEWED}")
    house.host.exchange(house.paul, mail)
    now = house.intruder.dossier("CHANGE")
    for slot in slots:
        house.wrong(reading(house, house.eve, new_code, slot, now))


def reading(house: House, by: Doctor, code: str, slot: Dossier, card: Dossier) -> Release:
    """Return the call that reads a dossier by a slot, of now or of then."""
    request = releasing(house)
    ticket = house.intruder.ticket(reads(by, code, RENEWED))
    return replace(request, by=house.intruder.by(ticket, card), way_in=slot_of(slot), items=())


def test_a_new_code_is_made_by_no_slot_of_another_dossier(house: House) -> None:
    mail = house.paul.pgp_mime(f"Demande : nouveau code\n{SERVICE}{JEAN}")
    by = house.intruder.by(house.intruder.ticket(mail), house.jean)
    for way_in in (slot_of(house.lise), slot_of(house.jean)):
        with house.unchanged():
            house.in_vain(Recode(by, way_in, leaf("code")))
    # With a code in it, a doctor who treats nobody may ask: a code of his own he may not choose.
    text = f"Demande : nouveau code\n{SERVICE}{JEAN}Code : {house.code}\n"
    of_anne = house.intruder.by(house.intruder.ticket(house.anne.pgp_mime(text)), house.jean)
    with house.unchanged():
        house.in_vain(Recode(of_anne, slot_of(house.jean), leaf("code"), chosen=True))
    made = house.done(Recode(of_anne, slot_of(house.jean), leaf("code")))
    assert isinstance(made, Recoded)


def test_a_code_that_comes_to_nothing_leaves_the_one_that_is_there(house: House) -> None:
    """The card was never committed: what a doctor reads by is in force as before."""
    assert not isinstance(house.intruder.ask(releasing(house)), Failed)


def test_a_mail_with_the_right_code_lets_wrong_ones_be_forgotten_once(house: House) -> None:
    """Shown again and again it would let the intruder guess without end."""
    lines = "Patient : PARDON Paul\nNé le : 19/01/1980\n"
    right = reads(house.anne, house.create(lines), lines)
    dossier = house.intruder.dossier("PARDON")
    guessed = guesses(9)

    def guess(count: int) -> None:
        for code in islice(guessed, count):
            house.wrong(trying(house, reads(house.eve, code, lines), dossier))

    guess(4)
    house.done(trying(house, right, dossier))
    guess(4)
    house.done(trying(house, right, dossier))
    guess(1)
    house.wrong(trying(house, right, dossier))
