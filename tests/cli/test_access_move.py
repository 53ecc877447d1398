"""``rmp access tables`` and ``rmp access move`` as a host gives them."""

from __future__ import annotations

import os
import re
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from rmp_milter.calls.protocol.message import Event
from rmp_milter.config import load
from rmp_milter.host.log_place import log_of
from rmp_milter.keeper.log.journal import Journal, JournalError
from rmp_milter.keeper.log.known import Known, of_dossier
from testbed.command import CommandError
from testbed.postgres import PrivatePostgres

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rmp_case import Rmp

LEAVES = 70
CARD = Known(3, b"t" * 16)


@pytest.fixture(scope="module")
def server() -> Iterator[PrivatePostgres]:
    with PrivatePostgres() as server:
        server.run_sql("CREATE ROLE root LOGIN", 'CREATE ROLE "rmp-milter" LOGIN')
        yield server


def on_server(service: Path, place: Path, schema: str, engine: str = "postgresql") -> None:
    """Have rmp.toml name an engine of the log, and a schema on the server."""
    file = service / "rmp.toml"
    before, title, rest = file.read_text().partition("[keeper]\n")
    section, following, behind = rest.partition("\n[milter]\n")
    said = {"host": place, "database": "postgres", "schema": schema, "engine": engine}
    for name, value in said.items():
        section = re.sub(rf"(?m)^{name} = .*$", f'{name} = "{value}"', section)
    file.write_text(before + title + section + following + behind)


def write_some(rmp: Rmp, begin: int = 0) -> None:
    with Journal(log_of(load(rmp.config))) as log:
        for number in range(begin, begin + LEAVES):
            event = Event(5, "dossier", number.to_bytes(32), "", "", "", dossier_id=b"d" * 16)
            log.append(event, 5, with_it=lambda own, _new: own.tries.count((b"*",), 5))
        log.change(lambda own: own.known.learn(of_dossier(b"d" * 16), CARD))


def export(rmp: Rmp, folder: Path) -> tuple[str, str]:
    """Export and verify the log; return its checkpoint's text, and its verifier key."""
    assert rmp("access", "export", str(folder)).status == 0
    key = rmp("access", "key").out.strip()
    verified = rmp("access", "verify", str(folder), "--vkey", key)
    assert verified.status == 0, verified
    return (folder / "checkpoint").read_text().partition("\n\n")[0], key


@pytest.mark.promise(number=13)
def test_a_log_goes_to_a_server_and_comes_back_the_same(
    rmp: Rmp, service: Path, server: PrivatePostgres, tmp_path: Path
) -> None:
    write_some(rmp)
    before = export(rmp, tmp_path / "one")
    on_server(service, server.folder, "there", "postgresql")
    server.run_sql(rmp("access", "tables").out)
    said = rmp("access", "move")
    assert said.out.startswith("moved to postgresql"), said
    assert not (service / "keeper/log/data.mdb").exists()
    assert export(rmp, tmp_path / "two") == before
    write_some(rmp, LEAVES)
    with Journal(log_of(load(rmp.config))) as log, log.own() as own:
        assert own.known.read(of_dossier(b"d" * 16)) == CARD
        assert own.tries.recent(b"*", 0) == 2 * LEAVES
    grown = export(rmp, tmp_path / "two")  # behind what is there already, and no fork of it
    on_server(service, server.folder, "there", "lmdb")
    assert rmp("access", "move").out.startswith("moved to lmdb")
    assert export(rmp, tmp_path / "three") == grown
    old = tmp_path / "one" / "checkpoint"
    assert (
        rmp("access", "verify", str(tmp_path / "three"), "--checkpoint", str(old)).status == 0
    )
    on_server(service, server.folder, "there", "postgresql")
    with pytest.raises(JournalError, match="there is no access log"):
        Journal(log_of(load(rmp.config)))


def test_a_call_that_was_cut_off_at_its_end_is_given_again(
    rmp: Rmp, service: Path, server: PrivatePostgres
) -> None:
    write_some(rmp)
    on_server(service, server.folder, "again", "postgresql")
    server.run_sql(rmp("access", "tables").out)
    assert rmp("access", "move").status == 0
    log = service / "keeper/log"
    shutil.copy(log / "data.mdb.moved", log / "data.mdb")
    assert rmp("access", "move").status == 0
    assert not (log / "data.mdb").exists()
    write_some(rmp, LEAVES)
    shutil.copy(log / "data.mdb.moved", log / "data.mdb")
    refused = rmp("access", "move")
    assert refused.status != 0
    assert "a log in both places" in refused.err
    with Journal(log_of(load(rmp.config))) as there:
        assert len(there) == 2 * LEAVES


@contextmanager
def open_elsewhere(rmp: Rmp) -> Iterator[None]:
    """Have another process hold the log open."""
    place, (told, tell), (ended, end) = log_of(load(rmp.config)), os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            with Journal(place):
                os.write(tell, b".")
                os.read(ended, 1)
        finally:
            os._exit(0)
    os.read(told, 1)
    try:
        yield
    finally:
        os.write(end, b".")
        os.waitpid(pid, 0)


def test_a_log_that_a_keeper_has_open_is_left_alone(
    rmp: Rmp, service: Path, server: PrivatePostgres
) -> None:
    with open_elsewhere(rmp):
        on_server(service, server.folder, "busy", "postgresql")
        server.run_sql(rmp("access", "tables").out)
        refused = rmp("access", "move")
    assert refused.status != 0
    assert "stop the keeper first" in refused.err
    assert (service / "keeper/log/data.mdb").exists()
    assert rmp("access", "move").status == 0


def test_a_log_is_begun_on_a_server_once(
    rmp: Rmp, service: Path, server: PrivatePostgres
) -> None:
    on_server(service, server.folder, "begun", "postgresql")
    server.run_sql(rmp("access", "tables").out)
    refused = rmp("access", "begin", "rmp.test/rmp-2")
    assert refused.status != 0
    assert "log.state: exists already" in refused.err
    (service / "keeper/log").rename(service / "keeper/log-1")
    (service / "keeper/log.state").rename(service / "keeper/log-1.state")
    assert rmp("access", "begin", "rmp.test/rmp-2").status == 0
    assert rmp("access", "begin", "rmp.test/rmp-2").status != 0
    with Journal(log_of(load(rmp.config))) as log:
        assert (log.origin, len(log)) == ("rmp.test/rmp-2", 0)


@pytest.mark.promise(number=2)
def test_the_milters_role_reads_nothing_of_it_and_the_keepers_unsays_nothing(
    rmp: Rmp, service: Path, server: PrivatePostgres
) -> None:
    write_some(rmp)
    on_server(service, server.folder, "closed", "postgresql")
    server.run_sql(rmp("access", "tables").out)
    assert rmp("access", "move").status == 0
    for table in ("leaves", "known", "meta", "tries", "dossiers_salt"):
        with pytest.raises(CommandError, match="permission denied"):
            server.run_sql(f"TABLE closed.{table}", user="rmp-milter")
    for said in (
        "DELETE FROM closed.leaves",
        "UPDATE closed.leaves SET v = 'x'",
        "DELETE FROM closed.nodes",
        "TRUNCATE closed.leaves",
        "DROP TABLE closed.leaves",
    ):
        with pytest.raises(CommandError, match=r"permission denied|must be owner"):
            server.run_sql(said, user="root")
    with Journal(log_of(load(rmp.config))) as log:
        assert len(log) == LEAVES
