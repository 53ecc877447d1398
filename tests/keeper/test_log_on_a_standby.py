"""A log whose server is lost: the standby that is promoted has every leaf that was told."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
from itertools import count
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from keeper_case import ORIGIN, event, raw_leaves
from log_places import server_place
from own_case import child

from rmp_milter.keeper.log import journal
from rmp_milter.keeper.log.head import read_state
from rmp_milter.keeper.log.journal import Journal, LogTakenOver
from rmp_milter.keeper.log.leading import LogLead
from rmp_milter.keeper.log.postgresql_log import PostgresqlLog
from testbed.postgres import PrivatePostgres
from testbed.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

SIGNER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SOON = 60


@pytest.mark.slow
@pytest.mark.promise(number=8)
@pytest.mark.promise(number=13)
def test_a_standby_that_is_promoted_has_every_leaf_and_checkpoint_that_was_told(
    tmp_path: Path,
) -> None:
    told = tmp_path / "told"
    with PrivatePostgres({"fsync": "on"}) as first:
        one = PostgresqlLog(tmp_path / "log", server_place(str(first.folder), "log", 60))
        journal.create(one, ORIGIN)
        with first.standby("second") as second:
            first.run_sql(
                "ALTER SYSTEM SET synchronous_standby_names = 'second'",
                "SELECT pg_reload_conf()",
            )
            hosts = f"{first.folder},{second.folder}"
            both = PostgresqlLog(
                one.folder, dataclasses.replace(one.server, host=hosts, port=5432)
            )
            keeper = both.written_by(LogLead(both).take_over())
            pid = child(keeper, lambda log: write_without_end(log, told))
            try:
                wait_until(lambda: lines(told) > 20, SOON, "some leaves")
                first.stop(signal.SIGQUIT)
                second.run_sql("SELECT pg_promote()")
                before = lines(told)
                wait_until(lambda: lines(told) > before + 5, SOON, "more of them, over there")
            finally:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            after = both.written_by(LogLead(both).take_over())
            with pytest.raises(LogTakenOver):
                Journal(keeper)
            with Journal(after) as log:  # which extends what was signed, here and there
                assert log.checkpoint(SIGNER)
                found = [json.loads(leaf)["request"] for leaf in raw_leaves(log)]
            assert {*told.read_text().split()} <= {*found}
            assert len({*found}) == len(found)
            assert read_state(both.folder).head.size == len(found)


def lines(file: Path) -> int:
    return len(file.read_text().split()) if file.exists() else 0


def write_without_end(log: Journal, told: Path) -> None:
    """Note every leaf once it is told; sign now and then."""
    with told.open("a") as note:
        for number in count():
            act = number.to_bytes(32)
            log.append(event("depot", act), 5)
            note.write(f"{act.hex()}\n")
            note.flush()
            if number % 5 == 0:
                log.checkpoint(SIGNER)
