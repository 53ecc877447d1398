"""Entries of the store held to the leaves of their deposits: what the milter alone wrote shows.

The milter writes the store and the keeper the access log, each as a user of its own. Who has
the one in his hands can rewrite an entry: another author, another date, a document of another
entry. The leaf that was written when it came in says otherwise.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from rmp_milter.config import Config
from rmp_milter.dossier.model import NumberedEntry
from rmp_milter.host.owners import as_owner
from rmp_milter.keeper.log.filed import ADOPTION, FiledLeaf
from rmp_milter.keeper.log.journal import Journal, JournalError
from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.format.keys import read_store_keys
from rmp_milter.store.opening import engine_at
from rmp_milter.store.surface import Snapshot

MOST_NAMED = 1000
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


class BothSides(msgspec.Struct, frozen=True):
    """What is compared: entries, leaves that were read after them, and when the log began.

    ``fault`` says why it cannot be.
    """

    entries: list[FiledEntry] = []
    leaves: list[FiledLeaf] = []
    begun: int = 0
    fault: str = ""


class Held(msgspec.Struct, frozen=True):
    """What was found, and what is to be known of what could not be compared."""

    findings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def gather(config: Config) -> BothSides:
    """Read both sides, each as its own user if we are root; the store first.

    So what is filed meanwhile has its leaf.
    """
    store, keeper = config.paths.store, config.paths.keeper
    try:
        entries = as_owner(store, lambda: _entries(config), list[FiledEntry])
        leaves = as_owner(keeper, lambda: _leaves(keeper), tuple[list[FiledLeaf], int])
    except (OSError, StoreError, JournalError) as error:
        return BothSides(fault=str(error))
    return BothSides(entries, *leaves)


def _entries(config: Config) -> list[FiledEntry]:
    paths = config.paths
    keys = read_store_keys(paths.milter, paths.outbox_key)
    opened = engine_at(paths.store, config.store).open(keys, read_only=True)
    with opened as store, store.snapshot() as view:
        return filed_entries(view)


def _leaves(folder: Path) -> tuple[list[FiledLeaf], int]:
    with Journal(folder / "log") as journal:
        return journal.filed()


def filed_entries(view: Snapshot) -> list[FiledEntry]:
    """Return the entries of all dossiers that are not erased: the log forgets whose leaves were.

    Raises :class:`~rmp_milter.store.format.failures.StoreError`.
    """
    numbers = {each.doctor_id: each.rpps for each in view.doctors()}
    return [
        _filed(dossier.dossier_id, each, numbers.get(each.entry.author))
        for dossier in view.dossiers()
        if dossier.closure is None or not dossier.closure.erased_at
        for each in view.entries(dossier.dossier_id)
    ]


def _filed(dossier_id: bytes, each: NumberedEntry, rpps: str | None) -> FiledEntry:
    documents = tuple(document.document_id for document in each.entry.documents)
    return FiledEntry(dossier_id, each.number, each.entry.received_at, rpps, documents)


def held(gathered: BothSides) -> Held:
    """Hold the entries to the leaves.

    What came before the log began (the one before is lost) is only counted.
    """
    if gathered.fault:
        return Held(notes=(f"entries are not compared with the access log: {gathered.fault}",))
    of_document = defaultdict[tuple[bytes, bytes], list[FiledLeaf]](list)
    for leaf in gathered.leaves:
        for document in leaf.documents:
            of_document[leaf.dossier_id, document].append(leaf)
    findings, older = [], 0
    for entry in gathered.entries:
        said = _unlike(entry, of_document)
        if said == _NONE and entry.received_at < gathered.begun:
            older += 1
        elif said:
            findings.append(f"{entry} {said}")
    notes = (f"{older} entries are older than the access log",) if older else ()
    return Held((*_bounded(findings),), notes)


_NONE = "has no leaf in the access log"


def _unlike(
    entry: FiledEntry, of_document: Mapping[tuple[bytes, bytes], Sequence[FiledLeaf]]
) -> str:
    """Say in words what the entry's leaf says otherwise, nothing where it agrees.

    A deposit that was decided again has a leaf for each time, under other documents; one of
    very many documents has several leaves.
    """
    found = [
        leaf
        for each in entry.documents
        for leaf in of_document.get((entry.dossier_id, each), ())
    ]
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


def _bounded(findings: Sequence[str]) -> Iterator[str]:
    yield from findings[:MOST_NAMED]
    if rest := findings[MOST_NAMED:]:
        yield f"and {len(rest)} more entries of which the access log says otherwise"
