"""An emergency's answer overtakes what the courier's threads were already given."""

import threading
import time
from pathlib import Path

import msgspec
import pytest
from courier_case import (
    answer,
    filled_store,
    post,
    rounds,
    smtp_server,
    states,
    wait_until,
    working,
)

from rmp_milter.courier.delivery import WholeMail

pytestmark = pytest.mark.slow

RECIPIENTS, EACH = 4, 10  # all handed out at once to a single thread


@pytest.mark.parametrize("recipient", ["urgent@x.test", "dr3@x.test"])
def test_an_urgent_row_overtakes_rows_that_were_handed_out_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recipient: str
) -> None:
    with filled_store(tmp_path / "store") as (store, outbox), smtp_server() as server:
        courier = rounds(outbox, server.port, senders=1)
        real, first, posted = courier._sign, threading.Event(), threading.Event()

        def sign(mail: WholeMail) -> bytes:
            if not first.is_set():
                first.set()
                assert posted.wait(5)
                time.sleep(0.5)  # that the loop sees the row while this one is in hand
            return real(mail)

        monkeypatch.setattr(courier, "_sign", sign)
        post(
            store,
            *(
                answer(f"dr{to}@x.test", 100 * to + number)
                for to in range(RECIPIENTS)
                for number in range(EACH)
            ),
        )
        with working(courier):
            assert first.wait(5)
            urgent = [answer(recipient, number) for number in (9001, 9002, 9003)]
            post(store, *(msgspec.structs.replace(each, urgent=True) for each in urgent))
            posted.set()
            wait_until(lambda: set(states(outbox).values()) == {"sent"})
        order = [
            mail.partition(b"Message-ID: <")[2].partition(b"@")[0] for mail in server.mails
        ]
    place = order.index(b"9001")
    assert place < EACH  # without it: behind all that were handed out, or all to dr0 to dr2
    assert order[place : place + 3] == [b"9001", b"9002", b"9003"]
    assert len(order) == RECIPIENTS * EACH + 3
    assert len(set(order)) == len(order)
