"""Entries of the store held to the leaves of their deposits: what the milter alone wrote shows.

The milter writes the store and the keeper the access log, each as a user of its own. Who has
the one in his hands can rewrite an entry: another author, another date, a document of another
entry. The leaf that was written when it came in says otherwise.
"""

from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, groupby, islice
from typing import TypeVar

import msgspec

from rmp_milter.config import Config
from rmp_milter.dossier.model import NumberedEntry
from rmp_milter.host.log_place import log_of
from rmp_milter.host.owners import as_owner
from rmp_milter.host.streams import streamed
from rmp_milter.keeper.log.filed import ADOPTION, FiledLeaf
from rmp_milter.keeper.log.journal import Journal, JournalError
from rmp_milter.keeper.log.place import LogPlace
from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.format.keys import read_store_keys
from rmp_milter.store.opening import engine_at
from rmp_milter.store.surface import Snapshot

MOST_NAMED = 1000
AUTHORS = 4096
"""Whose numbers are remembered; others are looked up again."""
SAME_HOUR = 3600
"""Seconds: the milter notes when a mail came, the keeper at least when it was opened."""


class FiledEntry(msgspec.Struct, frozen=True):
    """An entry as it is held to the log; ``rpps`` is None for whom the directory has not."""

    dossier_id: bytes
    number: int
    received_at: int
    rpps: str | None
    documents: tuple[bytes, ...]

    def __str__(self) -> str:
        """Name it by reference."""
        return f"entry {self.number} of dossier {self.dossier_id.hex()}"


SideT = TypeVar("SideT", bound=FiledEntry | FiledLeaf)


class Held(msgspec.Struct, frozen=True):
    """What was found, and what is to be known of what could not be compared."""

    findings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def compare(config: Config) -> Held:
    """Hold the store's entries to the leaves, each side read as its own user if we are root.

    The store first, so that what is filed meanwhile has its leaf. Both come in the order of
    their dossiers, so that no more than one dossier's are in memory.
    """
    store, keeper = config.paths.store, config.paths.keeper
    try:
        begun = as_owner(keeper, lambda: _begun(log_of(config)), int)
        with streamed(store, lambda: _entries(config), FiledEntry) as entries:
            first = [*islice(entries, 1)]  # now it has its moment
            with streamed(keeper, lambda: _leaves(log_of(config)), FiledLeaf) as leaves:
                return held(chain(first, entries), leaves, begun)
    except (OSError, StoreError, JournalError, _DisorderError) as error:
        return Held(notes=(f"entries are not compared with the access log: {error}",))


def _entries(config: Config) -> Generator[FiledEntry, None, None]:
    paths = config.paths
    keys = read_store_keys(paths.milter, paths.outbox_key)
    opened = engine_at(paths.store, config.store).open(keys, read_only=True)
    with opened as store, store.snapshot() as view:
        yield from filed_entries(view)


def _begun(log: LogPlace) -> int:
    with Journal(log) as journal:
        return journal.begun()


def _leaves(log: LogPlace) -> Generator[FiledLeaf, None, None]:
    with Journal(log) as journal:
        yield from journal.filed()


def filed_entries(view: Snapshot) -> Iterator[FiledEntry]:
    """Yield the entries of all dossiers that are not erased: the log forgets whose leaves were.

    Raises :class:`~rmp_milter.store.format.failures.StoreError`.
    """

    @lru_cache(maxsize=AUTHORS)
    def number(author: bytes) -> str | None:
        found = view.doctor(author)
        return None if found is None else found.rpps

    for dossier in view.dossiers():
        if dossier.closure is None or not dossier.closure.erased_at:
            for each in view.entries(dossier.dossier_id):
                yield _filed(dossier.dossier_id, each, number(each.entry.author))


def _filed(dossier_id: bytes, each: NumberedEntry, rpps: str | None) -> FiledEntry:
    documents = tuple(document.document_id for document in each.entry.documents)
    return FiledEntry(dossier_id, each.number, each.entry.received_at, rpps, documents)


class _DisorderError(Exception):
    """A side does not come in the order of its dossiers."""


def held(entries: Iterable[FiledEntry], leaves: Iterable[FiledLeaf], begun: int = 0) -> Held:
    """Hold the entries to the leaves, both in the order of their dossiers.

    What came before the log began (the one before is lost) is only counted.
    """
    findings: list[str] = []
    older = more = 0
    others = _Dossiers(leaves)
    for dossier_id, some in _by_dossier(entries):
        of_document = defaultdict[bytes, list[FiledLeaf]](list)
        for leaf in others.of(dossier_id):
            for document in leaf.documents:
                of_document[document].append(leaf)
        for entry in some:
            said = _unlike(entry, of_document)
            if said == _NONE and entry.received_at < begun:
                older += 1
            elif said and len(findings) < MOST_NAMED:
                findings.append(f"{entry} {said}")
            elif said:
                more += 1
    if more:
        findings.append(f"and {more} more entries of which the access log says otherwise")
    notes = (f"{older} entries are older than the access log",) if older else ()
    return Held((*findings,), notes)


def _dossier_of(item: FiledEntry | FiledLeaf) -> bytes:
    return item.dossier_id


class _Dossiers:
    """The leaves, dossier by dossier, in step with another side."""

    def __init__(self, leaves: Iterable[FiledLeaf]) -> None:
        self._groups = _by_dossier(leaves)
        self._next: tuple[bytes, list[FiledLeaf]] | None = next(self._groups, None)

    def of(self, dossier_id: bytes) -> list[FiledLeaf]:
        """Return a dossier's; those of the dossiers before are passed over."""
        while self._next is not None and self._next[0] < dossier_id:
            self._next = next(self._groups, None)
        found = self._next
        return found[1] if found is not None and found[0] == dossier_id else []


def _by_dossier(items: Iterable[SideT]) -> Iterator[tuple[bytes, list[SideT]]]:
    before = b""
    for dossier_id, some in groupby(items, key=_dossier_of):
        if dossier_id <= before:
            raise _DisorderError("its dossiers do not come in their order")
        before = dossier_id
        yield dossier_id, [*some]


_NONE = "has no leaf in the access log"


def _unlike(entry: FiledEntry, of_document: Mapping[bytes, Sequence[FiledLeaf]]) -> str:
    """Say in words what the entry's leaf says otherwise, nothing where it agrees.

    A deposit that was decided again has a leaf for each time, under other documents; one of
    very many documents has several leaves.
    """
    found = [leaf for each in entry.documents for leaf in of_document.get(each, ())]
    if not found:
        return _NONE
    number = found[0].number
    if {each for leaf in found for each in leaf.documents} != {*entry.documents}:
        return f"has other documents than leaf {number} of the access log"
    if entry.rpps is not None and any(leaf.rpps != entry.rpps for leaf in found):
        return f"is by another author than leaf {number} of the access log"
    apart = (abs(leaf.at - entry.received_at) for leaf in found if leaf.action != ADOPTION)
    if max(apart, default=0) > SAME_HOUR:
        return f"is of another time than leaf {number} of the access log"
    return ""
