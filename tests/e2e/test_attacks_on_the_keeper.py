"""The attacks that worked while the keeper did as the milter asked, in today's calls.

Whoever had the milter's files and its socket to the keeper needed no doctor's mail for them.
Variations are in test_milters_intruder_*.py.
"""

import secrets

import pytest
from intruded_calls import CALLS, filing, reads, releasing, slot_of
from intruded_house import EVES_ACCOUNT, JEAN, SERVICE, House
from msgspec.structs import replace

from rmp_milter.calls.authority import NOTHING
from rmp_milter.calls.protocol.filing import Adopt, Resealed
from rmp_milter.calls.protocol.leaves import Record
from rmp_milter.calls.protocol.message import Why
from rmp_milter.calls.protocol.releasing import ByCustody, Prove, Recode, Release
from rmp_milter.dossier.cards import dossier_card
from rmp_milter.dossier.model import Dossier
from rmp_milter.keeper.authority.cards import Sealer
from testbed.intruder import leaf, sealed
from testbed.reading import code_told

pytestmark = [pytest.mark.integration, pytest.mark.promise(number=2)]


def by_custody(house: House, dossier: Dossier) -> Release:
    """Return the call that opened every dossier: its custody slot, to a key of his own."""
    return Release(
        by=NOTHING,
        way_in=ByCustody(dossier.slots.custody),
        items=house.intruder.items(dossier),
        readers=(house.intruder.certificate,),
        event=leaf("depot", dossier),
    )


def test_reading_by_custody(house: House) -> None:
    """Neither with no mail at all, nor with one that passes and asks for something else."""
    mail = house.paul.pgp_mime(f"Demande : aide\n{JEAN}")
    for dossier in (house.jean, house.lise):
        request = by_custody(house, dossier)
        by = house.intruder.by(house.intruder.ticket(mail), dossier)
        with house.unchanged():
            house.in_vain(request, Why.NOT_HERE)
            house.in_vain(replace(request, by=by))


def of_his_own(dossier: Dossier) -> Dossier:
    """Return a dossier whose card says that its key is the intruder's."""
    said = replace(dossier_card(dossier.card), public_key=secrets.token_bytes(32))
    return replace(dossier, card=Sealer(secrets.token_bytes(32)).sealed(said))


def test_adopting_to_a_key_of_ones_own(house: House) -> None:
    """The dossier's key stands in its card, which only the keeper makes."""
    waiting = house.intruder.waiting("ATTEND")
    items = tuple(map(sealed, waiting.entry.documents))
    for dossier in (of_his_own(house.jean), house.jean):
        by = house.intruder.by(b"", dossier)
        for readers in ((), (house.intruder.certificate,)):
            with house.unchanged():
                house.in_vain(Adopt(by, waiting.card, items, readers, leaf("x", dossier)))


def test_sealing_what_passes_to_a_key_of_ones_own(house: House) -> None:
    request = filing(house)
    own = replace(request.by, dossier=of_his_own(house.jean).card)
    with house.unchanged():
        house.in_vain(replace(request, by=own))
        house.in_vain(replace(request, readers=(house.intruder.certificate,)))
    assert isinstance(house.done(request), Resealed)


def test_setting_a_new_code(house: House) -> None:
    """Nothing but a mail that asks for one makes it, and only who wrote is told it."""
    jean, way_in = house.jean, ByCustody(house.jean.slots.custody)
    mail = house.paul.pgp_mime(f"Demande : dossier\n{SERVICE}{JEAN}")
    by = house.intruder.by(house.intruder.ticket(mail), jean)
    with house.unchanged():
        for ground in (NOTHING, by, replace(by, ticket=b"")):
            for action in ("code", "dossier"):
                house.in_vain(Recode(ground, way_in, leaf(action, jean)))


@pytest.mark.promise(number=8)
def test_writing_a_leaf_in_anothers_name(house: House) -> None:
    """A reading that never was, of whomever, by whomever: not one without that one's mail."""
    paul = house.intruder.doctor(house.paul.mail)
    said = leaf("consultation", house.lise, actor_rpps=paul.rpps, proof="signature+code")
    of_eve = house.intruder.ticket(house.eve.pgp_mime(f"Demande : dossier\n{JEAN}"))
    by = house.intruder.by(of_eve, house.jean)
    before = [each for each in house.leaves() if each["action"] == "consultation"]
    with house.unchanged():
        house.in_vain(Record(said), Why.NOT_HERE)
        house.in_vain(Record(said, by))
    assert before == [each for each in house.leaves() if each["action"] == "consultation"]


@pytest.mark.promise(number=6)
@pytest.mark.parametrize(
    ("count", "name"),
    [(12, "DOUZAINE"), pytest.param(40, "QUARANTAINE", marks=pytest.mark.soak)],
)
def test_guessing_many_codes_with_one_leaf(house: House, count: int, name: str) -> None:
    """All under one digest: each has its leaf, and after five none is tried any more."""
    lines = f"Patient : {name} Paul\nNé le : 13/01/1974\n"
    code = house.create(lines)
    dossier = house.intruder.dossier(name)
    event = leaf("consultation", dossier)

    def guess(said: str) -> Prove:
        mail = house.eve.pgp_mime(f"Demande : dossier\n{lines}Code : {said}\n", sign=False)
        by = house.intruder.by(house.intruder.ticket(mail, EVES_ACCOUNT), dossier)
        return Prove(by, slot_of(dossier), event)

    house.done(guess(code))
    before = len(house.leaves())
    for at in range(count):
        house.wrong(guess(f"AAAA BBBB CC{at:02}"))
    assert len(house.leaves()) == before + count
    house.wrong(guess(code))


def test_an_old_slot_after_a_new_code(house: House) -> None:
    lines = "Patient : VIEUX Paul\nNé le : 14/01/1975\n"
    code, before = house.create(lines), house.intruder.dossier("VIEUX")
    mail = house.paul.pgp_mime(f"Demande : nouveau code\n{SERVICE}{lines}")
    (answer, *_) = house.host.exchange(house.paul, mail)
    now = house.intruder.dossier("VIEUX")
    request = replace(releasing(house), items=())

    def opening(said: str, slot: Dossier) -> Release:
        ticket = house.intruder.ticket(reads(house.anne, said, lines))
        return replace(request, by=house.intruder.by(ticket, now), way_in=slot_of(slot))

    house.wrong(opening(code, before))
    house.done(opening(code_told(answer.text), now))


def test_the_code_of_one_mail_with_the_documents_of_another(house: House) -> None:
    """What a mail brought is in its ticket: under no digest does it serve for another mail."""
    right = releasing(house)
    of_eve = house.intruder.ticket(house.eve.pgp_mime(f"Demande : dossier\n{JEAN}"))
    eve = (house.intruder.doctor(house.eve.mail).certificate,)
    request = replace(right, by=house.intruder.by(of_eve, house.jean), readers=eve)
    with house.unchanged():
        house.in_vain(request)
        house.in_vain(
            replace(request, event=replace(request.event, request=right.event.request))
        )
        house.in_vain(replace(right, readers=eve))
        house.in_vain(replace(right, items=house.intruder.items(house.lise)))


@pytest.mark.parametrize("call", CALLS)
def test_asking_without_any_mail(house: House, call: str) -> None:
    """All that the milter could ask for, and got."""
    why = Why.NOT_HERE if call in {"Release", "Record"} else Why.UNENTITLED
    with house.unchanged():
        house.in_vain(replace(CALLS[call](house), by=NOTHING), why)
