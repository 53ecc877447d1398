"""What the records of a store, walked one table after the other, ask of tables of keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from rmp_milter.store.check.keys import KeysCompared

Expected: TypeAlias = Mapping[str, KeysCompared]
"""By the table's name: told of what the records ask for, then of what the table holds."""

DOCUMENT, ORPHAN = b"document", b"orphan"
"""Who asks for a body: a document of an entry or of a waiting deposit; one that is given up."""
