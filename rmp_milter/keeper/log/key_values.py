"""What is noted of the keeper's key files, beside the log: signed nowhere, exported nowhere.

It lies in the log's ``meta``, under a key of its own, which programs of before pass over.
"""

from collections.abc import Mapping

import lmdb
import msgspec

from rmp_milter.keeper.log.tree import LogFault

KEY = b"keys"

Values = dict[str, tuple[bytes, ...]]

_decoder = msgspec.msgpack.Decoder(Values)


def read_values(transaction: lmdb.Transaction, meta: lmdb._Database) -> Values:
    """Return what is noted, nothing where nothing is; raise :class:`LogFault`."""
    found = transaction.get(KEY, db=meta)
    try:
        return _decoder.decode(found) if found is not None else {}
    except msgspec.MsgspecError:
        raise LogFault("what is noted of the key files cannot be read") from None


def note_values(
    transaction: lmdb.Transaction, meta: lmdb._Database, values: Mapping[str, tuple[bytes, ...]]
) -> None:
    """Note values of some files, in the place of what was noted of these; none: nothing is."""
    noted = read_values(transaction, meta) | dict(values)
    noted = {name: right for name, right in noted.items() if right}
    transaction.put(KEY, msgspec.msgpack.encode(noted), db=meta)
