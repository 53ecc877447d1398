"""The events in an exported log, for people who look for something."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, TypeAlias

import msgspec

from rmp_milter.audit.dates import Dates
from rmp_milter.audit.folder import ExportedLog, FolderError
from rmp_milter.audit.kinds import KINDS
from rmp_milter.audit.progress import Told, untold
from rmp_milter.audit.unreadable import UNREADABLE
from rmp_milter.phrases.phrase import Phrase

Value: TypeAlias = str | int | bool | Sequence["Value"] | Mapping[str, "Value"] | None
Fields: TypeAlias = Mapping[str, Value]
"""A leaf's fields as they stand in it (docs/formats.md, Access log)."""

VERSION = 1
"""Of an entry, its field ``v``: of another one a field may mean something else."""

CONCERNED = ("rpps", "subject", "acting_for")
"""Fields that name a doctor: who did it, to whom it was done, in whose name."""

_EVER = 1 << 62
_MOST_SHOWN = 20
_STEP = 4096
_decoder = msgspec.json.Decoder(dict[str, Any])


class NotFoundError(Exception):
    """What is looked for is nowhere in the log; says what is there, in one line."""


@dataclass(frozen=True)
class Wanted:
    """Which events: ``since`` and ``until`` are epoch seconds, the latter left out.

    An empty ``doctor`` (RPPS number) or ``kind`` (the action) is any; a doctor's are those that
    he did, that were done to him, and that were done in his name. Without limits an event of
    whatever time is among them, one before 1970 too.
    """

    since: int = 0
    until: int = _EVER
    doctor: str = ""
    kind: str = ""

    def fits(self, fields: Fields) -> bool:
        """Whether an event is among them; one without a time is not left out for that."""
        return (
            self._in_time(fields.get("at"))
            and (not self.doctor or self.doctor in map(fields.get, CONCERNED))
            and self.kind in ("", fields.get("action"))
        )

    def _in_time(self, at: Value) -> bool:
        if not isinstance(at, int):
            return True
        return (not self.since or at >= self.since) and (self.until == _EVER or at < self.until)


@dataclass
class Walked:
    """What a walk through a whole log saw, whatever was wanted of it."""

    kinds: Counter[str] = field(default_factory=Counter)
    doctors: Counter[str] = field(default_factory=Counter)
    dates: Dates = field(default_factory=Dates)

    def add(self, index: int, fields: Fields) -> None:
        """Take the next entry."""
        self.kinds[text_in(fields, "action")] += 1
        for name in CONCERNED:
            if doctor := fields.get(name):
                self.doctors[str(doctor)] += 1
        self.dates.add(index, number_in(fields, "logged") or number_in(fields, "at"))


def text_in(fields: Fields, name: str) -> str:
    """Return a field that is a text; empty for any other."""
    value = fields.get(name, "")
    return value if isinstance(value, str) else ""


def number_in(fields: Fields, name: str) -> int:
    """Return a field that is a number; 0 for any other."""
    value = fields.get(name, 0)
    return value if isinstance(value, int) else 0


def fields_of(index: int, entry: bytes) -> Fields:
    """Read an entry; raise :class:`~.folder.FolderError` for one that is no event.

    Also for one of another version: what it says is not to be guessed.
    """
    try:
        fields = _decoder.decode(entry)
    except UNREADABLE:
        raise FolderError(Phrase("entry {index} is not an event", index=index)) from None
    found = fields.get("v", VERSION)
    if found != VERSION:
        raise FolderError(
            Phrase(
                "entry {index} is of version {found}, not of {known}:"
                " another version of rmp-milter reads it",
                index=index,
                found=found,
                known=VERSION,
            )
        )
    return fields


def events(
    log: ExportedLog, wanted: Wanted, seen: Walked | None = None, progress: Told = untold
) -> Iterator[tuple[int, Fields]]:
    """Yield number and fields of the wanted events; raise :class:`~.folder.FolderError`.

    What is ``seen`` of all entries is complete when the last one is yielded.
    """
    for index, entry in enumerate(log.entries()):
        fields = fields_of(index, entry)
        if seen is not None:
            seen.add(index, fields)
        if wanted.fits(fields):
            yield index, fields
        if index % _STEP == 0:
            progress(index, log.head.size)
    progress(log.head.size, log.head.size)


def check_wanted(wanted: Wanted, seen: Walked) -> None:
    """Raise :class:`NotFoundError` for a kind or a doctor that there is not.

    A kind that this version writes is one, even where the log has no such entry.
    """
    if wanted.kind and wanted.kind not in seen.kinds.keys() | KINDS:
        raise NotFoundError(
            Phrase(
                "no kind of entry is called {kind!r}; in this log are: {there}",
                kind=wanted.kind,
                there=_shown(wanted.kind, seen.kinds),
            )
        )
    if wanted.doctor and wanted.doctor not in seen.doctors:
        raise NotFoundError(
            Phrase(
                "no entry names the doctor {doctor!r}; in this log are: {there}",
                doctor=wanted.doctor,
                there=_shown(wanted.doctor, seen.doctors),
            )
        )


def _shown(asked: str, there: Counter[str]) -> str:
    """Return all of few words, or of many the nearest and the most frequent."""
    names = sorted(there)
    if len(names) > _MOST_SHOWN:
        near = get_close_matches(asked, names, _MOST_SHOWN // 2)
        often = [name for name, _ in there.most_common(_MOST_SHOWN)]
        names = [*dict.fromkeys((*near, *often))][:_MOST_SHOWN]
        return f"{', '.join(names)}... ({len(there)})"
    return ", ".join(names) or "-"
