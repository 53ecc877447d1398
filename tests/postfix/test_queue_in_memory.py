"""The receiving instance with its queue in memory: what README.md promises of it."""

import smtplib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from fragment_case import DOCTOR, SERVICE, DedicatedPostfix, ReceivingPostfix, noting_milter

from rmp_milter.postfix.rules import Expectations
from rmp_milter.postfix.settings import check_postfix
from testbed.postfix_files import QUEUE_FOLDERS

pytestmark = pytest.mark.integration

OTHER = "reader@elsewhere.test"


@pytest.fixture(scope="module")
def postfix() -> Iterator[ReceivingPostfix]:
    with ReceivingPostfix() as postfix, noting_milter(postfix):
        yield postfix


def send(postfix: ReceivingPostfix, recipient: str) -> int:
    with smtplib.SMTP("127.0.0.1", postfix.smtp_port, "test") as client:
        client.ehlo()
        client.mail(DOCTOR)
        code = client.rcpt(recipient)[0]
        return client.data(b"Subject: x\r\n\r\nmail\r\n")[0] if code == 250 else code


def mails_in_queue(postfix: ReceivingPostfix) -> list[Path]:
    """What a loss of memory would take with it."""
    folders = (
        postfix.queue_dir / name for name in QUEUE_FOLDERS.keys() - {"public", "private"}
    )
    return [file for folder in folders for file in folder.rglob("*") if file.is_file()]


def test_nothing_is_in_the_queue_once_the_mail_is_acknowledged(
    postfix: ReceivingPostfix,
) -> None:
    assert send(postfix, SERVICE) == 250
    assert mails_in_queue(postfix) == []


def test_nothing_but_mail_for_the_service_enters(postfix: ReceivingPostfix) -> None:
    assert send(postfix, OTHER) in {454, 550, 554}
    assert mails_in_queue(postfix) == []


def test_the_check_takes_the_answers_elsewhere(postfix: ReceivingPostfix) -> None:
    with DedicatedPostfix(reinject_port=postfix.reinject_port) as answers:
        expected = Expectations(
            milter_socket=postfix.socket,
            service_addresses=(SERVICE,),
            message_bytes=52_428_800,
            reinject_port=postfix.reinject_port,
            routes={},
        )
        alone = check_postfix(postfix.config_dir, expected)
        assert [one.line for one in alone] == [
            f"nothing takes the answers on port {postfix.reinject_port}"
        ]
        assert check_postfix(postfix.config_dir, expected, answers.config_dir) == []


def test_after_the_loss_of_the_queue_it_starts_and_takes_mail(
    postfix: ReceivingPostfix,
) -> None:
    postfix.stop()
    for name in QUEUE_FOLDERS:
        subprocess.run(["rm", "-rf", postfix.queue_dir / name], check=True)
    # What an ordinary start does first, and the testbed's leaves out.
    subprocess.run(["postfix", "-c", postfix.config_dir, "check"], check=True)
    postfix.start()
    assert send(postfix, SERVICE) == 250
