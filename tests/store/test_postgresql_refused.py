"""Servers on which nothing is decided, and what stands between us and one."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from postgresql_case import made_on, place_on
from store_case import KEYS, NOW, a_doctor

from rmp_milter.dossier.changes import Changes
from rmp_milter.engine.postgresql import connecting
from rmp_milter.engine.postgresql.place import PostgresqlPlace
from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.postgresql_engine import PostgresqlEngine
from testbed.command import program
from testbed.postgres import PrivatePostgres, as_its_owner
from testbed.processes import is_listening
from testbed.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def server() -> Iterator[PrivatePostgres]:
    with PrivatePostgres() as server:
        made_on(server).close()
        yield server


@contextmanager
def pooled(server: PrivatePostgres, mode: str) -> Iterator[PostgresqlPlace]:
    """Give a way to the server over a PgBouncer."""
    folder = server.folder / mode
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    settings = {
        "listen_addr": "",
        "listen_port": 6432,
        "unix_socket_dir": folder,
        "auth_type": "any",
        "pool_mode": mode,
        "ignore_startup_parameters": "options",
    }
    lines = [f"{name} = {value}" for name, value in settings.items()]
    databases = f"[databases]\npostgres = host={server.folder} user=postgres\n"
    (folder / "ini").write_text(databases + "[pgbouncer]\n" + "\n".join(lines) + "\n")
    command = [*as_its_owner(), program("pgbouncer"), "-q", str(folder / "ini")]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as bouncer:
        try:
            there = folder / ".s.PGSQL.6432"
            wait_until(lambda: is_listening(there), 10, "PgBouncer")
            yield PostgresqlPlace(
                host=str(folder), port=6432, user="postgres", dbname="postgres"
            )
        finally:
            bouncer.terminate()


@pytest.mark.parametrize("mode", ["transaction", "statement", "session"])
def test_a_pooler_is_never_spoken_through(server: PrivatePostgres, mode: str) -> None:
    with (
        pooled(server, mode) as place,
        pytest.raises(StoreError, match="a connection pooler answers"),
    ):
        PostgresqlEngine(place).open(KEYS)


def test_a_standby_is_no_place_to_decide(server: PrivatePostgres) -> None:
    with server.standby("second") as standby:
        for use in (
            lambda engine: engine.open(KEYS),
            lambda engine: engine.outbox(KEYS.outbox),
            lambda engine: engine.check(KEYS),
        ):
            with pytest.raises(StoreError, match="standby"):
                use(PostgresqlEngine(place_on(standby)))


def test_a_standby_that_is_promoted_has_all_that_was_told() -> None:
    """Of two hosts that are named the one that may decide is taken; the first never returns."""
    with PrivatePostgres({"fsync": "on"}) as first:
        made_on(first).close()
        with first.standby("second") as second:
            both = PostgresqlPlace(
                host=f"{first.folder},{second.folder}",
                port=5432,
                user="postgres",
                dbname="postgres",
                patience=30,
            )
            first.run_sql(
                "ALTER SYSTEM SET synchronous_standby_names = 'second'",
                "SELECT pg_reload_conf()",
            )
            with PostgresqlEngine(both).open(KEYS) as store:
                store.commit(Changes(doctors=(a_doctor(1),)), NOW)
                first.stop()
                second.run_sql("SELECT pg_promote()")
                store.commit(Changes(doctors=(a_doctor(2),)), NOW)
                assert store.stats()["doctors"] == 2
            assert PostgresqlEngine(both).check(KEYS).findings == ()


def test_a_server_that_is_too_old_is_refused(
    server: PrivatePostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connecting, "OLDEST", 990000)
    with pytest.raises(StoreError, match="PostgreSQL 15 or newer"):
        PostgresqlEngine(place_on(server)).open(KEYS)


def test_a_server_that_is_not_there_is_told_at_once(tmp_path: Path) -> None:
    place = PostgresqlPlace(host=str(tmp_path), user="postgres", dbname="postgres")
    with pytest.raises(StoreError, match="cannot reach the store in schema rmp of postgres"):
        PostgresqlEngine(place).open(KEYS)


def test_a_commit_is_as_durable_as_it_must_be_whatever_the_role_is_set_to(
    server: PrivatePostgres,
) -> None:
    for weak in ("off", "local", "remote_write"):
        server.run_sql(f"ALTER ROLE postgres SET synchronous_commit = '{weak}'")
        with connecting.connect(place_on(server)) as connection:
            row = connection.execute("SHOW synchronous_commit").fetchone()
            assert row == ("on",)
    server.run_sql("ALTER ROLE postgres RESET synchronous_commit")


@pytest.mark.parametrize(
    ("settings", "doubted"),
    [({}, ["fsync", "full_page_writes"]), ({"fsync": "on", "full_page_writes": "on"}, [])],
)
def test_a_server_that_may_lose_what_it_wrote_is_named(
    settings: dict[str, str], doubted: list[str]
) -> None:
    with PrivatePostgres(settings) as server, made_on(server) as store:
        found = store.doubts()
    assert [line.split(" off: ")[0].split()[-1] for line in found] == doubted
