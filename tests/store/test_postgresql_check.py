"""The check of tables on a server: it finds what it finds in a file, and asks for much at once."""

from __future__ import annotations

import random
import tracemalloc
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from postgresql_case import made_on, place_on
from store_case import KEYS, NOW, a_deposit, a_new_dossier, a_patient
from test_store_check import DAMAGES, raw_table, records

from rmp_milter.dossier.changes import Changes
from rmp_milter.engine import filling
from rmp_milter.engine.postgresql import reading
from rmp_milter.engine.postgresql.connecting import connect
from rmp_milter.engine.postgresql.moving import TablesFilled, take_over
from rmp_milter.engine.postgresql.reading import PostgresqlReads
from rmp_milter.store.check import walk
from rmp_milter.store.check.whole import check
from rmp_milter.store.format.tables import StoreTable
from rmp_milter.store.lmdb_moving import leaving
from rmp_milter.store.moving import MOVED
from rmp_milter.store.postgresql.schema import LAYOUT
from rmp_milter.store.postgresql_engine import PostgresqlEngine
from testbed.postgres import PrivatePostgres

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from test_store_check import Damage

    from rmp_milter.engine.transaction import ReadTransaction

SOME = [(name, damage) for name, damage in DAMAGES if name != "meta"]
ROUNDS, AT_ONCE = 3, 8


@pytest.fixture(scope="module")
def server() -> Iterator[PrivatePostgres]:
    with PrivatePostgres() as server:
        yield server


@pytest.fixture
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have each page end in the midst of what belongs together."""
    monkeypatch.setattr(reading, "RECORDS_AT_ONCE", 2)
    monkeypatch.setattr(reading, "FIRST", 1)
    monkeypatch.setattr(reading, "MOST", 3)
    monkeypatch.setattr(reading, "PAGE_BYTES", 1500)
    monkeypatch.setattr(walk, "MOST_AT_ONCE", 2)
    monkeypatch.setattr(filling, "MOST_RECORDS", 3)


def on_server(folder: Path, server: PrivatePostgres) -> PostgresqlEngine:
    """Have what a file holds, sound or not, in tables."""
    place = place_on(server)
    server.run_sql(f'DROP SCHEMA IF EXISTS "{place.schema}" CASCADE')
    with leaving(folder) as left:
        take_over(place, LAYOUT, lambda tables: copy_all(left.moment, tables))
    return PostgresqlEngine(place)


def copy_all(moment: ReadTransaction, tables: TablesFilled) -> None:
    for table in StoreTable:
        for some in filling.bounded(MOVED.records(moment, table)):
            tables.put(table, some)


def damage_all(folder: Path, damages: list[tuple[str, Damage]]) -> None:
    for name, damage in damages:
        with raw_table(folder, name) as (txn, table):
            if len(rows := records(txn, table)) > 1:
                damage(txn, table, rows)


@pytest.mark.usefixtures("_small_pages")
@pytest.mark.parametrize("number", range(ROUNDS))
@pytest.mark.promise(number=12)
def test_damages_are_told_as_those_of_a_file(
    full_folder: Path, server: PrivatePostgres, number: int
) -> None:
    some = random.Random(number).sample(SOME, AT_ONCE)  # noqa: S311 -- the same at each run
    damage_all(full_folder, some)
    report, found = check(full_folder, KEYS), on_server(full_folder, server).check(KEYS)
    assert report.findings
    assert sorted(found.findings) == sorted(report.findings)
    assert (found.counts, found.notes) == (report.counts, report.notes)


@pytest.mark.soak
@pytest.mark.usefixtures("_small_pages")
@pytest.mark.parametrize(("table", "damage"), SOME)
@pytest.mark.promise(number=12)
def test_each_damage_is_told_as_that_of_a_file(
    full_folder: Path, server: PrivatePostgres, table: str, damage: Damage
) -> None:
    damage_all(full_folder, [(table, damage)])
    expected = check(full_folder, KEYS).findings
    assert sorted(on_server(full_folder, server).check(KEYS).findings) == sorted(expected)


@contextmanager
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """Count the statements that are said meanwhile."""
    said, ask = list[object](), PostgresqlReads._ask

    def noting(
        reads: PostgresqlReads, statement: bytes, *values: object
    ) -> list[tuple[object, ...]]:
        said.append(statement)
        return ask(reads, statement, *values)

    with monkeypatch.context() as patch:
        patch.setattr(PostgresqlReads, "_ask", noting)
        yield said


def test_many_dossiers_are_not_asked_for_one_by_one(
    server: PrivatePostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    took = list[int]()
    for count in (50, 250):
        with made_on(server) as store:
            new = tuple(a_new_dossier(f"trait {number}") for number in range(count))
            ids = [each.dossier.dossier_id for each in new]
            entries = tuple(a_deposit(each, b"one", b"two") for each in ids)
            doctors = tuple(a_patient(each, number + 1) for number, each in enumerate(ids))
            store.commit(Changes(dossiers=new, entries=entries, doctors=doctors), NOW)
        with asked(monkeypatch) as said:
            assert PostgresqlEngine(place_on(server)).check(KEYS).findings == ()
        took.append(len(said))
    few, many = took
    assert many - few < 200 / 4


@pytest.mark.parametrize("size", [1, 3 << 20, 24 << 20])
def test_a_body_of_any_size_is_digested_in_pieces(server: PrivatePostgres, size: int) -> None:
    body, table = bytes(range(256)) * (size // 256 + 1), StoreTable.BODIES
    made_on(server).close()
    place = place_on(server)
    some = [(bytes([number]) * 16, body) for number in (1, 2)]
    with connect(place) as connection:
        TablesFilled(connection, place, LAYOUT).put(table, some)
        reads = PostgresqlReads(connection, place.schema)
        asked = [some[1][0], b"nobody's" * 2, some[0][0]]
        tracemalloc.start()
        try:
            digests, peak = reads.digests(table, asked), tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert digests == [sha256(body).digest(), None, sha256(body).digest()]
        assert reads.sizes(table, asked) == [len(body), None, len(body)]
        assert list(reads.records(table)) == some
    assert peak < 5 * reading.PAGE_BYTES
