"""An emergency's short list in the keeper: all its leaves at once, each as if it were alone."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from dossier_case import URGENCE, Deposit, acts, leaves, patient_of
from keeper_case import AUDITORS, NOW, ask, event, hosts_event
from keeper_wishes import why
from little_host import ALICE, BOB, Kept, LittleHost, Mail, asking
from msgspec.structs import replace

from rmp_milter.audit.reasons import open_reason
from rmp_milter.calls.authority import NoCode
from rmp_milter.calls.protocol.cards import Forget, Learned, Show
from rmp_milter.calls.protocol.leaves import (
    MOST_LISTED,
    ListedLeaf,
    Record,
    Recorded,
    RecordedList,
    RecordList,
)
from rmp_milter.calls.protocol.message import Why
from rmp_milter.keeper.desk import shortlisting
from rmp_milter.keeper.desk.doors import Door
from rmp_milter.keeper.keys.held import LIFETIME
from rmp_milter.keeper.log import writing
from rmp_milter.keeper.log.journal import JournalError
from rmp_milter.keeper.log.lmdb_log import LmdbLogAccess

pytestmark = [pytest.mark.promise(number=8), pytest.mark.promise(number=18)]

LISTED = "urgence liste"
NAMES = ("Anne", "Zoé", "Luc")


def homonyms(host: LittleHost, count: int) -> list[Kept]:
    """Have dossiers made of as many patients, whose cards are known to be in force."""
    made = [
        host.create(patient=f"Patient : MARTIN {name}\r\nNé le : 01/02/1960\r\n")
        for name in NAMES[:count]
    ]
    assert host.ask(Show(tuple(each.card for each in made))).reply == Learned(count)
    return made


def leaf_for(kept: Kept, **changed: object) -> ListedLeaf:
    said = replace(event(LISTED), dossier_id=kept.dossier_id)
    return ListedLeaf(replace(said, **changed), kept.card)


def listing(mail: Mail, dossiers: Sequence[Kept], **changed: object) -> RecordList:
    return RecordList(mail.by(), tuple(leaf_for(each, **changed) for each in dossiers))


def urgent(host: LittleHost) -> Mail:
    return host.mail(BOB, URGENCE)


def erase(host: LittleHost, kept: Kept) -> None:
    leaf = replace(hosts_event("effacement"), dossier_id=kept.dossier_id)
    reply = ask(host.desk, Forget(kept.dossier_id, leaf), door=Door.OPERATOR).reply
    assert isinstance(reply, Recorded)


def listed(host: LittleHost) -> list[dict[str, object]]:
    return [leaf for leaf in leaves(host.desk) if leaf["action"] == LISTED]


def numbers(host: LittleHost, request: RecordList) -> tuple[int | None, ...]:
    reply = host.ask(request).reply
    assert isinstance(reply, RecordedList), reply
    return reply.numbers


def commits(host: LittleHost) -> int:
    """Return how many transactions LMDB has committed to the log."""
    access = host.desk.journal._access
    assert isinstance(access, LmdbLogAccess)
    return int(access._env.info()["last_txnid"])


def test_each_who_is_listed_has_a_leaf_with_the_reason(host: LittleHost) -> None:
    dossiers, mail = homonyms(host, 3), urgent(host)
    places = numbers(host, listing(mail, dossiers))
    found = leaves(host.desk)
    for kept, place in zip(dossiers, places, strict=True):
        assert place is not None
        assert found[place]["action"] == LISTED
        assert found[place]["patient"] == patient_of(host.desk, kept.dossier_id)
        assert found[place]["rpps"] == host.member(BOB).said.rpps
    with host.desk.journal.snapshot() as log:
        reasons = dict(log.reasons(len(host.desk.journal)))
    assert tuple(sorted(reasons)) == places
    opened = {open_reason(each, AUDITORS, mail.opened.once) for each in reasons.values()}
    assert opened == {"inconsciente, AVC"}


def test_all_are_one_transaction_of_the_log(host: LittleHost) -> None:
    dossiers, mail = homonyms(host, 3), urgent(host)
    before = commits(host)
    numbers(host, listing(mail, dossiers))
    assert commits(host) == before + 1


def test_each_leaf_is_the_one_that_is_written_alone(host: LittleHost) -> None:
    dossiers, mail = homonyms(host, 2), urgent(host)
    first, second = listing(mail, dossiers).leaves
    alone = host.ask(Record(first.event, mail.by(first.dossier), with_reason=True)).reply
    assert isinstance(alone, Recorded)
    together = numbers(host, listing(mail, dossiers))
    assert together == (alone.number, alone.number + 1)
    again = host.ask(Record(second.event, mail.by(second.dossier), with_reason=True)).reply
    assert again == Recorded(alone.number + 1)


def test_a_list_that_is_tried_again_finds_its_leaves(host: LittleHost) -> None:
    request = listing(urgent(host), homonyms(host, 3))
    first, size = numbers(host, request), len(host.desk.journal)
    assert numbers(host, request) == first
    assert len(host.desk.journal) == size


def test_who_was_erased_has_no_leaf_and_keeps_none_from_the_others(host: LittleHost) -> None:
    dossiers, mail = homonyms(host, 3), urgent(host)
    erase(host, dossiers[1])
    size = len(host.desk.journal)
    assert numbers(host, listing(mail, dossiers)) == (size, None, size + 1)
    assert {leaf["patient"] for leaf in listed(host)} == {
        patient_of(host.desk, dossiers[at].dossier_id) for at in (0, 2)
    }
    assert acts(host.desk)[-1] == ("sans titre", "refused")
    assert leaves(host.desk)[-1]["proof"] == "RecordList"


@pytest.mark.promise(number=16)
@pytest.mark.parametrize("with_card", [True, False])
def test_of_a_list_of_what_was_erased_nothing_is_written(
    host: LittleHost, *, with_card: bool
) -> None:
    (kept,), mail = homonyms(host, 1), urgent(host)
    erase(host, kept)
    one = leaf_for(kept) if with_card else replace(leaf_for(kept), dossier=b"")
    assert numbers(host, RecordList(mail.by(), (one,))) == (None,)
    assert listed(host) == []


def test_a_dossier_without_a_card_is_listed_all_the_same(host: LittleHost) -> None:
    (kept,), mail = homonyms(host, 1), urgent(host)
    bare = replace(leaf_for(kept), dossier=b"")
    assert numbers(host, RecordList(mail.by(), (bare,))) == (len(host.desk.journal) - 1,)
    assert listed(host)[0]["patient"] == patient_of(host.desk, kept.dossier_id)


def test_a_card_says_whose_leaf_it_is_whatever_the_milter_says(host: LittleHost) -> None:
    (kept, other), mail = homonyms(host, 2), urgent(host)
    lie = leaf_for(kept, dossier_id=other.dossier_id, actor_rpps="10009999999", reference="U-X")
    numbers(host, RecordList(mail.by(), (lie,)))
    (leaf,) = listed(host)
    assert leaf["patient"] == patient_of(host.desk, kept.dossier_id)
    assert leaf["rpps"] == host.member(BOB).said.rpps
    assert "reference" not in leaf


@pytest.mark.parametrize("count", [0, MOST_LISTED + 1])
def test_a_list_of_nobody_or_of_too_many_is_refused(host: LittleHost, count: int) -> None:
    (kept,), mail = homonyms(host, 1), urgent(host)
    assert why(host, listing(mail, [kept] * count)) is Why.UNENTITLED
    assert listed(host) == []
    assert len(numbers(host, listing(mail, [kept] * MOST_LISTED))) == MOST_LISTED


def of_another_request(host: LittleHost, dossiers: Sequence[Kept]) -> RecordList:
    return listing(host.mail(BOB, asking("liste")), dossiers)


def unsigned(host: LittleHost, dossiers: Sequence[Kept]) -> RecordList:
    host.enrol(BOB, account="bob")
    return listing(host.mail(BOB, URGENCE, signed=False, account="bob"), dossiers)


def of_the_release(host: LittleHost, dossiers: Sequence[Kept]) -> RecordList:
    return listing(urgent(host), dossiers, action="urgence")


def of_nobody_found(host: LittleHost, dossiers: Sequence[Kept]) -> RecordList:
    return listing(urgent(host), dossiers, outcome="none")


def with_one_that_is_false(host: LittleHost, dossiers: Sequence[Kept]) -> RecordList:
    request = listing(urgent(host), dossiers)
    return replace(request, leaves=(*request.leaves, leaf_for(dossiers[0], action="liste")))


def by_nobody(host: LittleHost, dossiers: Sequence[Kept]) -> RecordList:
    request = listing(urgent(host), dossiers)
    return replace(request, by=replace(request.by, persons=()))


def without_a_ticket(host: LittleHost, dossiers: Sequence[Kept]) -> RecordList:
    request = listing(urgent(host), dossiers)
    return replace(request, by=replace(request.by, ticket=b""))


@pytest.mark.promise(number=21)
@pytest.mark.parametrize(
    "make",
    [
        *(of_another_request, unsigned, of_the_release, of_nobody_found),
        *(with_one_that_is_false, by_nobody, without_a_ticket),
    ],
)
def test_what_no_emergency_asks_for_leaves_no_leaf_of_anybody(
    host: LittleHost, make: Callable[[LittleHost, Sequence[Kept]], RecordList]
) -> None:
    request = make(host, homonyms(host, 2))
    assert why(host, request) is Why.UNENTITLED
    assert listed(host) == []
    assert leaves(host.desk)[-1]["action"] == "sans titre"


def test_a_ticket_serves_no_list_for_ever(host: LittleHost) -> None:
    request = listing(urgent(host), homonyms(host, 1))
    late = ask(host.desk, request, now=NOW + LIFETIME + 1)
    assert late.failed.why is Why.UNENTITLED
    assert listed(host) == []


@pytest.mark.promise(number=21)
def test_where_another_call_overtakes_a_card_none_is_written(
    host: LittleHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    deposit, (other,), mail = Deposit(host), homonyms(host, 1), urgent(host)
    revoking = host.mail(ALICE, asking("révocation du code"))
    write = shortlisting.write_leaves

    def overtaken(*given: Any) -> tuple[int, ...]:  # noqa: ANN401 -- as they come
        later = host.amend(revoking, NoCode(), deposit.kept).dossier
        assert host.ask(Show((later,))).reply == Learned(1)
        return write(*given)

    with monkeypatch.context() as patch:
        patch.setattr(shortlisting, "write_leaves", overtaken)
        assert why(host, listing(mail, [other, deposit.kept])) is Why.MOVED
    assert listed(host) == []


def test_where_one_cannot_be_written_none_is(
    host: LittleHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    dossiers, mail = homonyms(host, 3), urgent(host)
    put, size = writing.put, len(host.desk.journal)

    def full(*given: Any) -> writing.Written:  # noqa: ANN401 -- as they come
        done = put(*given)
        if done.last == size + 1:
            raise JournalError("disk full")
        return done

    with monkeypatch.context() as patch:
        patch.setattr(writing, "put", full)
        with pytest.raises(JournalError):
            host.ask(listing(mail, dossiers))
    assert len(host.desk.journal) == size
    assert numbers(host, listing(mail, dossiers)) == (size, size + 1, size + 2)
