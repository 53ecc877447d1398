"""What a large mail costs in memory: the milter holds it once, however it is looked at."""

import os
import re
from pathlib import Path

import pytest

from testbed.host import Host
from testbed.service import Part

pytestmark = pytest.mark.integration

LINES = "Patient : GRAND Jean\nNé le : 30/01/1959\n"
SETTINGS = {("limits", "message_bytes"): "40000000", ("limits", "plaintext_bytes"): "60000000"}


def memory_of(pid: int, which: str) -> int:
    found = re.search(rf"{which}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


def test_a_large_mail_is_not_kept_while_it_is_committed() -> None:
    """Its bodies and the pages that LMDB writes are one and a half times its size."""
    with Host(SETTINGS, by_command=True) as host:
        host.postfix.use_milter(host.service.milter_socket, message_size_limit="45000000")
        doctor = host.doctor("Dr Paul DEMO", "paul@cabinet.test")
        host.ask(doctor, doctor.pgp_mime(f"Demande : création\n{LINES}Consentement : oui\n"))
        mail = doctor.pgp_mime(f"{LINES}\nVoici.\n", {"scan.bin": os.urandom(10_000_000)})
        (pid,) = host.service.pids_of(Part.MILTER)
        before = memory_of(pid, "VmRSS")
        Path(f"/proc/{pid}/clear_refs").write_text("5")  # resets the peak, proc(5)
        assert host.send(doctor, mail).code == 250
        assert memory_of(pid, "VmHWM") - before < 2 * len(mail)
