"""The courier's own process entry, with a configuration file and a real Postfix."""

import base64
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import dkim
import pytest
from courier_case import BODY, KEYS, PACKETS, answer, post, wait_until
from courier_case import filled_store as filled

from rmp_milter.config import load
from rmp_milter.courier.dkim_key import DkimKeyError, dns_record, make_dkim_key
from rmp_milter.courier.sending import run
from rmp_milter.mail.bounce_address import row_of
from rmp_milter.store import Outbox, Store
from testbed.postfix import PrivatePostfix

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def postfix() -> Iterator[PrivatePostfix]:
    with PrivatePostfix() as postfix:
        yield postfix


@pytest.fixture
def installed(tmp_path: Path, postfix: PrivatePostfix) -> Iterator[tuple[Path, Store, Outbox]]:
    """A configuration file, keys and a store, as ``rmp init`` leaves them."""
    for folder in ("courier", "shared"):
        (tmp_path / folder).mkdir()
    (tmp_path / "shared" / "outbox.key").write_bytes(base64.b64encode(KEYS.outbox) + b"\n")
    file = tmp_path / "rmp.toml"
    file.write_text(
        '[service]\naddresses = ["rmp@rmp.test"]\n[dkim]\nselector = "sel"\n'
        f"[courier]\nport = {postfix.reinject_port}\n[store]\nmap_bytes = {64 * 1024 * 1024}\n"
    )
    with filled(tmp_path / "store") as (store, outbox):
        yield file, store, outbox


def test_an_answer_reaches_the_mailbox_signed_and_from_its_bounce_address(
    installed: tuple[Path, Store, Outbox], postfix: PrivatePostfix
) -> None:
    file, store, outbox = installed
    key = make_dkim_key(file.parent / "courier" / "dkim.key")
    stop = threading.Event()
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(run(load(file), stop)))
    thread.start()
    post(store, answer("reader@cabinet.test"))
    (mail,) = postfix.wait_mail("reader@cabinet.test")
    wait_until(lambda: [row.state.value for row in outbox.rows(sent=True)] == ["sent"])
    stop.set()
    thread.join(10)
    assert codes == [0]
    top, _, rest = mail.partition(b"DKIM-Signature:")
    sender = top.partition(b"Return-Path: <")[2].partition(b">")[0].decode()
    assert row_of(sender, "rmp@rmp.test", KEYS.outbox) == 1
    assert re.fullmatch(r"rmp\+bounce-[a-z2-7]{26}@rmp\.test", sender)  # no number in it
    record = dns_record(key, "rmp.test", "sel")
    answer_of_dns = "".join(record.split('"')[1::2]).encode()
    signed = (b"DKIM-Signature:" + rest).replace(b"\n", b"\r\n")
    assert dkim.verify(signed, dnsfunc=lambda *_, **__: answer_of_dns)
    assert base64.b64decode(mail.partition(b"\n\n")[2]) == PACKETS + BODY


def test_an_answer_too_large_for_postfix_is_parked_with_its_words(
    installed: tuple[Path, Store, Outbox], postfix: PrivatePostfix
) -> None:
    file, store, outbox = installed
    make_dkim_key(file.parent / "courier" / "dkim.key")
    stop = threading.Event()
    with PrivatePostfix(settings={"message_size_limit": "50000"}) as small:
        port = f"port = {small.smtp_port}\n"
        file.write_text(file.read_text().replace(f"port = {postfix.reinject_port}\n", port))
        thread = threading.Thread(target=run, args=(load(file), stop))
        thread.start()
        post(store, answer("large@cabinet.test"))
        try:
            wait_until(lambda: [row.state.value for row in outbox.rows()] == ["parked"])
        finally:
            stop.set()
            thread.join(10)
    assert outbox.rows()[0].reason.startswith("552 5.3.4 ")


def test_a_missing_key_ends_it_with_one_clear_line(
    installed: tuple[Path, Store, Outbox],
) -> None:
    with pytest.raises(DkimKeyError, match="cannot read the DKIM key"):
        run(load(installed[0]), threading.Event())
