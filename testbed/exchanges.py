"""How often a process waits for a PostgreSQL server."""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING
from unittest.mock import patch

from rmp_milter.engine.postgresql.exchange import Exchange

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def waits() -> Iterator[list[Exchange]]:
    """Note each wait of this process meanwhile."""
    waited, done = list[Exchange](), Exchange.done

    def counted(exchange: Exchange, until: float = math.inf, least: float = 0.0) -> None:
        waited.append(exchange)
        done(exchange, until, least)

    with patch.object(Exchange, "done", counted):
        yield waited
