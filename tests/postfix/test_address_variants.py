"""Every spelling of the service's address that the shipped Postfix takes reaches the milter.

One that passed it by would lie in the queue, in clear perhaps, until it came back.
"""

import smtplib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fragment_case import (
    DOCTOR,
    SERVICE,
    DedicatedPostfix,
    FragmentPostfix,
    SharedPostfix,
    noting_milter,
)

pytestmark = pytest.mark.integration

READER = "reader@elsewhere.test"
MAIL = b"Subject: x\r\nMessage-ID: <1@test>\r\n\r\nPatient : CLAIR Jean\r\n"
PLAIN = ("<rmp@rmp.test>", "rmp@rmp.test", "<RMP@RMP.TEST>", "<rmp@rmp.test>>")
DRESSED = (
    *("<rmp+x@rmp.test>", "<rmp+@rmp.test>", '<"rmp+x"@rmp.test>', "<rmp@rmp.test.>"),
    *('<"rmp"@rmp.test>', '<"r\\mp"@rmp.test>', "<rm\\p@rmp.test>", '<"rmp"@"rmp.test">'),
    *("<rmp @rmp.test>", "< rmp@rmp.test >", "<(c)rmp@rmp.test>", "<rmp(c)@rmp.test>"),
    *("<rmp@rmp.test(c)>", "<@relay.test:rmp@rmp.test>", "<@relay.test,@b.test:rmp@rmp.test>"),
)
PATHS = (
    *("<rmp%rmp.test>", "<rmp%rmp.test@rmp.test>", "<rmp%rmp.test@mail.test>"),
    *("<rmp%rmp.test@[127.0.0.1]>", "<rmp.test!rmp>", "<rmp.test!rmp@rmp.test>"),
    *("<rmp>", "<rmp@>", "<rmp@[127.0.0.1]>", "<rmp\\@rmp.test>", '<"rmp@rmp.test">'),
    *("<rmp@rmp.test@rmp.test>", '<"rmp@rmp.test"@rmp.test>', "<rmp\\@rmp.test@rmp.test>"),
    *("<.rmp@rmp.test>", "<rmp.@rmp.test>", "<rmp@@rmp.test>", "<+x@rmp.test>"),
)


@dataclass
class Host:
    postfix: FragmentPostfix
    notes: Path

    def noted(self) -> list[str]:
        return self.notes.read_text().splitlines() if self.notes.exists() else []

    def send(self, *written: str) -> tuple[int, str]:
        """Return the reply to the first refused recipient, or to the mail's end."""
        with smtplib.SMTP("127.0.0.1", self.postfix.smtp_port, "test") as client:
            client.ehlo()
            client.mail(DOCTOR)
            for each in written:
                code, words = client.docmd(f"RCPT TO:{each}")
                if code != 250:
                    return code, words.decode()
            code, words = client.data(MAIL)
            return code, words.decode()


@pytest.fixture(scope="module", params=[SharedPostfix, DedicatedPostfix])
def host(request: pytest.FixtureRequest) -> Iterator[Host]:
    with request.param() as postfix, noting_milter(postfix) as notes:
        yield Host(postfix, notes)


@pytest.mark.parametrize("written", [*PLAIN, *DRESSED])
def test_a_spelling_that_leads_to_the_service_is_taken(host: Host, written: str) -> None:
    before = len(host.noted())
    assert host.send(written)[0] == 250
    assert host.noted()[before:] == [f"taken {SERVICE}"]
    assert host.postfix.queue_ids() == []


@pytest.mark.parametrize("written", PATHS)
def test_a_roundabout_way_is_taken_or_refused_before_the_mail_is_sent(
    host: Host, written: str
) -> None:
    before = len(host.noted())
    code, words = host.send(written)
    assert code in {250, 501, 550}, words
    assert host.noted()[before:] == [f"taken {SERVICE}"] * (code == 250)
    assert host.postfix.queue_ids() == []


def test_beside_another_recipient_all_of_ours_are_taken_out(host: Host) -> None:
    before, arrived = len(host.noted()), host.postfix.collected.count(READER)
    assert host.send(f"<{READER}>", *DRESSED, "<rmp%rmp.test>", "<rmp.test!rmp>")[0] == 250
    assert host.noted()[before:] == [f"taken {SERVICE}"]
    host.postfix.wait_mail(READER, arrived + 1)
    host.postfix.wait_empty_queue()
