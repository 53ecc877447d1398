"""The mails of one answer are handed over in its order, and no other answer waits for them."""

import re
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from courier_case import (
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

from rmp_milter.courier.delivery import Schedule, WholeMail
from rmp_milter.dossier.answers import followers_id
from rmp_milter.dossier.model import OutgoingMail, Slice
from rmp_milter.store import Outbox
from rmp_milter.store.format.failures import DamagedRecordError
from rmp_milter.store.write.outbox_rows import OutboxRows

pytestmark = pytest.mark.slow

TO = "dr@x.test"


def mails_of(token: str, count: int, to: str = TO) -> list[OutgoingMail]:
    """Return one answer: its index and its documents."""
    first = f"<{token}@rmp.test>"
    ids = [first, *(followers_id(first, place) for place in range(2, count + 1))]
    mails = []
    for message_id in ids:
        model = answer(to)
        head, *rest = model.pieces
        assert isinstance(head, Slice)
        named = head.data.replace(b"<1@rmp.test>", message_id.encode())
        pieces = (Slice(named), *rest)
        mails.append(msgspec.structs.replace(model, message_id=message_id, pieces=pieces))
    return mails


def taken(server: ScriptedServer) -> list[str]:
    found = [re.search(rb"Message-ID: <(\S+)@", mail) for mail in server.mails]
    return [each[1].decode() for each in found if each]


class Failing:
    """A courier whose signing fails for some mails the first ``times``."""

    def __init__(self, outbox: Outbox, port: int, names: Sequence[str], times: int = 1) -> None:
        self.courier = rounds(outbox, port)
        self._real = self.courier._sign
        self._left = dict.fromkeys((f"<{name}@".encode() for name in names), times)
        self.courier._sign = self._sign

    def _sign(self, mail: WholeMail) -> bytes:
        for name, left in self._left.items():
            if name in mail.header.partition(b"Message-ID:")[2] and left:
                self._left[name] -= 1
                raise ZeroDivisionError
        return self._real(mail)


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have what failed tried again after a second."""
    monkeypatch.setattr("courier_case.SCHEDULE", Schedule((1,), 3600))


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("failing", ["a", "a.3"])
def test_what_follows_waits_for_the_mail_that_is_tried_again(
    tmp_path: Path, failing: str
) -> None:
    with filled_store(tmp_path / "store") as (store, outbox), smtp_server() as server:
        post(store, *mails_of("a", 30), *mails_of("b", 3), *mails_of("c", 2, "other@x.test"))
        with working(Failing(outbox, server.port, [failing]).courier):
            wait_until(lambda: set(states(outbox).values()) == {"sent"})
        order = taken(server)
    of_a = [each for each in order if each.startswith("a")]
    assert of_a == ["a", *(f"a.{place}" for place in range(2, 31))]
    assert order.index("b.3") < order.index("a.4")  # the other answer went past it
    assert order.index("c") < order.index("c.2") < order.index("a.4")


def test_while_it_waits_nothing_of_its_answer_is_due(tmp_path: Path) -> None:
    with filled_store(tmp_path / "store") as (store, outbox), smtp_server() as server:
        post(store, *mails_of("a", 4))
        with working(Failing(outbox, server.port, ["a.2"]).courier):
            wait_until(lambda: any(row.attempts for row in outbox.rows()))
        assert states(outbox) == {1: "sent", 2: "waiting", 3: "waiting", 4: "waiting"}
        second, *others = outbox.rows()
        assert {each.next_try for each in others} == {second.next_try}
        assert [each.attempts for each in others] == [0, 0]
        assert taken(server) == ["a"]


def test_nothing_waits_for_a_parked_mail(tmp_path: Path) -> None:
    with filled_store(tmp_path / "store") as (store, outbox), smtp_server() as server:
        headless = OutgoingMail(TO, followers_id("<a@rmp.test>", 2), (Slice(b"no header"),))
        first, _, *rest = mails_of("a", 4)
        post(store, first, headless, *rest)
        with working(rounds(outbox, server.port)):
            wait_until(lambda: "waiting" not in states(outbox).values())
        assert states(outbox) == {1: "sent", 2: "parked", 3: "sent", 4: "sent"}
        assert taken(server) == ["a", "a.3", "a.4"]


def test_once_its_time_is_over_what_waited_for_it_goes(tmp_path: Path) -> None:
    with filled_store(tmp_path / "store") as (store, outbox):
        post(store, *mails_of("a", 3))
        outbox.failed(1, "451 later", 2_000_000_000)
        with outbox.snapshot() as snapshot:
            assert list(snapshot.due(1_999_999_999, 10)) == []
        outbox.park(1, "given up")
        with outbox.snapshot() as snapshot:
            assert [row.row for row in snapshot.due(2_000_000_000, 10)] == [2, 3]


def test_an_emergencys_mails_wait_for_none_of_their_own(tmp_path: Path) -> None:
    with filled_store(tmp_path / "store") as (store, outbox), smtp_server() as server:
        urgent = [msgspec.structs.replace(each, urgent=True) for each in mails_of("a", 3)]
        post(store, *urgent)
        with working(Failing(outbox, server.port, ["a"]).courier):
            wait_until(lambda: states(outbox) == {1: "waiting", 2: "sent", 3: "sent"})
        assert taken(server) == ["a.2", "a.3"]


def test_a_damaged_row_behind_it_does_not_keep_a_failure_from_being_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = OutboxRows._find_state

    def find(self: OutboxRows, row: int) -> object:
        if row == 2:
            raise DamagedRecordError("outbox_state", b"2")
        return real(self, row)

    with filled_store(tmp_path / "store") as (store, outbox):
        post(store, *mails_of("a", 3))
        monkeypatch.setattr(OutboxRows, "_find_state", find)
        outbox.failed(1, "451 later", 2_000_000_000)
        assert outbox.rows()[0].next_try == 2_000_000_000
