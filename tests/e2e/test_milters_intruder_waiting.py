"""The milter's intruder and deposits that wait; dossiers that are not there, or not any more."""

import time

import pytest
from intruded_calls import NEW_ID, creating, filing
from intruded_house import JEAN, House
from msgspec.structs import replace

from rmp_milter.calls.client import KeeperLine
from rmp_milter.calls.protocol.cards import Forget
from rmp_milter.calls.protocol.filing import Adopt, Create, Created, Reseal, Resealed
from rmp_milter.calls.protocol.leaves import Record, Recorded
from rmp_milter.calls.protocol.message import HOST, Event, Why
from rmp_milter.calls.protocol.releasing import ByCustody, Release
from rmp_milter.dossier.cards import packed, waiting_card
from rmp_milter.dossier.emergency import EMERGENCY, reference_of
from rmp_milter.dossier.model import Dossier, Waiting
from testbed.doctor import Doctor
from testbed.intruder import leaf, sealed

pytestmark = [pytest.mark.integration, pytest.mark.promise(number=2)]

LATE = "Patient : TARDIF Luce\nNée le : 12/12/1972\n"


def adopting(house: House, waiting: Waiting, dossier: Dossier, *readers: bytes) -> Adopt:
    """Return the call by which a deposit that waited becomes a dossier's."""
    items = tuple(map(sealed, waiting.entry.documents))
    by = house.intruder.by(b"", dossier)
    return Adopt(by, waiting.card, items, readers, leaf("rattachement", dossier))


@pytest.fixture(scope="module")
def erased(house: House) -> Dossier:
    """A dossier that the host has erased, of which the intruder has kept all."""
    lines = "Patient : EFFACE Paul\nNé le : 11/11/1971\n"
    house.create(lines)
    dossier = house.intruder.dossier("EFFACE")
    event = Event(int(time.time()), "effacement", b"e" * 32, "", "", "rmp", proof=HOST)
    with KeeperLine(house.host.service.folder / "keeper" / "operator.sock", 5) as line:
        line.expect(Recorded, Forget(dossier.dossier_id, event))
    return dossier


@pytest.fixture(scope="module")
def late(house: House) -> tuple[Waiting, Dossier]:
    """A deposit as it waited, and the dossier that was made for its patient since."""
    text = f"{LATE}Document : compte rendu\n\nVoici.\n"
    house.host.ask(house.lab, house.lab.pgp_mime(text, {"a.txt": b"DE LUCE"}))
    waiting = house.intruder.waiting("TARDIF")
    house.create(LATE)
    house.host.exchange(house.paul, house.paul.pgp_mime(f"Demande : dossier\n{LATE}"))
    return waiting, house.intruder.dossier("TARDIF")


def test_a_deposit_that_waits_is_no_other_patients(house: House, erased: Dossier) -> None:
    """Neither an existing dossier's, nor an erased one's, nor nobody's."""
    waiting = house.intruder.waiting("ATTEND")
    paul = house.intruder.doctor(house.paul.mail).certificate
    with house.unchanged():
        for dossier in (house.jean, house.lise, erased):
            house.in_vain(adopting(house, waiting, dossier))
            house.in_vain(adopting(house, waiting, dossier, paul))
        of_nobody = replace(
            adopting(house, waiting, house.jean), by=house.intruder.by(b"", None)
        )
        house.in_vain(of_nobody)


def test_a_deposit_that_waited_opens_to_its_dossiers_readers_alone(
    house: House, late: tuple[Waiting, Dossier]
) -> None:
    """Not to the intruder, nor by a card that was made for something else."""
    waiting, dossier = late
    intruder = house.intruder
    paul, eve = (intruder.doctor(each.mail).certificate for each in (house.paul, house.eve))
    right = adopting(house, waiting, dossier, paul)
    forged = replace(waiting_card(right.card), traits=(b"t" * 16,))
    (item,) = right.items
    wrong = [
        replace(right, readers=(intruder.certificate,)),
        replace(right, readers=(eve,)),
        replace(right, readers=(paul, eve)),
        replace(right, card=packed(forged) + right.card[-32:]),
        replace(right, card=right.card[:-1]),
        replace(right, card=dossier.card),
        replace(right, card=intruder.waiting("ATTEND").card),
        replace(right, items=()),
        replace(right, items=(item, item)),
        replace(right, items=(replace(item, document_id=NEW_ID),)),
    ]
    with house.unchanged():
        for request in wrong:
            house.in_vain(request)
    made = house.done(right)
    assert isinstance(made, Resealed)
    (packets,) = made.items[0].packets
    (stored,) = intruder.documents(dossier)
    assert intruder.reads(packets, stored.document_id, house.paul.keyring)
    assert not intruder.reads(packets, stored.document_id)


def test_what_is_adopted_is_the_depositors_at_this_hour(
    house: House, late: tuple[Waiting, Dossier]
) -> None:
    request = adopting(house, *late)
    said = leaf("depot", house.jean, at=1, proof="host", subject="1", reference="U-ABCD")
    house.in_vain(replace(request, event=said), Why.NOT_HERE)
    made_up = replace(said, proof="signature", request=b"x" * 32)
    house.done(replace(request, event=made_up))
    *_, written = (each for each in house.leaves() if each["action"] == "rattachement")
    lab = house.intruder.doctor(house.lab.mail)
    assert (written["rpps"], written["action"]) == (lab.rpps, "rattachement")
    assert abs(written["at"] - time.time()) < 600
    assert not {"subject", "reference", "proof"} & written.keys()


@pytest.mark.parametrize("by", ["paul", "eve"])
def test_no_second_dossier_is_made_of_a_patient(house: House, by: str) -> None:
    """The keeper knows by itself whom there is a dossier of."""
    writer: Doctor = getattr(house, by)
    mail = writer.pgp_mime(f"Demande : création\n{JEAN}Consentement : oui\n")
    with house.unchanged():
        house.in_vain(
            Create(house.intruder.by(house.intruder.ticket(mail), None), leaf("creation"))
        )


def test_no_dossier_is_made_without_consent_nor_by_who_is_no_doctor(house: House) -> None:
    lines = "Patient : SANS Accord\nNé le : 01/02/1973\n"
    for writer, consent in ((house.paul, "non"), (house.paul, ""), (house.lab, "oui")):
        said = f"Consentement : {consent}\n" if consent else ""
        mail = writer.pgp_mime(f"Demande : création\n{lines}{said}")
        by = house.intruder.by(house.intruder.ticket(mail), None)
        with house.unchanged():
            house.in_vain(Create(by, leaf("creation")))


def test_the_keeper_draws_a_dossiers_id_and_nothing_is_filed_in_another(house: House) -> None:
    """Within a creation only the dossier that it made takes what came with it."""
    request = creating(house)
    made = house.done(request)
    assert isinstance(made, Created)
    assert made.dossier_id not in {house.jean.dossier_id, request.event.dossier_id}
    into = filing(house)
    for card in (house.jean.card, made.card):
        by = replace(request.by, dossier=card)
        asked = Reseal(by, (), into.readers, leaf("depot"))
        if card == made.card:
            assert isinstance(house.done(asked), Resealed)
        else:
            house.in_vain(asked)


def test_an_erased_dossier_takes_nothing_and_gives_nothing(
    house: House, erased: Dossier
) -> None:
    lines = "Patient : EFFACE Paul\nNé le : 11/11/1971\n"
    mail = house.lab.pgp_mime(f"{lines}Document : compte rendu\n\nVoici.\n", {"a.txt": b"A"})
    by = house.intruder.by(house.intruder.ticket(mail), erased)
    with house.unchanged():
        house.in_vain(replace(filing(house), by=by))


def test_an_erased_dossier_opens_in_no_emergency(house: House, erased: Dossier) -> None:
    """Of which whoever kept a copy of the store has the slot: with its card, or with none."""
    mail = house.anne.pgp_mime("Demande : urgence\nMotif : Il est inconscient.\n")
    opened = house.intruder.opened(mail)
    anne = (house.intruder.doctor(house.anne.mail).certificate,)
    said = leaf(EMERGENCY, erased, reference=reference_of(opened.once))
    way_in = ByCustody(erased.slots.custody)
    with house.unchanged():
        for shown in (erased, None):
            by = house.intruder.by(opened.ticket, shown)
            house.in_vain(Release(by, way_in, (), anne, said, erased.dossier_id))
            house.in_vain(Record(leaf("urgence liste", erased), by))
