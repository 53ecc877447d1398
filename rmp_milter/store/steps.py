"""The steps from one format of the store to the next: none yet.

A step works on a copy that nobody else has open, and may leave it half done: a copy whose
steps did not all end well is thrown away. It reads the older records by definitions of its
own, since those of :mod:`rmp_milter.store.format.records` follow the newest format; it is
tested alone, on the fixture of the format from which it leads (``tests/fixtures``).
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import lmdb

from rmp_milter.store.format.keys import StoreKeys

Told: TypeAlias = Callable[[int, int], None]
"""Is told how many records of how many are done."""

Step: TypeAlias = Callable[[lmdb.Environment, StoreKeys, Told], None]
"""Moves all records; the format's mark is written by who calls it."""

Steps: TypeAlias = Mapping[int, Step]

STEPS: Steps = {}
"""The number of a format → the step from it to the next."""
