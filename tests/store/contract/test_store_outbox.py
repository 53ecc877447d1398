import pytest
from contract_case import clean
from engines import Tried
from msgspec.structs import replace
from store_case import (
    DAY,
    KEYS,
    NOW,
    a_deposit,
    a_mail,
    usable,
    with_dossier,
)

from rmp_milter.dossier.answers import followers_id
from rmp_milter.dossier.changes import Changes
from rmp_milter.dossier.model import NOBODY, OutgoingMail
from rmp_milter.store import Outbox, OutboxRow, RowState, Store, StoreError
from rmp_milter.store.engines import Engine
from rmp_milter.store.surface import BOUNCE_REASON, URGENT


def queue(store: Store, count: int = 1, now: int = NOW) -> None:
    for _ in range(count):
        store.commit(Changes(outbox=(a_mail(),)), now)


def due(outbox: Outbox, now: int, limit: int) -> tuple[OutboxRow, ...]:
    with outbox.snapshot() as snapshot:
        return tuple(snapshot.due(now, limit))


def only_row(outbox: Outbox) -> OutboxRow:
    (row,) = outbox.rows(sent=True)
    return row


def test_a_queued_mail_is_due_at_once_and_loads_as_it_was(
    store: Store, outbox: Outbox, engine: Engine
) -> None:
    entry = a_deposit(with_dossier(store), b"sealed body")
    mail = a_mail(entry.bodies[0].document_id)
    store.commit(Changes(entries=(entry,), outbox=(mail,)), NOW)
    (row,) = due(outbox, NOW, 10)
    assert (row.row, row.recipient, row.attempts) == (1, mail.recipient, 0)
    assert (row.state, row.since) == (RowState.WAITING, NOW)
    assert outbox.load(row.row) == mail
    with outbox.snapshot() as snapshot:
        assert snapshot.load(row.row) == mail
        assert snapshot.body(entry.bodies[0].document_id) == b"sealed body"
    assert clean(engine)


def test_a_row_to_nobody_is_kept_and_counted_as_any_other(
    store: Store, outbox: Outbox, engine: Engine
) -> None:
    store.commit(Changes(outbox=(replace(a_mail(), recipient=NOBODY), a_mail())), NOW)
    assert [(row.row, row.recipient == NOBODY) for row in due(outbox, NOW, 9)] == [
        (1, True),
        (2, False),
    ]
    assert clean(engine)
    outbox.sent(1)
    assert [row.recipient for row in outbox.rows(sent=True)] == [a_mail().recipient, NOBODY]
    assert clean(engine)


def test_rows_are_due_in_the_order_of_their_time_and_within_the_limit(
    store: Store, outbox: Outbox
) -> None:
    queue(store, 3)
    queue(store, 1, now=NOW - 10)
    queue(store, 1, now=NOW + 10)
    assert [row.row for row in due(outbox, NOW, 10)] == [4, 1, 2, 3]
    assert [row.row for row in due(outbox, NOW, 2)] == [4, 1]
    assert [row.row for row in due(outbox, NOW + 10, 10)] == [4, 1, 2, 3, 5]
    assert due(outbox, NOW, 0) == ()


def test_a_mail_is_not_due_before_its_own_time(
    store: Store, outbox: Outbox, engine: Engine
) -> None:
    late, past = replace(a_mail(), not_before=NOW + 30), replace(a_mail(), not_before=NOW - 30)
    store.commit(Changes(outbox=(late, past)), NOW)
    assert [row.row for row in due(outbox, NOW + 29, 10)] == [2]
    assert [(row.row, row.since) for row in due(outbox, NOW + 30, 10)] == [
        (2, NOW),
        (1, NOW + 30),
    ]
    assert outbox.load(1) == late
    assert clean(engine)


def an_answer(*, urgent: bool = False) -> tuple[OutgoingMail, ...]:
    """Three mails of one answer to one reader."""
    first = replace(a_mail(), urgent=urgent)
    later = (replace(first, message_id=followers_id(first.message_id, n)) for n in (2, 3))
    return (first, *later)


def test_urgent_mails_are_due_before_all_that_waited_longer(
    store: Store, outbox: Outbox, engine: Engine
) -> None:
    queue(store, 2, now=NOW - DAY)
    store.commit(Changes(outbox=an_answer(urgent=True)), NOW)
    assert [row.row for row in due(outbox, NOW, 10)] == [3, 4, 5, 1, 2]
    assert [row.row for row in due(outbox, URGENT, 10)] == [3, 4, 5]
    outbox.failed(3, "451", NOW + 60)
    assert [row.row for row in due(outbox, NOW, 10)] == [4, 5, 1, 2]
    assert clean(engine)


def test_what_follows_in_its_answer_is_not_due_before_a_failed_mail(
    store: Store, outbox: Outbox, engine: Engine
) -> None:
    store.commit(Changes(outbox=(*an_answer(), a_mail())), NOW)
    outbox.failed(1, "451", NOW + 60)
    assert [row.row for row in due(outbox, NOW + 59, 10)] == [4]
    assert [row.row for row in due(outbox, NOW + 60, 10)] == [4, 1, 2, 3]
    assert clean(engine)


def test_nothing_waits_for_a_parked_mail(store: Store, outbox: Outbox, engine: Engine) -> None:
    store.commit(Changes(outbox=an_answer()), NOW)
    outbox.park(1, "550 no such user")
    assert [row.row for row in due(outbox, NOW, 10)] == [2, 3]
    assert clean(engine)


def test_a_failed_row_is_due_again_at_its_time(
    store: Store, outbox: Outbox, engine: Engine
) -> None:
    queue(store)
    outbox.failed(1, "451 later\nplease" + "x" * 500, NOW + 60)
    assert due(outbox, NOW + 59, 10) == ()
    (row,) = due(outbox, NOW + 60, 10)
    assert row.attempts == 1
    assert row.reason.startswith("451 later please")
    assert len(row.reason) == 200
    outbox.failed(1, "again", NOW + 120)
    assert due(outbox, NOW + 120, 10)[0].attempts == 2
    assert clean(engine)


def test_a_sent_row_leaves_a_note_without_content(
    store: Store, outbox: Outbox, engine: Engine
) -> None:
    queue(store)
    outbox.sent(1)
    assert due(outbox, NOW + DAY, 10) == ()
    assert outbox.rows() == []
    row = only_row(outbox)
    assert (row.state, row.sent_at, row.attempts) == (RowState.SENT, NOW + 5, 1)
    with pytest.raises(StoreError, match="no row 1"):
        outbox.load(1)
    assert clean(engine)


def test_rows_are_noted_as_sent_all_together_or_not_at_all(
    store: Store, outbox: Outbox, engine: Engine
) -> None:
    queue(store, 3)
    with pytest.raises(StoreError, match="no row 7"):
        outbox.sent(1, 7, 2)
    assert [row.row for row in due(outbox, NOW, 10)] == [1, 2, 3]
    assert clean(engine)
    outbox.sent(3, 1)
    assert [row.state for row in outbox.rows(sent=True)] == [
        RowState.WAITING,
        RowState.SENT,
        RowState.SENT,
    ]
    assert clean(engine)


def test_numbers_never_return(store: Store, outbox: Outbox) -> None:
    queue(store)
    outbox.sent(1)
    queue(store)
    assert [row.row for row in due(outbox, NOW, 10)] == [2]


def test_a_parked_row_waits_for_the_host(store: Store, outbox: Outbox, engine: Engine) -> None:
    queue(store)
    mail = outbox.load(1)
    outbox.failed(1, "451", NOW + 60)
    outbox.park(1, "550 no such user")
    assert due(outbox, NOW + 365 * DAY, 10) == ()
    row = only_row(outbox)
    assert (row.state, row.reason, row.attempts) == (RowState.PARKED, "550 no such user", 1)
    assert clean(engine)
    outbox.retry(1, NOW + 100)
    (row,) = due(outbox, NOW + 100, 10)
    assert (row.state, row.attempts, row.since) == (RowState.WAITING, 0, NOW + 100)
    assert outbox.load(1) == mail
    assert clean(engine)


def test_a_waiting_row_can_be_hurried(store: Store, outbox: Outbox, engine: Engine) -> None:
    queue(store)
    outbox.failed(1, "451", NOW + 3600)
    outbox.retry(1, NOW + 1)
    assert [row.row for row in due(outbox, NOW + 1, 10)] == [1]
    assert clean(engine)


def test_a_bounce_of_a_sent_row_is_shown(store: Store, outbox: Outbox, engine: Engine) -> None:
    queue(store, 2)
    outbox.sent(1)
    outbox.sent(2)
    store.commit(Changes(bounced=(2,)), NOW)
    (row,) = outbox.rows()
    assert (row.row, row.state, row.reason) == (2, RowState.BOUNCED, BOUNCE_REASON)
    assert clean(engine)


def test_a_bounce_that_the_milter_takes_is_shown(store: Store, outbox: Outbox) -> None:
    queue(store)
    outbox.sent(1)
    store.commit(Changes(digest=b"b" * 32, bounced=(1,)), NOW + 60)
    assert outbox.rows()[0].state is RowState.BOUNCED


def test_a_bounce_before_the_row_was_noted_as_sent_keeps_its_content(
    store: Store, outbox: Outbox, engine: Engine
) -> None:
    queue(store)
    store.commit(Changes(bounced=(1,)), NOW)
    assert due(outbox, NOW + DAY, 10) == ()
    assert only_row(outbox).state is RowState.BOUNCED
    assert outbox.load(1).recipient == "zebulon@cabinet.example"
    outbox.failed(1, "connection lost", NOW + 60)
    assert only_row(outbox).state is RowState.BOUNCED
    outbox.sent(1)
    assert only_row(outbox).state is RowState.BOUNCED
    assert only_row(outbox).sent_at == NOW + 5
    assert clean(engine)


def test_a_bounce_of_an_unknown_row_changes_nothing(
    store: Store, outbox: Outbox, engine: Engine
) -> None:
    queue(store)
    store.commit(Changes(bounced=(98, 99, 2**63)), NOW)
    assert [row.state for row in outbox.rows(sent=True)] == [RowState.WAITING]
    assert clean(engine)


def test_notes_are_forgotten_after_30_days(
    store: Store, outbox: Outbox, engine: Engine
) -> None:
    queue(store, 2)
    outbox.sent(1)
    queue(store, 1, now=NOW + 5 + 30 * DAY)
    assert [row.row for row in outbox.rows(sent=True)] == [2, 3]
    assert clean(engine)


@pytest.mark.parametrize("act", ["sent", "failed", "park", "retry"])
def test_acting_on_a_row_that_is_not_there_is_an_error(
    store: Store, outbox: Outbox, act: str
) -> None:
    arguments = {"sent": (7,), "failed": (7, "x", NOW), "park": (7, "x"), "retry": (7, NOW)}
    with pytest.raises(StoreError, match="no row 7"):
        getattr(outbox, act)(*arguments[act])
    assert usable(store)


def test_every_commit_is_noticed_and_looking_is_not(store: Store, outbox: Outbox) -> None:
    mark = outbox.last_change()
    assert due(outbox, NOW, 10) == ()
    assert outbox.last_change() == mark
    queue(store)
    assert outbox.last_change() > mark


def test_a_damaged_state_holds_up_no_other_row_and_is_shown(
    store: Store, outbox: Outbox, tried: Tried
) -> None:
    queue(store, 2)
    tried.put("outbox_state", (1).to_bytes(8, "big"), b"damaged " * 9)
    assert [row.row for row in due(outbox, NOW, 1)] == [2]
    assert [row.state for row in outbox.rows()] == [RowState.DAMAGED, RowState.WAITING]


def test_the_courier_needs_the_outbox_key_only(store: Store, engine: Engine) -> None:
    queue(store)
    store.close()
    with engine.outbox(KEYS.outbox, clock=lambda: NOW) as outbox:
        outbox.sent(1)
        assert only_row(outbox).state is RowState.SENT
    assert clean(engine)
