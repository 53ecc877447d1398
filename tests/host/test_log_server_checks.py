"""What ``rmp check`` says of the server that the access log is on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rmp_milter.engine.postgresql.place import PostgresqlPlace
from rmp_milter.keeper.log.lmdb_log import LmdbLog
from rmp_milter.keeper.log.postgresql_log import PostgresqlLog
from testbed.postgres import PrivatePostgres

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rmp_milter.engine.doubts import Doubts

BETTER = {"fsync": "on", "full_page_writes": "on", "synchronous_standby_names": "a"}


@pytest.fixture(scope="module")
def server() -> Iterator[PrivatePostgres]:
    with PrivatePostgres(BETTER) as server:
        run_sql(server, "REVOKE CONNECT ON DATABASE postgres FROM PUBLIC")
        for level in ("on", "remote_apply", "local", "off", "remote_write"):
            run_sql(server, f"CREATE ROLE {level}_role LOGIN")
            run_sql(server, f"ALTER ROLE {level}_role SET synchronous_commit = '{level}'")
        yield server


def run_sql(server: PrivatePostgres, statement: str) -> None:
    """Run it without waiting for the standby, which is none."""
    server.run_sql(f"SET synchronous_commit = local; {statement}")


def doubts(server: PrivatePostgres, folder: Path, role: str) -> Doubts:
    place = PostgresqlPlace(host=str(server.folder), user=role, dbname="postgres")
    run_sql(server, f"GRANT CONNECT ON DATABASE postgres TO {role}")
    try:
        return PostgresqlLog(folder, place).doubts()
    finally:
        run_sql(server, f"REVOKE CONNECT ON DATABASE postgres FROM {role}")


@pytest.mark.parametrize("level", ["on", "remote_apply"])
def test_what_waits_for_disk_and_standby_is_no_doubt(
    server: PrivatePostgres, tmp_path: Path, level: str
) -> None:
    assert doubts(server, tmp_path, f"{level}_role") == ((), ())


@pytest.mark.parametrize("level", ["local", "off", "remote_write"])
def test_a_role_that_waits_for_less_is_one(
    server: PrivatePostgres, tmp_path: Path, level: str
) -> None:
    found = doubts(server, tmp_path, f"{level}_role")
    assert [f"synchronous_commit is {level}" in line for line in found.cautions] == [True]


def test_a_server_that_loses_what_it_wrote_is_worse(tmp_path: Path) -> None:
    with PrivatePostgres() as server:
        found = doubts(server, tmp_path, "postgres")
    assert [line.partition(" ")[0] for line in found.losses] == ["fsync", "full_page_writes"]
    assert any("no standby" in line for line in found.cautions)


def test_a_file_has_no_server(tmp_path: Path) -> None:
    assert LmdbLog(tmp_path / "log").doubts() == ((), ())
