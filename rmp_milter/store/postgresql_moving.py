"""A store in PostgreSQL left to another engine, or taken over from one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rmp_milter.engine.postgresql import moving
from rmp_milter.store.moving import fill
from rmp_milter.store.postgresql.schema import LAYOUT

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from rmp_milter.engine.postgresql.moving import PostgresqlLeaving
    from rmp_milter.engine.postgresql.place import PostgresqlPlace
    from rmp_milter.store.engines import Leaving, Tell
    from rmp_milter.store.format.keys import StoreKeys


def leaving(place: PostgresqlPlace) -> AbstractContextManager[PostgresqlLeaving]:
    """Give the store; who would write to it waits as long as the block lasts."""
    return moving.leaving(place, LAYOUT)


def take_over(place: PostgresqlPlace, keys: StoreKeys, left: Leaving, tell: Tell) -> None:
    """Fill the tables, which have no format yet, with what another engine leaves."""
    moving.take_over(place, LAYOUT, lambda tables: fill(left.moment, tables, keys, tell))
