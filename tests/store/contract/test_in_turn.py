"""Codes are tried in turn; what was decided on a count that is another by now is not written."""

import threading
import time
from contextlib import suppress

from contract_case import clean, refused, run_all
from store_case import NOW, a_strike

from rmp_milter.dossier.changes import Changes, TriesSeen
from rmp_milter.dossier.model import Fault
from rmp_milter.store.engines import Engine
from rmp_milter.store.surface import Store

WHO = b"s" * 16


def test_one_at_a_time_and_no_deadlock(store: Store) -> None:
    inside, most, count = 0, 0, 0

    def work(number: int) -> None:
        nonlocal inside, most, count
        subjects = (b"a", b"b") if number % 2 else (b"b", b"a", b"c")
        with store.in_turn(*subjects):
            inside += 1
            most = max(most, inside)
            time.sleep(0.001)
            count += 1
            inside -= 1

    run_all([lambda number=number: work(number) for number in range(20)])
    assert (most, count) == (1, 20)


def test_a_turn_ends_with_an_error(store: Store) -> None:
    with suppress(ZeroDivisionError), store.in_turn(b"a"):
        _ = 1 / 0
    entered = threading.Event()

    def work() -> None:
        with store.in_turn(b"a", b"a"):
            entered.set()

    run_all([work])
    assert entered.is_set()


def test_of_no_subject_nothing_is_waited_for(store: Store) -> None:
    with store.in_turn(b"a"), store.in_turn():
        assert store.leads()


def tried(*times: int, subject: bytes = WHO) -> tuple[TriesSeen, ...]:
    return (TriesSeen(Fault.SENDER, subject, times),)


def test_what_was_decided_on_another_count_is_a_conflict(store: Store, engine: Engine) -> None:
    first = Changes(digest=b"1" * 32, strikes=(a_strike(WHO),), tried=tried())
    store.commit(first, NOW)
    second = Changes(digest=b"2" * 32, strikes=(a_strike(WHO, NOW + 1),), tried=tried())
    assert refused(store, second) == "tries"
    with store.snapshot() as view:
        assert view.tally(Fault.SENDER, WHO).times == (NOW,)
        assert not view.seen(b"2" * 32)
    store.commit(Changes(cleared=(a_strike(WHO),), tried=tried(NOW)), NOW)
    assert refused(store, Changes(tried=tried(NOW))) == "tries"
    store.commit(Changes(tried=(*tried(), *tried(subject=b"o" * 16))), NOW)
    assert clean(engine)


def test_of_changes_that_were_decided_on_one_count_one_is_written(store: Store) -> None:
    changes = [
        Changes(strikes=(a_strike(WHO, NOW + number),), tried=tried()) for number in range(8)
    ]
    ends = list[str]()

    def work(number: int) -> None:
        try:
            store.commit(changes[number], NOW)
        except Exception as error:  # noqa: BLE001 -- which one is asserted
            ends.append(str(error))
        else:
            ends.append("written")

    run_all([lambda number=number: work(number) for number in range(8)])
    assert sorted(ends) == ["tries"] * 7 + ["written"]


def test_a_mail_that_is_done_is_told_before_what_was_counted(store: Store) -> None:
    once = Changes(digest=b"1" * 32, strikes=(a_strike(WHO),), tried=tried())
    store.commit(once, NOW)
    assert refused(store, once) == "duplicate"
