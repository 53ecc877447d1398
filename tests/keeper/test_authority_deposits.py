"""A deposit: one mail, one dossier, whose readers the cards name."""

import pytest
from dossier_case import Deposit
from keeper_case import HEADER, PDF, event
from little_host import (
    ALICE,
    BOB,
    OTHER_PATIENT,
    Kept,
    LittleHost,
)
from msgspec.structs import replace
from test_open_hprim import hprim

from rmp_milter.calls.protocol.filing import Reseal, Resealed, ToReseal
from rmp_milter.calls.protocol.message import Why

pytestmark = pytest.mark.promise(number=21)


def test_one_deposit_goes_into_one_dossier(host: LittleHost) -> None:
    deposit = Deposit(host)
    assert isinstance(host.ask(deposit.reseal()).reply, Resealed)
    other = host.create(ALICE, patient=OTHER_PATIENT)
    elsewhere = replace(deposit.reseal(), by=deposit.mail.by(other))
    assert host.ask(elsewhere).failed.why is Why.UNENTITLED


def test_a_deposit_is_sealed_to_the_cards_key_and_read_by_whom_it_names(
    host: LittleHost,
) -> None:
    deposit = Deposit(host)
    bob = host.member(BOB)
    for others in ((), (bob,)):
        request = host.reseal(deposit.mail, deposit.kept, [bob.certificate], *others)
        assert host.ask(request).failed.why is Why.UNENTITLED
    alice = host.member(ALICE)
    mail = host.mail(BOB, HEADER, files=[("a.pdf", PDF)])
    reply = host.ask(host.reseal(mail, deposit.kept, [alice.certificate], alice)).reply
    assert isinstance(reply, Resealed)
    own = host.reseal(mail, deposit.kept, [bob.certificate])
    assert host.ask(own).failed.why is Why.UNENTITLED


def test_what_a_mail_has_not_is_not_filed(host: LittleHost) -> None:
    deposit = Deposit(host)
    for place in (1, -1, 99):
        items = (ToReseal(b"document-16bytes", place),)
        request = replace(deposit.reseal(), items=items)
        assert host.ask(request).failed.why is Why.UNENTITLED


def test_each_patient_of_an_hprim_file_has_his_own_and_nothing_of_the_others(
    host: LittleHost,
) -> None:
    """Two results in one mail: a share each, with its own dossier and its own body."""
    jean = host.create()
    anne = host.create(ALICE, patient=OTHER_PATIENT)
    both = hprim("DUPONT", "Jean") + hprim("MARTIN", "Anne").replace("30/01/1959", "01/02/1960")
    mail = host.mail(BOB, "\n", files=[("bilan.hpr", both.encode())])
    assert len(mail.opened.parcels) == 2

    def filed(share: int, place: int, kept: Kept) -> Reseal:
        items = (ToReseal(bytes([share]) * 16, place),)
        return Reseal(mail.by(kept, share=share), items, (), event("depot"))

    for request in (filed(0, 1, jean), filed(1, 0, anne), filed(1, 1, jean), filed(0, 0, anne)):
        assert host.ask(request).failed.why is Why.UNENTITLED
    for request in (filed(0, 0, jean), filed(1, 1, anne), filed(0, 0, jean)):
        assert isinstance(host.ask(request).reply, Resealed)
