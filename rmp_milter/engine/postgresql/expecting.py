"""What a turn to write will ask for, asked for behind the lock and in the same breath."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from rmp_milter.engine.postgresql.reading import BEYOND_ALL, FIRST
from rmp_milter.engine.postgresql.statements import statements
from rmp_milter.engine.transaction import beyond

if TYPE_CHECKING:
    from rmp_milter.engine.postgresql.exchange import Answer, Exchange, Said
    from rmp_milter.engine.postgresql.statements import Statements
    from rmp_milter.engine.tables import EngineTable
    from rmp_milter.engine.transaction import Expected


class Fetched:
    """What came: records and keys that are there, and the knowledge of those that are not.

    Asked for in the exchange that takes the lock; :meth:`take` when that is done.
    """

    def __init__(self, exchange: Exchange, schema: str, expected: Expected | None) -> None:
        self.records: dict[tuple[EngineTable, bytes], bytes | None] = {}
        self.bodies: dict[bytes, bool] = {}
        self.lasts: dict[tuple[EngineTable, bytes], bytes | None] = {}
        self.beginnings: dict[EngineTable, list[bytes]] = {}
        self._exchange, self._schema = exchange, schema
        self._expected = expected
        if expected is not None:
            self._records = {
                table: self._ask(self._record_statement(table), sorted(keys))
                for table, keys in expected.records.items()
            }
            self._lasts = {
                table: self._ask(
                    self._said(table).lasts,
                    sorted(prefixes),
                    [beyond(each) or BEYOND_ALL for each in sorted(prefixes)],
                )
                for table, prefixes in expected.lasts.items()
            }
            self._beginnings = {
                table: self._ask(self._said(table).keys, b"", BEYOND_ALL, FIRST)
                for table in expected.beginnings
            }

    def take(self) -> None:
        """Take in what was answered."""
        if self._expected is None:
            return
        for table, keys in self._expected.records.items():
            found = self._records[table].rows
            if table.in_parts:
                there = {row[0] for row in found}
                self.bodies |= {key: key in there for key in keys}
            else:
                self.records |= {(table, key): None for key in keys}
                for key, value in found:
                    self.records[table, cast("bytes", key)] = cast("bytes", value)
        for table, answered in self._lasts.items():
            for prefix, last in answered.rows:
                self.lasts[table, cast("bytes", prefix)] = cast("bytes | None", last)
        for table, answered in self._beginnings.items():
            self.beginnings[table] = [cast("bytes", row[0]) for row in answered.rows]

    def _record_statement(self, table: EngineTable) -> bytes:
        said = self._said(table)
        return said.held if table.in_parts else said.get_many

    def _said(self, table: EngineTable) -> Statements:
        return statements(self._schema, table)

    def _ask(self, statement: bytes, *values: Said) -> Answer:
        return self._exchange.execute(statement, values)
