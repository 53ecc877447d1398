"""The milter's intruder chooses which cards he shows: forged, of before, of others, twins."""

import secrets

import pytest
from intruded_calls import CALLS, listing_of, releasing, revoking, slot_of
from intruded_house import JEAN, SERVICE, House
from msgspec.structs import replace

from rmp_milter.calls.authority import Candidate, NoCode, Oppose
from rmp_milter.calls.protocol.calls import Request
from rmp_milter.calls.protocol.cards import Amend, Amended
from rmp_milter.calls.protocol.leaves import Told
from rmp_milter.calls.protocol.message import Why
from rmp_milter.calls.protocol.opening import Opened
from rmp_milter.certificates import read_certificate
from rmp_milter.dossier.cards import dossier_card, packed, person_card
from rmp_milter.dossier.model import Dossier
from rmp_milter.keeper.authority.cards import Sealer
from testbed.doctor import Doctor
from testbed.intruder import candidates, leaf

pytestmark = [pytest.mark.integration, pytest.mark.promise(number=2)]

OF_DOSSIERS = sorted(CALLS.keys() - {"Wait", "Create"})
"""Calls that rest on a dossier's card."""


@pytest.fixture(scope="module")
def calls(house: House) -> dict[str, Request]:
    """All calls as they are right, each for its genuine mail."""
    return {name: make(house) for name, make in CALLS.items()}


@pytest.fixture(scope="module")
def forger() -> Sealer:
    """What makes cards as the keeper does, with a key that is not its own."""
    return Sealer(secrets.token_bytes(32))


def flipped(card: bytes, place: int) -> bytes:
    changed = bytearray(card)
    changed[place] ^= 1
    return bytes(changed)


@pytest.mark.parametrize("call", OF_DOSSIERS)
def test_a_dossiers_card_that_the_keeper_did_not_make_counts_for_nothing(
    house: House, calls: dict[str, Request], forger: Sealer, call: str
) -> None:
    """Neither altered, nor made anew with another MAC, nor of another kind."""
    request, genuine = calls[call], house.jean.card
    said = dossier_card(genuine)
    eve = house.intruder.doctor(house.eve.mail)
    taken = replace(said, treating=eve.doctor_id, revision=said.revision + 1)
    forged = [
        flipped(genuine, 40),
        flipped(genuine, -1),
        genuine[:-1],
        genuine[:-32],
        forger.sealed(said),
        forger.sealed(taken),
        packed(taken) + genuine[-32:],
        eve.card,
        house.intruder.waiting("ATTEND").card,
        b"D",
    ]
    with house.unchanged():
        for card in forged:
            house.in_vain(replace(request, by=replace(request.by, dossier=card)))


@pytest.mark.parametrize("call", CALLS)
def test_a_persons_card_that_the_keeper_did_not_make_counts_for_nothing(
    house: House, calls: dict[str, Request], forger: Sealer, call: str
) -> None:
    request = calls[call]
    with house.unchanged():
        for at, person in enumerate(request.by.persons):
            said = person_card(person.card)
            for card in (flipped(person.card, -1), forger.sealed(said), house.jean.card):
                others = [*request.by.persons]
                others[at] = replace(person, card=card)
                house.in_vain(replace(request, by=replace(request.by, persons=tuple(others))))


def test_whom_a_forged_card_names_signs_nothing(house: House, forger: Sealer) -> None:
    """The intruder's own key under the médecin traitant's id, number and name."""
    intruder = house.intruder
    paul = person_card(intruder.doctor(house.paul.mail).card)
    with Doctor("Intrus", "intrus@evil.test") as mine:
        mine.import_key(house.host.service.certificate)
        certificate = read_certificate(mine.certificate).binary
        card = forger.sealed(replace(paul, fingerprint=mine.fingerprint))
        mail = mine.pgp_mime(f"Demande : dossier\n{JEAN}")
        with house.unchanged():
            for shown in (card, intruder.doctor(house.paul.mail).card):
                opened = intruder.ask_to_open(
                    mail, persons=(), shown=(Candidate(shown, certificate),)
                )
                assert isinstance(opened, Opened)
                assert opened.ticket == b""


def changed(house: House, birth_name: str) -> tuple[Dossier, Dossier, bytes, str]:
    """Return a dossier before and after its code was revoked, and a doctor's mail for it."""
    lines = f"Patient : {birth_name} Paul\nNé le : 06/06/1966\n"
    code = house.create(lines)
    before = house.intruder.dossier(birth_name)
    mail = house.paul.pgp_mime(f"Demande : révocation du code\n{SERVICE}{lines}")
    house.host.exchange(house.paul, mail)
    return before, house.intruder.dossier(birth_name), lines, code


def test_a_card_of_before_counts_no_more(house: House) -> None:
    """It says nothing of an intruder: two mails at once show one too. So no leaf is left."""
    before, after, lines, code = changed(house, "ANCIEN")
    house.done(listing_of(house, after, lines))  # by which the keeper has seen it
    mail = house.anne.pgp_mime(f"Demande : dossier\n{lines}Code : {code}\n")
    ticket = house.intruder.ticket(mail)
    reading = replace(
        releasing(house), by=house.intruder.by(ticket, before), way_in=slot_of(before), items=()
    )
    with house.unchanged():
        for request in (listing_of(house, before, lines), reading):
            assert house.intruder.refused(request).why is Why.MOVED
        # And with the card in force the slot of before is no way in.
        house.wrong(replace(reading, by=house.intruder.by(ticket, after)))


def test_of_two_changes_at_once_one_comes_to_something(house: House) -> None:
    """The other's card counts for nothing from then on, whoever shows it."""
    lines = "Patient : JUMEAU Paul\nNé le : 07/07/1967\n"
    house.create(lines)
    twins = house.intruder.dossier("JUMEAU")
    intruder, eve = house.intruder, house.intruder.doctor(house.eve.mail).doctor_id
    texts = (f"Demande : révocation du code\n{SERVICE}{lines}",)
    texts += (f"Demande : opposition\n{SERVICE}{lines}Médecin : Dr Eve MALINE\n",)
    made = []
    for text, wish in zip(texts, (NoCode(), Oppose(eve)), strict=True):
        by = intruder.by(intruder.ticket(house.paul.pgp_mime(text)), twins)
        action = "code" if isinstance(wish, NoCode) else "opposition"
        amended = house.done(Amend(wish, leaf(action), by))
        assert isinstance(amended, Amended)
        made.append(amended.dossier)
    one, other = (replace(twins, card=card) for card in made)
    assert isinstance(house.done(listing_of(house, one, lines)), Told)
    for late in (other, twins, other):
        assert house.intruder.refused(listing_of(house, late, lines)).why is Why.MOVED
    assert isinstance(house.done(listing_of(house, one, lines)), Told)


def test_a_card_further_ahead_than_one_step_is_none(house: House) -> None:
    """A keeper that was restored would see such; a change is never made of a change."""
    request = revoking(house)
    first = house.done(request)
    assert isinstance(first, Amended)
    # Shown within its own mail the next card makes no further one: the same revision again.
    shown = replace(request, by=replace(request.by, dossier=first.dossier))
    again = house.done(shown)
    assert isinstance(again, Amended)
    assert dossier_card(again.dossier).revision == dossier_card(first.dossier).revision


def test_whoever_has_left_the_directory_signs_nothing(house: House) -> None:
    intruder = house.intruder
    leaving = house.host.doctor("Dr Va PARTIR", "parti@cabinet.test")
    before = intruder.doctor(leaving.mail)
    mail = leaving.pgp_mime(f"Demande : aide\n{JEAN}")
    assert intruder.opened(mail).ticket
    house.host.service.rmp("doctor", "remove", leaving.mail)
    with house.unchanged():
        opened = intruder.ask_to_open(mail, persons=(before,))
        assert isinstance(opened, Opened)
        assert opened.ticket == b""
        request = releasing(house)
        by = replace(request.by, persons=(*request.by.persons, *candidates(before)))
        house.in_vain(replace(request, by=by))
