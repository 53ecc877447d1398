"""What waits under former waiting keys, and the end of those under which nothing does."""

from collections import Counter
from collections.abc import Iterator

import msgspec

from rmp_milter.calls.protocol.releasing import SealedDocument
from rmp_milter.config import Config
from rmp_milter.host.key_proofs import opened_by
from rmp_milter.host.key_replacing import former_of, take_away
from rmp_milter.host.owners import as_owner
from rmp_milter.keeper.keys.keys import WAITING, Keys, load_keys
from rmp_milter.store.format.keys import read_store_keys
from rmp_milter.store.opening import engine_at


class WaitingSeal(msgspec.Struct, frozen=True):
    """A document of a deposit that waits, and until when."""

    waiting_id: bytes
    document: SealedDocument
    expires_at: int


class StillNeeded(msgspec.Struct, frozen=True):
    """A former key's file; how many documents wait under it, the last until a time (0: none)."""

    name: str
    documents: int
    until: int


def still_needed(config: Config) -> list[StillNeeded]:
    """Return for each former key what waits under it. Raises as :func:`end`."""
    if not former_of(config, WAITING):
        return []
    folder = config.paths.keeper
    seals = as_owner(config.paths.store, lambda: [*_waiting(config)], list[WaitingSeal])
    return as_owner(folder, lambda: _needed(load_keys(folder), seals), list[StillNeeded])


def end(config: Config) -> list[StillNeeded]:
    """Take the former keys away under which nothing waits; return what is said of all.

    Only once what is to be translated was sealed anew. Raises :class:`.KeyFileError`,
    :class:`.JournalError`, :class:`.StoreError` and ``OSError``.
    """
    needed = still_needed(config)
    take_away(config, [each.name for each in needed if not each.documents])
    return needed


def _needed(keys: Keys, seals: list[WaitingSeal]) -> list[StillNeeded]:
    documents, until = Counter[str](), dict[str, int]()
    for each in seals:
        place = opened_by(keys, each.waiting_id, each.document)
        if place:
            name = keys.former[place - 1].name
            documents[name] += 1
            until[name] = max(until.get(name, 0), each.expires_at)
    names = [each.name for each in keys.former]
    return [StillNeeded(name, documents[name], until.get(name, 0)) for name in names]


def _waiting(config: Config) -> Iterator[WaitingSeal]:
    paths = config.paths
    keys = read_store_keys(paths.milter, paths.outbox_key)
    opened = engine_at(paths.store, config.store).open(keys, read_only=True)
    with opened as store, store.snapshot() as view:
        for each in view.waiting():
            for one in each.entry.documents:
                sealed = SealedDocument(
                    one.document_id, one.container, one.digest, one.sealed_key
                )
                yield WaitingSeal(each.waiting_id, sealed, each.expires_at)
