"""Changes of every kind at once: all there for every reader, or none of it."""

import threading
from collections.abc import Callable

import pytest
from contract_case import findings
from msgspec.structs import replace
from store_case import (
    DAY,
    KEYS,
    NOW,
    a_deposit,
    a_doctor,
    a_letter,
    a_line,
    a_mail,
    a_new_dossier,
    a_strike,
    a_waiting,
    an_adoption,
    an_emergency,
    changed,
    new_id,
    some_key_packets,
    with_dossier,
)

from rmp_milter.dossier.changes import CardOf, Changes, Once, Presented, ToldUpTo
from rmp_milter.store.engines import Engine
from rmp_milter.store.format.failures import Conflict, StoreError
from rmp_milter.store.surface import Store


def of_every_kind(store: Store) -> Changes:
    """Return changes that write, change or remove something of each kind, but for cards."""
    dossier_id, doctor, letter = with_dossier(store, "old"), a_doctor(1), a_letter()
    adopted, over = a_waiting(b"adopted"), a_waiting(b"over")
    before = Changes(
        doctors=(doctor,),
        receipts=(a_line(doctor),),
        postal=(letter,),
        outbox=(a_mail(),),
        strikes=(a_strike(b"cleared"),),
        waiting=(adopted, over),
    )
    store.commit(before, NOW)
    new, entry = a_new_dossier("new"), a_deposit(dossier_id, b"body", b"another")
    document_id = entry.bodies[0].document_id
    return Changes(
        digest=b"d" * 32,
        once=(Once(value=b"once", expires=NOW + DAY),),
        cleared=(a_strike(b"cleared"),),
        strikes=(a_strike(b"new"),),
        dossiers=(new,),
        updates=(changed(store, dossier_id, seen=1),),
        entries=(entry,),
        key_packets=(some_key_packets(document_id),),
        doctors=(a_doctor(2), replace(doctor, name="Dr Autre", revision=1)),
        told=(ToldUpTo(doctor.doctor_id, NOW),),
        receipts=(a_line(doctor, NOW + 1),),
        waiting=(a_waiting(b"waits anew", traits=("anew",)),),
        adoptions=(an_adoption(adopted, new.dossier.dossier_id),),
        expired=(over.waiting.waiting_id,),
        emergencies=(an_emergency(dossier_id),),
        postal=(a_letter(2),),
        posted=(letter.letter_id,),
        outbox=(a_mail(document_id),),
        bounced=(1,),
    )


def seen_of(store: Store, engine: Engine) -> tuple[object, ...]:
    """Return what a reader sees of all of it."""
    with store.snapshot() as view, engine.outbox(KEYS.outbox) as outbox:
        return (
            engine.check(KEYS).counts,
            store.stats() | {"used_bytes": 0},
            view.seen(b"d" * 32),
            view.happened(b"once"),
            sorted((each.dossier_id, each.revision) for each in view.dossiers()),
            sorted((each.doctor_id, each.name) for each in view.doctors()),
            sorted(each.waiting_id for each in view.waiting()),
            [view.receipt_lines(each) for each in view.receipt_doctors()],
            [view.tally(a_strike().fault, who).times for who in (b"cleared", b"new")],
            (list(view.emergencies()), view.postal(), outbox.rows(sent=True)),
        )


def test_all_of_it_is_there(store: Store, engine: Engine) -> None:
    changes = of_every_kind(store)
    before = seen_of(store, engine)
    store.commit(changes, NOW)
    after = seen_of(store, engine)
    assert [old == new for old, new in zip(before, after, strict=True)] == [False] * len(before)
    assert findings(engine) == ()


SPOILT: dict[str, Callable[[Store, Changes], Changes]] = {
    "duplicate": lambda store, all_: done(store, all_, Changes(digest=all_.digest)),
    "replayed": lambda store, all_: done(store, all_, Changes(once=all_.once)),
    "ground": lambda _, all_: replace(
        all_, ground=(Presented(CardOf.PERSON, new_id(), b"of somebody who left"),)
    ),
    "patient": lambda _, all_: replace(all_, dossiers=(*all_.dossiers, a_new_dossier("old"))),
    "dossier": lambda _, all_: replace(all_, erased=(new_id(),)),
    "entries": lambda _, all_: replace(all_, updates=(replace(all_.updates[0], entries=7),)),
    "doctor": lambda _, all_: replace(all_, removed_doctors=(new_id(),)),
    "waiting": lambda _, all_: replace(all_, expired=(*all_.expired, new_id())),
    "emergency": lambda _, all_: replace(
        all_, emergencies=(replace(all_.emergencies[0], revision=1),)
    ),
    "letter": lambda _, all_: replace(all_, posted=(*all_.posted, new_id())),
}


def done(store: Store, changes: Changes, first: Changes) -> Changes:
    """Have ``first`` be done before ``changes``."""
    store.commit(first, NOW)
    return changes


@pytest.mark.parametrize("reason", SPOILT)
def test_a_conflict_of_any_kind_leaves_nothing_of_it(
    store: Store, engine: Engine, reason: str
) -> None:
    changes = SPOILT[reason](store, of_every_kind(store))
    before = seen_of(store, engine)
    with pytest.raises(Conflict) as conflict:
        store.commit(changes, NOW)
    assert conflict.value.reason == reason
    assert seen_of(store, engine) == before
    assert findings(engine) == ()


NEVER: dict[str, Callable[[Changes], Changes]] = {
    "not stored": lambda all_: replace(all_, outbox=(*all_.outbox, a_mail(new_id()))),
    "does not exist": lambda all_: replace(
        all_, entries=(*all_.entries, a_deposit(new_id(), b"x"))
    ),
    "at once": lambda all_: replace(all_, once=all_.once * 2),
    "surrogates": lambda all_: replace(
        all_, entries=(*all_.entries, a_deposit(all_.entries[0].dossier_id, kind="\ud800"))
    ),
}


@pytest.mark.parametrize("said", NEVER)
def test_what_can_never_be_written_leaves_nothing_of_it(
    store: Store, engine: Engine, said: str
) -> None:
    changes = of_every_kind(store)
    before = seen_of(store, engine)
    with pytest.raises((StoreError, ValueError), match=said):
        store.commit(NEVER[said](changes), NOW)
    assert seen_of(store, engine) == before
    store.commit(changes, NOW)
    assert findings(engine) == ()


def test_no_reader_ever_sees_half_of_a_commit(store: Store) -> None:
    """Each commit brings a dossier with its entry and its mark; readers look all the time."""
    ended, halves = threading.Event(), list[int]()

    def look() -> None:
        while not ended.is_set():
            with store.snapshot() as view:
                found = list(view.dossiers())
                entries = sum(len(view.entries(each.dossier_id)) for each in found)
                marks = sum(view.seen(each.dossier_id * 2) for each in found)
            if not len(found) == entries == marks:
                halves.append(len(found))

    readers = [threading.Thread(target=look) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(60):
        new = a_new_dossier(f"trait {number}")
        dossier_id = new.dossier.dossier_id
        entries = (a_deposit(dossier_id, b"x"),)
        store.commit(Changes(digest=dossier_id * 2, dossiers=(new,), entries=entries), NOW)
    ended.set()
    for reader in readers:
        reader.join()
    assert halves == []
    assert store.stats()["dossiers"] == 60


def test_what_is_read_through_slowly_is_one_moment(store: Store) -> None:
    for number in range(5):
        with_dossier(store, f"before {number}")
    with store.snapshot() as view:
        found = []
        for number, dossier in enumerate(view.dossiers()):
            found.append(dossier.dossier_id)
            with_dossier(store, f"meanwhile {number}")
        assert len(found) == 5
        assert sorted(each.dossier_id for each in view.dossiers()) == sorted(found)
    assert store.stats()["dossiers"] == 10
