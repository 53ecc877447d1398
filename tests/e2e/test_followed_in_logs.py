"""One mail followed in the logs: from Postfix's queue id to that of the answer."""

import re

import pytest

from testbed.host import Host
from testbed.service import Part
from testbed.waiting import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.slow]

CREATION = "Demande : création\nPatient : MESURE Jean\nNé le : 30/01/1959\nConsentement : oui\n"


def test_a_mail_leads_to_its_answer() -> None:
    host = Host(by_library=True)
    try:
        host.start()
        doctor = host.doctor("Dr Jean CLAIR", "clair@cabinet.test")
        host.ask(doctor, doctor.pgp_mime(CREATION))
        taken = re.search(
            r"(\S+): creation done, answers (<\S+>)\n", host.service.log(Part.MILTER)
        )
        assert taken, host.service.log(Part.MILTER)
        received, message_id = taken.groups()
        assert f"{received}: " in host.postfix.log()
        sent = (
            rf"row (\d+) {re.escape(message_id)} to cabinet\.test: sent \(250 2\.0\.0 (\S+)\)"
        )
        wait_until(
            lambda: re.search(sent, host.service.log(Part.COURIER)), 60, "the answer's row"
        )
        found = re.search(sent, host.service.log(Part.COURIER))
        assert found
        left = found[2]
        assert left != received
        assert f"{left}: message-id={message_id}" in host.postfix.log()
    finally:
        host.close()
