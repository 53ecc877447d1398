"""Ways into a dossier: what a caller cannot make of mails that he did not write."""

import msgspec
import pytest
from dossier_case import Deposit, reader_of_cards, with_card
from keeper_case import NOW, ask, desk_of, event, hosts_event
from keeper_gpg import Gpg
from keeper_wishes import changed, why
from little_host import ALICE, BOB, CODE, EVE, LittleHost, Mail, asking
from openpgp.composed import SignedSecretKey

from rmp_milter.calls.authority import NoCode
from rmp_milter.calls.protocol.leaves import Recorded
from rmp_milter.calls.protocol.message import Why
from rmp_milter.keeper.authority.host_rules import HostRules
from rmp_milter.keeper.desk import guesses
from rmp_milter.keeper.desk.doors import Door
from rmp_milter.keeper.keys import sealing
from rmp_milter.keeper.log.tries import of_dossier, of_person

pytestmark = pytest.mark.promise(number=21)

DAY = 86_400


# One mail's code, another mail's documents


@pytest.mark.promise(number=2)
def test_a_code_opens_for_its_own_mails_sender_and_for_nobody_else(host: LittleHost) -> None:
    deposit = Deposit(host)
    bobs, eve = deposit.consultation(), host.member(EVE)
    for readers in ((eve.certificate,), (bobs.sender.certificate, eve.certificate)):
        request = deposit.release(bobs, readers=readers)
        assert why(host, request) is Why.UNENTITLED
        named = msgspec.structs.replace(request, by=bobs.by(deposit.kept, eve))
        assert why(host, named) is Why.UNENTITLED
    eves = msgspec.structs.replace(
        deposit.release(bobs),
        by=msgspec.structs.replace(bobs.by(deposit.kept), persons=(eve.candidate,)),
        readers=(eve.certificate,),
    )
    assert why(host, eves) is Why.UNENTITLED


@pytest.mark.promise(number=2)
def test_a_mail_that_asks_for_nothing_of_the_kind_opens_nothing(host: LittleHost) -> None:
    deposit = Deposit(host)
    for request in ("liste", "droits", "masquage"):
        mail = host.mail(BOB, asking(request, f"Code : {CODE}"))
        assert why(host, deposit.release(mail)) is Why.UNENTITLED
        assert why(host, deposit.release(mail, deposit.by_custody)) is Why.UNENTITLED
    for way in (deposit.by_custody, deposit.by_vitale):
        assert why(host, deposit.release(deposit.consultation(), way)) is Why.UNENTITLED


# Codes that are in force no more


@pytest.mark.promise(number=6)
def test_an_old_code_does_not_open_its_old_slot_once_it_was_revoked(host: LittleHost) -> None:
    deposit = Deposit(host)
    old = deposit.kept.card
    changed(host, deposit.kept, NoCode(), "révocation du code")
    assert why(host, deposit.release(deposit.consultation())) is Why.WRONG_CODE
    stale = deposit.consultation()
    assert why(host, deposit.release(stale, by=stale.by(old))) is Why.MOVED


def test_a_change_that_was_never_committed_changes_nothing(host: LittleHost) -> None:
    deposit = Deposit(host)
    mail = host.mail(ALICE, asking("révocation du code"))
    host.amend(mail, NoCode(), deposit.kept)
    assert deposit.is_read(deposit.consultation())


# Who tries too often


def tried(deposit: Deposit, code: str = "Faux-code") -> Mail:
    mail = deposit.consultation(code)
    assert why(deposit.host, deposit.release(mail)) is Why.WRONG_CODE
    return mail


@pytest.mark.promise(number=6)
def test_wrong_codes_rest_the_dossiers_code_whatever_the_caller_says(host: LittleHost) -> None:
    deposit = Deposit(host)
    for at in range(5):
        mail = deposit.consultation("Faux-code")
        for action in ("dossier", "dossier", "depot", "x"):
            lie = msgspec.structs.replace(event(action, bytes([at]) * 32), dossier_id=b"")
            host.ask(deposit.release(mail, event=lie))
    subject = of_dossier(deposit.kept.dossier_id)
    with host.desk.journal.own() as own:
        assert own.tries.recent(subject, 0) == 5
    assert why(host, deposit.release(deposit.consultation())) is Why.WRONG_CODE
    hour = NOW + host.desk.rules.window + 1
    assert deposit.is_read(deposit.consultation(now=hour))
    with host.desk.journal.own() as own:
        assert own.tries.recent(subject, 0) == 0


def test_the_host_wakes_a_code_that_rests(host: LittleHost) -> None:
    from rmp_milter.calls.protocol.cards import Wake  # noqa: PLC0415 -- its only use

    deposit = Deposit(host)
    for _ in range(5):
        tried(deposit)
    leaf = hosts_event("code reactive")
    reply = ask(host.desk, Wake(deposit.kept.dossier_id, leaf), door=Door.OPERATOR).reply
    assert isinstance(reply, Recorded)
    assert deposit.is_read(deposit.consultation())


@pytest.mark.promise(number=6)
def test_a_sender_who_tries_too_often_opens_nothing_and_each_try_costs_a_hash(
    host: LittleHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    deposit = Deposit(host)
    bob = host.member(BOB).person
    host.desk.journal.change(
        lambda own: [own.tries.count([of_person(bob)], NOW + at) for at in range(10)]
    )
    orders = [deposit.release(deposit.consultation()), deposit.release(tried(deposit))]
    computed: list[str] = []
    real = sealing._slot_key

    def counting(code: str, salt: bytes, pepper: bytes) -> bytes:
        computed.append(code)
        return real(code, salt, pepper)

    monkeypatch.setattr(sealing, "_slot_key", counting)
    assert [why(host, each) for each in orders] == [Why.WRONG_CODE] * 2
    assert len(computed) == 2
    assert deposit.is_read(deposit.consultation(who=EVE))


def test_everybody_together_tries_so_often_and_no_more(
    gpg: Gpg, service: SignedSecretKey, tmp_path_factory: pytest.TempPathFactory
) -> None:
    rules = HostRules(global_codes=3, sender_codes=100, wrong_codes=100)
    desk = desk_of(service, tmp_path_factory.mktemp("few"), rules=rules)
    deposit = Deposit(LittleHost(gpg, desk))
    for _ in range(3):
        tried(deposit)
    assert why(deposit.host, deposit.release(deposit.consultation())) is Why.WRONG_CODE
    desk.journal.close()


def test_a_short_code_of_before_rests_for_a_month(host: LittleHost) -> None:
    kept = host.create()
    subject, rules = of_dossier(kept.dossier_id), host.desk.rules
    for at in range(rules.old_wrong_codes):
        when = NOW - (at + 1) * rules.window
        host.desk.journal.change(lambda own, when=when: own.tries.count([subject], when))
    assert guesses.is_resting(host.desk, kept.said, NOW, of_before=True)
    assert not guesses.is_resting(host.desk, kept.said, NOW, of_before=False)
    assert not guesses.is_resting(host.desk, kept.said, NOW + 30 * DAY, of_before=True)


# Cards of patients


def test_an_attestation_counts_once(host: LittleHost) -> None:
    deposit, software = Deposit(host), reader_of_cards(host.desk)
    first = with_card(host, software)
    token = software.token("159013456789082", first.sender.said.rpps, "rmp@x.fr", NOW)
    first, again = (with_card(host, software, token=token) for _ in range(2))
    assert deposit.is_read(first, deposit.by_vitale)
    assert deposit.is_read(first, deposit.by_vitale)
    assert why(host, deposit.release(again, deposit.by_vitale)) is Why.REPLAYED


def test_an_attestation_that_was_shown_to_somebody_else_opens_nothing(host: LittleHost) -> None:
    deposit, software = Deposit(host), reader_of_cards(host.desk)
    alice = host.member(ALICE).said.rpps
    token = software.token("159013456789082", alice, "rmp@x.fr", NOW)
    mail = with_card(host, software, token=token)
    assert why(host, deposit.release(mail, deposit.by_vitale)) is Why.UNENTITLED
