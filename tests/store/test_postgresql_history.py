"""Clients of a store on three servers, some of which die: no read is stale, nothing is lost.

And where the servers are set to acknowledge alone, the same checker sees what that loses.
"""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from store_case import KEYS, NOW, a_deposit, with_dossier
from test_postgresql_cluster import on

from rmp_milter.dossier.changes import Changes
from rmp_milter.engine.failures import StoreError
from rmp_milter.store.postgresql_engine import PostgresqlEngine
from testbed.history import Fault, HistoryRecorder
from testbed.postgres_cluster import PostgresCluster
from testbed.waiting import wait_until

if TYPE_CHECKING:
    from rmp_milter.store.postgresql_store import PostgresqlStore

pytestmark = pytest.mark.slow

ALONE = {"synchronous_standby_names": ""}


class Clients:
    """Some that write to two dossiers and read them, each by an open store of its own."""

    def __init__(self, cluster: PostgresCluster, dossiers: dict[str, bytes]) -> None:
        self.history = HistoryRecorder()
        self._cluster, self._dossiers = cluster, dossiers
        self._ended = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(work, f"{work.__name__[1:]} {number}"))
            for number, work in enumerate((self._write, self._write, self._read, self._read))
        ]
        for thread in self._threads:
            thread.start()

    def _run(self, work: object, name: str) -> None:
        assert callable(work)
        number = 0
        while not self._ended.is_set():
            try:
                with PostgresqlEngine(on(self._cluster)).open(KEYS) as store:
                    while not self._ended.wait(0.03):
                        number += 1
                        dossier = sorted(self._dossiers)[number % len(self._dossiers)]
                        work(store, name, dossier, number)
            except StoreError:
                self._ended.wait(0.1)  # a process of its own would begin anew as well

    def _write(self, store: PostgresqlStore, name: str, dossier: str, number: int) -> None:
        value = f"{name}, {number}"
        entry = a_deposit(self._dossiers[dossier], value.encode(), kind=value)
        with self.history.writing(name, dossier, value):
            store.commit(Changes(entries=(entry,)), NOW)

    def _read(self, store: PostgresqlStore, name: str, dossier: str, _: int) -> None:
        invoked = time.monotonic()
        with store.snapshot() as view:
            found = view.entries(self._dossiers[dossier])
        self.history.read(name, dossier, invoked, [each.entry.document_type for each in found])

    def have_done(self, more: int) -> None:
        """Wait until so many more were told that theirs is written, and so many have read."""
        written, seen = self.history.written, self.history.seen
        for events in (written, seen):
            wanted = len(events) + more
            wait_until(lambda: len(events) >= wanted, 60, "work")  # noqa: B023 -- ends in the loop

    def end(self) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join(90)
        assert not [thread for thread in self._threads if thread.is_alive()]


def clients_of(cluster: PostgresCluster, stack: ExitStack) -> Clients:
    engine = PostgresqlEngine(on(cluster))
    engine.create(KEYS)
    with engine.open(KEYS) as store:
        dossiers = {name: with_dossier(store, f"trait of {name}") for name in ("one", "two")}
    clients = Clients(cluster, dossiers)
    stack.callback(clients.end)
    return clients


@pytest.mark.promise(number=7)
def test_failovers_lose_nothing_and_show_nothing_stale() -> None:
    with PostgresCluster() as cluster, ExitStack() as stack:
        clients = clients_of(cluster, stack)
        for way in (cluster.rewind, cluster.begin_anew):
            clients.have_done(more=30)
            old = cluster.primary
            old.kill()
            cluster.promote()
            clients.have_done(more=10)
            way(old)
            cluster.wait_followed()
        clients.have_done(more=10)
    assert clients.history.findings() == ()
    assert sum(each.returned is not None for each in clients.history.written) >= 70


def test_servers_that_acknowledge_alone_lose_what_they_said_and_it_is_seen() -> None:
    """The control: asynchronous, and both standbys behind when the primary dies."""
    with PostgresCluster(ALONE) as cluster, ExitStack() as stack:
        clients = clients_of(cluster, stack)
        clients.have_done(more=10)
        standbys = cluster.standbys
        for node in standbys:
            node.kill()
        clients.have_done(more=20)
        cluster.primary.kill()
        for node in standbys:
            node.launch()
        cluster.promote()
        clients.have_done(more=10)
    faults = {each.fault for each in clients.history.findings()}
    assert Fault.LOST in faults
    assert Fault.INVENTED not in faults
