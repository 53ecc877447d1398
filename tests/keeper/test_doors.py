"""What the keeper does at which of its two doors: requests and the leaves that they want."""

import json
from typing import get_args

import msgspec
import pytest
from dossier_case import Deposit
from keeper_case import DIGEST, DOSSIER, NOW, ask, event, hosts_event, raw_leaves
from little_host import ALICE, LIST, LittleHost

from rmp_milter.calls.authority import NOTHING, Authority
from rmp_milter.calls.memory import Memory
from rmp_milter.calls.protocol.answering import Seal
from rmp_milter.calls.protocol.calls import Request
from rmp_milter.calls.protocol.cards import Forget
from rmp_milter.calls.protocol.leaves import (
    Checkpoint,
    Checkpointed,
    History,
    ListedLeaf,
    Record,
    Recorded,
    RecordList,
)
from rmp_milter.calls.protocol.message import HEARTBEAT, Event, Why, heartbeat_at
from rmp_milter.calls.protocol.opening import Open
from rmp_milter.calls.protocol.releasing import Released
from rmp_milter.keeper.desk.answer import answer
from rmp_milter.keeper.desk.desk import CallFailed, Desk
from rmp_milter.keeper.desk.doors import DOORS, HOSTS_ACTS, Door, check_door
from rmp_milter.keeper.desk.without_title import WITHOUT_TITLE


def refused(desk: Desk, request: Request, door: Door) -> bool:
    """Whether the keeper refuses a request there, and has left no leaf that it wants.

    That a milter asked for what is the host's leaves a leaf of its own.
    """
    before = _actions(desk)
    reply = ask(desk, request, door=door).reply
    refuses = getattr(reply, "why", None) is Why.NOT_HERE
    new = [action for action in _actions(desk)[len(before) :] if action != WITHOUT_TITLE]
    assert refuses is (not new)
    assert WITHOUT_TITLE in _actions(desk) or not refuses or door is Door.OPERATOR
    return refuses


def _actions(desk: Desk) -> list[str]:
    return [str(json.loads(leaf)["action"]) for leaf in raw_leaves(desk.journal)]


def test_every_request_has_its_place_in_the_table() -> None:
    assert set(DOORS) == set(get_args(Request))
    assert all(DOORS.values())


@pytest.mark.parametrize("request_", [Open(()), Seal(()), History(NOTHING, event("x"))])
def test_mails_are_no_business_of_an_operators(desk: Desk, request_: Request) -> None:
    assert ask(desk, request_, door=Door.OPERATOR).failed.why is Why.NOT_HERE
    check_door(Door.MILTER, request_)


@pytest.mark.promise(number=2)
def test_the_milter_makes_the_keeper_forget_nothing(host: LittleHost, desk: Desk) -> None:
    kept = host.create()
    dossier_id, erased = kept.dossier_id, hosts_event("effacement")
    erased = msgspec.structs.replace(erased, dossier_id=dossier_id)
    for leaf in (event("effacement"), erased, event("liste")):
        assert refused(desk, Forget(dossier_id, leaf), Door.MILTER)
    assert [each.action for each in desk.journal.history(dossier_id, 9)] == ["creation"]
    assert not refused(desk, Forget(dossier_id, erased), Door.OPERATOR)
    assert desk.journal.history(dossier_id, 9) == []


HOSTS = (
    hosts_event("cle"),
    msgspec.structs.replace(hosts_event("cle"), proof="host+custody"),
    *map(hosts_event, sorted(HOSTS_ACTS)),
)
MAILS = (event("liste"), msgspec.structs.replace(event("cle"), proof="signature+custody"))


@pytest.mark.parametrize("leaf", HOSTS, ids=lambda leaf: f"{leaf.action}, {leaf.proof}")
@pytest.mark.promise(number=8)
def test_only_an_operator_writes_what_the_host_did(desk: Desk, leaf: Event) -> None:
    assert refused(desk, Record(leaf), Door.MILTER)
    assert not refused(desk, Record(leaf), Door.OPERATOR)


@pytest.mark.promise(number=21)
@pytest.mark.parametrize("action", sorted(HOSTS_ACTS))
def test_no_mail_asks_for_the_hosts_acts_whatever_proves_it(desk: Desk, action: str) -> None:
    assert refused(desk, Record(event(action)), Door.MILTER)


@pytest.mark.parametrize("leaf", MAILS, ids=lambda leaf: leaf.action)
@pytest.mark.promise(number=8)
def test_no_operator_writes_what_a_doctor_did(
    host: LittleHost, desk: Desk, leaf: Event
) -> None:
    named = msgspec.structs.replace(leaf, proof="host")  # and still a doctor's name
    assert refused(desk, Record(leaf), Door.OPERATOR)
    assert refused(desk, Record(named), Door.OPERATOR)
    assert refused(desk, Record(leaf), Door.MILTER)
    mail = host.mail(ALICE, LIST)
    assert refused(desk, Record(leaf, mail.by()), Door.OPERATOR)
    listed = msgspec.structs.replace(leaf, action="liste", dossier_id=b"")
    assert not refused(desk, Record(listed, mail.by()), Door.MILTER)


def test_the_milter_writes_no_leaf_of_no_mail(desk: Desk) -> None:
    assert refused(desk, Record(event("liste", b"")), Door.MILTER)


@pytest.mark.promise(number=2)
def test_the_milter_opens_nothing_in_the_hosts_name(host: LittleHost, desk: Desk) -> None:
    deposit = Deposit(host)
    alice, mail = host.member(ALICE), deposit.urgent()
    by = Authority(b"", deposit.kept.card, (alice.candidate,))
    more = {"event": hosts_event("cle"), "readers": (alice.certificate,)}
    by_host = deposit.release(mail, deposit.by_custody, by=by, **more)
    assert refused(desk, by_host, Door.MILTER)
    by_both = deposit.release(mail, deposit.by_custody, **more)
    assert refused(desk, by_both, Door.MILTER)
    assert refused(desk, by_both, Door.OPERATOR)
    assert isinstance(ask(desk, by_host, door=Door.OPERATOR).reply, Released)


def test_a_short_list_is_a_mails_and_each_of_its_leaves_too(
    host: LittleHost, desk: Desk
) -> None:
    deposit = Deposit(host)
    own = ListedLeaf(event("urgence liste"), deposit.kept.card)
    hosts = ListedLeaf(hosts_event("urgence liste"), deposit.kept.card)
    unasked = ListedLeaf(event("urgence liste", b""), deposit.kept.card)
    by = deposit.urgent().by()
    assert refused(desk, RecordList(by, (own,)), Door.OPERATOR)
    assert refused(desk, RecordList(by, (own, hosts)), Door.MILTER)
    assert refused(desk, RecordList(by, (own, unasked)), Door.MILTER)
    assert not refused(desk, RecordList(by, (own,)), Door.MILTER)


@pytest.mark.parametrize(
    "change",
    [
        {"action": "liste"},
        {"actor_rpps": "10001234567"},
        {"dossier_id": DOSSIER},
        {"reference": "U-ABCD"},
        {"request": DIGEST},
    ],
    ids=str,
)
def test_a_checkpoint_brings_a_heartbeat_and_nothing_more(
    desk: Desk, change: dict[str, str | bytes]
) -> None:
    assert isinstance(ask(desk, Checkpoint(heartbeat_at(NOW))).reply, Checkpointed)
    altered = msgspec.structs.replace(heartbeat_at(NOW), **change)
    assert refused(desk, Checkpoint(altered), Door.MILTER)
    assert _actions(desk) == [HEARTBEAT, WITHOUT_TITLE]


def test_whoever_names_no_door_is_the_milter(host: LittleHost, desk: Desk) -> None:
    listed = msgspec.structs.replace(event("liste"), dossier_id=b"")
    request = Record(listed, host.mail(ALICE, LIST).by())
    with Memory() as nothing:
        reply, _ = answer(desk, request, nothing.fd, NOW)
    assert isinstance(reply, Recorded)
    with pytest.raises(CallFailed, match="Forget at the milter's door"):
        check_door(Door.MILTER, Forget(DOSSIER, hosts_event("effacement")))
