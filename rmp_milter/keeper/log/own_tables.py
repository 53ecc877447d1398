"""The keeper's own tables, beside the log's: what it remembers and does not ask the milter for.

They lie in the log's environment, so that they change in the transaction of the leaf that says
why. A log without them gains them when it is opened: its leaves, and its number, stay.
"""

from typing import NamedTuple

import lmdb

from rmp_milter.disk.formats import Format
from rmp_milter.keeper.log.file import OtherFormat

FORMAT = Format("rmp keeper tables", 1)
"""A number of their own: a changed table, key or row here leaves the log's as it is."""
FORMAT_KEY = b"own"
"""Where their mark stands, in the log's ``meta``."""

ID_SIZE = 16
DIGEST_SIZE = 32


class OwnTables(NamedTuple):
    """The tables (docs/formats.md, Access log); the field is the name in the file."""

    known: lmdb._Database
    acts: lmdb._Database
    acts_due: lmdb._Database
    tries: lmdb._Database
    tries_due: lmdb._Database
    traits: lmdb._Database
    traits_of: lmdb._Database
    owners: lmdb._Database


def open_own(env: lmdb.Environment, meta: lmdb._Database) -> OwnTables:
    """Open the tables, and make them in a log that never had them; in the write turn only.

    Raises :class:`~.file.OtherFormat` for those of another number, an error of LMDB where
    some of them are gone.
    """
    with env.begin(write=True) as transaction:
        mark = bytes(transaction.get(FORMAT_KEY, b"", db=meta))
        if mark and mark != FORMAT.mark:
            raise OtherFormat(f"its tables {FORMAT.refusal(FORMAT.number_in(mark))}")
        if not mark:
            transaction.put(FORMAT_KEY, FORMAT.mark, db=meta)
        names = (name.encode() for name in OwnTables._fields)
        return OwnTables(*(env.open_db(name, transaction, create=not mark) for name in names))
