"""What is shown of how much a server's store holds, without a look at every record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from postgresql_case import made_on
from store_case import filled

from rmp_milter.engine.postgresql import reading
from rmp_milter.engine.postgresql.reading import PostgresqlReads
from rmp_milter.store.format.tables import StoreTable
from testbed.postgres import PrivatePostgres

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rmp_milter.engine.tables import EngineTable
    from rmp_milter.store.postgresql_store import PostgresqlStore


@pytest.fixture(scope="module")
def server() -> Iterator[PrivatePostgres]:
    with PrivatePostgres() as server:
        yield server


@pytest.fixture
def store(server: PrivatePostgres) -> Iterator[PostgresqlStore]:
    with made_on(server) as store:
        filled(store)
        yield store


def test_no_large_table_is_read_to_be_counted(
    server: PrivatePostgres, store: PostgresqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = store.stats()
    counted: list[EngineTable] = []
    count = PostgresqlReads.count

    def counting(reads: PostgresqlReads, table: EngineTable) -> int:
        counted.append(table)
        return count(reads, table)

    monkeypatch.setattr(PostgresqlReads, "count", counting)
    monkeypatch.setattr(reading, "MOST_COUNTED", 1)
    server.run_sql("ANALYZE")
    assert store.stats() == exact
    assert counted == [StoreTable.OUTBOX_DUE]
    assert exact["search_terms"] > exact["dossiers"] > 0


def test_what_the_ledgers_say_is_what_is_there(
    server: PrivatePostgres, store: PostgresqlStore
) -> None:
    def there(table: str) -> int:
        return int(server.run_sql(f"SELECT count(*) FROM rmp.{table}"))  # noqa: S608 -- ours

    stats = store.stats()
    assert stats["entries"] == there("entries")
    assert stats["documents"] + stats["bodies_given_up"] == there("bodies WHERE n = 0")
    assert stats["key_packets"] == there("envelopes")
    assert stats["duplicate_digests"] == there("seen")
    assert stats["outbox_waiting"] + stats["outbox_parked"] == there("outbox_state")
    assert stats["search_terms"] == there("terms")
    assert store.estimated <= stats.keys()
