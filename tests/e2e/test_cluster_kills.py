"""Anything is killed, of a service on two hosts and three servers: nothing acknowledged is lost.

Nor filed twice, by one host or by two; each answer comes under one Message-ID and has its leaf; the
log is one history, whoever kept a checkpoint of it; and what was read was never stale.
"""

from __future__ import annotations

import time
from collections import Counter
from random import Random
from typing import TYPE_CHECKING

import pytest
from cluster_house import ClusterHouse
from cluster_load import PATIENTS, ClusterLoad, lines_of

from rmp_milter.cli.stores import open_store
from rmp_milter.config import load
from testbed.service import SEPARATE, Part
from testbed.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

pytestmark = pytest.mark.integration

SECONDS = 90
WAITS_FOR_A_STANDBY = (
    "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND state = 'active' LIMIT 1"
)


class Killer:
    """Kills one thing after the other, and brings it back."""

    def __init__(self, house: ClusterHouse, chance: Random) -> None:
        self.house, self.chance = house, chance
        self.killed = Counter[str]()
        self._ways = 0

    def kill(self, what: str) -> None:
        """Kill it; on return it is started again, and all is ready for mails."""
        kinds: dict[str, Callable[[], None]] = {
            "primary": self._primary,
            "hang": self._hang,
            "standby": self._standby,
            "standbys": self._both_standbys,
            "host": self._host,
            "keeper": lambda: self._process(Part.KEEPER),
            "milter": lambda: self._process(Part.MILTER),
            "courier": lambda: self._process(Part.COURIER),
            "postfix": self._postfix,
            "cancel": lambda: self._commit("cancel"),
            "terminate": lambda: self._commit("terminate"),
        }
        kinds[what]()
        self.killed[what] += 1
        self.house.wait_ready()

    def _primary(self) -> None:
        """Kill it, promote a standby, and have it rejoin, by both ways in turn."""
        cluster = self.house.cluster
        old = cluster.primary
        old.kill()
        cluster.promote()
        self._ways += 1
        (cluster.rewind if self._ways % 2 else cluster.begin_anew)(old)
        cluster.wait_followed()

    def _hang(self) -> None:
        """Have it stand still, promote another, and let it wake up beside that one."""
        cluster = self.house.cluster
        old = cluster.primary
        old.stand_still()
        cluster.promote_beside()
        old.go_on()
        time.sleep(self.chance.uniform(0, 2))
        old.kill()
        cluster.rewind(old)
        cluster.wait_followed()

    def _standby(self) -> None:
        node = self.chance.choice(self.house.cluster.standbys)
        node.kill()
        time.sleep(self.chance.uniform(0, 0.5))
        node.launch()
        self.house.cluster.wait_followed()

    def _both_standbys(self) -> None:
        """Kill both: nothing is committed until they are back."""
        nodes = self.house.cluster.standbys
        for node in nodes:
            node.kill()
        time.sleep(self.chance.uniform(0, 0.5))
        for node in nodes:
            node.launch()
        self.house.cluster.wait_followed()

    def _host(self) -> None:
        """Kill all that runs on a mail host, and have it start again."""
        host = self.chance.choice(self.house.hosts)
        host.postfix.kill()
        for part in SEPARATE:
            host.service.kill(part)
        host.service.start()
        host.postfix.start()

    def _process(self, part: Part) -> None:
        service = (
            self.house.leading()
            if part is Part.KEEPER
            else self.chance.choice(self.house.services)
        )
        service.kill(part)
        service.start(part)

    def _postfix(self) -> None:
        postfix = self.chance.choice(self.house.hosts).postfix
        postfix.kill()
        postfix.start()

    def _commit(self, how: str) -> None:
        """Have a backend that waits for a standby cancelled, or ended, in its commit."""
        cluster, waiting = self.house.cluster, list[str]()

        def look() -> bool:
            waiting[:] = cluster.primary.run_sql(WAITS_FOR_A_STANDBY).split()
            return bool(waiting)

        standbys = cluster.standbys
        try:
            for node in standbys:
                node.stand_still()
            wait_until(look, SECONDS, "a commit that waits")
            cluster.primary.run_sql(f"SELECT pg_{how}_backend({waiting[0]})")
        finally:
            for node in standbys:
                node.go_on()
        cluster.wait_followed()


KINDS = (
    *(
        "primary",
        "hang",
        "standby",
        "standbys",
        "host",
        "keeper",
        "milter",
        "courier",
        "postfix",
    ),
    *("cancel", "terminate"),
)


def in_turn(chance: Random, kills: int) -> Iterator[str]:
    """Yield so many kinds, all of them equally often, in an order drawn by lot."""
    left = list[str]()
    for _ in range(kills):
        left = left or chance.sample(KINDS, len(KINDS))
        yield left.pop()


def campaign(
    kinds: Sequence[str], seed: int, export: Path, pause: float = 0.1, writers: int = 3
) -> ClusterLoad:
    """Kill these under load, and see that all is as it must be."""
    chance = Random(seed)  # noqa: S311 -- chooses victims, no secrets
    with ClusterHouse() as house:
        doctor = house.hosts[0].doctor("Dr Paul DEMO", "paul@cabinet.test")
        for name in PATIENTS:
            text = f"Demande : création\n{lines_of(name)}Consentement : oui\n"
            assert house.hosts[0].send(doctor, doctor.pgp_mime(text)).accepted
        mails, killer = ClusterLoad(house, doctor, seed, pause), Killer(house, chance)
        mails.start(writers)
        try:
            for number, kind in enumerate(kinds):
                before = len(mails.taken())
                killer.kill(kind)
                wait_until(lambda: len(mails.taken()) > before, SECONDS, f"mail after {kind}")  # noqa: B023 -- ends in the loop
                if number % 10 == 0:
                    house.keep_checkpoint()
                    house.check_store()
                time.sleep(chance.uniform(0, 0.2))
        finally:
            mails.end()
        check(house, mails, export)
        assert killer.killed == Counter(kinds)
        return mails


def check(house: ClusterHouse, mails: ClusterLoad, export: Path) -> None:
    """See that every mail was done once, answered, logged, and never denied afterwards."""
    assert not mails.refused
    assert mails.taken() == mails.asked
    house.wait_ready()
    house.settle()
    assert filed(house) == Counter(
        (each.dossier, each.letter) for each in mails.asked if each.letter
    )
    answers = mails.answers()
    assert {each.message_id for each in mails.asked} <= answers.keys()
    assert {request: len(ids) for request, ids in answers.items() if len(ids) != 1} == {}
    check_leaves(house, mails, export)
    assert mails.history().findings() == ()
    house.check_both_sides()


def filed(house: ClusterHouse) -> Counter[tuple[str, str]]:
    """Return how often each letter is in the dossier of each patient."""
    with open_store(load(house.services[0].config)) as store, store.snapshot() as view:
        return Counter(
            (dossier.patient.birth_name, each.entry.document_type)
            for dossier in view.dossiers()
            for each in view.entries(dossier.dossier_id)
        )


def check_leaves(house: ClusterHouse, mails: ClusterLoad, export: Path) -> None:
    """See that each mail has a leaf, and each document that is in the store.

    There are no more requests than mails; so where there are as many, each has its own.
    """
    leaves = house.leaves(export)
    requests = {
        action: {each["request"] for each in leaves if each["action"] == action}
        for action in ("depot", "consultation")
    }
    letters = sum(bool(each.letter) for each in mails.asked)
    assert len(requests["depot"]) == letters
    assert len(requests["consultation"]) == len(mails.asked) - letters
    logged = {str(name) for each in leaves for name in list(each["documents"])}  # type: ignore[call-overload] # a list of JSON, or fails here
    with open_store(load(house.services[0].config)) as store, store.snapshot() as view:
        for dossier in view.dossiers():
            for entry in view.entries(dossier.dossier_id):
                assert {each.document_id.hex() for each in entry.entry.documents} <= logged


@pytest.mark.promise(number=7)
@pytest.mark.promise(number=8)
@pytest.mark.promise(number=13)
def test_a_few_kills_lose_nothing(tmp_path: Path) -> None:
    campaign(("primary", "terminate", "keeper"), 20261201, tmp_path / "export", 0.6, writers=2)


@pytest.mark.soak
@pytest.mark.promise(number=7)
@pytest.mark.promise(number=8)
@pytest.mark.promise(number=13)
@pytest.mark.parametrize("seed", range(5))
def test_forty_kills_of_anything_lose_nothing(seed: int, tmp_path: Path) -> None:
    kinds = list(in_turn(Random(seed), 40))  # noqa: S311 -- chooses victims, no secrets
    assert len(campaign(kinds, seed, tmp_path / "export").asked) >= 40
