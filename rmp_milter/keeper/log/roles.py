"""What a database administrator says once: the log's schema, its tables, and the keeper's role.

Leaves and nodes may be added by that role, never changed or removed: who has it alone cannot unsay
a leaf. Nobody else has any right; nor may anybody else connect to the database, where the log has
one of its own: the lock by which one keeper leads is anybody's who can, and no keeper would lead.
"""

from __future__ import annotations

from psycopg.sql import SQL, Composed, Identifier, Literal

from rmp_milter.engine.postgresql.statements import TURN, WRITERS, definitions
from rmp_milter.keeper.log.tables import ALL, ONLY_GROW

# Where another role has been given a schema, as milter and courier are, the database is theirs too.
_ALONE = """
DO $$ BEGIN
  IF EXISTS (SELECT FROM pg_namespace s, aclexplode(s.nspacl) r WHERE r.grantee
      NOT IN (0, s.nspowner, {keeper}::regrole)) THEN
    RAISE WARNING 'others use this database: any of them can keep the lead from every keeper';
  ELSE
    EXECUTE format('REVOKE CONNECT, TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), {name});
  END IF;
END $$"""


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
        SQL(_ALONE.strip()).format(
            keeper=Literal(Identifier(keeper).as_string(None)), name=Literal(keeper)
        ),
    ]
    lines = ["BEGIN;", *(f"{each.as_string(None)};" for each in made), "COMMIT;"]
    return "\n".join(lines) + "\n"


def _listed(schema: str, tables: list[str]) -> Composed:
    return SQL(", ").join(Identifier(schema, table) for table in sorted(tables))
