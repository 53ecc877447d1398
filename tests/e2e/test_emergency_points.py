"""kill -9 at each named point of an emergency: no answer without its leaf, and one answer."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import NamedTuple, Self

import pytest
from clinic import Clinic, small_clinic
from keeper_proxy import KeeperProxy

from rmp_milter.calls.protocol.answering import Seal
from rmp_milter.calls.protocol.calls import Reply, Request
from rmp_milter.calls.protocol.releasing import ByCustody, Release
from rmp_milter.keeper.log.journal import Journal
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


@pytest.fixture(scope="module")
def clinic() -> Iterator[Clinic]:
    """A host of these tests' own, whose processes die one after the other."""
    with small_clinic({}) as made:
        yield made


class Seen(NamedTuple):
    """What emergencies left: their leaves, and the answers, repeated ones once."""

    leaves: int
    answers: int

    def since(self, before: Self) -> "Seen":
        return Seen(self.leaves - before.leaves, self.answers - before.answers)


def seen(clinic: Clinic) -> Seen:
    with Journal(clinic.host.service.folder / "keeper" / "log") as log, log.snapshot() as shot:
        leaves = [json.loads(entry) for entry in shot.entries(0, len(log))]
    raw = clinic.host.postfix.mailbox(clinic.anne.mail)
    ids = {re.search(rb"^Message-ID: (\S+)", one, re.MULTILINE) for one in raw}
    return Seen(
        sum(each.get("action") == "urgence" for each in leaves),
        len({found[1] for found in ids if found}),
    )


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
def test_the_milter_is_killed(name: str, clinic: Clinic) -> None:
    mail, before = prepared(clinic), seen(clinic)
    killed = threading.Event()

    def passing(request: Request, reply: Reply | None) -> bool:
        if killed.is_set() or not POINTS[name](request, reply):
            return True
        killed.set()
        clinic.host.service.kill(Part.MILTER)
        return False

    with closing(KeeperProxy(clinic.host.service.keeper_socket)) as proxy:
        proxy.passing = passing
        first = clinic.host.send(clinic.anne, mail)
        assert not first.accepted
        assert killed.wait(10)
        assert seen(clinic).since(before).answers == 0
        clinic.host.service.start(Part.MILTER)
        until_accepted(clinic, mail)
    clinic.host.settle()
    # The index and the résumé, each under one Message-ID.
    assert seen(clinic).since(before) == Seen(leaves=1, answers=2)


@pytest.mark.promise(number=7)
def test_the_courier_is_killed_before_it_sends(clinic: Clinic) -> None:
    mail = prepared(clinic)
    clinic.host.settle()
    before = seen(clinic)
    clinic.host.service.kill(Part.COURIER)
    assert clinic.host.send(clinic.anne, mail).accepted
    assert seen(clinic).since(before) == Seen(leaves=1, answers=0)
    clinic.host.service.start(Part.COURIER)
    clinic.host.settle()
    assert seen(clinic).since(before) == Seen(leaves=1, answers=2)
