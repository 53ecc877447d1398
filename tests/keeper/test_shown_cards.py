"""Cards shown after their commit: none of before counts from then on, whoever kept it."""

import json

import pytest
from dossier_case import Deposit
from keeper_case import NOW, raw_leaves
from keeper_wishes import why
from little_host import ALICE, LittleHost, asking

from rmp_milter.calls.authority import NoCode
from rmp_milter.calls.protocol.cards import Learned, Show
from rmp_milter.calls.protocol.message import Failed, Why
from rmp_milter.keeper.desk.without_title import WITHOUT_TITLE

pytestmark = pytest.mark.promise(number=21)


def revoked(host: LittleHost, deposit: Deposit) -> bytes:
    """Have the code revoked by a mail; return the next card, which nobody has shown yet."""
    mail = host.mail(ALICE, asking("révocation du code"))
    return host.amend(mail, NoCode(), deposit.kept).dossier


def test_what_a_mail_took_back_stays_so_for_who_kept_the_card_of_before(
    host: LittleHost,
) -> None:
    deposit = Deposit(host)
    before, after = deposit.kept.card, revoked(host, deposit)
    assert deposit.is_read(deposit.consultation(now=NOW + 1))
    assert host.ask(Show((after,))).reply == Learned(1)
    assert why(host, deposit.release(deposit.consultation(now=NOW + 2))) is Why.MOVED
    deposit.kept.card = after
    assert why(host, deposit.release(deposit.consultation(now=NOW + 3))) is Why.WRONG_CODE
    assert host.ask(Show((before,))).reply == Learned(0)


def test_what_is_in_force_or_of_before_is_passed_over(host: LittleHost) -> None:
    deposit = Deposit(host)
    after = revoked(host, deposit)
    assert host.ask(Show((after, host.member(ALICE).card))).reply == Learned(1)
    assert host.ask(Show((after, deposit.kept.card))).reply == Learned(0)
    assert host.ask(Show(())).reply == Learned(0)


def test_what_this_keeper_never_made_teaches_nothing_and_leaves_its_leaf(
    host: LittleHost,
) -> None:
    deposit = Deposit(host)
    after = revoked(host, deposit)
    forged = after[:-1] + bytes([after[-1] ^ 1])
    reply = host.ask(Show((after, forged))).reply
    assert isinstance(reply, Failed)
    assert reply.why is Why.UNENTITLED
    assert json.loads(raw_leaves(host.desk.journal)[-1])["action"] == WITHOUT_TITLE
    assert deposit.is_read(deposit.consultation(now=NOW + 1))


def test_a_call_shows_no_end_of_cards(
    host: LittleHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rmp_milter.keeper.desk.showing.MOST", 2)
    card = host.member(ALICE).card
    assert isinstance(host.ask(Show((card,) * 2)).reply, Learned)
    assert isinstance(host.ask(Show((card,) * 3)).reply, Failed)
