"""Another waiting key: deposits that wait, and what is to be translated, are sealed to it.

The former one stands beside it under a name of its own until nothing waits under it. Each step is
whole: what was killed goes on when it is given again, and whatever it left, a keeper that starts
knows its keys and opens what waits.
"""

import secrets
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec

from rmp_milter.calls.protocol import SealedDocument
from rmp_milter.config import Config
from rmp_milter.disk.new_files import replace_whole, sync_folder, write_whole
from rmp_milter.host.key_proofs import opened_by
from rmp_milter.host.owners import as_owner
from rmp_milter.keeper.keys.checks import check_own, raw_value
from rmp_milter.keeper.keys.former_keys import (
    MOST_FORMER,
    former_name,
    former_names,
)
from rmp_milter.keeper.keys.key_files import OWNERS, RAW_KEY, KeyFileError, raw_file
from rmp_milter.keeper.keys.keys import WAITING, Keys, load_keys
from rmp_milter.keeper.log.journal import Journal
from rmp_milter.store.format.keys import read_store_keys
from rmp_milter.store.opening import engine_at

SETTLED_SECONDS = 300
"""How long what the former keeper sealed just before it ended may be on its way to the store."""
INTERRUPTED, GO_ON = "the change of the waiting key was interrupted", "rmp key rotate waiting"
STILL_FORMER, RESTART = "the keeper seals to the former key still", "start the keeper anew"
END = "rmp key rotate waiting --end"


class WaitingSeal(msgspec.Struct, frozen=True):
    """A document of a deposit that waits, and until when."""

    waiting_id: bytes
    document: SealedDocument
    expires_at: int


class StillNeeded(msgspec.Struct, frozen=True):
    """A former key's file; how many documents wait under it, the last until a time (0: none).

    ``is_present`` says that it is the present key: whoever changed it was killed.
    """

    name: str
    documents: int
    until: int
    is_present: bool = False


def begin(config: Config) -> str:
    """Make another waiting key; return the file of the former one.

    As long as the keeper was not started anew since, it makes no second one. Raises
    :class:`.KeyFileError`, :class:`.JournalError` and ``OSError``.
    """
    folder, socket = config.paths.keeper, config.sockets.keeper
    started = _started_at(socket)
    return as_owner(folder, lambda: _begun(folder, started), str)


def _begun(folder: Path, started: float) -> str:
    keys = load_keys(folder)
    with Journal(folder / "log") as journal:
        check_own(keys, journal.key_values())
        copy = _copy_of_present(keys)
        is_taken_up = started > (folder / WAITING).stat().st_mtime
        if keys.former and not copy and not is_taken_up:
            return _settled(keys, journal)
        if not copy and len(keys.former) >= MOST_FORMER:
            line = f"{folder}: {len(keys.former)} former waiting keys are there already"
            raise KeyFileError(line, END)
        return _changed(folder, keys, journal, copy)


def _copy_of_present(keys: Keys) -> str:
    """Return the file of a former key that is the present one still: a change was killed."""
    present = keys.waiting.private_bytes_raw()
    same = (each.name for each in keys.former if each.private.private_bytes_raw() == present)
    return next(same, "")


def _settled(keys: Keys, journal: Journal) -> str:
    """See that the present key alone counts, whatever was killed; return the former's file."""
    journal.note_key_values({WAITING: (raw_value(WAITING, keys.waiting.private_bytes_raw()),)})
    return keys.former[0].name


def _changed(folder: Path, keys: Keys, journal: Journal, copy: str) -> str:
    present = keys.waiting.private_bytes_raw()
    name = copy or _kept(folder, present)
    new = secrets.token_bytes(RAW_KEY)
    old, value = raw_value(WAITING, present), raw_value(WAITING, new)
    # Whatever is killed between these: either file is known again at the next start.
    journal.note_key_values({name: (raw_value(name, present),), WAITING: (old, value)})
    replace_whole(folder / WAITING, raw_file(new), OWNERS)
    journal.note_key_values({WAITING: (value,)})
    return name


def _kept(folder: Path, present: bytes) -> str:
    day = time.strftime("%Y%m%d", time.gmtime())
    name = former_name(day, former_names(folder))
    write_whole(folder / name, raw_file(present), OWNERS)
    return name


def check_taken_up(config: Config) -> None:
    """See that there is a former key, and that the keeper that runs seals to the present one.

    Raises :class:`.KeyFileError`.
    """
    folder = config.paths.keeper
    if not as_owner(folder, lambda: former_names(folder), list[str]):
        raise KeyFileError(f"{folder}: no former waiting key is there", "rmp key list")
    started = _started_at(config.sockets.keeper)
    if not started:
        raise KeyFileError("no keeper runs", "start it: it has to take the new key up first")
    if started <= (folder / WAITING).stat().st_mtime:
        raise KeyFileError(STILL_FORMER, RESTART)
    if (left := started + SETTLED_SECONDS - time.time()) > 0:
        line = "the keeper was started just now: what it sealed before may not be stored yet"
        raise KeyFileError(line, f"give the command again in {int(left) + 1} seconds")


def is_taken_up(config: Config) -> bool:
    """Whether the keeper that runs, if one does, was started since the key was made."""
    started = _started_at(config.sockets.keeper)
    return not started or started > (config.paths.keeper / WAITING).stat().st_mtime


def still_needed(config: Config) -> list[StillNeeded]:
    """Return for each former key what waits under it. Raises as :func:`end`."""
    folder = config.paths.keeper
    if not as_owner(folder, lambda: former_names(folder), list[str]):
        return []
    seals = as_owner(config.paths.store, lambda: [*_waiting(config)], list[WaitingSeal])
    return as_owner(folder, lambda: _needed(load_keys(folder), seals), list[StillNeeded])


def end(config: Config) -> list[StillNeeded]:
    """Take the former keys away under which nothing waits; return what is said of all.

    Only once what is to be translated was sealed anew. Raises :class:`.KeyFileError`,
    :class:`.JournalError`, :class:`.StoreError` and ``OSError``.
    """
    needed, folder = still_needed(config), config.paths.keeper
    if any(each.is_present for each in needed):
        raise KeyFileError(INTERRUPTED, GO_ON)
    over = [each.name for each in needed if not each.documents]
    as_owner(folder, lambda: _taken_away(folder, over), int)
    return needed


def _taken_away(folder: Path, names: list[str]) -> int:
    with Journal(folder / "log") as journal:
        # What is noted goes first: a keeper never starts without a key that it knows of.
        journal.note_key_values(dict.fromkeys(names, ()))
    for name in names:
        (folder / name).unlink(missing_ok=True)
    sync_folder(folder)
    return len(names)


def _needed(keys: Keys, seals: list[WaitingSeal]) -> list[StillNeeded]:
    documents, until = Counter[str](), dict[str, int]()
    for each in seals:
        place = opened_by(keys, each.waiting_id, each.document)
        if place:
            name = keys.former[place - 1].name
            documents[name] += 1
            until[name] = max(until.get(name, 0), each.expires_at)
    copy = _copy_of_present(keys)
    names = [each.name for each in keys.former]
    return [
        StillNeeded(name, documents[name], until.get(name, 0), name == copy) for name in names
    ]


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


def _started_at(socket: Path) -> float:
    """Return when the keeper that runs was started, 0 for none; it makes its socket then."""
    try:
        return socket.stat().st_mtime
    except FileNotFoundError:
        return 0
