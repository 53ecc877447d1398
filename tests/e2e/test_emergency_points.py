"""kill -9 at each named point of an emergency: no answer without its leaf, and one answer."""

import json
import re
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from clinic import Clinic, small_clinic
from keeper_proxy import KeeperProxy

from rmp_milter.calls.protocol import ByCustody, Release, Reply, Request, Seal
from testbed.service import Part
from testbed.waiting import wait_until

pytestmark = pytest.mark.integration

Point = Callable[[Request, Reply | None], bool]


def _is_emergency(request: Request) -> bool:
    return isinstance(request, Release) and isinstance(request.way_in, ByCustody)


POINTS: dict[str, Point] = {
    "before the leaf": lambda request, reply: _is_emergency(request) and reply is None,
    "after the leaf": lambda request, reply: _is_emergency(request) and reply is not None,
    "before the commit": lambda request, reply: isinstance(request, Seal) and reply is not None,
}


def emergency_leaves(clinic: Clinic, folder: Path) -> list[dict[str, object]]:
    clinic.host.service.rmp("access", "export", str(folder))
    listed = clinic.host.service.rmp("access", "list", "--json", str(folder))
    events: list[dict[str, object]] = json.loads(listed.stdout)
    return [each for each in events if each.get("action") == "urgence"]


def answers(clinic: Clinic) -> list[str]:
    """Return the Message-IDs of the answers that Anne has, repeated ones once."""
    raw = clinic.host.postfix.mailbox(clinic.anne.mail)
    ids = [re.search(rb"^Message-ID: (\S+)", one, re.MULTILINE) for one in raw]
    return sorted({found[1].decode() for found in ids if found})


def until_accepted(clinic: Clinic, mail: bytes) -> None:
    wait_until(lambda: clinic.host.send(clinic.anne, mail).accepted, 30, "the 250")


def prepared(clinic: Clinic) -> bytes:
    lines = clinic.patient()
    clinic.create(lines)
    clinic.host.ask(clinic.paul, clinic.paul.pgp_mime(f"{lines}Document : Résumé\n\nVoici.\n"))
    return clinic.anne.pgp_mime(f"Demande : urgence\n{lines}Motif : coma\n")


@pytest.mark.parametrize("name", POINTS)
@pytest.mark.promise(number=7)
@pytest.mark.promise(number=8)
def test_the_milter_is_killed(name: str, tmp_path: Path) -> None:
    with small_clinic({}) as clinic:
        mail = prepared(clinic)
        proxy = KeeperProxy(clinic.host.service.keeper_socket)
        killed = threading.Event()

        def passing(request: Request, reply: Reply | None) -> bool:
            if killed.is_set() or not POINTS[name](request, reply):
                return True
            killed.set()
            clinic.host.service.kill(Part.MILTER)
            return False

        proxy.passing = passing
        first = clinic.host.send(clinic.anne, mail)
        assert not first.accepted
        assert killed.wait(10)
        assert answers(clinic) == []
        clinic.host.service.start(Part.MILTER)
        until_accepted(clinic, mail)
        proxy.close()
        clinic.host.settle()
        assert len(answers(clinic)) == 2  # the index and the résumé, each under one Message-ID
        folder = tmp_path / "export"
        folder.mkdir(mode=0o777)
        assert len(emergency_leaves(clinic, folder)) == 1


@pytest.mark.promise(number=7)
def test_the_courier_is_killed_before_it_sends(tmp_path: Path) -> None:
    with small_clinic({}) as clinic:
        mail = prepared(clinic)
        clinic.host.settle()
        clinic.host.service.kill(Part.COURIER)
        assert clinic.host.send(clinic.anne, mail).accepted
        folder = tmp_path / "export"
        folder.mkdir(mode=0o777)
        assert len(emergency_leaves(clinic, folder)) == 1
        assert answers(clinic) == []
        clinic.host.service.start(Part.COURIER)
        clinic.host.settle()
        assert len(answers(clinic)) == 2
