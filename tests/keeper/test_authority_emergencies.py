"""Emergencies: none waits for a card, and none opens what was erased."""

import pytest
from dossier_case import Deposit, leaves, patient_of
from keeper_case import ask, hosts_event
from keeper_wishes import changed, why
from little_host import BOB, LittleHost, asking

from rmp_milter.calls.authority import NoCode
from rmp_milter.calls.protocol.cards import Forget
from rmp_milter.calls.protocol.leaves import Recorded
from rmp_milter.calls.protocol.message import Why
from rmp_milter.keeper.desk.doors import Door

pytestmark = pytest.mark.promise(number=21)

DAY = 86_400


@pytest.mark.promise(number=18)
def test_an_emergency_opens_without_a_card_and_with_any(host: LittleHost) -> None:
    """Of a keeper or a store that was restored: nobody waits for that."""
    deposit = Deposit(host)
    old = deposit.kept.card
    changed(host, deposit.kept, NoCode(), "révocation du code")
    host.mail(BOB, asking("dossier"))
    assert why(host, deposit.release(deposit.consultation())) is Why.WRONG_CODE
    for card in (b"", old, old[:-1] + b"x", b"noise"):
        mail = deposit.urgent()
        more = {"by": mail.by(card), "dossier_id": deposit.kept.dossier_id}
        assert deposit.is_read(mail, **more), card
        own = patient_of(host.desk, deposit.kept.dossier_id)
        assert leaves(host.desk)[-1]["patient"] == own


@pytest.mark.promise(number=19)
def test_no_copy_of_an_erased_dossier_is_opened_in_an_emergency(host: LittleHost) -> None:
    deposit = Deposit(host)
    dossier_id = deposit.kept.dossier_id
    erased = Forget(dossier_id, hosts_event("effacement"))
    assert isinstance(ask(host.desk, erased, door=Door.OPERATOR).reply, Recorded)
    for card in (b"", deposit.kept.card):
        mail = deposit.urgent()
        request = deposit.release(mail, by=mail.by(card), dossier_id=dossier_id)
        assert why(host, request) is Why.UNENTITLED


@pytest.mark.promise(number=18)
def test_an_unsigned_mail_is_no_emergency(host: LittleHost) -> None:
    deposit = Deposit(host)
    host.enrol(BOB, account="bob")
    text = "Demande : urgence\r\nPatient : DUPONT Jean\r\nMotif : coma\r\n"
    mail = host.mail(BOB, text, account="bob", signed=False)
    assert mail.ticket
    assert why(host, deposit.release(mail)) is Why.UNENTITLED
