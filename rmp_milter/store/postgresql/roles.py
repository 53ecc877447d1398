"""What a database administrator says once: schema, tables, and who may do what with them.

The milter's role may read and write records, and make or change no table. The courier's may do so
with the outbox, of the ledgers with its own alone, and read bodies: less than it can where both
share a file. Neither can say of the other's turns what became of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg.sql import SQL, Composed, Identifier, Literal

from rmp_milter.engine.postgresql import schema as engine_schema
from rmp_milter.engine.postgresql.statements import LEASES, TURN, WRITERS
from rmp_milter.store.format.tables import FORMAT_KEY, OUTBOX_LEDGER_KEY, StoreTable
from rmp_milter.store.postgresql.schema import LAYOUT

if TYPE_CHECKING:
    from collections.abc import Iterable

OUTBOX_TABLES = (
    StoreTable.OUTBOX,
    StoreTable.OUTBOX_STATE,
    StoreTable.OUTBOX_DUE,
    StoreTable.OUTBOX_BODIES,
    StoreTable.SENT,
    StoreTable.SENT_EXPIRY,
)


def groundwork(schema: str, milter: str, courier: str) -> str:
    """Return the statements for psql, all together or none."""
    made = [
        SQL("CREATE SCHEMA {schema}").format(schema=Identifier(schema)),
        *engine_schema.groundwork(schema, LAYOUT),
        *rights(schema, milter, courier),
    ]
    return together(made)


def together(statements: Iterable[Composed]) -> str:
    """Return what has psql do all of it, or nothing."""
    lines = ["BEGIN;", *(f"{each.as_string(None)};" for each in statements), "COMMIT;"]
    return "\n".join(lines) + "\n"


def rights(schema: str, milter: str, courier: str) -> list[Composed]:
    """Return what gives each role the least that its process needs."""
    names = {
        "schema": Identifier(schema),
        "milter": Identifier(milter),
        "courier": Identifier(courier),
        "turn": Identifier(schema, TURN),
        "writers": Identifier(schema, WRITERS),
        "leases": Identifier(schema, LEASES),
        "meta": Identifier(schema, StoreTable.META.value),
        "bodies": Identifier(schema, StoreTable.BODIES.value),
        "records": _listed(schema, tuple(StoreTable)),
        "outbox": _listed(schema, OUTBOX_TABLES),
        "format": Literal(FORMAT_KEY),
        "ledger": Literal(OUTBOX_LEDGER_KEY),
        "entrance": Literal("GRANT CONNECT ON DATABASE %I TO %I, %I"),
        "named": SQL(", ").join((Literal(milter), Literal(courier))),
    }
    return [SQL(each).format(**names) for each in _RIGHTS.strip().splitlines()]


def _listed(schema: str, tables: tuple[StoreTable, ...]) -> Composed:
    return SQL(", ").join(Identifier(schema, table.value) for table in tables)


# The log may have come to this database before, and have closed it to all but the keeper.
_RIGHTS = """
DO $$ BEGIN EXECUTE format({entrance}, current_database(), {named}); END $$
GRANT USAGE ON SCHEMA {schema} TO {milter}, {courier}
GRANT SELECT, INSERT, UPDATE, DELETE ON {records} TO {milter}
GRANT SELECT, INSERT, UPDATE, DELETE ON {outbox} TO {courier}
GRANT SELECT ON {bodies} TO {courier}
GRANT SELECT, INSERT, UPDATE, DELETE ON {turn} TO {milter}
GRANT SELECT, UPDATE ON {turn} TO {courier}
GRANT SELECT, INSERT, UPDATE ON {writers} TO {milter}, {courier}
GRANT SELECT, INSERT, UPDATE, DELETE ON {leases} TO {courier}
GRANT SELECT, INSERT, UPDATE ON {meta} TO {courier}
ALTER TABLE {meta} ENABLE ROW LEVEL SECURITY
CREATE POLICY milter ON {meta} TO {milter} USING (true) WITH CHECK (true)
CREATE POLICY reads ON {meta} FOR SELECT TO {courier} USING (k IN ({format}, {ledger}))
CREATE POLICY adds ON {meta} FOR INSERT TO {courier} WITH CHECK (k = {ledger})
CREATE POLICY writes ON {meta} FOR UPDATE TO {courier} USING (k = {ledger})
ALTER TABLE {writers} ENABLE ROW LEVEL SECURITY
CREATE POLICY own ON {writers} TO {milter}, {courier} USING (whose = current_user)
"""
"""A line each; what a policy's USING says holds for what is written as well."""
