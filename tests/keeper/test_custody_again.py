"""Slots go over to another custody key by the host's call alone, with their card, or not at all."""

import dataclasses

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from dossier_case import NIR, URGENCE, Deposit, leaves
from keeper_case import NOW, ask, hosts_event
from little_host import ALICE, BOB, Kept, LittleHost
from msgspec.structs import replace

from rmp_milter.calls.protocol.cards import Show
from rmp_milter.calls.protocol.message import Failed, Why
from rmp_milter.calls.protocol.releasing import ByCustody
from rmp_milter.calls.protocol.rotating import NewSlots, Reslot, Reslotted, ToReslot
from rmp_milter.dossier.cards import dossier_card, slot_digest
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.keeper.desk.doors import Door
from rmp_milter.keeper.desk.ways import WRONG_CUSTODY
from rmp_milter.keeper.keys.former_keys import FormerCustody
from rmp_milter.keeper.keys.sealing import (
    SealError,
    blind_number,
    open_custody_slot,
    open_vitale_slot,
)

ACTION = "nouvelle clé de garde"


def rotated(desk: Desk) -> Desk:
    """Return the desk with another custody key beside the former one."""
    former = (FormerCustody("custody-20261201.key", desk.keys.custody),)
    keys = dataclasses.replace(
        desk.keys, custody=X25519PrivateKey.generate(), former_custody=former
    )
    return dataclasses.replace(desk, keys=keys)


def ended(desk: Desk) -> Desk:
    """Return the desk without the former key."""
    return dataclasses.replace(desk, keys=dataclasses.replace(desk.keys, former_custody=()))


def wanted(kept: Kept) -> ToReslot:
    return ToReslot(kept.card, kept.slots.custody, kept.slots.vitale, NIR)


def reslot(host: LittleHost, *dossiers: ToReslot) -> tuple[NewSlots, ...]:
    request = Reslot(dossiers, hosts_event(ACTION))
    reply = ask(host.desk, request, now=NOW, door=Door.OPERATOR).reply
    assert isinstance(reply, Reslotted), reply
    return reply.slots


def renewed(kept: Kept, new: NewSlots) -> Kept:
    slots = replace(kept.slots, custody=new.custody, vitale=new.vitale)
    return dataclasses.replace(kept, card=new.card, slots=slots)


def emergency_opens(host: LittleHost, deposit: Deposit) -> bool:
    mail = host.mail(BOB, URGENCE)
    return deposit.is_read(mail, ByCustody(deposit.kept.slots.custody))


@pytest.fixture
def deposit(host: LittleHost) -> Deposit:
    made = Deposit(host)
    host.desk = rotated(host.desk)
    return made


def test_both_keys_open_until_the_slots_are_under_the_new_one(
    host: LittleHost, deposit: Deposit
) -> None:
    assert emergency_opens(host, deposit)
    count = len(leaves(host.desk))
    (new,) = reslot(host, wanted(deposit.kept))
    leaf = leaves(host.desk)[count]
    assert (len(leaves(host.desk)), leaf["action"]) == (count + 1, ACTION)
    assert (leaf["proof"], leaf["rpps"], leaf["patient"]) == ("host", "", "")
    assert emergency_opens(host, deposit)  # it is not committed: the old slots open
    deposit.kept = renewed(deposit.kept, new)
    host.ask(Show((new.card,)))
    assert emergency_opens(host, deposit)
    present, dossier_id = (host.desk.keys.custody,), deposit.kept.dossier_id
    private = open_custody_slot(present, dossier_id, new.custody)
    assert private.public_key().public_bytes_raw() == deposit.kept.created.public_key
    blind = blind_number(NIR, host.desk.keys.pepper)
    assert open_vitale_slot(present, dossier_id, new.vitale, (blind,))
    host.desk = ended(host.desk)
    assert emergency_opens(host, deposit)


def test_the_card_names_the_new_slots_and_nothing_else_changes(
    host: LittleHost, deposit: Deposit
) -> None:
    (new,) = reslot(host, wanted(deposit.kept))
    before, after = deposit.kept.said, dossier_card(new.card)
    assert (after.revision, after.act) == (before.revision + 1, bytes(32))
    slots = (slot_digest(new.custody), slot_digest(new.vitale))
    assert (after.custody, after.vitale) == slots
    same = {"revision": 0, "act": b"", "custody": b"", "vitale": b""}
    assert replace(after, **same) == replace(before, **same)


def test_what_is_under_the_present_key_stays_as_it_is_without_a_leaf(
    host: LittleHost, deposit: Deposit
) -> None:
    (new,) = reslot(host, wanted(deposit.kept))
    host.ask(Show((new.card,)))
    count = len(leaves(host.desk))
    assert reslot(host, wanted(renewed(deposit.kept, new))) == (NewSlots(),)
    assert len(leaves(host.desk)) == count


def test_each_call_has_a_leaf_of_its_own(host: LittleHost, deposit: Deposit) -> None:
    count = len(leaves(host.desk))
    for _ in range(2):  # nothing was committed in between
        assert reslot(host, wanted(deposit.kept))[0].card
    assert len(leaves(host.desk)) == count + 2


def test_one_dossiers_fault_is_no_others(host: LittleHost, deposit: Deposit) -> None:
    right = wanted(deposit.kept)
    old = right.custody
    (new,) = reslot(host, right)
    host.ask(Show((new.card,)))
    right = wanted(renewed(deposit.kept, new))
    host.desk = rotated(dataclasses.replace(ended(host.desk)))
    wrong = (
        wanted(deposit.kept),  # a card that is not in force any more
        replace(right, card=b"noise"),
        replace(right, custody=old),
        replace(right, vitale=b""),
        replace(right, nir="255027512345687"),
    )
    *refused, done = reslot(host, *wrong, right)
    assert [bool(each.fault) for each in refused] == [True] * len(wrong)
    assert {each.card + each.custody + each.vitale for each in refused} == {b""}
    assert (bool(done.card), done.fault) == (True, "")


def test_the_milter_cannot_have_slots_sealed_anew(host: LittleHost, deposit: Deposit) -> None:
    request = Reslot((wanted(deposit.kept),), hosts_event(ACTION))
    failed = host.ask(request).failed
    assert isinstance(failed, Failed)
    assert failed.why is Why.NOT_HERE
    assert "public" not in "".join(ToReslot.__struct_fields__)  # nobody says to which key


def test_without_the_former_key_what_is_left_under_it_is_lost_to_emergencies(
    host: LittleHost, deposit: Deposit
) -> None:
    host.desk = ended(host.desk)
    (new,) = reslot(host, wanted(deposit.kept))
    assert "opens by none" in new.fault
    request = deposit.release(host.mail(BOB, URGENCE), ByCustody(deposit.kept.slots.custody))
    failed = host.ask(request).failed
    assert (failed.why, failed.detail) == (Why.UNAVAILABLE, WRONG_CUSTODY)
    with pytest.raises(SealError):
        open_custody_slot((), deposit.kept.dossier_id, deposit.kept.slots.custody)
    assert host.member(ALICE)
