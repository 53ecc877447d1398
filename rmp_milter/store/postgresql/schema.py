"""A store's tables in a schema."""

from __future__ import annotations

from rmp_milter.engine.postgresql.schema import SchemaLayout
from rmp_milter.store.format import version
from rmp_milter.store.format.tables import FORMAT_KEY, StoreTable

LAYOUT = SchemaLayout(
    tables=tuple(StoreTable),
    meta=StoreTable.META,
    mark_key=FORMAT_KEY,
    format=version.FORMAT,
    refusal=version.refusal,
    leased=True,
    nameless="rmp key rotate metadata --sql, for the server's administrator",
)
