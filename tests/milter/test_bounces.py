"""What comes to a bounce address: noted on its row only where the answer did not arrive."""

from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

from rmp_milter.calls.gate import Gate
from rmp_milter.calls.memory import Memory
from rmp_milter.dossier.changes import Changes
from rmp_milter.dossier.model import Envelope
from rmp_milter.mail.bounce_address import bounce_address
from rmp_milter.milter import pipeline
from rmp_milter.store.format.former_keys import FormerOutboxKey

KEY = b"k" * 32
UNTIL = 1000
FORMER = (
    FormerOutboxKey(b"f" * 32, below=9, until=UNTIL),
    FormerOutboxKey(b"g" * 32, below=9, until=0),
)
FIRST, SECOND = "rmp@chu.example", "dossiers@chu.example"


class Store:
    """Takes what is committed; nothing was seen before."""

    def __init__(self) -> None:
        self.committed: list[Changes] = []

    def has_seen(self, _digest: bytes) -> bool:
        return False

    def commit(self, changes: Changes, _now: int) -> None:
        self.committed.append(changes)


def report(action: str, kind: str = "message/delivery-status", line: str = "\r\n") -> bytes:
    text = f"""\
From: MAILER-DAEMON@mx.example
Subject: Undelivered
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

Human words. Action: failed
--b
Content-Type: {kind}

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; d@cabinet.example
Action: {action}
Status: 4.4.1
--b
Content-Type: message/rfc822

Subject: the answer

Action: failed
--b--
"""
    return text.replace("\n", line).encode()


NUMBERS = count(1)


def bounced(raw: bytes, recipient: str, sender: str = "") -> tuple[str, tuple[int, ...]]:
    """Return what the log says, and the rows that are noted as come back."""
    store = Store()
    means: Any = SimpleNamespace(
        store=store,
        services=(FIRST, SECOND),
        bounce_key=KEY,
        former_bounce_keys=FORMER,
        outsides=Gate(1, 1),
    )
    envelope = Envelope(sender, (recipient,), "", next(NUMBERS))
    with Memory() as memory:
        memory.write(raw)
        word = pipeline.take(envelope, memory, means)
    return word, tuple(row for changes in store.committed for row in changes.bounced)


@pytest.mark.parametrize("service", [FIRST, SECOND])
def test_a_bounce_address_of_every_address_of_the_service_is_known(service: str) -> None:
    word, rows = bounced(report("failed"), bounce_address(service, 7, KEY))
    assert word == "automatic (sent to a bounce address)"
    assert rows == (7,)


@pytest.mark.parametrize("line", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("action", ["failed", "Failed", "failed (bounced)"])
def test_a_report_of_a_failure_marks_the_row(action: str, line: str) -> None:
    assert bounced(report(action, line=line), bounce_address(FIRST, 7, KEY))[1] == (7,)


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded"])
def test_a_report_of_anything_else_marks_nothing(action: str) -> None:
    word, rows = bounced(report(action), bounce_address(FIRST, 7, KEY))
    assert word == "automatic (sent to a bounce address)"
    assert rows == ()


def test_an_out_of_office_reply_to_a_bounce_address_marks_nothing() -> None:
    raw = b"From: d@cabinet.example\r\nAuto-Submitted: auto-replied\r\n\r\nJe suis absent.\r\n"
    assert bounced(raw, bounce_address(FIRST, 7, KEY), "d@cabinet.example")[1] == ()


def test_a_receipt_of_reading_marks_nothing() -> None:
    raw = report("failed", "message/disposition-notification")
    assert bounced(raw, bounce_address(FIRST, 7, KEY))[1] == ()


def test_a_report_in_another_character_set_marks_the_row() -> None:
    raw = report("failed", "message/global-delivery-status")
    assert bounced(raw, bounce_address(FIRST, 7, KEY))[1] == (7,)


def test_a_forged_bounce_address_marks_nothing() -> None:
    forged = bounce_address(FIRST, 7, b"x" * 32)
    assert bounced(report("failed"), forged)[1] == ()


def test_a_bounce_of_what_left_under_a_former_key_marks_the_row() -> None:
    former, over = FORMER
    assert bounced(report("failed"), bounce_address(SECOND, 8, former.key))[1] == (8,)
    assert bounced(report("failed"), bounce_address(SECOND, 8, over.key))[1] == ()


def test_a_former_key_names_no_row_of_after_it() -> None:
    assert bounced(report("failed"), bounce_address(FIRST, 9, FORMER[0].key))[1] == ()
