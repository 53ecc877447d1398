"""``rmp store init`` and ``rmp store move`` as a host gives them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from test_access_move import on_server as on_log_server

from rmp_milter.cli import key_rotate_store
from rmp_milter.engine.failures import NotReachedError
from testbed.postgres import PrivatePostgres

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rmp_case import Rmp


@pytest.fixture(scope="module")
def server() -> Iterator[PrivatePostgres]:
    with PrivatePostgres() as server:
        server.run_sql("CREATE ROLE root LOGIN")
        yield server


def on_server(service: Path, folder: Path, schema: str, engine: str = "postgresql") -> None:
    """Have rmp.toml name an engine, and a schema on the server."""
    config = service / "rmp.toml"
    head, _, rest = config.read_text().partition("[store]\n")
    tail = rest[rest.index("\n[") :]
    lines = {"engine": engine, "host": str(folder), "database": "postgres", "schema": schema}
    said = "".join(f'{name} = "{value}"\n' for name, value in lines.items())
    config.write_text(f"{head}[store]\n{said}{tail}")


def grounded(rmp: Rmp, server: PrivatePostgres) -> None:
    said = rmp("store", "init", "--sql")
    assert said.status == 0
    server.run_sql(said.out)


def test_a_store_goes_to_a_server_and_comes_back(
    rmp: Rmp, service: Path, server: PrivatePostgres
) -> None:
    before = rmp("store", "check").out
    on_server(service, server.folder, "there")
    grounded(rmp, server)
    assert rmp("store", "move").out.startswith("moved from lmdb to postgresql")
    assert not (service / "store" / "data.mdb").exists()
    assert (service / "store" / "data.mdb.moved").exists()
    assert rmp("store", "check").out == before
    assert rmp("store", "stats").status == 0
    on_server(service, server.folder, "there", "lmdb")
    assert rmp("store", "move").out.startswith("moved from postgresql to lmdb")
    assert rmp("store", "check").out == before


def test_an_empty_store_is_made_by_the_keys_that_are_there(
    rmp: Rmp, service: Path, server: PrivatePostgres
) -> None:
    on_server(service, server.folder, "empty")
    grounded(rmp, server)
    assert rmp("store", "init") == (0, "an empty store is there (postgresql)\n", "")
    assert rmp("store", "check").status == 0
    again = rmp("store", "init")
    assert again.status == 1
    assert "is not empty: no store is made over it" in again.err
    moved = rmp("store", "move")
    assert (moved.status, (service / "store" / "data.mdb").exists()) == (1, True)


def test_a_server_that_is_not_there_is_told_and_nothing_moves(
    rmp: Rmp, service: Path, tmp_path: Path
) -> None:
    on_server(service, tmp_path, "rmp")
    for act in ("move", "init", "check", "stats"):
        said = rmp("store", act)
        assert said.status == 1
        assert "cannot reach the store in schema rmp of postgres" in said.err
        assert f"hint: {NotReachedError.hint}\n" in said.err
    assert (service / "store" / "data.mdb").exists()


def test_nobody_is_told_to_put_back_what_a_server_has_that_is_not_reached(
    rmp: Rmp, service: Path, tmp_path: Path
) -> None:
    on_server(service, tmp_path, "rmp")
    on_log_server(service, tmp_path, "rmp_keeper")
    said = rmp("check", "--no-postfix").out
    assert said.count("cannot reach the ") == 2
    assert said.count(f"hint: {NotReachedError.hint}\n") == 2
    assert "put it back" not in said
    assert "put the newest one back" not in said
    for word in ("move", "checkpoint"):
        refused = rmp("access", word)
        assert refused.status == 1
        assert f"hint: {NotReachedError.hint}\n" in refused.err


def test_a_key_is_changed_in_another_schema_that_takes_the_stores_name(
    rmp: Rmp, service: Path, server: PrivatePostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_rotate_store.os, "nice", lambda _by: 0)
    on_server(service, server.folder, "keys")
    grounded(rmp, server)
    rmp("store", "move")
    before = rmp("store", "check").out
    command = ("key", "rotate", "metadata")
    assert "keys_next of postgres" in rmp(*command).err
    server.run_sql(rmp(*command, "--sql").out)
    assert "    rmp key rotate metadata --finish" in rmp(*command).out.splitlines()
    assert "another metadata key is prepared since" in rmp("check", "--no-postfix").out
    said = rmp(*command, "--finish")
    assert (said.status, said.err) == (0, "")
    psql = "    rmp key rotate metadata --sql | sudo -u postgres psql postgres"
    assert psql in said.out.splitlines()
    assert "waits for its name: rmp key rotate metadata --sql" in rmp("store", "check").err
    server.run_sql(rmp(*command, "--sql").out)
    assert rmp("store", "check").out == before
    assert rmp("store", "migrate").out.startswith("nothing to do")
    assert rmp(*command, "--sql", "--finish").status == 2


def test_a_file_needs_no_administrator(rmp: Rmp) -> None:
    said = rmp("store", "init", "--sql")
    assert (said.status, said.out) == (1, "")
    assert "rmp.toml names no server" in said.err
