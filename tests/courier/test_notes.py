"""Several mails are noted as sent by one transaction; few are ever sent and not noted."""

import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from courier_case import (
    KEYS,
    ScriptedServer,
    answer,
    filled_store,
    post,
    rounds,
    smtp_server,
    states,
    wait_until,
    working,
)

from rmp_milter.courier import notes
from rmp_milter.courier.notes import ROWS_UNNOTED, Notes
from rmp_milter.store import Outbox, Store, StoreFailed
from rmp_milter.store.check.whole import check
from rmp_milter.store.lmdb_outbox import LmdbOutbox

pytestmark = pytest.mark.slow

LONG = 30.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def pair(folder: Path) -> Iterator[tuple[Store, Outbox]]:
    with filled_store(folder) as opened:
        yield opened


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with smtp_server() as server:
        yield server


class Watched:
    """Keeps the rows of each transaction, and holds it up while ``gate`` is shut."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.groups: list[tuple[int, ...]] = []
        self.gate = threading.Event()
        self.gate.set()
        real = LmdbOutbox.sent

        def sent(outbox: Outbox, *rows: int) -> None:
            self.groups.append(rows)
            assert self.gate.wait(LONG)
            real(outbox, *rows)

        monkeypatch.setattr(LmdbOutbox, "sent", sent)


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    return Watched(monkeypatch)


def post_many(store: Store, count: int, first: int = 1) -> None:
    post(store, *(answer(f"dr{n}@x.test", n) for n in range(first, first + count)))


def names(server: ScriptedServer) -> Counter[bytes]:
    found = (mail.partition(b"Message-ID: <")[2].partition(b"@")[0] for mail in server.mails)
    return Counter(found)


def test_mails_of_one_moment_are_noted_together(
    folder: Path,
    pair: tuple[Store, Outbox],
    server: ScriptedServer,
    watched: Watched,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(notes, "GATHER_SECONDS", LONG)
    store, outbox = pair
    post_many(store, 40)
    with working(rounds(outbox, server.port)):
        wait_until(lambda: set(states(outbox).values()) == {"sent"})
    assert sorted(row for group in watched.groups for row in group) == list(range(1, 41))
    assert {len(group) for group in watched.groups} == {ROWS_UNNOTED}
    assert check(folder, KEYS).findings == ()


def test_a_row_that_is_not_noted_yet_is_not_sent_again(
    pair: tuple[Store, Outbox], server: ScriptedServer, watched: Watched
) -> None:
    """The outbox shows it as due, and the courier looks at that again and again."""
    store, outbox = pair
    watched.gate.clear()
    post_many(store, 3)
    with working(rounds(outbox, server.port)):
        wait_until(lambda: len(server.mails) == 3)
        post_many(store, 3, first=4)
        wait_until(lambda: len(server.mails) == 6)
        watched.gate.set()
        wait_until(lambda: set(states(outbox).values()) == {"sent"})
    assert set(names(server).values()) == {1}


@pytest.mark.promise(number=7)
def test_few_mails_leave_before_the_first_is_noted(
    pair: tuple[Store, Outbox], server: ScriptedServer, watched: Watched
) -> None:
    store, outbox = pair
    watched.gate.clear()
    post_many(store, 40)
    senders = 2
    with working(rounds(outbox, server.port, senders)):
        wait_until(lambda: len(server.mails) == ROWS_UNNOTED + senders)
        assert not threading.Event().wait(0.3)
        assert len(server.mails) == ROWS_UNNOTED + senders
        watched.gate.set()
        wait_until(lambda: set(states(outbox).values()) == {"sent"})
    assert set(names(server).values()) == {1}


@pytest.mark.promise(number=7)
def test_after_a_crash_the_few_go_out_again_under_their_message_ids(
    pair: tuple[Store, Outbox], server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(_outbox: Outbox, *_rows: int) -> None:
        raise StoreFailed("failed", "power cut")

    store, outbox = pair
    post_many(store, 40)
    with monkeypatch.context() as patch:
        patch.setattr(LmdbOutbox, "sent", crash)
        with pytest.raises(StoreFailed), working(rounds(outbox, server.port)) as thread:
            thread.join(5)
    before = len(server.mails)
    assert 1 <= before <= ROWS_UNNOTED + 2
    assert set(states(outbox).values()) == {"waiting"}
    with working(rounds(outbox, server.port)):
        wait_until(lambda: set(states(outbox).values()) == {"sent"})
    assert len(names(server)) == 40
    assert len(server.mails) == 40 + before


def test_an_urgent_row_is_noted_at_once_and_waits_for_no_other(
    pair: tuple[Store, Outbox],
    server: ScriptedServer,
    watched: Watched,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(notes, "GATHER_SECONDS", LONG)
    store, outbox = pair
    with working(rounds(outbox, server.port)):
        post(store, answer("dr@x.test"))
        wait_until(lambda: len(server.mails) == 1)
        urgent = msgspec.structs.replace(answer("urgent@x.test", 2), urgent=True)
        post(store, urgent)
        wait_until(lambda: states(outbox) == {1: "waiting", 2: "sent"})
        assert watched.groups == [(2,)]
    assert states(outbox) == {1: "sent", 2: "sent"}


def test_an_urgent_row_leaves_while_as_many_as_may_be_are_not_noted(
    pair: tuple[Store, Outbox], server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever sends it has waited before, for the mail that he had in hand, no longer."""
    monkeypatch.setattr(notes, "GATHER_SECONDS", LONG)
    store, outbox = pair
    post_many(store, ROWS_UNNOTED - 1)
    with working(rounds(outbox, server.port, senders=1)):
        wait_until(lambda: len(server.mails) == ROWS_UNNOTED - 1)
        post(store, msgspec.structs.replace(answer("urgent@x.test", 99), urgent=True))
        wait_until(lambda: states(outbox)[ROWS_UNNOTED] == "sent")
        assert Counter(states(outbox).values())["waiting"] == ROWS_UNNOTED - 1


def test_a_row_that_cannot_be_noted_keeps_no_other_from_it(
    pair: tuple[Store, Outbox],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(notes, "GATHER_SECONDS", LONG)
    store, outbox = pair
    post_many(store, 3)
    with Notes(outbox) as noting:
        for row in (1, 77, 3):
            noting.sent(row)
    assert states(outbox) == {1: "sent", 2: "waiting", 3: "sent"}
    assert "row 77: its state cannot be noted" in caplog.text


def test_all_is_noted_when_the_courier_ends(
    pair: tuple[Store, Outbox], server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notes, "GATHER_SECONDS", LONG)
    store, outbox = pair
    post_many(store, 5)
    with working(rounds(outbox, server.port)):
        wait_until(lambda: len(server.mails) == 5)
    assert set(states(outbox).values()) == {"sent"}


def test_a_fault_that_nobody_foresaw_ends_the_courier_too(
    pair: tuple[Store, Outbox], server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_outbox: Outbox, *_rows: int) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(LmdbOutbox, "sent", fail)
    store, outbox = pair
    post_many(store, 40)
    with (
        pytest.raises(StoreFailed, match="unforeseen: ZeroDivisionError"),
        working(rounds(outbox, server.port)) as thread,
    ):
        thread.join(5)
    assert not thread.is_alive()
    assert set(states(outbox).values()) == {"waiting"}
