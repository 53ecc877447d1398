"""What of a server's settings loses what it says to have written, or keeps it in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg

from rmp_milter.engine.doubts import Doubts
from rmp_milter.engine.postgresql.failures import failure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rmp_milter.engine.postgresql.connecting import Connection

ENOUGH = frozenset({"on", "remote_apply"})
_NAMES = ("fsync", "full_page_writes", "synchronous_commit", "synchronous_standby_names")
_ASKED = "SELECT name, reset_val FROM pg_settings WHERE name = ANY(%b)"
_OTHERS = """
SELECT rolname FROM pg_roles WHERE rolcanlogin AND NOT rolsuper AND rolname <> current_user
    AND has_database_privilege(oid, current_database(), 'CONNECT') ORDER BY rolname
"""


def doubts_of(connection: Connection) -> Doubts:
    """Return what is doubtful of the settings that hold for our role; raises :class:`.StoreFailed`.

    They are those from before we raise ``synchronous_commit`` for ourselves.
    """
    try:
        said = connection.execute(_ASKED, (list(_NAMES),)).fetchall()
    except psycopg.Error as error:
        raise failure(error) from error
    settings = {str(name): str(value) for name, value in said}
    return Doubts(tuple(_losses(settings)), tuple(_cautions(settings)))


def others_of(connection: Connection) -> tuple[str, ...]:
    """Return which other roles may connect to this database, an administrator's apart.

    Locks of sessions are anybody's who is in the database. Raises :class:`.StoreFailed`.
    """
    try:
        return tuple(str(name) for (name,) in connection.execute(_OTHERS).fetchall())
    except psycopg.Error as error:
        raise failure(error) from error


def _losses(settings: dict[str, str]) -> Iterator[str]:
    for name in ("fsync", "full_page_writes"):
        if settings.get(name) == "off":
            yield f"{name} is off: a power cut may lose what was acknowledged"


def _cautions(settings: dict[str, str]) -> Iterator[str]:
    found = settings.get("synchronous_commit", "")
    if found not in ENOUGH:
        yield (
            f"synchronous_commit is {found} for this role: each connection raises it to on, others'"
            " may not"
        )
    if not settings.get("synchronous_standby_names"):
        yield "no standby must have what is written: it is on one disk when it is acknowledged"
