"""The number of the log's format: read before all else, so that another is one clear line."""

from rmp_milter.disk.formats import Format
from rmp_milter.engine.transaction import ReadTransaction
from rmp_milter.keeper.log.tables import LogTable
from rmp_milter.keeper.log.tree import LogFault, OtherFormat

FORMAT = Format("rmp access log", 3)
"""A changed table, key or leaf is a new number. What is signed stays for ever: a log that is
moved to another format keeps its leaves and nodes, octet by octet."""

FORMAT_KEY = b"format"


def check_format(txn: ReadTransaction) -> None:
    """Raise :class:`~.tree.OtherFormat` unless the log is of this version's format.

    Raises :class:`~.tree.LogFault` for the tables of another program.
    """
    found = FORMAT.number_in(bytes(txn.get(LogTable.META, FORMAT_KEY) or b""))
    if not found:
        raise LogFault("access log of an unknown format")
    if found != FORMAT.number:
        raise OtherFormat(f"the access log {FORMAT.refusal(found)}")
