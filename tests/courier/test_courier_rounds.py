"""The courier against a scripted SMTP server, with a real outbox."""

import base64
import logging
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import dkim
import pytest
from courier_case import (
    BODY,
    DKIM_KEY,
    KEYS,
    PACKETS,
    ScriptedServer,
    answer,
    engine_of,
    filled_store,
    post,
    rounds,
    smtp_server,
    states,
    wait_until,
    working,
)

from rmp_milter.courier import dispatch
from rmp_milter.courier.delivery import WholeMail
from rmp_milter.courier.dispatch import HEARTBEAT_SECONDS, POLL_SECONDS
from rmp_milter.courier.dkim_key import dns_record
from rmp_milter.dossier.changes import Changes
from rmp_milter.dossier.model import NOBODY, BodySlice, OutgoingMail, Slice
from rmp_milter.store import Outbox, Store, StoreFailed

pytestmark = pytest.mark.slow


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Store, Outbox]]:
    with filled_store(tmp_path / "store") as opened:
        yield opened


@pytest.fixture
def store(pair: tuple[Store, Outbox]) -> Store:
    return pair[0]


@pytest.fixture
def outbox(pair: tuple[Store, Outbox]) -> Outbox:
    return pair[1]


@pytest.fixture(params=["in groups", "one by one"])
def server(request: pytest.FixtureRequest) -> Iterator[ScriptedServer]:
    """A server that takes commands in groups (RFC 2920), or does not."""
    with smtp_server() as server:
        if request.param == "one by one":
            server.offers.remove("250-PIPELINING")
        yield server


def published_key(name: bytes, timeout: int = 5) -> bytes:
    assert (name, timeout) == (b"sel._domainkey.rmp.test.", 5)
    record = dns_record(DKIM_KEY, "rmp.test", "sel")
    return "".join(record.split('"')[1::2]).encode()


def test_a_row_is_sent_with_its_stored_body_and_a_signature_that_verifies(
    store: Store, outbox: Outbox, server: ScriptedServer
) -> None:
    post(store, answer("dr@x.test"))
    with working(rounds(outbox, server.port)):
        wait_until(lambda: states(outbox) == {1: "sent"})
    (mail,) = server.mails
    assert dkim.verify(mail, dnsfunc=published_key)
    assert base64.b64decode(mail.partition(b"\r\n\r\n")[2]) == PACKETS + BODY


def test_a_row_to_nobody_is_dropped_and_no_server_hears_of_it(
    store: Store, outbox: Outbox, server: ScriptedServer
) -> None:
    """It was written in the place of another, and refers to a body as that would."""
    post(store, answer(NOBODY), answer("dr@x.test", 2), answer(NOBODY, 3))
    with working(rounds(outbox, server.port)):
        wait_until(lambda: states(outbox) == {1: "sent", 2: "sent", 3: "sent"})
    (mail,) = server.mails
    assert b"<2@rmp.test>" in mail
    assert not outbox.rows()


def test_a_header_added_on_the_way_breaks_the_signature(
    store: Store, outbox: Outbox, server: ScriptedServer
) -> None:
    post(store, answer("dr@x.test"))
    with working(rounds(outbox, server.port)):
        wait_until(lambda: len(server.mails) == 1)
    (mail,) = server.mails
    assert not dkim.verify(b"Reply-To: thief@x.test\r\n" + mail, dnsfunc=published_key)
    assert not dkim.verify(mail + b"more\r\n", dnsfunc=published_key)


def test_a_line_that_begins_with_a_dot_arrives_as_it_is(
    store: Store, outbox: Outbox, server: ScriptedServer
) -> None:
    head = answer("dr@x.test").pieces[0]
    assert isinstance(head, Slice)
    mail = OutgoingMail("dr@x.test", "<1@x>", (head, Slice(b".a\r\n..b\r\nc\r\n.\r\n")))
    post(store, mail)
    with working(rounds(outbox, server.port)):
        wait_until(lambda: len(server.mails) == 1)
    assert server.mails[0].endswith(b"\r\n\r\n.a\r\n..b\r\nc\r\n.\r\n")
    assert dkim.verify(server.mails[0], dnsfunc=published_key)


def test_a_new_row_is_noticed_long_before_the_next_heartbeat(
    store: Store, outbox: Outbox, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "HEARTBEAT_SECONDS", 3600.0)
    with working(rounds(outbox, server.port)):
        time.sleep(0.2)  # the first look is over, which any start has
        for number in range(3):
            post(store, answer("dr@x.test", number))
            wait_until(partial(server.took, number + 1))


def test_an_idle_courier_asks_for_one_number_now_and_then_and_hardly_looks(
    outbox: Outbox, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with working(rounds(outbox, server.port)):
        time.sleep(0.1)
        asked, looked = (
            counted(monkeypatch, outbox, name) for name in ("last_change", "looking")
        )
        began = time.monotonic()
        time.sleep(1)
        took = time.monotonic() - began
    assert 0 < len(asked) <= 2 + took / POLL_SECONDS
    assert len(looked) <= 2 + took / HEARTBEAT_SECONDS


def test_a_mail_that_has_left_is_no_reason_to_ask_whether_others_committed(
    store: Store, outbox: Outbox, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(60):
        post(store, answer(f"dr{number}@x.test", number))
    asked = counted(monkeypatch, outbox, "last_change")
    began = time.monotonic()
    with working(rounds(outbox, server.port)):
        wait_until(lambda: len(server.mails) == 60)
        took = time.monotonic() - began
    assert len(asked) <= 3 + took / POLL_SECONDS


def counted(monkeypatch: pytest.MonkeyPatch, outbox: Outbox, name: str) -> list[None]:
    """Return what grows by one with each call of a method of the outbox."""
    calls, method = list[None](), getattr(outbox, name)

    def call() -> object:
        calls.append(None)
        return method()

    monkeypatch.setattr(outbox, name, call)
    return calls


def test_one_connection_carries_many_mails(
    store: Store, outbox: Outbox, server: ScriptedServer
) -> None:
    post(store, *(answer("dr@x.test", number) for number in range(30)))
    with working(rounds(outbox, server.port, senders=1)):
        wait_until(lambda: len(server.mails) == 30)
        wait_until(lambda: set(states(outbox).values()) == {"sent"})
    assert server.connections == 1


def test_the_mails_of_one_recipient_keep_their_order(
    store: Store, outbox: Outbox, server: ScriptedServer
) -> None:
    post(store, *(answer("dr@x.test", number) for number in range(30)))
    with working(rounds(outbox, server.port, senders=4)):
        wait_until(lambda: len(server.mails) == 30)
        wait_until(lambda: set(states(outbox).values()) == {"sent"})
    ids = [mail.partition(b"Message-ID: <")[2].partition(b"@")[0] for mail in server.mails]
    assert [int(each) for each in ids] == list(range(30))


def test_a_mail_that_has_to_wait_does_not_hold_up_the_next_to_the_same_recipient(
    store: Store, outbox: Outbox, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    courier = rounds(outbox, server.port)
    real = courier._sign

    def sign(mail: WholeMail) -> bytes:
        if b"<1@" in mail.header:
            raise ZeroDivisionError
        return real(mail)

    monkeypatch.setattr(courier, "_sign", sign)
    post(store, answer("dr@x.test", 1), answer("dr@x.test", 2))
    with working(courier):
        wait_until(lambda: states(outbox) == {1: "waiting", 2: "sent"})
    assert outbox.rows()[0].attempts == 1


def test_a_long_answer_leaves_room_for_other_recipients(
    store: Store, outbox: Outbox, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    courier = rounds(outbox, server.port, senders=2)
    real, other_sent = courier._sign, threading.Event()

    def sign(mail: WholeMail) -> bytes:
        if b"To: other@x.test" in mail.header:
            other_sent.set()
        else:
            assert other_sent.wait(5)
        return real(mail)

    monkeypatch.setattr(courier, "_sign", sign)
    post(store, *(answer("dr@x.test", number) for number in range(30)), answer("other@x.test"))
    with working(courier):
        wait_until(lambda: set(states(outbox).values()) == {"sent"})
    assert {row.attempts for row in outbox.rows(sent=True)} == {1}


def test_what_is_refused_for_good_is_parked_and_the_rest_goes_out(
    store: Store, outbox: Outbox, server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    post(store, answer("550@secret.test"), answer("dr@x.test", 2))
    with working(rounds(outbox, server.port)):
        wait_until(lambda: states(outbox) == {1: "parked", 2: "sent"})
    assert outbox.rows()[0].reason == "550 5.7.1 <550@secret.test> as asked"
    (line,) = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert line.getMessage().startswith(
        "row 1 <1@rmp.test> to secret.test: parked (550 5.7.1), try 1"
    )
    assert "550@secret" not in caplog.text


def test_what_is_refused_for_now_waits_for_its_next_try(
    store: Store, outbox: Outbox, server: ScriptedServer
) -> None:
    post(store, answer("451@x.test"), answer("drop@x.test", 2))
    now = time.time()
    with working(rounds(outbox, server.port)):
        wait_until(lambda: all(row.attempts == 1 for row in outbox.rows()))
        time.sleep(0.2)
    first, second = outbox.rows()
    assert (first.attempts, second.attempts) == (1, 1)
    assert now + 40 < first.next_try < now + 90
    assert first.reason == "451 4.7.1 <451@x.test> as asked"
    assert second.reason == "connection lost: SMTPServerDisconnected"


def test_a_row_whose_time_is_over_is_parked(
    store: Store, outbox: Outbox, server: ScriptedServer
) -> None:
    store.commit(Changes(outbox=(answer("451@x.test"),)), int(time.time()) - 3601)
    with working(rounds(outbox, server.port)):
        wait_until(lambda: states(outbox) == {1: "parked"})
    assert outbox.rows()[0].reason.startswith("given up: 451")


def test_rows_wait_untouched_while_postfix_is_away(
    store: Store, outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    with smtp_server() as away:
        port = away.port
    post(store, *(answer("dr@x.test", number) for number in range(3)))
    with working(rounds(outbox, port)):
        wait_until(lambda: "Postfix takes no mail" in caplog.text)
        assert [row.attempts for row in outbox.rows()] == [0, 0, 0]
        with smtp_server(port) as server:
            wait_until(lambda: len(server.mails) == 3)
            wait_until(lambda: set(states(outbox).values()) == {"sent"})


@pytest.mark.promise(number=7)
def test_a_crash_after_the_250_sends_again_with_the_same_message_id(
    store: Store, outbox: Outbox, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(_outbox: Outbox, _row: int) -> None:
        raise StoreFailed("failed", "power cut")

    post(store, answer("dr@x.test"))
    with monkeypatch.context() as patch:
        patch.setattr(type(outbox), "sent", crash)
        with pytest.raises(StoreFailed), working(rounds(outbox, server.port)) as thread:
            thread.join(5)
    assert states(outbox) == {1: "waiting"}
    with working(rounds(outbox, server.port)):
        wait_until(lambda: states(outbox) == {1: "sent"})
    assert len(server.mails) == 2
    assert all(b"Message-ID: <1@rmp.test>\r\n" in mail for mail in server.mails)


def test_a_row_that_cannot_become_a_mail_is_parked_and_holds_up_no_other(
    store: Store, outbox: Outbox, server: ScriptedServer
) -> None:
    headless = OutgoingMail("dr@x.test", "<1@x>", (Slice(b"no header"),))
    odd = OutgoingMail("dr\r\nx@x.test", "<2@x>", answer("x@x").pieces)
    post(store, headless, odd, answer("dr@x.test", 3))
    with working(rounds(outbox, server.port)):
        wait_until(lambda: states(outbox) == {1: "parked", 2: "parked", 3: "sent"})
    assert len(server.mails) == 1


def test_an_unforeseen_fault_delays_its_row_alone(
    store: Store, outbox: Outbox, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    courier = rounds(outbox, server.port)
    real = courier._sign

    def sign(mail: WholeMail) -> bytes:
        if b"faulty" in mail.header:
            raise ZeroDivisionError
        return real(mail)

    monkeypatch.setattr(courier, "_sign", sign)
    post(store, answer("faulty@x.test"), answer("dr@x.test", 2))
    with working(courier):
        wait_until(lambda: states(outbox) == {1: "waiting", 2: "sent"})
        wait_until(lambda: outbox.rows()[0].attempts == 1)
    assert outbox.rows()[0].reason == "unforeseen: ZeroDivisionError"


def test_a_parked_row_that_the_host_retries_is_sent(
    store: Store, outbox: Outbox, server: ScriptedServer
) -> None:
    post(store, answer("dr@x.test"))
    outbox.park(1, "by hand")
    with working(rounds(outbox, server.port)):
        time.sleep(0.2)
        assert server.mails == []
        outbox.retry(1, int(time.time()))
        wait_until(lambda: states(outbox) == {1: "sent"})
    assert len(server.mails) == 1


def test_a_connection_that_died_while_idle_costs_no_attempt(
    store: Store, outbox: Outbox, server: ScriptedServer
) -> None:
    with working(rounds(outbox, server.port, senders=1)):
        post(store, answer("dr@x.test"))
        wait_until(lambda: states(outbox) == {1: "sent"})
        server.hang_up()
        post(store, answer("dr@x.test", 2))
        wait_until(lambda: states(outbox).get(2) == "sent")
    assert [row.attempts for row in outbox.rows(sent=True)] == [1, 1]
    assert server.connections == 2


@pytest.mark.promise(number=2)
def test_keys_of_the_store_are_not_needed(tmp_path: Path) -> None:
    with filled_store(tmp_path / "store") as (store, _):
        post(store, answer("dr@x.test"))
    with engine_of(tmp_path / "store").outbox(KEYS.outbox) as alone:
        assert alone.load(1).recipient == "dr@x.test"
        assert isinstance(alone.load(1).pieces[1], BodySlice)
