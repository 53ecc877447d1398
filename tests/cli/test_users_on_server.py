"""Store and log on a server, each process there who its user is; and a second host of the two."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from test_access_move import on_server as on_log_server
from test_separate_users import (
    COURIER,
    KEEPER,
    MILTER,
    made_service,
    needs_public_code,
    needs_root,
    owner_and_mode,
    rmp,
)
from test_store_move import on_server

from rmp_milter.config import load
from rmp_milter.host.owners import as_owner
from rmp_milter.store.format.keys import read_key
from rmp_milter.store.opening import engine_at
from testbed.postgres import PrivatePostgres

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCUMENT = Path(__file__).parents[2] / "docs" / "several-machines.md"

pytestmark = [pytest.mark.slow, needs_root, needs_public_code]


@pytest.fixture(scope="module")
def moved() -> Iterator[tuple[Path, PrivatePostgres]]:
    """A service whose store and log are on a server that knows its users by peer authentication."""
    durable = {"fsync": "on", "full_page_writes": "on"}
    with made_service() as service, PrivatePostgres(durable, auth="peer") as server:
        server.run_sql(*(f"CREATE ROLE {user} LOGIN" for user in (MILTER, COURIER, KEEPER)))
        on_server(service, server.folder, "rmp")
        on_log_server(service, server.folder, "rmp_keeper")
        for grounds in (("store", "init", "--sql"), ("access", "tables")):
            server.run_sql(rmp(service, *grounds).stdout)
        for room in ("store", "access"):
            said = rmp(service, room, "move")
            assert said.returncode == 0, said.stderr
        yield service, server


def copied(service: Path, to: Path) -> None:
    """Give a second host what the document's line gives it."""
    (line,) = re.findall(r"^    (tar -C /var/lib/rmp .*)$", DOCUMENT.read_text(), re.MULTILINE)
    packing, unpacking = line.split(" | ssh root@mail-2 ")
    packing = packing.replace("/var/lib/rmp", shlex.quote(str(service)))
    unpacking = unpacking.replace("/var/lib/rmp", shlex.quote(str(to)))
    subprocess.run(["/bin/sh", "-c", f"{packing} | {unpacking}"], check=True)


def test_a_second_mail_host_has_all_that_it_needs_by_the_documents_line(
    moved: tuple[Path, PrivatePostgres],
) -> None:
    service, _ = moved
    other = service.with_name("other")
    other.mkdir(mode=0o755)
    try:
        copied(service, other)
        here, there = (
            rmp(each, "check", "--no-postfix").stdout.replace(str(each), "")
            for each in (service, other)
        )
        assert there == here
        assert "0 errors" in there
        assert [*(other / "keeper" / "log").iterdir()] == []
        assert [*(other / "store").iterdir()] == []
        for name in ("store", "keeper", "courier", "run/keeper", "shared/outbox.key"):
            assert owner_and_mode(other / name) == owner_and_mode(service / name)
        checked = rmp(other, "store", "check")
        assert checked.returncode == 0, checked.stderr
        assert "are not compared" not in checked.stdout
    finally:
        shutil.rmtree(other)


@pytest.mark.parametrize("which", ["metadata", "index", "outbox"])
def test_root_changes_each_key_as_the_user_that_owns_the_store(
    moved: tuple[Path, PrivatePostgres], which: str
) -> None:
    """By the steps of the document; no role of ours makes or renames a schema."""
    service, server = moved
    key = service / ("shared/outbox.key" if which == "outbox" else f"milter/{which}.key")
    was, before = key.read_text(), owner_and_mode(key)

    def step(*more: str) -> str:
        said = rmp(service, "key", "rotate", which, *more)
        assert said.returncode == 0, said.stderr
        return said.stdout

    server.run_sql(step("--sql"))
    assert f"rmp key rotate {which} --finish" in step()
    for place in (service / "store/rotation", service / "store/rotation/next/data.mdb"):
        owner, mode = owner_and_mode(place)
        assert (owner, mode[-2:]) == (MILTER, "00")
    dropping = step("--finish")
    assert "DROP SCHEMA" in dropping
    assert "waits for its name" in rmp(service, "outbox", "list").stderr
    server.run_sql(step("--sql"))
    assert rmp(service, "store", "check").returncode == 0
    assert rmp(service, "outbox", "list").returncode == 0
    assert key.read_text() != was
    assert owner_and_mode(key) == before
    server.run_sql('DROP SCHEMA "rmp_before" CASCADE')


def test_each_process_is_in_the_database_who_its_user_is(
    moved: tuple[Path, PrivatePostgres],
) -> None:
    """By peer authentication, which needs no secret anywhere. Last of all: it all moves back."""
    service, server = moved
    assert owner_and_mode(service / "keeper" / "log" / "data.mdb.moved")[0] == KEEPER
    checked = rmp(service, "store", "check")
    assert checked.returncode == 0
    assert "are not compared" not in checked.stdout
    assert rmp(service, "access", "checkpoint").returncode == 0
    assert rmp(service, "outbox", "list").returncode == 0
    config = load(service / "rmp.toml")
    engine, key = engine_at(config.paths.store, config.store), config.paths.outbox_key

    def rows_as_courier() -> int:
        with engine.outbox(read_key(key)) as outbox:
            return len(outbox.rows())

    assert as_owner(config.paths.courier, rows_as_courier, int) == 0
    on_server(service, server.folder, "rmp", "lmdb")
    on_log_server(service, server.folder, "rmp_keeper", "lmdb")
    for room in ("store", "access"):
        assert rmp(service, room, "move").returncode == 0
    assert owner_and_mode(service / "keeper" / "log" / "data.mdb") == (KEEPER, "0o600")
    assert owner_and_mode(service / "store" / "data.mdb") == (MILTER, "0o660")
    assert (service / "store" / "data.mdb").group() == COURIER
