"""What is noted of the keeper's key files, beside the log: signed nowhere, exported nowhere.

It lies in the log's ``meta``, under a key of its own, which programs of before pass over.
"""

from collections.abc import Mapping

import msgspec

from rmp_milter.engine.transaction import ReadTransaction, WriteTransaction
from rmp_milter.keeper.log.tables import LogTable
from rmp_milter.keeper.log.tree import LogFault

KEY = b"keys"

Values = dict[str, tuple[bytes, ...]]

_decoder = msgspec.msgpack.Decoder(Values)


def read_values(txn: ReadTransaction) -> Values:
    """Return what is noted, nothing where nothing is; raise :class:`LogFault`."""
    found = txn.get(LogTable.META, KEY)
    try:
        return _decoder.decode(found) if found is not None else {}
    except msgspec.MsgspecError:
        raise LogFault("what is noted of the key files cannot be read") from None


def note_values(txn: WriteTransaction, values: Mapping[str, tuple[bytes, ...]]) -> None:
    """Note values of some files, in the place of what was noted of these; none: nothing is."""
    noted = read_values(txn) | dict(values)
    noted = {name: right for name, right in noted.items() if right}
    txn.put(LogTable.META, KEY, msgspec.msgpack.encode(noted))
