"""What stays of an erased body's octets on three servers, and what takes them away."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from store_case import KEYS, NOW, a_deposit, with_dossier
from test_postgresql_cluster import on

from rmp_milter.dossier.changes import Changes
from rmp_milter.store.postgresql_engine import PostgresqlEngine
from testbed.postgres_cluster import ClusterNode, PostgresCluster

pytestmark = [pytest.mark.slow, pytest.mark.promise(number=16)]

MARK = "octets of a body that was sealed elsewhere"
BODY = MARK.encode() * 5000


def files_with(node: ClusterNode, folder: str) -> list[str]:
    """Return the files of a server that have the mark, as a thief of the disk looks for it."""
    node.run_sql("CHECKPOINT")
    return found_in(node.data / folder)


def found_in(folder: Path) -> list[str]:
    command = ["grep", "-rlaF", MARK, str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()


def test_a_bodys_octets_leave_all_servers_by_vacuum_full_and_not_before() -> None:
    with PostgresCluster() as cluster:
        engine = PostgresqlEngine(on(cluster))
        engine.create(KEYS)
        with engine.open(KEYS) as store:
            dossier = with_dossier(store)
            store.commit(Changes(entries=(a_deposit(dossier, BODY),)), NOW)
            store.commit(Changes(entries=(a_deposit(dossier, b"another's" * 9000),)), NOW)

        def after(*statements: str) -> list[bool]:
            cluster.primary.run_sql(*statements, "CHECKPOINT")
            cluster.wait_followed()
            return [bool(files_with(node, "base")) for node in cluster.nodes]

        first = "SELECT k FROM rmp.bodies ORDER BY octet_length(v) DESC LIMIT 1"
        gone = f"DELETE FROM rmp.bodies WHERE k = ({first})"  # noqa: S608 -- ours
        assert after("SELECT 1") == [True] * 3
        assert after(gone) == [True] * 3
        assert after("VACUUM") == [True] * 3
        assert after("VACUUM FULL") == [False] * 3
        assert all(files_with(node, "pg_wal") for node in cluster.nodes)
