"""Another DKIM key while answers leave: each is verified by what the DNS had when it left."""

from collections.abc import Mapping
from email import message_from_bytes

import dkim
import pytest
from rotating_case import WritingOn, without_chores

from testbed.doctor import Doctor
from testbed.host import Host
from testbed.service import Part
from testbed.waiting import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.slow]


def published(host: Host) -> dict[str, str]:
    """Return the records that an admin would have in his DNS now, by their names."""
    lines = (host.service.folder / "public" / "dkim.txt").read_text().splitlines()
    return {line.split()[0]: "".join(line.split('"')[1::2]) for line in lines}


def restart_courier(host: Host, *, killed: bool = False) -> None:
    (host.service.kill if killed else host.service.stop)(Part.COURIER)
    host.service.start(Part.COURIER)
    host.service.wait_ready()


def by_id(host: Host, doctor: Doctor) -> dict[str, bytes]:
    """Return the answers that arrived; a courier that was killed sends one again, as the same."""
    mails = host.postfix.wait_mail(doctor.mail, 1, 20)
    return {str(message_from_bytes(mail)["Message-ID"]): mail for mail in mails}


def selectors(mails: Mapping[str, bytes], records: dict[str, str]) -> set[str]:
    """Return the selectors by which all of these mails are verified."""

    def txt(name: bytes, timeout: int = 5) -> bytes:  # noqa: ARG001 -- dkimpy names it
        asked.add(name.decode().partition("._domainkey")[0])
        return records[name.decode()].encode()

    asked: set[str] = set()
    for mail in mails.values():
        # What Postfix writes in front as it delivers is none of the signed lines.
        assert dkim.verify(mail, dnsfunc=txt)
    return asked


def test_answers_leave_signed_while_the_dkim_key_is_changed() -> None:
    with without_chores(by_library=True) as host:
        paul = host.doctor("Dr Paul SIGNATURE", "paul@cabinet.test")
        writing = WritingOn(host, paul, lambda _: paul.pgp_mime("Demande : aide\n"))
        writing.start()
        try:
            writing.go_on()
            host.service.rmp("key", "rotate", "dkim")
            both = published(host)
            writing.go_on()
            restart_courier(host, killed=True)  # a next key that waits is none to sign by
            writing.go_on()
            host.service.rmp("key", "rotate", "dkim", "--activate")
            writing.go_on()  # by a courier that has the former key in memory
            restart_courier(host)
            writing.go_on()
        finally:
            writing.ended.set()
            writing.join()
        assert writing.refused == []
        wait_until(lambda: len(by_id(host, paul)) == writing.taken, 60, "answers")
        before = by_id(host, paul)
        assert len(both) == 2
        assert published(host) == both
        assert {f"{each}._domainkey.rmp.test." for each in selectors(before, both)} == set(both)

        host.service.rmp("key", "rotate", "dkim", "--end")
        assert host.send(paul, paul.pgp_mime("Demande : aide\n")).accepted
        wait_until(lambda: len(by_id(host, paul)) > writing.taken, 60, "an answer")
        after = {key: mail for key, mail in by_id(host, paul).items() if key not in before}
        assert len(after) == 1
        assert {f"{each}._domainkey.rmp.test." for each in selectors(after, both)} == {
            *published(host)
        }
        assert "Traceback" not in host.service.all_logs()
