"""One host for all end-to-end tests: a real Postfix, the three processes, real gpg.

Its processes are ``rmp`` itself, those of hosts of a test's own are forked from what is ready.
"""

from collections.abc import Iterator

import pytest
from clinic import Clinic
from intruded_house import House

from testbed.gpg import Kind
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
    with Host(settings, by_command=True) as host:
        host.postfix.add_account("anne", "secret of anne")
        yield Clinic(
            host=host,
            paul=host.doctor("Dr Paul DEMO", "paul@cabinet.test", kind=Kind.RSA),
            anne=host.doctor("Dr Anne AUTRE", "anne@clinique.test", account="anne"),
            lab=host.doctor("Laboratoire CENTRAL", "labo@labo.test", "laboratoire"),
            eudora=host.doctor(
                "Dr Vieux PLUGIN", "vieux@eudora.test", reply_form="partitioned", kind=Kind.RSA
            ),
            outsider=host.doctor("Dr Nul PART", "nul@part.test", enrolled=False),
        )


@pytest.fixture(scope="session")
def house() -> Iterator[House]:
    """Give the host in whose milter an intruder is; its tests change nothing that lasts."""
    with House() as house:
        yield house
