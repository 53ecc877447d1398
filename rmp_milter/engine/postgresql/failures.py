"""PostgreSQL's errors as the store's: one line, nothing of what a record holds."""

from __future__ import annotations

import psycopg
from psycopg import errors

from rmp_milter.engine.failures import StoreFailed

MOST_CHARACTERS = 300


def failure(error: Exception) -> StoreFailed:
    """Return what is raised for a fault of the server, or of the way to it."""
    full = isinstance(error, (errors.DiskFull, errors.OutOfMemory))
    return StoreFailed("full" if full else "failed", one_line(error))


def one_line(error: Exception) -> str:
    """Return what an error says, without the detail in which the server names keys."""
    said = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    return " ".join((said or str(error)).split())[:MOST_CHARACTERS]


def is_passing(error: psycopg.Error) -> bool:
    """Whether the same may well go through on another connection, or in a moment.

    The classes 08 (connection), 40 (rolled back for others' sake), 57P (the server ends, or was
    just started); 57014 (cancelled, by us where it took too long, or by an operator); and errors
    that no server said.
    """
    state = error.sqlstate
    return state is None or state[:2] in {"08", "40"} or state[:3] == "57P" or state == "57014"
