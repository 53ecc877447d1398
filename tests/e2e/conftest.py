"""One host for all end-to-end tests: a real Postfix, the processes, doctors by gpg or library.

Its processes are forked from what is ready; test_secrecy, test_large_mail and others have ``rmp``
itself.
"""

from collections.abc import Iterator

import pytest
from clinic import Clinic, by_gpg, whole_clinic_on
from intruded_house import House

from testbed.host import Host


@pytest.fixture(scope="session")
def shared() -> Iterator[Clinic]:
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
def clinic(shared: Clinic) -> Clinic:
    """Give the host with doctors who work by the library, but those with RSA keys."""
    return shared


@pytest.fixture(scope="session")
def gpg_clinic(shared: Clinic) -> Clinic:
    """Give the same host with doctors by gpg, for tests of what it writes and reads."""
    return by_gpg(shared)


@pytest.fixture(scope="session")
def house() -> Iterator[House]:
    """Give the host in whose milter an intruder is; its tests change nothing that lasts."""
    with House() as house:
        yield house
