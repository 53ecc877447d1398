"""Another pepper: what counts by the former one, until when, and what never does again."""

import dataclasses

import pytest
from dossier_case import NIR, Deposit, leaves, reader_of_cards, with_card
from keeper_case import NOW, encrypted, entity, event, hosts_event, opening
from little_host import ALICE, BOB, CODE, EVE, OTHER_PATIENT, Kept, LittleHost, asking
from msgspec.structs import replace
from pepper_case import ACTION, ended, recarded, renew_member, renewed, rotated, started, wanted

from rmp_milter.calls.protocol.filing import Create, Created
from rmp_milter.calls.protocol.message import Why
from rmp_milter.calls.protocol.opening import Opened
from rmp_milter.calls.protocol.releasing import ByCode, Released
from rmp_milter.calls.protocol.rotating import Recard, ToRecard
from rmp_milter.dossier.cards import DossierCard, dossier_card, slot_digest
from rmp_milter.dossier.model import NO_PEPPER, Patient
from rmp_milter.keeper.authority.cards import Sealer
from rmp_milter.keeper.keys import sealing
from rmp_milter.keeper.keys.peppers import pepper_id
from rmp_milter.keeper.keys.sealing import CodeKey, make_code_slot
from testbed.vitale import CardSoftware

DUPONT = Patient("DUPONT", "Jean", "1959-01-30")


@pytest.fixture
def deposit(host: LittleHost) -> Deposit:
    """A dossier from before, in a keeper with another pepper, the former beside it."""
    made = Deposit(host)
    for each in (ALICE, BOB, EVE):
        host.member(each)
    host.desk = rotated(host.desk)
    return made


@pytest.fixture
def software(host: LittleHost) -> CardSoftware:
    return reader_of_cards(host.desk)


@pytest.fixture
def moved(host: LittleHost, deposit: Deposit) -> Deposit:
    """The same when the change is ended; its patient's code was not given anew."""
    before = pepper_id(host.desk.keys.former_peppers[0].pepper)
    (new,) = recarded(host, wanted(deposit.kept, NIR))
    deposit.kept = renewed(host, deposit.kept, new)
    for each in [*host.members.values()]:
        renew_member(host, each)
    host.desk = ended(host.desk, [before])
    return deposit


def code_opens(deposit: Deposit, code: str = CODE) -> bool:
    return deposit.is_read(deposit.consultation(code))


def card_opens(host: LittleHost, deposit: Deposit, software: CardSoftware) -> bool:
    return deposit.is_read(with_card(host, software), deposit.by_vitale)


def why(host: LittleHost, deposit: Deposit, code: str = CODE) -> tuple[Why, str]:
    failed = host.ask(deposit.release(deposit.consultation(code))).failed
    return failed.why, failed.detail


def test_all_ways_in_stand_open_between_the_two_peppers(
    host: LittleHost, deposit: Deposit, software: CardSoftware
) -> None:
    assert deposit.is_read(deposit.urgent())
    assert code_opens(deposit)
    assert card_opens(host, deposit, software)
    (new,) = recarded(host, wanted(deposit.kept, NIR))
    assert deposit.is_read(deposit.urgent())  # it is not committed
    deposit.kept = renewed(host, deposit.kept, new)
    assert deposit.is_read(deposit.urgent())
    assert code_opens(deposit)
    assert card_opens(host, deposit, software)


def test_all_ways_in_stand_open_when_it_is_ended(
    host: LittleHost, moved: Deposit, software: CardSoftware
) -> None:
    assert moved.is_read(moved.urgent())
    assert code_opens(moved)
    assert card_opens(host, moved, software)
    assert why(host, moved, "1234-5678") == (Why.WRONG_CODE, "")


def test_a_card_made_anew_says_the_same_under_the_new_pepper(
    host: LittleHost, deposit: Deposit
) -> None:
    before = deposit.kept.said
    count = len(leaves(host.desk))
    (new,) = recarded(host, wanted(deposit.kept, NIR))
    leaf = leaves(host.desk)[count]
    assert (leaf["action"], leaf["proof"], leaf["patient"]) == (ACTION, "host", "")
    assert len(leaves(host.desk)) == count + 1
    after = dossier_card(new.card)
    assert (after.revision, after.act) == (before.revision + 1, bytes(32))
    assert after.vitale == slot_digest(new.vitale) != before.vitale
    assert after.traits == host.desk.sealer.traits(DUPONT) != before.traits
    assert after.number == host.desk.sealer.number(NIR) != before.number
    other = {"revision": 0, "act": b"", "vitale": b"", "traits": (), "number": b""}
    assert replace(after, **other) == replace(before, **other)


def test_what_is_under_the_new_pepper_stays_as_it_is_without_a_leaf(
    host: LittleHost, deposit: Deposit
) -> None:
    (new,) = recarded(host, wanted(deposit.kept, NIR))
    kept = renewed(host, deposit.kept, new)
    renew_member(host, host.member(BOB))
    count = len(leaves(host.desk))
    again = recarded(host, wanted(kept, NIR), ToRecard(host.member(BOB).card))
    assert [each.card + each.vitale for each in again] == [b"", b""]
    assert [each.fault for each in again] == ["", ""]
    assert len(leaves(host.desk)) == count


def test_one_cards_fault_is_no_others(host: LittleHost, deposit: Deposit) -> None:
    right = wanted(deposit.kept, NIR)
    wrong = (
        replace(right, card=b"noise"),
        replace(right, card=b""),
        replace(right, vitale=b""),
        replace(right, vitale=bytes(80)),
        replace(right, nir="255027512345687"),
    )
    *refused, done = recarded(host, *wrong, right)
    assert [bool(each.fault) for each in refused] == [True] * len(wrong)
    assert {each.card + each.vitale for each in refused} == {b""}
    assert (bool(done.card), done.fault) == (True, "")


def test_the_milter_can_have_no_card_made_anew(host: LittleHost, deposit: Deposit) -> None:
    request = Recard((wanted(deposit.kept, NIR),), hosts_event(ACTION))
    assert host.ask(request).failed.why is Why.NOT_HERE


def forged(host: LittleHost, kept: Kept, pepper: bytes) -> bytes:
    """Return what a thief of the former pepper makes: Eve treats the patient from now on."""
    said: DossierCard = kept.said
    eve = host.member(EVE).person
    return Sealer(pepper).sealed(replace(said, revision=said.revision + 1, treating=eve))


def test_a_thief_of_the_former_pepper_makes_no_card_when_it_is_ended(
    host: LittleHost, deposit: Deposit
) -> None:
    former = host.desk.keys.former_peppers[0].pepper
    (new,) = recarded(host, wanted(deposit.kept, NIR))
    kept = renewed(host, deposit.kept, new)
    for each in [*host.members.values()]:
        renew_member(host, each)
    card = forged(host, kept, former)
    host.desk = ended(host.desk, [])
    deposit.kept = dataclasses.replace(kept, card=card)
    mail = host.mail(EVE, asking("dossier"))
    failed = host.ask(deposit.release(mail, deposit.by_custody)).failed
    assert (failed.why, failed.detail) == (Why.UNENTITLED, "not a dossier's card")


def test_an_emergency_is_answered_whatever_card_of_the_dossier_is_shown(
    host: LittleHost, moved: Deposit
) -> None:
    """A store that was put back has cards of the former pepper: the slot opens without one."""
    old = Sealer(b"a pepper that nobody has any more").sealed(moved.kept.said)
    mail = moved.urgent()
    request = moved.release(mail, moved.by_custody, dossier_id=moved.kept.dossier_id)
    by = replace(request.by, dossier=old)
    reply = host.ask(replace(request, by=by), mail.now).reply
    assert isinstance(reply, Released), reply


@pytest.mark.usefixtures("deposit")
def test_homonyms_are_found_across_the_change(host: LittleHost) -> None:
    text = asking("création", "Consentement : oui")
    again = host.mail(BOB, text)
    failed = host.ask(Create(again.by(), event("creation")), NOW).failed
    assert failed.detail == "a dossier of these traits is there"
    other = host.mail(BOB, asking("création", "Consentement : oui", patient=OTHER_PATIENT))
    assert isinstance(host.ask(Create(other.by(), event("creation"))).reply, Created)


def test_tries_go_on_counting_across_the_change(host: LittleHost) -> None:
    nobody = Patient("INCONNU", "Jean", "1960-01-01")
    before = host.desk.sealer.nobody(nobody)
    host.desk.journal.change(lambda own: own.tries.count([b"N" + before], NOW))
    host.desk = rotated(host.desk)
    after = host.desk.sealer.nobody(nobody)
    with host.desk.journal.own() as own:
        counts = [own.tries.recent(b"N" + each, NOW) for each in (before, after)]
    assert (before != after, counts) == (True, [0, 1])


def test_a_mail_is_known_again_across_the_change(host: LittleHost) -> None:
    plain = entity(asking("dossier", f"Code : {CODE}"))
    request, memory = opening([encrypted(host.gpg, plain, signer=BOB, at=NOW)], entity=True)
    said = list[tuple[bytes, tuple[bytes, ...]]]()

    def handed_in() -> None:
        persons = (host.member(BOB).candidate,)
        opened = host.ask(replace(request, persons=persons), memory=memory).reply
        assert isinstance(opened, Opened), opened
        assert opened.ticket
        said.append((opened.once, opened.seals))

    handed_in()
    host.desk = rotated(host.desk)
    handed_in()
    renew_member(host, host.member(BOB))
    host.desk = ended(host.desk, [])
    handed_in()
    assert len({*said}) == 1


def test_a_former_pepper_that_is_put_back_counts_for_a_store_of_its_time(
    host: LittleHost, deposit: Deposit
) -> None:
    former, members = host.desk.keys.former_peppers, dict(host.members)
    old, _ = (
        deposit.kept,
        renewed(host, deposit.kept, recarded(host, wanted(deposit.kept, NIR))[0]),
    )
    for each in [*members.values()]:
        renew_member(host, each)
    mail = deposit.urgent()
    host.desk = ended(host.desk, [])
    deposit.kept, host.members = old, members
    request = deposit.release(mail, deposit.by_custody, dossier_id=old.dossier_id)
    bob = members[BOB].candidate
    request = replace(request, by=replace(request.by, persons=(bob,)))
    assert host.ask(request).failed.detail == "without its sender's card"
    host.desk = started(host.desk, dataclasses.replace(host.desk.keys, former_peppers=former))
    assert isinstance(host.ask(request).reply, Released)


# Codes


def test_a_new_code_goes_under_the_new_pepper(host: LittleHost, deposit: Deposit) -> None:
    other = host.create(BOB, patient=OTHER_PATIENT)
    present = host.desk.keys.peppers.present_id
    old, new = deposit.kept.slots.code, other.slots.code
    assert old
    assert new
    assert (new.pepper, old.pepper != present) == (present, True)


@pytest.mark.usefixtures("deposit")
def test_a_slot_from_before_they_named_their_pepper_opens_by_the_first_one(
    host: LittleHost,
) -> None:
    first = host.desk.keys.former_peppers[0].pepper
    raw, code = b"k" * 32, "JZBV7KQ2"
    slot = make_code_slot(
        code, b"a dossier's code", raw, CodeKey(NO_PEPPER, first), host.desk.random
    )
    assert slot.pepper == NO_PEPPER
    for keys in (host.desk.keys, ended(host.desk, [NO_PEPPER]).keys):
        opened = sealing.open_code_slot(slot, code, b"a dossier's code", keys.peppers.code_keys)
        assert opened.private_bytes_raw() == raw
    gone = ended(host.desk, [pepper_id(first)]).keys
    with pytest.raises(sealing.SealError):
        sealing.open_code_slot(slot, code, b"a dossier's code", gone.peppers.code_keys)
    assert first not in {each.secret for each in gone.peppers.code_keys}


def test_each_try_costs_one_hash_whichever_pepper_a_slot_has(
    host: LittleHost, moved: Deposit, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = moved.kept.slots.code
    assert known
    computed: list[str] = []
    real = sealing._slot_key

    def counting(code: str, salt: bytes, secret: bytes) -> bytes:
        computed.append(code)
        return real(code, salt, secret)

    monkeypatch.setattr(sealing, "_slot_key", counting)
    ways = [moved.by_code, ByCode(replace(known, pepper=b"none"))]
    orders = [moved.release(moved.consultation("1234-5678"), each) for each in ways]
    nobody = orders[0].by
    orders.append(replace(orders[0], by=replace(nobody, dossier=b""), items=()))
    for order in orders:
        failed = host.ask(order).failed
        assert (failed.why, failed.detail) == (Why.WRONG_CODE, "")
    assert len(computed) == len(orders)


def test_a_code_is_ended_by_the_host_and_that_stands_in_the_dossiers_accesses(
    host: LittleHost, moved: Deposit, software: CardSoftware
) -> None:
    count = len(leaves(host.desk))
    (new,) = recarded(host, wanted(moved.kept, NIR, ends_code=True))
    leaf = leaves(host.desk)[count]
    assert (leaf["action"], leaf["proof"], bool(leaf["patient"])) == (
        "fin de code",
        "host",
        True,
    )
    assert len(leaves(host.desk)) == count + 1
    assert dossier_card(new.card).code == b""
    moved.kept = renewed(host, moved.kept, new)
    assert why(host, moved) == (Why.WRONG_CODE, "")
    assert moved.is_read(moved.urgent())
    assert card_opens(host, moved, software)
