"""Three servers: what was acknowledged outlives the one that said so, and that one comes back."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import psycopg
import pytest
from postgresql_case import backend, place_on
from store_case import KEYS
from test_postgresql_outcomes import (
    WAITS_FOR_A_STANDBY,
    Committing,
    a_mail_and_its_answer,
    assert_done_once,
    is_there,
)

from rmp_milter.engine.postgresql.connecting import connect, parameters
from rmp_milter.engine.postgresql.place import PostgresqlPlace
from rmp_milter.store.postgresql_engine import PostgresqlEngine
from testbed.command import CommandError
from testbed.postgres_cluster import ClusterNode, PostgresCluster

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rmp_milter.store.postgresql_store import PostgresqlStore

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def standing() -> Iterator[PostgresCluster]:
    with PostgresCluster() as cluster:
        cluster.primary.run_sql("CREATE TABLE told (number integer)")
        yield cluster


@pytest.fixture
def cluster(standing: PostgresCluster) -> Iterator[PostgresCluster]:
    """Give it whole, whatever the test before left."""
    for node in standing.nodes:
        if not node.runs:
            standing.begin_anew(node)
    standing.wait_followed()
    yield standing
    for node in standing.nodes:
        node.go_on()


def on(cluster: PostgresCluster, patience: float = 40) -> PostgresqlPlace:
    """Return the store on whichever server decides."""
    return PostgresqlPlace(
        host=cluster.hosts, user="postgres", dbname="postgres", patience=patience
    )


@contextmanager
def store_on(cluster: PostgresCluster) -> Iterator[PostgresqlStore]:
    cluster.primary.run_sql("DROP SCHEMA IF EXISTS rmp CASCADE")
    engine = PostgresqlEngine(on(cluster))
    engine.create(KEYS)
    with engine.open(KEYS) as store:
        yield store


class Writer(threading.Thread):
    """Writes numbers, one commit each, and keeps those that it was told are written."""

    def __init__(self, cluster: PostgresCluster) -> None:
        super().__init__()
        self._place, self._ended = on(cluster), threading.Event()
        self.told = list[int]()
        self.enough = threading.Event()
        self.start()

    def run(self) -> None:
        with suppress(psycopg.Error), connect(self._place) as connection:
            for number in range(100_000):
                if self._ended.is_set():
                    return
                connection.execute("INSERT INTO told VALUES (%s)", (number,))
                self.told.append(number)
                if number == 50:
                    self.enough.set()

    def end(self) -> set[int]:
        self._ended.set()
        self.join(60)
        return set(self.told)


def written(node: ClusterNode) -> set[int]:
    return {int(line) for line in node.run_sql("SELECT number FROM told").split()}


def killed_while_writing(cluster: PostgresCluster) -> set[int]:
    """Kill the primary in the middle of commits; return what it had acknowledged."""
    cluster.primary.run_sql("TRUNCATE told")
    writer = Writer(cluster)
    assert writer.enough.wait(30)
    cluster.primary.kill()
    return writer.end()


@pytest.mark.promise(number=7)
@pytest.mark.parametrize("way", ["rewind", "base backup"])
def test_what_was_acknowledged_is_there_after_a_promotion_and_the_old_primary_comes_back(
    way: str, cluster: PostgresCluster
) -> None:
    old = cluster.primary
    told = killed_while_writing(cluster)
    new = cluster.promote()
    assert new is not old
    assert told <= written(new)
    (cluster.rewind if way == "rewind" else cluster.begin_anew)(old)
    cluster.wait_followed()
    new.run_sql("INSERT INTO told VALUES (-1)")
    cluster.wait_followed()
    assert not old.decides
    assert written(old) == written(new) >= told | {-1}


def test_nobody_is_promoted_beside_a_primary_or_without_the_other_standby(
    cluster: PostgresCluster,
) -> None:
    with pytest.raises(CommandError, match="fenced first"):
        cluster.promote()
    other = cluster.standbys[0]
    other.kill()
    cluster.primary.kill()
    with pytest.raises(CommandError, match="may lack what was acknowledged"):
        cluster.promote()
    for node in (cluster.primary, other):
        node.launch()


@pytest.mark.promise(number=7)
def test_an_old_primary_that_wakes_beside_the_new_one_acknowledges_nothing(
    cluster: PostgresCluster,
) -> None:
    """It was not fenced, it hung: its standbys have left it, and it knows of no other."""
    old = cluster.primary
    writer = Writer(cluster)
    assert writer.enough.wait(30)
    old.stand_still()
    cluster.promote_beside()
    cluster.wait_followed(by=1)
    before = len(writer.told)
    old.go_on()
    here = place_on(old, patience=1)
    with psycopg.connect("", autocommit=True, **parameters(here)) as late:  # type: ignore[arg-type] # libpq's own options
        heard = list[str]()
        late.add_notice_handler(lambda notice: heard.append(str(notice.message_primary)))
        timer = threading.Timer(2, late.cancel)
        timer.start()
        late.execute("INSERT INTO told VALUES (-2)")
        timer.join()
    assert heard == ["canceling wait for synchronous replication due to user request"]
    assert len(writer.told) <= before + 1  # what a standby had acknowledged before it hung
    old.kill()
    assert writer.end() <= written(cluster.primary)
    assert -2 not in written(cluster.primary)
    cluster.rewind(old)
    cluster.wait_followed()
    assert -2 not in written(old)


@pytest.mark.promise(number=7)
@pytest.mark.parametrize("act", ["cancel", "terminate"])
def test_a_commit_that_is_cut_off_in_its_wait_is_looked_up_on_the_new_primary(
    act: str, cluster: PostgresCluster
) -> None:
    """The primary dies before it is told: whatever a standby got of it, it is done once."""
    with store_on(cluster) as store:
        changes = a_mail_and_its_answer(store)
        cluster.wait_followed()
        standbys, old = cluster.standbys, cluster.primary
        for node in standbys:
            node.stand_still()
        commit = Committing(store, changes)
        waiting = backend(old, WAITS_FOR_A_STANDBY)
        old.run_sql(f"SELECT pg_{act}_backend({waiting})")
        backend(old, f"{WAITS_FOR_A_STANDBY} AND query_start > now() - interval '2 s'")
        assert commit.waits
        old.kill()
        for node in standbys:
            node.go_on()
        cluster.promote()
        commit.end()
        assert is_there(store)
        assert_done_once(cluster.primary, store)


@pytest.mark.promise(number=7)
def test_one_standby_may_go_and_nothing_waits(cluster: PostgresCluster) -> None:
    with store_on(cluster) as store:
        cluster.standbys[0].kill()
        Committing(store, a_mail_and_its_answer(store)).end()
        assert_done_once(cluster.primary, store)
