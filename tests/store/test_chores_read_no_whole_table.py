"""No chore reads a table as a whole: a round costs the same however much is kept.

What is touched of a crowd is counted in LMDB's own steps, whichever method of the store reads.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from store_case import (
    DAY,
    KEYS,
    MAP_BYTES,
    NOW,
    a_deposit,
    a_doctor,
    a_mail,
    a_waiting,
    an_emergency,
    close,
    make_store,
    new_id,
    with_dossier,
)

from rmp_milter.calls.client import KeeperClient
from rmp_milter.calls.keeper import RemoteKeeper
from rmp_milter.calls.protocol.answering import Seal, Sealed
from rmp_milter.calls.protocol.calls import Reply, Request
from rmp_milter.dossier.changes import Changes
from rmp_milter.dossier.model import Doctor, ReceiptLine
from rmp_milter.dossier.revisions import revised
from rmp_milter.mail.outgoing.plain_mail import ServiceAddress
from rmp_milter.milter.answering.answers import Answers
from rmp_milter.milter.chores.checkpoints import Audience
from rmp_milter.milter.chores.host_alerts import alert_host
from rmp_milter.milter.chores.round import Count, Household, Places, do_round
from rmp_milter.milter.chores.watch import Watch, Watched, keep_watch
from rmp_milter.store import Store
from rmp_milter.store.lmdb_outbox import LmdbOutbox
from testbed.crowd import crowd
from testbed.store_watch import watched

CROWD = 400
AT_ONCE = 10
MOST = CROWD // 2
"""Records of one table that a round may look at: far fewer than there are."""


def seal(request: Request, _fd: int | None) -> tuple[Reply, int | None]:
    assert isinstance(request, Seal)
    return Sealed(request.text), None


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    with make_store(folder) as store:
        store.commit(crowd(CROWD, NOW), NOW)
        yield store


@pytest.fixture
def known(store: Store) -> Doctor:
    doctor = replace(a_doctor(), card=b"card")
    store.commit(Changes(doctors=(doctor,)), NOW)
    return doctor


@pytest.fixture
def house(store: Store) -> Household:
    tokens = iter(range(1000))
    keeper = RemoteKeeper(seal, 50)
    answers = Answers(
        keeper, "rmp@chu.example", "RMP", "fr", 1_000_000, lambda: f"{next(tokens):032}"
    )
    return Household(store, keeper, answers, "fr", places=Places(AT_ONCE))


@pytest.fixture
def watch() -> Watch:
    return Watch(
        client=KeeperClient(Path("/nowhere"), 1),
        audience=Audience((), ServiceAddress("rmp@chu.example", "RMP"), lambda: new_id().hex()),
        hour=1,
        alerts=("host@chu.example",),
        justify_hours=24,
        review_hours=72,
        remind_hours=(1,),
    )


def too_much(touched: Counter[str]) -> dict[str, int]:
    """Return the tables of which more was looked at than may be."""
    return {name: count for name, count in touched.items() if count > MOST}


def test_every_table_that_a_chore_may_walk_is_longer_than_it_may(store: Store) -> None:
    counts = store.stats()
    walked = ("dossiers", "doctors", "deposits_waiting", "receipt_lines", "emergencies")
    assert all(counts[each] >= CROWD for each in (*walked, "outbox_waiting", "tallies"))


def test_a_walk_through_a_table_is_seen(store: Store) -> None:
    with watched(store) as touched, store.snapshot() as view:
        assert len(list(view.doctors())) == CROWD
    assert set(too_much(touched)) == {"doctors"}


def test_a_round_looks_at_no_whole_table(house: Household, known: Doctor) -> None:
    line = ReceiptLine(known.doctor_id, NOW, "a line")
    house.store.commit(Changes(receipts=(line,)), NOW)
    with watched(house.store) as touched:
        assert do_round(house, NOW, NOW) == Count()
    assert too_much(touched) == {}
    assert touched["waiting"] >= AT_ONCE


def test_a_round_in_which_all_is_due_looks_at_what_it_does(house: Household) -> None:
    """Digests of a part of the depositors; those of the others go in the rounds behind."""
    with watched(house.store) as touched:
        assert do_round(house, NOW + DAY, NOW + DAY).digests == 0  # no card yet: they wait
    assert too_much(touched) == {}
    assert touched["doctors"] <= 2 * AT_ONCE


def test_a_look_at_emergencies_passes_over_those_that_ended(
    house: Household, watch: Watch, known: Doctor
) -> None:
    with house.store.snapshot() as view:
        (some, *_) = view.dossiers()
    new = an_emergency(some.dossier_id, doctor_id=known.doctor_id)
    house.store.commit(Changes(emergencies=(new,)), NOW)
    with watched(house.store) as touched:
        done = keep_watch(house, watch, NOW + 2 * DAY, NOW + 2 * DAY)
    assert done == Watched(reminders=1, alerts=1)
    assert too_much(touched) == {}


def test_the_host_is_told_without_a_look_at_a_whole_table(
    house: Household, watch: Watch
) -> None:
    with watched(house.store) as touched:
        assert alert_host(house, watch, "shortage", NOW)
    assert too_much(touched) == {}


def test_the_courier_looks_at_what_is_due(store: Store, folder: Path) -> None:
    with LmdbOutbox.open(folder, KEYS.outbox, MAP_BYTES, clock=lambda: NOW) as outbox:
        with watched(store) as touched:
            with outbox.snapshot() as view:
                assert list(view.due(NOW, 100)) == []
            outbox.failed(1, "later", NOW + DAY)
            outbox.sent(1)
        assert touched["outbox_due"]
        assert too_much(touched) == {}


def test_erasing_what_is_due_looks_at_that_alone(store: Store) -> None:
    with watched(store) as touched, store.snapshot() as view:
        assert list(view.closed_dossiers(NOW)) == []
        some = next(view.closed_dossiers(NOW + 9999 * DAY))
        reference = some.dossier_id.hex()
        assert list(view.dossiers_beginning(reference[:8])) == [some]
    assert too_much(touched) == {}


def test_a_reference_of_what_waits_is_looked_up(store: Store) -> None:
    with store.snapshot() as view:
        some = next(view.waiting())
    with watched(store) as touched, store.snapshot() as view:
        assert list(view.waiting_beginning(some.waiting_id.hex()[:30])) == [some]
    assert too_much(touched) == {}


def test_no_commit_looks_at_a_whole_table(store: Store, known: Doctor) -> None:
    dossier_id = with_dossier(store, "of the mail")
    renamed = revised(known, name="Dr Autrement NOMMÉ")
    with store.snapshot() as view:
        (some, *_) = view.waiting()
    with watched(store) as touched:
        store.commit(Changes(entries=(a_deposit(dossier_id, b"body"),), digest=b"d" * 32), NOW)
        store.commit(Changes(doctors=(renamed,), outbox=(a_mail(),)), NOW)
        store.commit(Changes(waiting=(a_waiting(b"later"),), expired=(some.waiting_id,)), NOW)
        store.commit(Changes(emergencies=(an_emergency(dossier_id),)), NOW)
        close(store, dossier_id)
        store.commit(Changes(erased=(dossier_id,)), NOW)
    assert touched["index"]
    assert too_much(touched) == {}
