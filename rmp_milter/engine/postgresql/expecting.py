"""What a turn to write will ask for, asked for behind the lock and in the same breath.

One statement for all of it: the server takes longer to take a statement in than to look up a key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from rmp_milter.engine.postgresql.packing import answers_in
from rmp_milter.engine.postgresql.reading import BEYOND_ALL, FIRST
from rmp_milter.engine.postgresql.statements import in_one, statements
from rmp_milter.engine.transaction import Expected, beyond

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rmp_milter.engine.fence import Fence
    from rmp_milter.engine.postgresql.exchange import Exchange, Said
    from rmp_milter.engine.tables import EngineTable

    Row = tuple[bytes, bytes | None]


class Fetched:
    """What came: records and keys that are there, and the knowledge of those that are not.

    Asked for in the exchange that takes the lock; :meth:`take` when that is done.
    """

    def __init__(
        self,
        exchange: Exchange,
        schema: str,
        expected: Expected | None = None,
        fence: Fence | None = None,
    ) -> None:
        self.records: dict[tuple[EngineTable, bytes], bytes | None] = {}
        self.bodies: dict[bytes, bool] = {}
        self.lasts: dict[tuple[EngineTable, bytes], bytes | None] = {}
        self.beginnings: dict[EngineTable, list[bytes]] = {}
        self._schema = schema
        self._asked: list[tuple[bytes, list[Said], Callable[[list[Row]], None]]] = []
        self._ask(expected or Expected(), fence)
        if self._asked:
            said = in_one([statement for statement, _, _ in self._asked])
            values = [value for _, some, _ in self._asked for value in some]
            self._answer = exchange.execute(said, values)

    def take(self) -> None:
        """Take in what was answered."""
        if not self._asked:
            return
        page = cast("bytes | None", self._answer.rows[0][0])
        answers = answers_in(page, len(self._asked))
        for rows, (_, _, take) in zip(answers, self._asked, strict=True):
            take(rows)

    def _ask(self, expected: Expected, fence: Fence | None) -> None:
        records = dict(expected.records)
        if fence is not None:
            records[fence.table] = {fence.key, *records.get(fence.table, ())}
        for table, keys in records.items():
            self._ask_for_records(table, sorted(keys))
        for table, prefixes in expected.lasts.items():
            self._ask_for_lasts(table, sorted(prefixes))
        for table in expected.beginnings:
            self._ask_for_beginning(table)

    def _ask_for_records(self, table: EngineTable, keys: list[bytes]) -> None:
        def take(rows: Iterable[Row]) -> None:
            found = dict(rows)
            if table.in_parts:
                self.bodies |= {key: key in found for key in keys}
            else:
                self.records |= {(table, key): found.get(key) for key in keys}

        self._asked.append((statements(self._schema, table).among, [keys], take))

    def _ask_for_lasts(self, table: EngineTable, prefixes: list[bytes]) -> None:
        def take(rows: Iterable[Row]) -> None:
            self.lasts |= {(table, prefix): last for prefix, last in rows}

        ends = [beyond(each) or BEYOND_ALL for each in prefixes]
        self._asked.append((statements(self._schema, table).lasts, [prefixes, ends], take))

    def _ask_for_beginning(self, table: EngineTable) -> None:
        def take(rows: Iterable[Row]) -> None:
            self.beginnings[table] = sorted(key for key, _ in rows)

        said = statements(self._schema, table).begins
        self._asked.append((said, [BEYOND_ALL, FIRST], take))
