"""A record that must still be as it was in every turn to write: else another has taken over."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rmp_milter.engine.failures import StoreError

if TYPE_CHECKING:
    from rmp_milter.engine.tables import EngineTable


class FencedError(StoreError):
    """The record is another one by now: nothing of this turn was written, nor will be."""


class Fence(NamedTuple):
    """Where the record stands, and what it was when whoever writes began; None: not there."""

    table: EngineTable
    key: bytes
    value: bytes | None
