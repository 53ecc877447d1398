"""One host for all end-to-end tests: a real Postfix, the three processes, real gpg.

Its processes are forked from what is ready; test_secrecy, test_large_mail and others have ``rmp``
itself.
"""

from collections.abc import Iterator

import pytest
from clinic import Clinic, whole_clinic_on
from intruded_house import House

from testbed.host import Host


@pytest.fixture(scope="session")
def clinic() -> Iterator[Clinic]:
    settings = {
        ("limits", "message_bytes"): "2000000",
        # All tests together are one crowd of wrong codes and lists; test_abuse has its own.
        ("rules", "sender_codes"): "900",
        ("rules", "global_codes"): "9000",
        ("rules", "lists"): "900",
    }
    with Host(settings, by_library=True) as host:
        yield whole_clinic_on(host)


@pytest.fixture(scope="session")
def house() -> Iterator[House]:
    """Give the host in whose milter an intruder is; its tests change nothing that lasts."""
    with House() as house:
        yield house
