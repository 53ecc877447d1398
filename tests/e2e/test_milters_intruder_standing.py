"""The milter's intruder shows cards of before: who is refused, hidden from, or replaced no more."""

from datetime import datetime

import pytest
from clinic import PARIS
from intruded_calls import filing, listing_of, reads, releasing, slot_of
from intruded_house import JEAN, SERVICE, House
from msgspec.structs import replace

from rmp_milter.calls.protocol.filing import Resealed
from rmp_milter.calls.protocol.message import Why
from rmp_milter.calls.protocol.releasing import ByCustody, Release, Released
from rmp_milter.dossier.model import Dossier
from testbed.doctor import Doctor
from testbed.intruder import leaf

pytestmark = [pytest.mark.integration, pytest.mark.promise(number=2)]


def filled(house: House, by: Doctor, name: str) -> tuple[str, str, Dossier]:
    """Return a patient's lines and code, and his dossier with one letter in it."""
    lines = f"Patient : {name} Paul\nNé le : 21/01/1982\n"
    code = house.create(lines, by)
    text = f"{lines}Document : compte rendu\n\nVoici.\n"
    house.host.ask(house.lab, house.lab.pgp_mime(text, {"a.txt": b"A"}))
    return lines, code, house.intruder.dossier(name)


def reading(house: House, by: Doctor, lines: str, code: str, shown: Dossier) -> Release:
    """Return the call by which a doctor reads a dossier with its code."""
    ticket = house.intruder.ticket(reads(by, code, lines))
    own = house.intruder.doctor(by.mail).certificate
    return replace(
        releasing(house),
        by=house.intruder.by(ticket, shown),
        way_in=slot_of(shown),
        items=house.intruder.items(shown),
        readers=(own,),
    )


def asked(house: House, text: str) -> None:
    """Have Paul ask for a change by mail."""
    house.host.exchange(house.paul, house.paul.pgp_mime(text))


@pytest.mark.promise(number=6)
def test_whom_the_patient_refuses_reads_by_no_card_of_before(house: House) -> None:
    """And is told nothing else than of a wrong code."""
    lines, code, before = filled(house, house.paul, "REFUSE")
    assert isinstance(house.done(reading(house, house.eve, lines, code, before)), Released)
    asked(house, f"Demande : opposition\n{SERVICE}{lines}Médecin : Dr Eve MALINE\n")
    after = house.intruder.dossier("REFUSE")
    house.done(listing_of(house, after, lines))
    request = reading(house, house.eve, lines, code, before)
    assert house.intruder.refused(request).why is Why.MOVED
    with house.unchanged():
        house.wrong(reading(house, house.eve, lines, code, after))
    assert isinstance(house.done(reading(house, house.anne, lines, code, after)), Released)


def test_what_is_masked_is_given_by_no_card_of_before(house: House) -> None:
    lines, code, before = filled(house, house.paul, "CACHE")
    asked(house, f"Demande : masquage\n{SERVICE}{lines}Numéros : 1\n")
    after = house.intruder.dossier("CACHE")
    assert after.masks
    house.done(listing_of(house, after, lines))
    request = reading(house, house.anne, lines, code, before)
    assert house.intruder.refused(request).why is Why.MOVED
    hidden = reading(house, house.anne, lines, code, after)
    with house.unchanged():
        house.in_vain(hidden)
    assert isinstance(house.done(replace(hidden, items=())), Released)
    # Its author reads it by the code, as he wrote it.
    assert isinstance(house.done(reading(house, house.lab, lines, code, after)), Released)


def test_a_locum_reads_by_no_card_of_before_once_he_is_none(house: House) -> None:
    """The days stand in the card of who named him; without it nobody is a locum."""
    intruder = house.intruder
    remi = house.host.doctor("Dr Remi ABSENT", "remi@cabinet.test")
    lines, _, dossier = filled(house, remi, "ABSENTE")
    today = f"{datetime.now(PARIS):%d/%m/%Y}"
    named = f"{SERVICE}Remplaçant : Dr Eve MALINE\n"
    text = f"Demande : remplacement\n{named}Du : {today}\nAu : {today}\n"
    alone = intruder.doctor(remi.mail)
    house.host.exchange(remi, remi.pgp_mime(text))
    with_locum = intruder.doctor(remi.mail)
    ticket = intruder.ticket(house.eve.pgp_mime(f"Demande : dossier\n{lines}"))
    eve = intruder.doctor(house.eve.mail)

    def by_locum(shown: object) -> Release:
        way_in, items = ByCustody(dossier.slots.custody), intruder.items(dossier)
        by = intruder.by(ticket, dossier, eve, shown)
        return Release(by, way_in, items, (eve.certificate,), leaf("consultation"))

    assert isinstance(house.done(by_locum(with_locum)), Released)
    assert house.leaves()[-1]["acting_for"] == with_locum.rpps
    assert house.intruder.refused(by_locum(alone)).why is Why.MOVED
    house.in_vain(by_locum(intruder.doctor(house.paul.mail)))
    house.host.exchange(remi, remi.pgp_mime(f"Demande : fin de remplacement\n{named}"))
    none = intruder.doctor(remi.mail)
    house.in_vain(by_locum(none))
    assert house.intruder.refused(by_locum(with_locum)).why is Why.MOVED


def test_a_deposit_is_read_at_once_by_whom_cards_or_the_mail_name(house: House) -> None:
    """The médecin traitant, and the prescriber whom it names: no accomplice, not its sender."""
    text = f"{JEAN}Prescripteur : Dr Anne AUTRE\nDocument : CR\n\nVoici.\n"
    ticket = house.intruder.ticket(house.lab.pgp_mime(text, {"a.txt": b"A"}))
    request = replace(filing(house), by=house.intruder.by(ticket, house.jean))
    paul, anne, eve, lab = (
        house.intruder.doctor(each.mail).certificate
        for each in (house.paul, house.anne, house.eve, house.lab)
    )
    with house.unchanged():
        for readers in ((eve,), (lab,), (paul, eve), (anne, house.intruder.certificate)):
            house.in_vain(replace(request, readers=readers))
    assert isinstance(house.done(replace(request, readers=(paul, anne))), Resealed)
