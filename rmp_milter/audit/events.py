"""The events in an exported log, for people who look for something."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec

from rmp_milter.audit.folder import ExportedLog, FolderError
from rmp_milter.audit.unreadable import UNREADABLE

Value: TypeAlias = str | int | bool | Sequence["Value"] | Mapping[str, "Value"] | None
Fields: TypeAlias = Mapping[str, Value]
"""A leaf's fields as they stand in it (docs/formats.md, Access log)."""

VERSION = 1
"""Of an entry, its field ``v``: of another one a field may mean something else."""

_decoder = msgspec.json.Decoder(dict[str, Any])


@dataclass(frozen=True)
class Wanted:
    """Which events: ``since`` and ``until`` are epoch seconds, the latter left out.

    An empty ``doctor`` (RPPS number) or ``kind`` (the action) is any.
    """

    since: int = 0
    until: int = 1 << 62
    doctor: str = ""
    kind: str = ""

    def fits(self, fields: Fields) -> bool:
        """Whether an event is among them; one without a time is not left out for that."""
        at = fields.get("at", self.since)
        return (
            isinstance(at, int)
            and self.since <= at < self.until
            and self.doctor in ("", fields.get("rpps"))
            and self.kind in ("", fields.get("action"))
        )


def fields_of(index: int, entry: bytes) -> Fields:
    """Read an entry; raise :class:`~.folder.FolderError` for one that is no event.

    Also for one of another version: what it says is not to be guessed.
    """
    try:
        fields = _decoder.decode(entry)
    except UNREADABLE:
        raise FolderError(f"entry {index} is not an event") from None
    found = fields.get("v", VERSION)
    if found != VERSION:
        said = f"entry {index} is of version {found}, not of {VERSION}"
        raise FolderError(f"{said}: another version of rmp-milter reads it")
    return fields


def events(log: ExportedLog, wanted: Wanted) -> Iterator[tuple[int, Fields]]:
    """Yield number and fields of the wanted events; raise :class:`~.folder.FolderError`."""
    for index, entry in enumerate(log.entries()):
        fields = fields_of(index, entry)
        if wanted.fits(fields):
            yield index, fields
