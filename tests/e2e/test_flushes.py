"""What one deposit waits for before its 250: two transactions on disk, one after the other."""

from pathlib import Path

import lmdb
import pytest

from testbed.host import Host
from testbed.service import Part

pytestmark = pytest.mark.integration

LINES = "Patient : ATTENTE Jeanne\nNée le : 02/03/1961\n"


def transactions(folder: Path) -> int:
    """Return how many transactions an environment has seen; each flushes twice (LMDB)."""
    with lmdb.Environment(str(folder), readonly=True, max_dbs=32) as env:
        return int(env.info()["last_txnid"])


def test_a_deposit_waits_for_its_leaf_and_for_its_commit_and_for_nothing_else() -> None:
    with Host(by_library=True) as host:
        doctor = host.doctor("Dr Une ATTENTE", "une@cabinet.test")
        host.ask(doctor, doctor.pgp_mime(f"Demande : création\n{LINES}Consentement : oui\n"))
        host.settle()
        host.service.stop(Part.COURIER)  # it notes what it sends in the same store
        places = [host.service.folder / name for name in ("keeper/log", "store")]
        before = [transactions(place) for place in places]
        text = f"{LINES}Document : biologie\n\nVoici.\n"
        assert host.send(doctor, doctor.pgp_mime(text)).accepted
        waited = [transactions(place) - was for place, was in zip(places, before, strict=True)]
        assert waited == [1, 1]
