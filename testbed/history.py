"""What clients did and were told, and whether one dossier could have answered all of it.

A dossier only grows: each operation takes effect at one moment between its call and its return,
a read shows all that came before it, in order. What nobody was told may have happened, at any
moment from its call on, or never. A history for which no such order exists has findings.
"""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise


@dataclass(frozen=True)
class Written:
    """An entry that a client appended; ``returned`` is None where it was never told."""

    client: str
    dossier: str
    invoked: float
    returned: float | None
    value: str

    @property
    def end(self) -> float:
        """Until when it may have happened."""
        return math.inf if self.returned is None else self.returned


@dataclass(frozen=True)
class Seen:
    """All entries that a client was shown, the first one first."""

    client: str
    dossier: str
    invoked: float
    returned: float
    values: tuple[str, ...]


class Fault(StrEnum):
    """What is wrong with a history."""

    LOST = "lost"
    """Acknowledged before a read began, and neither it nor any later one shows it."""
    STALE = "stale"
    """Missing in a read though it was there before, and in a later one it is again."""
    DUPLICATED = "duplicated"
    REORDERED = "reordered"
    INVENTED = "invented"
    """Shown though nobody wrote it, or before anybody had begun to."""


@dataclass(frozen=True)
class HistoryFinding:
    """A fault, where, and of what."""

    fault: Fault
    dossier: str
    value: str
    said: str


def findings(written: Iterable[Written], seen: Iterable[Seen]) -> tuple[HistoryFinding, ...]:
    """Return what no dossiers that only grow could have answered; each value is written once."""
    writes, reads = dict[str, list[Written]](), dict[str, list[Seen]]()
    for write in written:
        writes.setdefault(write.dossier, []).append(write)
    for read in seen:
        reads.setdefault(read.dossier, []).append(read)
    return tuple(
        found
        for dossier in sorted(writes.keys() | reads.keys())
        for found in _OneDossier(
            dossier, writes.get(dossier, []), reads.get(dossier, [])
        ).findings()
    )


class _OneDossier:
    """The reads of one must be beginnings of one list, and the times must fit its order."""

    def __init__(self, dossier: str, written: Sequence[Written], seen: Sequence[Seen]) -> None:
        self._dossier = dossier
        self._writes = {each.value: each for each in written}
        if len(self._writes) != len(written):
            raise ValueError(f"{dossier}: two writes of one value cannot be told apart")
        self._reads = sorted(seen, key=lambda read: (len(read.values), read.invoked))
        self._whole = self._reads[-1].values if self._reads else ()
        self._places = {value: place for place, value in enumerate(self._whole)}

    def findings(self) -> Iterator[HistoryFinding]:
        yield from self._within_reads()
        yield from self._between_reads()
        yield from self._behind_acknowledged()
        yield from self._between_writes()

    def _within_reads(self) -> Iterator[HistoryFinding]:
        for read in self._reads:
            for value, count in Counter(read.values).items():
                if count > 1:
                    yield self._found(
                        Fault.DUPLICATED, value, f"{count} times for {read.client}"
                    )
                write = self._writes.get(value)
                if write is None or write.invoked > read.returned:
                    yield self._found(Fault.INVENTED, value, f"shown to {read.client}")

    def _between_reads(self) -> Iterator[HistoryFinding]:
        """Each read is the beginning of the next longer; who began later is shown no less."""
        for shorter, longer in pairwise(self._reads):
            for mine, other in zip(shorter.values, longer.values, strict=False):
                if mine != other:
                    fault = Fault.LOST if mine not in longer.values else Fault.REORDERED
                    yield self._found(fault, mine, f"in its place {longer.client} saw {other}")
                    break
        for read in self._reads:
            if read.invoked > self._first_return_beyond(read):
                value = self._whole[len(read.values)]
                yield self._found(
                    Fault.STALE, value, f"{read.client} was shown less than before"
                )

    def _first_return_beyond(self, read: Seen) -> float:
        return min(
            (each.returned for each in self._reads if len(each.values) > len(read.values)),
            default=math.inf,
        )

    def _behind_acknowledged(self) -> Iterator[HistoryFinding]:
        """Find what was acknowledged before a read began, and is not in it."""
        for value, write in self._writes.items():
            lacking = [
                read
                for read in self._reads
                if write.end < read.invoked and value not in read.values
            ]
            if lacking:
                fault = Fault.STALE if value in self._places else Fault.LOST
                yield self._found(fault, value, f"{lacking[0].client} was not shown it")

    def _between_writes(self) -> Iterator[HistoryFinding]:
        """Find what was acknowledged before another was begun, and does not stand before it."""
        shown = [self._writes[value] for value in self._whole if value in self._writes]
        for value, write in self._writes.items():
            for other in shown:
                if write.end >= other.invoked or value == other.value:
                    continue
                if value not in self._places:
                    yield self._found(
                        Fault.LOST, value, f"{other.value} came later and is there"
                    )
                    break
                if self._places[value] > self._places[other.value]:
                    yield self._found(Fault.REORDERED, value, f"behind {other.value}")
                    break

    def _found(self, fault: Fault, value: str, said: str) -> HistoryFinding:
        return HistoryFinding(fault, self._dossier, value, said)


@dataclass
class HistoryRecorder:
    """What several clients' threads did, each with its times by one clock."""

    written: list[Written] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def writing(self, client: str, dossier: str, value: str) -> Iterator[None]:
        """Record a write in the block: told where it ends well, unknown where it raises."""
        invoked, returned = time.monotonic(), None
        try:
            yield
            returned = time.monotonic()
        finally:
            with self._turn:
                self.written.append(Written(client, dossier, invoked, returned, value))

    def read(self, client: str, dossier: str, invoked: float, values: Iterable[str]) -> None:
        """Record a read that was begun at ``invoked`` and has just returned."""
        with self._turn:
            self.seen.append(Seen(client, dossier, invoked, time.monotonic(), tuple(values)))

    def findings(self) -> tuple[HistoryFinding, ...]:
        """Return what is wrong with all that was recorded."""
        with self._turn:
            return findings(self.written, self.seen)
