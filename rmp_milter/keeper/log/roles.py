"""What a database administrator says once: the log's schema, its tables, and the keeper's role.

Leaves and nodes may be added by that role, never changed or removed: who has it alone cannot unsay
a leaf. Nobody else has any right.
"""

from __future__ import annotations

from psycopg.sql import SQL, Composed, Identifier

from rmp_milter.engine.postgresql.statements import TURN, WRITERS, definitions
from rmp_milter.keeper.log.tables import ALL, ONLY_GROW


def groundwork(schema: str, keeper: str) -> str:
    """Return the statements for psql, all together or none."""
    names = {
        "schema": Identifier(schema),
        "keeper": Identifier(keeper),
        "all": _listed(schema, [*map(str, ALL), TURN, WRITERS]),
        "changed": _listed(schema, [*map(str, {*ALL} - ONLY_GROW), TURN, WRITERS]),
    }
    made = [
        SQL("CREATE SCHEMA {schema}").format(**names),
        *definitions(schema, ALL),
        SQL("REVOKE ALL ON SCHEMA {schema} FROM PUBLIC").format(**names),
        SQL("GRANT USAGE ON SCHEMA {schema} TO {keeper}").format(**names),
        SQL("GRANT SELECT, INSERT ON {all} TO {keeper}").format(**names),
        SQL("GRANT UPDATE, DELETE ON {changed} TO {keeper}").format(**names),
    ]
    lines = ["BEGIN;", *(f"{each.as_string(None)};" for each in made), "COMMIT;"]
    return "\n".join(lines) + "\n"


def _listed(schema: str, tables: list[str]) -> Composed:
    return SQL(", ").join(Identifier(schema, table) for table in sorted(tables))
