"""A keeper or a store from an older copy: emergencies go on, the rest waits for the host's word."""

from collections.abc import Iterable

import pytest
from dossier_case import URGENCE, Deposit, leaves
from keeper_case import ask, event, hosts_event
from little_host import ALICE, BOB, CODE, LittleHost, Member, asking
from msgspec.structs import replace
from test_prolonged_beside import Prolonging

from rmp_milter.calls.authority import Authority, Candidate, NoCode, Prolong
from rmp_milter.calls.protocol.calls import Reply, Request
from rmp_milter.calls.protocol.cards import Amend, Compare, Compared, Forget, Relearn
from rmp_milter.calls.protocol.filing import Create, Created
from rmp_milter.calls.protocol.leaves import Record, Recorded
from rmp_milter.calls.protocol.message import Failed, Why
from rmp_milter.calls.protocol.releasing import Released
from rmp_milter.dossier.cards import DossierCard, LocumDays, PersonCard
from rmp_milter.errors import AHEAD, GONE
from rmp_milter.keeper.authority.ground import DOSSIER, PERSON
from rmp_milter.keeper.desk import restored
from rmp_milter.keeper.desk.doors import Door

LEAF = hosts_event("restauration")


def hosts(host: LittleHost, request: Request) -> Reply:
    return ask(host.desk, request, door=Door.OPERATOR).reply


def stands(host: LittleHost, *cards: bytes) -> tuple[str, ...]:
    reply = hosts(host, Compare(cards))
    assert isinstance(reply, Compared), reply
    return reply.stands


def known(host: LittleHost) -> tuple[bytes, ...]:
    reply = hosts(host, Compare((), behind=b""))
    assert isinstance(reply, Compared), reply
    return reply.keys


def relearnt(host: LittleHost, *cards: bytes, **more: Iterable[bytes]) -> Reply:
    fields = {name: tuple(each) for name, each in more.items()}
    return hosts(host, Relearn(cards, LEAF, **fields))


def further(host: LittleHost, card: bytes, revisions: int) -> bytes:
    """Return the card of later revisions, as a keeper had made it that was lost since."""
    sealer = host.desk.sealer
    said: DossierCard | PersonCard = (
        sealer.dossier(card) if card[1:2] == DOSSIER else sealer.person(card)
    )
    return sealer.sealed(replace(said, revision=said.revision + revisions))


def without_code(host: LittleHost, deposit: Deposit) -> bytes:
    """Have the code revoked and known to be; return the card of before."""
    before = deposit.kept.card
    mail = host.mail(ALICE, asking("révocation du code"))
    deposit.kept.card = host.amend(mail, NoCode(), deposit.kept).dossier
    assert deposit.is_read(host.mail(ALICE, asking("dossier")), deposit.by_custody) is False
    relearnt(host, deposit.kept.card)
    return before


def test_what_is_known_is_listed_a_part_at_a_time(
    host: LittleHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    deposit = Deposit(host, BOB)
    expected = sorted(
        [
            DOSSIER + deposit.kept.dossier_id,
            *(PERSON + host.member(each).person for each in (ALICE, BOB)),
        ]
    )
    assert list(known(host)) == expected
    monkeypatch.setattr(restored, "A_REPLY", 2)
    assert list(known(host)) == expected[:2]
    rest = hosts(host, Compare((), behind=expected[1]))
    assert isinstance(rest, Compared)
    assert list(rest.keys) == expected[2:]
    hosts(host, Forget(deposit.kept.dossier_id, hosts_event("effacement")))
    assert list(known(host)) == expected[1:] if expected[0][:1] == DOSSIER else expected[:-1]


def test_a_card_that_another_keeper_made_is_told_and_not_learnt(host: LittleHost) -> None:
    kept = host.create()
    forged = kept.card[:-1] + bytes([kept.card[-1] ^ 1])
    size = len(host.desk.journal)
    assert stands(host, kept.card, forged, b"") == ("next", "forged", "forged")
    assert relearnt(host, kept.card, forged) == Failed(
        Why.UNENTITLED, "not a card of this keeper"
    )
    assert stands(host, kept.card) == ("next",)
    assert [leaf["action"] for leaf in leaves(host.desk)[size:]] == ["sans titre"]


def test_a_keeper_that_is_behind_refuses_all_but_emergencies_until_it_relearns(
    host: LittleHost,
) -> None:
    deposit = Deposit(host, BOB)
    now_in_force = further(host, deposit.kept.card, 3)
    deposit.kept.card, old = now_in_force, deposit.kept.card
    host.members[BOB].card = further(host, host.member(BOB).card, 2)
    assert stands(host, now_in_force, host.member(BOB).card) == ("ahead", "ahead")
    refused = host.ask(deposit.release(deposit.consultation())).failed
    assert (refused.why, refused.detail) == (Why.UNENTITLED, AHEAD)
    assert deposit.is_read(deposit.urgent())
    assert isinstance(relearnt(host, now_in_force, host.member(BOB).card), Recorded)
    assert deposit.is_read(deposit.consultation())
    deposit.kept.card = old
    assert host.ask(deposit.release(deposit.consultation())).failed.why is Why.MOVED


def test_an_older_store_is_refused_but_for_emergencies_until_the_host_accepts_it(
    host: LittleHost,
) -> None:
    deposit = Deposit(host, BOB)
    deposit.kept.card = without_code(host, deposit)
    assert stands(host, deposit.kept.card) == ("old",)
    assert host.ask(deposit.release(deposit.consultation())).failed.why is Why.MOVED
    assert deposit.is_read(deposit.urgent())
    assert isinstance(relearnt(host, deposit.kept.card), Recorded)
    assert deposit.is_read(deposit.consultation())  # the code that had been revoked


@pytest.mark.promise(number=16)
def test_what_was_erased_is_revived_by_no_card_and_by_no_slot(host: LittleHost) -> None:
    deposit = Deposit(host, BOB)
    card = deposit.kept.card
    hosts(host, Forget(deposit.kept.dossier_id, hosts_event("effacement")))
    assert stands(host, card) == ("gone",)
    for later in (card, further(host, card, 1), further(host, card, 9)):
        assert relearnt(host, later) == Failed(Why.UNENTITLED, GONE)
    assert isinstance(relearnt(host, dropped=[DOSSIER + deposit.kept.dossier_id]), Recorded)
    assert stands(host, card) == ("gone",)
    urgent = deposit.urgent()
    for by in (urgent.by(card), urgent.by()):
        release = deposit.release(urgent, by=by, dossier_id=deposit.kept.dossier_id)
        assert host.ask(release).failed == Failed(Why.UNENTITLED, GONE)
    listed = replace(event("urgence liste"), dossier_id=deposit.kept.dossier_id)
    for by in (urgent.by(card), urgent.by()):
        refused = host.ask(Record(listed, by, with_reason=True)).failed
        assert refused == Failed(Why.UNENTITLED, GONE)


def test_who_was_removed_does_not_count_even_in_an_emergency(host: LittleHost) -> None:
    bob = host.member(BOB)
    relearnt(host, gone=[bob.person])
    assert relearnt(host, bob.card) == Failed(Why.UNENTITLED, GONE)
    assert relearnt(host, further(host, bob.card, 1)) == Failed(Why.UNENTITLED, GONE)
    assert host.mail(BOB, URGENCE).ticket == b""


def test_the_keys_of_who_is_given_up_may_be_anybodys(host: LittleHost) -> None:
    fingerprint = bytes.fromhex(host.member(BOB).said.fingerprint)
    relearnt(host, host.member(BOB).card)
    with host.desk.journal.own() as own:
        assert own.owners.of(fingerprint) == host.member(BOB).person
    relearnt(host, dropped=[PERSON + host.member(BOB).person])
    with host.desk.journal.own() as own:
        assert own.owners.of(fingerprint) is None
    assert stands(host, host.member(BOB).card) == ("next",)


def test_a_patient_whose_dossier_was_lost_may_have_another(host: LittleHost) -> None:
    kept = host.create()
    relearnt(host, kept.card)
    asked = asking("création", "Consentement : oui", f"Code : {CODE}")
    refused = host.ask(Create(host.mail(ALICE, asked).by(), event("creation"))).failed
    assert refused.why is Why.UNENTITLED
    relearnt(host, dropped=[DOSSIER + kept.dossier_id])
    made = host.ask(Create(host.mail(ALICE, asked).by(), event("creation"))).reply
    assert isinstance(made, Created)


@pytest.mark.parametrize("key", [b"", b"X" + bytes(16)])
def test_a_key_of_another_kind_is_not_dropped(host: LittleHost, key: bytes) -> None:
    size = len(host.desk.journal)
    reply = relearnt(host, dropped=[key])
    assert isinstance(reply, Failed)
    assert reply.why is Why.UNAVAILABLE
    assert len(host.desk.journal) == size


class WithCopy(Member):
    """Somebody whose mails bring a newer copy of his certificate."""

    newer: bytes = b""

    @property
    def candidate(self) -> Candidate:
        return Candidate(self.card, self.certificate, self.newer)


def test_a_key_that_was_prolonged_is_the_same_where_the_mail_brings_the_copy_in_force(
    host: LittleHost,
) -> None:
    deposit, case = Deposit(host), Prolonging(host)
    before = case.carol
    case.prolong(case.mail())
    case.look()
    host.members[case.name] = Member(case.name, before.card, before.certificate)
    assert stands(host, before.card) == ("old",)
    unknown = host.mail(case.name, URGENCE)
    assert (unknown.ticket, unknown.opened.passed_over) == (b"", True)
    copy = WithCopy(case.name, before.card, before.certificate)
    copy.newer = case.newer
    host.members[case.name] = copy
    urgent = host.mail(case.name, URGENCE)
    assert not urgent.opened.passed_over
    reply = host.ask(deposit.release(urgent, readers=(case.newer,))).reply
    assert isinstance(reply, Released), reply
    refused = host.ask(deposit.release(deposit.consultation(who=case.name))).failed
    assert refused.why is Why.MOVED


def test_nothing_new_is_made_of_an_older_card_in_an_emergency(host: LittleHost) -> None:
    """Its locums, its account would be in force again, though no mail asks for them."""
    days = LocumDays(host.member(ALICE).person, "2030-01-01", "2030-12-31")
    old = host.enrol(BOB, locums=[days])
    relearnt(host, old.card)
    relearnt(host, host.enrol(BOB).card)
    host.members[BOB] = old
    urgent = host.mail(BOB, URGENCE)
    assert urgent.ticket
    by = Authority(urgent.ticket, persons=(old.candidate,))
    revived = host.ask(Amend(Prolong(old.certificate), event("cle"), by)).failed
    assert revived.why is Why.MOVED
