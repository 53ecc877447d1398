"""Patients' digests in the keeper's own tables, carried on when its pepper is another.

They stand there under one pepper, whose id is noted beside. So homonyms are found and tries go on
counting, whichever pepper a card or a mail is met with.
"""

from collections.abc import Callable, Sequence

from rmp_milter.engine.transaction import WriteTransaction
from rmp_milter.keeper.keys.peppers import carried
from rmp_milter.keeper.log.own import Own
from rmp_milter.keeper.log.tables import LogTable

KEY = b"pepper"
"""Where the id stands, in the log's ``meta``; programs of before pass over it."""


def carry(
    txn: WriteTransaction,
    own: Own,
    pepper: bytes,
    since: Callable[[bytes], Sequence[bytes]],
) -> None:
    """Carry them on to the pepper of this id, as :meth:`.Journal.carry` does."""
    found = bytes(txn.get(LogTable.META, KEY) or b"")
    if found == pepper:
        return
    if keys := since(found):
        own.carry(lambda digest: carried(digest, keys))
    txn.put(LogTable.META, KEY, pepper)
