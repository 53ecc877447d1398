"""The keeper's own tables, beside the log's: what it remembers and does not ask the milter for.

They lie where the log does, so that they change in the transaction of the leaf that says why.
"""

from rmp_milter.disk.formats import Format
from rmp_milter.keeper.log.tree import OtherFormat

FORMAT = Format("rmp keeper tables", 1)
"""A number of their own: a changed table, key or row here leaves the log's as it is."""
FORMAT_KEY = b"own"
"""Where their mark stands, in the log's ``meta``."""

ID_SIZE = 16
DIGEST_SIZE = 32


def check_mark(mark: bytes) -> None:
    """Raise :class:`~.tree.OtherFormat` for a mark of another number."""
    if mark != FORMAT.mark:
        raise OtherFormat(f"its tables {FORMAT.refusal(FORMAT.number_in(mark))}")
