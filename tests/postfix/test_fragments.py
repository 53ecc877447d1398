"""The shipped Postfix files, run: only names, folders and ports are put in."""

import smtplib
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from fragment_case import DOCTOR, SERVICE, DedicatedPostfix, FragmentPostfix, SharedPostfix

from rmp_milter.postfix.rules import Expectations, Severity
from rmp_milter.postfix.settings import check_postfix
from testbed.postfix import settle
from testbed.processes import is_listening
from testbed.waiting import wait_until

SIZE = 52_428_800

pytestmark = pytest.mark.integration


@dataclass
class Host:
    postfix: FragmentPostfix
    notes: Path

    def noted(self) -> list[str]:
        return self.notes.read_text().splitlines() if self.notes.exists() else []

    def wait_noted(self, line: str) -> None:
        wait_until(lambda: line in self.noted(), 10, f"{line!r} in {self.noted()}")

    def send(self, recipients: list[str], sender: str = DOCTOR, port: int = 0) -> str:
        """Send a mail and return the reply to its end."""
        with smtplib.SMTP("127.0.0.1", port or self.postfix.smtp_port, "test") as client:
            client.ehlo()
            code, reply = client.mail(sender)
            for recipient in recipients:
                if code == 250:
                    code, reply = client.rcpt(recipient)
            if code == 250:
                code, reply = client.data(b"Subject: x\r\nMessage-ID: <1@test>\r\n\r\nmail\r\n")
            return f"{code} {reply.decode()}"

    @contextmanager
    def without_milter(self) -> Iterator[None]:
        aside = self.postfix.socket.with_suffix(".aside")
        self.postfix.socket.rename(aside)
        yield
        aside.rename(self.postfix.socket)

    def expectations(self) -> Expectations:
        return Expectations(
            milter_socket=self.postfix.socket,
            service_addresses=(SERVICE,),
            message_bytes=SIZE,
            reinject_port=self.postfix.reinject_port,
            routes={},
        )


@pytest.fixture(scope="module", params=[SharedPostfix, DedicatedPostfix])
def host(request: pytest.FixtureRequest) -> Iterator[Host]:
    with request.param() as postfix:
        notes = postfix.plan.root / "notes"
        script = Path(__file__).with_name("taking_milter.py")
        with subprocess.Popen(
            [sys.executable, script, postfix.socket, notes, SERVICE]
        ) as milter:
            wait_until(lambda: is_listening(postfix.socket), 30, "the milter")
            postfix.socket.chmod(0o777)
            yield Host(postfix, notes)
            milter.kill()  # libmilter takes five seconds to end by itself


def test_mail_for_the_service_is_taken_by_the_milter(host: Host) -> None:
    assert host.send([SERVICE]).startswith("250")
    assert f"taken {SERVICE} -" in host.noted()
    host.postfix.wait_empty_queue(5)


def test_mail_for_the_service_waits_outside_when_the_milter_is_down(host: Host) -> None:
    with host.without_milter():
        reply = host.send([SERVICE])
    assert reply.startswith("4")
    assert host.postfix.queue_ids() == []


def test_another_address_of_the_services_domain_is_refused(host: Host) -> None:
    assert host.send(["nobody@rmp.test"]).startswith("550 5.1.1")


def test_an_answer_goes_out_by_the_reinjection_without_the_milter(host: Host) -> None:
    reader = "reader@elsewhere.test"
    assert host.send([reader], SERVICE, host.postfix.reinject_port).startswith("250")
    assert len(host.postfix.wait_mail(reader)) == 1
    assert not [line for line in host.noted() if reader in line]


def test_the_bounce_of_an_answer_comes_to_the_milter(host: Host) -> None:
    sender = "rmp+bounce-1-abc@rmp.test"
    reply = host.send(["gone@unreachable.test"], sender, host.postfix.reinject_port)
    assert reply.startswith("250")
    host.wait_noted(f"taken {sender} -")
    host.postfix.wait_empty_queue(5)


def test_mail_that_missed_the_milter_waits_and_is_delivered_nowhere(host: Host) -> None:
    assert host.send([SERVICE], DOCTOR, host.postfix.reinject_port).startswith("250")
    wait_until(
        lambda: "rmp-service-is-not-available]: No such" in host.postfix.log(), 10, "deferred"
    )
    assert host.postfix.mailbox(SERVICE) == []
    for queue_id in host.postfix.queue_ids():
        command = ["postsuper", "-c", str(host.postfix.config_dir), "-d", queue_id]
        subprocess.run(command, check=True, capture_output=True)


def test_the_check_finds_nothing_to_change(host: Host) -> None:
    assert check_postfix(host.postfix.config_dir, host.expectations()) == []


def test_the_check_finds_each_thing_that_was_undone(host: Host) -> None:
    main = host.postfix.config_dir / "main.cf"
    before = main.read_text()
    main.write_text(before + "in_flow_delay = 1s\ntransport_maps =\nsmtpd_milters =\n")
    settle(main.parent)
    try:
        found = check_postfix(host.postfix.config_dir, host.expectations())
    finally:
        main.write_text(before)
        settle(main.parent)
    errors = "\n".join(one.line for one in found if one.severity is Severity.ERROR)
    assert "no smtpd asks the milter" in errors
    assert f"mail for {SERVICE} that misses the milter" in errors
    assert "in_flow_delay is 1s" in "\n".join(one.line for one in found)


def test_a_large_answer_passes_though_it_exceeds_the_limit_for_incoming_mail(
    host: Host,
) -> None:
    line = b"x" * 76 + b"\r\n"
    mail = b"Subject: large\r\n\r\n" + line * ((SIZE + 3_000_000) // len(line))
    reader = "large@elsewhere.test"
    with smtplib.SMTP("127.0.0.1", host.postfix.reinject_port, "test") as client:
        client.sendmail(SERVICE, [reader], mail)
    assert len(host.postfix.wait_mail(reader)[0]) > SIZE
    with smtplib.SMTP("127.0.0.1", host.postfix.smtp_port, "test") as client:
        client.ehlo()
        assert client.mail(DOCTOR, [f"SIZE={len(mail)}"])[0] == 552


def test_a_doctors_account_is_told_to_the_milter_over_tls_only(host: Host) -> None:
    if not isinstance(host.postfix, DedicatedPostfix):
        pytest.skip("the shared fragment leaves the host's TLS as it is")
    add_account(host.postfix, "dr.b", "a long password")
    context = ssl.create_default_context(cafile=host.postfix.config_dir / "tls.pem")
    context.check_hostname = False
    with smtplib.SMTP("127.0.0.1", host.postfix.submission_port, "test") as client:
        client.ehlo()
        assert "auth" not in client.esmtp_features
        client.starttls(context=context)
        client.login("dr.b", "a long password")
        client.sendmail("dr.b@cabinet.test", [SERVICE], b"Subject: x\r\n\r\nmail\r\n")
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            client.sendmail("dr.b@cabinet.test", ["any@elsewhere.test"], b"\r\n")
    host.wait_noted(f"taken {SERVICE} dr.b@rmp.test")


def add_account(postfix: FragmentPostfix, login: str, password: str) -> None:
    command = ["saslpasswd2", "-pcf", str(postfix.plan.accounts), "-u", "rmp.test", login]
    subprocess.run(command, input=password.encode(), check=True)
    subprocess.run(["chown", "postfix", postfix.plan.accounts], check=True)


def test_every_setting_of_every_fragment_is_known_to_postfix(host: Host) -> None:
    done = subprocess.run(
        ["postconf", "-c", host.postfix.config_dir, "-n"], capture_output=True, check=True
    )
    assert b"unused parameter" not in done.stderr
    assert b"unknown parameter" not in done.stderr
