"""All records of a store taken over by another, as they are sealed: whatever the engines are.

The store that is left has them until the other is whole, compared record by record and verified;
the other is no store before that.

A file of LMDB's is also how a store of another engine is copied and kept: it needs nothing to be
opened, verified, and taken back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rmp_milter.engine import filling
from rmp_milter.engine.filling import MovedTables
from rmp_milter.engine.lmdb_file import write_whole
from rmp_milter.store.check.whole import check_moment
from rmp_milter.store.format.codecs import Codecs
from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.format.tables import FORMAT_KEY, StoreTable

if TYPE_CHECKING:
    from pathlib import Path

    from rmp_milter.engine.filling import Filled
    from rmp_milter.engine.transaction import ReadTransaction
    from rmp_milter.store.engines import Tell
    from rmp_milter.store.format.keys import StoreKeys

MOVED = MovedTables(tuple(StoreTable), StoreTable.META, frozenset({FORMAT_KEY}))


def fill(source: ReadTransaction, target: Filled, keys: StoreKeys, tell: Tell) -> None:
    """Have in ``target`` what ``source`` shows, but for the format's mark.

    Raises :class:`StoreError` where the two differ in the end, or it is not sound.
    """
    filling.fill(source, target, MOVED, tell)
    with target.moment() as moment:
        report = check_moment(
            moment, Codecs(keys), lambda done, total: tell("verifying", done, total)
        )
    if report.findings:
        count, first = len(report.findings), report.findings[0]
        raise StoreError(f"the store is not sound, {count} findings: {first}")


def write_file(moment: ReadTransaction, folder: Path, size: int) -> None:
    """Write all that ``moment`` shows into the empty ``folder``; ``size`` is about how much.

    Durable on return; raises :class:`StoreFailed`.
    """
    write_whole(moment, folder, size, MOVED, FORMAT_KEY)
