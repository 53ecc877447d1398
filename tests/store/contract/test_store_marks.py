"""What is counted and remembered: tries, things that happen once, lines of digests."""

import threading

import pytest
from contract_case import clean, made
from store_case import DAY, NOW, a_doctor, a_line, a_strike

from rmp_milter.dossier.changes import Changes, Once, ToldUpTo
from rmp_milter.dossier.model import Doctor, Fault, ReceiptLine
from rmp_milter.handlers.asking.case import Bounds
from rmp_milter.handlers.way_in.throttles import MONTH
from rmp_milter.store import Conflict, Store, StoreError
from rmp_milter.store.engines import Engine
from rmp_milter.store.surface import TALLY_SECONDS, TALLY_TIMES


def tally(store: Store, subject: bytes = b"s" * 16, fault: Fault = Fault.SENDER) -> list[int]:
    with store.snapshot() as view:
        return list(view.tally(fault, subject).times)


def test_tries_are_counted_by_fault_and_subject(store: Store, engine: Engine) -> None:
    store.commit(Changes(strikes=(a_strike(at=NOW), a_strike(at=NOW + 1))), NOW)
    store.commit(Changes(strikes=(a_strike(b"", fault=Fault.GLOBAL),)), NOW)
    assert tally(store) == [NOW, NOW + 1]
    assert tally(store, b"", Fault.GLOBAL) == [NOW]
    assert tally(store, fault=Fault.LIST) == tally(store, b"other") == []
    assert store.stats()["tallies"] == 2
    assert clean(engine)


def test_a_subject_is_not_taken_for_another_fault_and_subject(store: Store) -> None:
    store.commit(Changes(strikes=(a_strike(b"\0x", fault=Fault.LIST),)), NOW)
    assert tally(store, b"x", Fault.LIST) == []


def test_tries_at_once_are_all_counted(store: Store, engine: Engine) -> None:
    def strike() -> None:
        for _ in range(5):
            store.commit(Changes(strikes=(a_strike(),)), NOW)

    threads = [threading.Thread(target=strike) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tally(store)) == 40
    assert clean(engine)


def test_cleared_tries_are_forgotten_and_a_new_one_counts(store: Store, engine: Engine) -> None:
    store.commit(Changes(strikes=(a_strike(), a_strike(b"other"))), NOW)
    store.commit(Changes(cleared=(a_strike(), a_strike(b"never"))), NOW)
    assert tally(store) == []
    assert tally(store, b"other") == [NOW]
    store.commit(Changes(cleared=(a_strike(b"other"),), strikes=(a_strike(b"other"),)), NOW + 1)
    assert tally(store, b"other") == [NOW]
    assert clean(engine)


def test_a_try_counts_for_thirty_days(store: Store, engine: Engine) -> None:
    store.commit(Changes(strikes=(a_strike(at=NOW), a_strike(at=NOW + DAY))), NOW)
    store.commit(Changes(strikes=(a_strike(at=NOW + 30 * DAY),)), NOW + 30 * DAY)
    assert tally(store) == [NOW + DAY, NOW + 30 * DAY]
    store.commit(Changes(), NOW + 60 * DAY - 1)
    assert len(tally(store)) == 2
    store.commit(Changes(), NOW + 60 * DAY)
    assert store.stats()["tallies"] == 0
    assert clean(engine)


def test_a_flood_of_tries_makes_no_record_grow(store: Store, engine: Engine) -> None:
    flood = tuple(a_strike(at=NOW + second) for second in range(TALLY_TIMES + 50))
    store.commit(Changes(strikes=flood), NOW)
    assert tally(store) == [NOW + second for second in range(50, TALLY_TIMES + 50)]
    assert clean(engine)


def test_no_bound_is_on_more_tries_than_are_remembered() -> None:
    """It would never hold."""
    usual = Bounds()
    for most in (usual.wrong_codes, usual.old_wrong_codes, usual.sender_codes):
        assert most <= TALLY_TIMES
    assert max(usual.global_codes, usual.lists) <= TALLY_TIMES
    assert max(usual.window, MONTH) <= TALLY_SECONDS


# What happens once


def test_what_happened_once_is_a_conflict_until_it_is_forgotten(engine: Engine) -> None:
    once = Changes(once=(Once(value=b"attestation 1", expires=NOW + DAY),))
    with made(engine) as store:
        store.commit(once, NOW)
        with store.snapshot() as view:
            assert view.happened(b"attestation 1")
            assert not view.happened(b"attestation 2")
            assert not view.seen(b"attestation 1")
        with pytest.raises(Conflict) as conflict:
            store.commit(once, NOW)
        assert conflict.value.reason == "replayed"
        store.commit(Changes(), NOW + DAY)
        with store.snapshot() as view:
            assert not view.happened(b"attestation 1")
    assert clean(engine)


def test_a_mail_that_is_done_is_told_before_what_it_replays(store: Store) -> None:
    changes = Changes(digest=b"d" * 32, once=(Once(value=b"x", expires=NOW + DAY),))
    store.commit(changes, NOW)
    with pytest.raises(Conflict) as conflict:
        store.commit(changes, NOW)
    assert conflict.value.reason == "duplicate"


def test_once_means_once_in_the_same_changes_too(store: Store) -> None:
    once = Once(value=b"x", expires=NOW + DAY)
    with pytest.raises(StoreError, match="at once"):
        store.commit(Changes(once=(once, once)), NOW)


# Lines of digests


def enrolled(store: Store, *numbers: int) -> list[Doctor]:
    doctors = [a_doctor(number) for number in numbers]
    store.commit(Changes(doctors=tuple(doctors)), NOW)
    return doctors


def lines(store: Store, doctor: Doctor) -> list[ReceiptLine]:
    with store.snapshot() as view:
        return list(view.receipt_lines(doctor.doctor_id))


def test_lines_are_kept_by_depositor_in_the_order_they_came(
    store: Store, engine: Engine
) -> None:
    one, two, none = enrolled(store, 1, 2, 3)
    mixed = [a_line(one, NOW + number) for number in range(300)]
    store.commit(Changes(receipts=(*mixed[:150], a_line(two))), NOW)
    store.commit(Changes(receipts=tuple(mixed[150:])), NOW)
    assert lines(store, one) == mixed
    assert lines(store, two) == [a_line(two)]
    assert lines(store, none) == []
    with store.snapshot() as view:
        assert set(view.receipt_doctors()) == {one.doctor_id, two.doctor_id}
        assert len(list(view.receipt_doctors())) == 2
        assert view.receipt_lines(b"") == view.receipt_lines(b"z" * 600) == ()
    assert clean(engine)


def test_lines_that_were_told_go_and_later_ones_stay(store: Store, engine: Engine) -> None:
    one, two = enrolled(store, 1, 2)
    store.commit(Changes(receipts=tuple(a_line(one, NOW + at) for at in range(4))), NOW)
    store.commit(Changes(receipts=(a_line(two),)), NOW)
    store.commit(
        Changes(told=(ToldUpTo(one.doctor_id, NOW + 1),), receipts=(a_line(one, NOW + 1),)), NOW
    )
    assert [line.at - NOW for line in lines(store, one)] == [2, 3, 1]
    assert len(lines(store, two)) == 1
    store.commit(Changes(told=(ToldUpTo(one.doctor_id, NOW + 3),)), NOW)
    with store.snapshot() as view:
        assert list(view.receipt_doctors()) == [two.doctor_id]
    assert clean(engine)


def test_a_line_is_for_an_enrolled_doctor(store: Store, engine: Engine) -> None:
    (doctor,) = enrolled(store, 1)
    with pytest.raises(Conflict) as conflict:
        store.commit(Changes(receipts=(a_line(a_doctor(9)),)), NOW)
    assert conflict.value.reason == "doctor"
    store.commit(Changes(receipts=(a_line(doctor),)), NOW)
    store.commit(Changes(removed_doctors=(doctor.doctor_id,)), NOW)
    assert store.stats()["receipt_lines"] == 0
    assert clean(engine)
