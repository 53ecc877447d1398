"""What Postfix has goes out once, also where the disk is too full to note it."""

import base64
import logging
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from courier_case import (
    KEYS,
    MAP_BYTES,
    ScriptedServer,
    answer,
    engine_of,
    filled_store,
    post,
    smtp_server,
    states,
    wait_until,
)

from rmp_milter.config import load
from rmp_milter.courier.dkim_key import make_dkim_key
from rmp_milter.courier.sending import EXIT_STORE_FAILED, run
from rmp_milter.store.check.whole import check
from testbed.small_disk import MAY_MOUNT, WHY_NOT, SmallDisk

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not MAY_MOUNT, reason=WHY_NOT)]

MAILS = 12


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with smtp_server() as server:
        yield server


@pytest.fixture
def home(tmp_path: Path, server: ScriptedServer) -> Path:
    """A configuration file, keys, and a store with answers that are due."""
    for folder in ("courier", "shared"):
        (tmp_path / folder).mkdir()
    (tmp_path / "shared" / "outbox.key").write_bytes(base64.b64encode(KEYS.outbox) + b"\n")
    make_dkim_key(tmp_path / "courier" / "dkim.key")
    (tmp_path / "rmp.toml").write_text(
        '[service]\naddresses = ["rmp@rmp.test"]\n[dkim]\nselector = "sel"\n'
        f"[courier]\nport = {server.server_address[1]}\n[store]\nmap_bytes = {MAP_BYTES}\n"
    )
    with filled_store(tmp_path / "store") as (store, _):
        post(store, *(answer(f"reader{number}@x.test", number) for number in range(MAILS)))
    return tmp_path


@pytest.fixture
def disk(home: Path) -> Iterator[SmallDisk]:
    with SmallDisk(home / "store", 8 << 20) as disk:
        yield disk


class Running:
    """The courier in a thread, as its process runs it."""

    def __init__(self, home: Path) -> None:
        self.stop = threading.Event()
        self.codes: list[int] = []
        config = load(home / "rmp.toml")
        self._thread = threading.Thread(
            target=lambda: self.codes.append(run(config, self.stop))
        )
        self._thread.start()

    def ended(self) -> int:
        self.stop.set()
        self._thread.join(20)
        assert not self._thread.is_alive()
        return self.codes[0]


def taken(server: ScriptedServer) -> Counter[bytes]:
    """Return how often each mail was taken, by its Message-ID."""
    lines = (line for mail in server.mails for line in mail.splitlines())
    return Counter(line for line in lines if line.startswith(b"Message-ID:"))


def test_no_mail_goes_out_twice_while_it_cannot_be_noted(
    home: Path, disk: SmallDisk, server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    disk.fill()
    courier = Running(home)
    wait_until(lambda: caplog.text.count("the store failed: store full: its disk is full") >= 3)
    assert courier.codes == []  # alive, and it knows what Postfix has
    held = taken(server)
    assert 0 < len(held) < MAILS
    disk.make_room()
    wait_until(lambda: "are noted as sent: going on" in caplog.text)
    wait_until(lambda: len(taken(server)) == MAILS)
    wait_until(lambda: not courier.codes)
    assert courier.ended() == 0
    assert set(taken(server).values()) == {1}
    with engine_of(home / "store").outbox(KEYS.outbox) as outbox:
        assert list(states(outbox).values()) == ["sent"] * MAILS
    assert check(home / "store", KEYS).findings == ()


def test_who_is_told_to_end_meanwhile_says_what_goes_out_again(
    home: Path, disk: SmallDisk, server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    disk.fill()
    courier = Running(home)
    wait_until(lambda: "its disk is full" in caplog.text)
    assert courier.ended() == EXIT_STORE_FAILED
    assert f"{len(taken(server))} mails that Postfix has are not noted" in caplog.text
