"""Leaves: what a mail may have written, and what bounds those of whoever floods."""

import msgspec
import pytest
from dossier_case import Deposit, acts, leaves
from keeper_case import NOW, event
from keeper_wishes import why
from little_host import ALICE, BOB, CODE, OTHER_PATIENT, LittleHost, asking

from rmp_milter.calls.protocol.leaves import Record, Recorded
from rmp_milter.calls.protocol.message import Why
from rmp_milter.calls.protocol.releasing import ByCode, Prove, Proven, Released

pytestmark = pytest.mark.promise(number=21)

DAY = 86_400


@pytest.mark.promise(number=8)
def test_a_mail_writes_no_leaf_of_something_else(host: LittleHost) -> None:
    deposit = Deposit(host)
    other = host.create(ALICE, patient=OTHER_PATIENT)
    bobs = host.mail(BOB, asking("dossier", f"Code : {CODE}"))
    alices = host.mail(ALICE, asking("dossier"))
    false = [
        Record(event("urgence"), alices.by(deposit.kept)),
        Record(event("depot"), alices.by(deposit.kept)),
        Record(event("dossier"), alices.by(other)),
        Record(event("dossier"), alices.by()),
        Record(event("dossier"), bobs.by(deposit.kept)),  # whose way in was not gone
        Record(msgspec.structs.replace(event("dossier"), outcome="refused"), alices.by(other)),
    ]
    before = [each for each in acts(host.desk) if each[0] != "sans titre"]
    assert [why(host, each) for each in false] == [Why.UNENTITLED] * len(false)
    assert [each for each in acts(host.desk) if each[0] != "sans titre"] == before


def test_leaves_of_what_nothing_entitles_to_are_bounded(host: LittleHost) -> None:
    deposit = Deposit(host)
    request = deposit.release(deposit.consultation(), deposit.by_custody)
    for at in range(20):
        lie = event("dossier", bytes([at]) * 32)
        assert why(host, msgspec.structs.replace(request, event=lie)) is Why.UNENTITLED
    untitled = [each for each in leaves(host.desk) if each["action"] == "sans titre"]
    assert [each["proof"] for each in untitled] == ["Release"]
    host.ask(request, NOW + 3600 - NOW % 3600)
    assert acts(host.desk).count(("sans titre", "refused")) == 2


def test_a_way_that_was_proven_is_good_for_its_own_dossier_and_mail(host: LittleHost) -> None:
    deposit = Deposit(host)
    other = host.create(ALICE, patient=OTHER_PATIENT)
    mail = host.mail(BOB, asking("accès", f"Code : {CODE}"))
    proof = Prove(mail.by(deposit.kept), deposit.by_code, event("acces"))
    proven = host.ask(proof).reply
    assert isinstance(proven, Proven)
    reading = Record(event("acces"), mail.by(deposit.kept, ticket=proven.ticket))
    assert isinstance(host.ask(reading).reply, Recorded)
    unproven = msgspec.structs.replace(reading, by=mail.by(deposit.kept))
    elsewhere = msgspec.structs.replace(reading, by=mail.by(other, ticket=proven.ticket))
    for request in (unproven, elsewhere):
        assert why(host, request) is Why.UNENTITLED
    twin = ByCode(other.slots.code) if other.slots.code else deposit.by_code
    assert why(host, msgspec.structs.replace(proof, way_in=twin)) is Why.WRONG_CODE


def test_released_packets_are_in_the_order_of_what_was_asked(host: LittleHost) -> None:
    deposit = Deposit(host)
    request = deposit.release(deposit.consultation(), items=(deposit.sealed, deposit.sealed))
    reply = host.ask(request).reply
    assert isinstance(reply, Released)
    texts = [host.gpg.verdict(deposit.message(packets[0]))[0] for packets in reply.packets]
    assert texts == [deposit.plain] * 2
