import os
import smtplib
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.postfix import PrivatePostfix
from testbed.processes import is_running
from testbed.waiting import wait_until

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(os.geteuid() != 0, reason="a private Postfix needs root"),
]
MAIL = b"From: a@cabinet.test\r\nSubject: essai\r\n\r\nBonjour, accentu\xc3\xa9\r\n"


@pytest.fixture(scope="module")
def postfix() -> Iterator[PrivatePostfix]:
    with PrivatePostfix() as running:
        running.add_account("dr.martin", "S3cret")
        yield running


def send(port: int, recipient: str, sender: str = "a@cabinet.test") -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        client.sendmail(sender, [recipient], MAIL)


def test_mail_to_any_domain_reaches_its_mailbox(postfix: PrivatePostfix) -> None:
    send(postfix.smtp_port, "Dr.Durand@clinique.test")
    send(postfix.reinject_port, "lab@biologie.test")
    assert postfix.wait_mail("dr.durand@clinique.test")[0].endswith(b"accentu\xc3\xa9\n")
    assert b"Delivered-To: lab@biologie.test" in postfix.wait_mail("lab@biologie.test")[0]
    assert len(postfix.mailbox("dr.durand@clinique.test")) == 1


def test_the_right_password_logs_in_and_a_wrong_one_does_not(postfix: PrivatePostfix) -> None:
    with smtplib.SMTP("127.0.0.1", postfix.smtp_port, timeout=10) as client:
        assert client.login("dr.martin", "S3cret")[0] == 235
    with (
        smtplib.SMTP("127.0.0.1", postfix.smtp_port, timeout=10) as client,
        pytest.raises(smtplib.SMTPAuthenticationError) as refused,
    ):
        client.login("dr.martin", "s3cret")
    assert refused.value.smtp_code == 535
    wait_until(lambda: "sasl_username=dr.martin" in postfix.log(), 5, "the log's line")


def test_the_service_address_is_deliverable_nowhere(postfix: PrivatePostfix) -> None:
    send(postfix.smtp_port, "rmp+bounce-1-abc@rmp.test")
    wait_until(lambda: "the-service-is-not-available" in postfix.log(), 10, "the deferral")
    assert len(postfix.queue_ids()) == 1
    with pytest.raises(TimeoutError):
        postfix.wait_empty_queue(0.2)
    postfix.delete_queue()
    postfix.wait_empty_queue(10)
    assert postfix.queue_ids() == postfix.mailbox("rmp+bounce-1-abc@rmp.test") == []


def test_what_a_killed_process_has_begun_to_write_is_no_mail(postfix: PrivatePostfix) -> None:
    begun = postfix.plan.queue / "incoming" / "4jfT4H6dtmzKxh3"
    begun.touch(mode=0o600)
    postfix.wait_empty_queue(1)
    begun.unlink()


def test_mail_to_an_unreachable_domain_comes_back(postfix: PrivatePostfix) -> None:
    send(postfix.reinject_port, "nobody@unreachable.test", sender="bounces@cabinet.test")
    assert b"no such mailbox here" in postfix.wait_mail("bounces@cabinet.test")[0]


def test_without_its_milter_mail_is_put_off(tmp_path: Path) -> None:
    with PrivatePostfix(milter=tmp_path / "absent.sock") as postfix:
        with pytest.raises(smtplib.SMTPResponseException) as refused:
            send(postfix.smtp_port, "rmp@rmp.test")
        assert refused.value.smtp_code == 451
        send(postfix.reinject_port, "dr@clinique.test")
        assert len(postfix.wait_mail("dr@clinique.test")) == 1


def test_nothing_is_left_behind() -> None:
    with PrivatePostfix() as postfix:
        pid = postfix.master_pid
        assert pid is not None
    assert not postfix.plan.root.exists()
    assert not is_running(pid)


def test_a_user_who_is_not_root_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(PermissionError, match="needs root"):
        PrivatePostfix()
