"""A stored body that is not what was stored never leaves; its row waits for the host."""

import hashlib
import logging
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from courier_case import (
    BODY,
    BODY_ID,
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

from rmp_milter.courier.delivery import UnsendableError, whole_mail
from rmp_milter.dossier.model import BodySlice, OutgoingMail, Slice
from rmp_milter.store import Outbox, Store
from rmp_milter.store.check.whole import check

pytestmark = pytest.mark.slow

DIGEST = hashlib.sha256(BODY).digest()
REASON = f"body {BODY_ID.hex()} is not what was stored: its SHA-256 differs"


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


def damage(folder: Path) -> None:
    """Flip one octet of the body, where it lies on disk."""
    data = (folder / "data.mdb").read_bytes()
    at = data.find(BODY[:512])
    with (folder / "data.mdb").open("r+b") as file:
        file.seek(at + 70_000)
        octet = file.read(1)
        file.seek(at + 70_000)
        file.write(bytes((octet[0] ^ 1,)))


def without_body(number: int) -> OutgoingMail:
    whole = answer("dr@x.test", number)
    return OutgoingMail(whole.recipient, whole.message_id, whole.pieces[:1])


def test_a_body_that_changed_on_disk_parks_its_row_alone_and_says_why(
    folder: Path,
    pair: tuple[Store, Outbox],
    server: ScriptedServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    store, outbox = pair
    damage(folder)
    post(store, answer("dr@x.test", 1, DIGEST), without_body(2))
    with working(rounds(outbox, server.port)):
        wait_until(lambda: states(outbox) == {1: "parked", 2: "sent"})
    (mail,) = server.mails
    assert b"<2@rmp.test>" in mail
    assert outbox.rows()[0].reason == f"554 never sent: {REASON}"
    errors = [each.getMessage() for each in caplog.records if each.levelno == logging.ERROR]
    assert errors[0] == f"row 1: never sent: {REASON}"
    assert errors[1].startswith("row 1 <1@rmp.test> to x.test: parked (554)")


def test_a_body_that_was_put_right_leaves_when_the_host_has_it_sent(
    folder: Path, pair: tuple[Store, Outbox], server: ScriptedServer
) -> None:
    store, outbox = pair
    damage(folder)
    post(store, answer("dr@x.test", 1, DIGEST))
    with working(rounds(outbox, server.port)):
        wait_until(lambda: states(outbox) == {1: "parked"})
        outbox.retry(1, int(time.time()))
        wait_until(lambda: states(outbox) == {1: "parked"})
        assert not server.mails
        damage(folder)  # the same bit once more
        outbox.retry(1, int(time.time()))
        wait_until(lambda: states(outbox) == {1: "sent"})


def test_a_row_from_before_goes_as_it_is(
    pair: tuple[Store, Outbox], server: ScriptedServer
) -> None:
    store, outbox = pair
    post(store, answer("dr@x.test"))
    with working(rounds(outbox, server.port)):
        wait_until(lambda: states(outbox) == {1: "sent"})
    assert len(server.mails) == 1


def test_the_check_of_the_store_names_the_row_that_waits_for_it(
    folder: Path, pair: tuple[Store, Outbox]
) -> None:
    store, _ = pair
    post(store, answer("dr@x.test", 1, DIGEST), answer("dr@x.test", 2))
    assert check(folder, KEYS).findings == ()
    damage(folder)
    assert check(folder, KEYS).findings == (
        REASON,
        f"row 1 needs body {BODY_ID.hex()}: not what was stored, its SHA-256 differs",
    )


@pytest.mark.parametrize("body", [BODY[:-1], BODY + b"x", b"", BODY[::-1]])
def test_no_octet_of_another_body_comes_out(body: bytes) -> None:
    pieces = (Slice(b"From: a\r\n\r\n"), BodySlice(b"", BODY_ID, armor=True, digest=DIGEST))
    with pytest.raises(UnsendableError, match="its SHA-256 differs"):
        whole_mail(pieces, lambda _: memoryview(body))
