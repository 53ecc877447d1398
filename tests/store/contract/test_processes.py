"""Several processes on one store, and one that is killed."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from contract_case import clean, made
from engines import Tried
from other_process import Depositing
from store_case import KEYS, NOW, a_doctor, with_dossier

from rmp_milter.dossier.changes import Changes
from rmp_milter.store.engines import Engine
from rmp_milter.store.surface import Outbox, Store

OTHER = str(Path(__file__).with_name("other_process.py"))


def other(tried: Tried, *number: str) -> "subprocess.Popen[str]":
    command = [sys.executable, OTHER, tried.name, str(tried.place), *number]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_a_second_process_writes_and_reads_beside_the_first(
    store: Store, outbox: Outbox, tried: Tried
) -> None:
    store.commit(Changes(doctors=(a_doctor(6),)), NOW)
    before = outbox.last_change()
    with other(tried, "7") as process:
        out, _ = process.communicate(timeout=30)
    assert out == "2\n"
    assert outbox.last_change() > before
    with store.snapshot() as view:
        assert view.doctor_by_rpps("10000000007") is not None


@pytest.mark.slow
@pytest.mark.promise(number=7)
def test_a_writer_killed_at_any_time_loses_nothing_acknowledged(tried: Tried) -> None:
    engine = tried.engine
    with made(engine) as store:
        with_dossier(store, "trait")
    acknowledged: list[str] = []
    delays = random.Random(7)  # noqa: S311 -- only spreads the kills over time
    for _ in range(6):
        with Depositing(tried) as writer:
            acknowledged.append(writer.stdout.readline().strip())
            time.sleep(delays.uniform(0, 0.15))
            writer.kill()
            acknowledged += [line.strip() for line in writer.stdout if line.endswith("\n")]
        report = engine.check(KEYS)
        assert report.findings == ()
        assert report.counts["entries"] >= len(acknowledged)
        assert report.counts["entries"] == report.counts["outbox"] == report.counts["seen"]
        assert report.counts["entries"] == report.counts["emergencies"]
        assert report.counts["entries"] == report.counts["letters"]
    assert len(acknowledged) > 20
    assert all_there(engine, acknowledged)


def all_there(engine: Engine, acknowledged: list[str]) -> bool:
    with engine.open(KEYS) as store, store.snapshot() as view:
        return all(view.seen(bytes.fromhex(line)) for line in acknowledged)


@pytest.mark.slow
def test_another_process_goes_on_when_a_writer_is_killed(
    store: Store, engine: Engine, tried: Tried
) -> None:
    with_dossier(store, "trait")
    with other(tried) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        store.commit(Changes(doctors=(a_doctor(1),)), NOW)
        writer.kill()
    store.commit(Changes(doctors=(a_doctor(2),)), NOW)
    assert store.stats()["doctors"] == 2
    assert clean(engine)
