"""``rmp restore`` where store and access log are on a PostgreSQL server."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from test_store_move import grounded, on_server

from testbed.postgres import PrivatePostgres

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rmp_case import Rmp

NONE_LATER = "--no-later-checkpoint"
MOVE = "first the store, which lies in its folder: an empty schema, rmp store move"


@pytest.fixture(scope="module")
def server() -> Iterator[PrivatePostgres]:
    with PrivatePostgres() as server:
        server.run_sql("CREATE ROLE root LOGIN")
        yield server


@pytest.fixture
def backup(rmp: Rmp, service: Path, server: PrivatePostgres) -> Path:
    """A backup, keys and all, of a service whose store was moved to the server."""
    server.run_sql("DROP SCHEMA IF EXISTS kept CASCADE")
    on_server(service, server.folder, "kept")
    grounded(rmp, server)
    assert rmp("store", "move").status == 0
    made = service.with_name("backups")
    done = rmp("backup", str(made), "--keys", str(service.with_name("keys")))
    assert done.status == 0, done.err
    return made


def restored(rmp: Rmp, backup: Path, *options: str) -> dict[str, Any]:
    keys = str(backup.with_name("keys"))
    said = rmp("restore", str(backup), "--keys", keys, "--json", NONE_LATER, *options)
    assert said.status == 0, said.err
    return dict(json.loads(said.out))


def test_a_store_that_the_server_has_stays_there(rmp: Rmp, service: Path, backup: Path) -> None:
    shutil.rmtree(service / "keeper")
    said = restored(rmp, backup)
    assert not (service / "store/data.mdb").exists()
    assert not any("store" in Path(each).parts for each in said["put"])
    assert said["said"][0].startswith("the store is on its server (schema kept of postgres")
    assert "the store that was here is of that moment or later" in said["said"][1]
    assert rmp("store", "check").status == 0


def test_so_it_does_where_a_second_machine_is_given_the_rest(
    rmp: Rmp, service: Path, backup: Path
) -> None:
    (service / "rmp.toml").rename(service.with_name("rmp.toml"))
    shutil.rmtree(service)
    service.mkdir()
    service.with_name("rmp.toml").rename(service / "rmp.toml")
    restored(rmp, backup)
    assert (service / "store").is_dir()
    assert not (service / "store/data.mdb").exists()
    assert rmp("store", "check").status == 0


def test_where_the_server_has_none_it_is_put_into_the_folder_and_said_what_next(
    rmp: Rmp, service: Path, backup: Path, server: PrivatePostgres
) -> None:
    before = rmp("store", "check").out
    server.run_sql("DROP SCHEMA kept CASCADE")
    said = restored(rmp, backup)
    assert str(service / "store/data.mdb") in said["put"]
    assert MOVE in said["said"]
    grounded(rmp, server)
    assert rmp("store", "move").status == 0
    assert rmp("store", "check").out == before


def test_a_server_that_does_not_answer_stops_it_before_anything_is_made(
    rmp: Rmp, service: Path, backup: Path, tmp_path: Path
) -> None:
    shutil.rmtree(service / "keeper")
    on_server(service, tmp_path, "kept")
    said = rmp("restore", str(backup), "--keys", str(backup.with_name("keys")), NONE_LATER)
    assert said.status == 1
    assert "whether the store's server has it is not known" in said.err
    assert not (service / "keeper").exists()


def test_a_drill_looks_at_the_backup_and_never_at_the_server(
    rmp: Rmp, backup: Path, tmp_path: Path, server: PrivatePostgres
) -> None:
    aside = tmp_path / "drill"
    restored(rmp, backup, "--beside", str(aside))
    server.run_sql("ALTER SCHEMA kept RENAME TO away")
    try:
        said = rmp.bare("--config", str(aside / "rmp.toml"), "store", "check")
    finally:
        server.run_sql("ALTER SCHEMA away RENAME TO kept")
    assert said.status == 0, said.err
    assert (aside / "store/data.mdb").exists()
