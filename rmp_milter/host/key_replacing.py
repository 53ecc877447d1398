"""Another key in the place of one that seals: the former stands beside it under its own name.

Each step is whole: what was killed goes on when it is given again, and whatever it left, a keeper
that starts knows its keys and opens what is under either.
"""

import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from rmp_milter.config import Config
from rmp_milter.disk.new_files import replace_whole, sync_folder, write_whole
from rmp_milter.host.log_place import log_of
from rmp_milter.host.owners import as_owner
from rmp_milter.keeper.keys.checks import check_own, contents, raw_value
from rmp_milter.keeper.keys.former_keys import (
    MOST_FORMER,
    former_name,
    former_names,
    is_former,
)
from rmp_milter.keeper.keys.key_files import (
    OWNERS,
    RAW_KEY,
    KeyFileError,
    raw_file,
    read_private,
)
from rmp_milter.keeper.keys.keys import Keys, load_keys
from rmp_milter.keeper.log.journal import Journal
from rmp_milter.keeper.log.place import LogPlace

SETTLED_SECONDS = 300
"""How long what the former keeper sealed just before it ended may be on its way to the store."""
STILL_FORMER, RESTART = "the keeper seals to the former key still", "start the keeper anew"


def command(file: str, option: str = "") -> str:
    """Return the command that replaces a key file, with an option."""
    return f"rmp key rotate {file.removesuffix('.key')} {option}".rstrip()


class FreshKey(NamedTuple):
    """What a key's file is to hold from now on, and by what that is known again."""

    file: bytes
    known_by: bytes


def random_key() -> FreshKey:
    """Return a key that is drawn and lies in its file."""
    raw = secrets.token_bytes(RAW_KEY)
    return FreshKey(raw_file(raw), raw)


def begin(
    config: Config,
    file: str,
    new: Callable[[], FreshKey] = random_key,
    *,
    most: int = MOST_FORMER,
) -> str:
    """Put another key in ``file`` (``waiting.key``); return the file of the former one.

    As long as the keeper was not started anew since, it makes no second one, and never more
    than ``most``. Raises :class:`.KeyFileError`, :class:`.JournalError` and ``OSError``.
    """
    folder, started = config.paths.keeper, _started_at(config.sockets.keeper)
    return as_owner(folder, lambda: _begun(config, file, started, new, most), str)


def _begun(
    config: Config, file: str, started: float, new: Callable[[], FreshKey], most: int
) -> str:
    folder = config.paths.keeper
    keys = load_keys(folder)
    with Journal(log_of(config)) as journal:
        check_own(keys, journal.key_values())
        there, copy = former_names(folder, file), copy_of_present(keys, file)
        taken_up = started > (folder / file).stat().st_mtime
        present = contents(keys)[file]
        if there and not copy and not taken_up:
            # Whatever was killed: the present key alone counts.
            journal.note_key_values({file: (raw_value(file, present),)})
            return there[0]
        if not copy and len(there) >= most:
            line = f"{folder}: {len(there)} former keys of {file} are there already"
            raise KeyFileError(line, command(file, "--end"))
        name = copy or _kept(folder, file)
        _replace(folder, file, name, (present, new()), journal)
        return name


def copy_of_present(keys: Keys, file: str) -> str:
    """Return the file of a former key that is the present one still: a change was killed."""
    found = contents(keys)
    same = (name for name in found if is_former(name, file) and found[name] == found[file])
    return next(same, "")


def _kept(folder: Path, file: str) -> str:
    day = time.strftime("%Y%m%d", time.gmtime())
    name = former_name(file, day, former_names(folder, file))
    write_whole(folder / name, read_private(folder / file), OWNERS)
    return name


def _replace(
    folder: Path, file: str, name: str, keys: tuple[bytes, FreshKey], journal: Journal
) -> None:
    present, new = keys
    old, value = raw_value(file, present), raw_value(file, new.known_by)
    # Whatever is killed between these: either file is known again at the next start.
    journal.note_key_values({name: (raw_value(name, present),), file: (old, value)})
    replace_whole(folder / file, new.file, OWNERS)
    journal.note_key_values({file: (value,)})


def former_of(config: Config, file: str) -> list[str]:
    """Return the names of the former keys of ``file``, looked for as the keeper's user."""
    folder = config.paths.keeper
    return as_owner(folder, lambda: former_names(folder, file), list[str])


def check_taken_up(config: Config, file: str) -> None:
    """See that there is a former key, and that the keeper that runs seals to the present one.

    Raises :class:`.KeyFileError`.
    """
    if not former_of(config, file):
        line = f"{config.paths.keeper}: no former key of {file} is there"
        raise KeyFileError(line, "rmp key list")
    started = _started_at(config.sockets.keeper)
    if not started:
        raise KeyFileError("no keeper runs", "start it: it has to take the new key up first")
    if not is_taken_up(config, file):
        raise KeyFileError(STILL_FORMER, RESTART)
    if (left := started + SETTLED_SECONDS - time.time()) > 0:
        line = "the keeper was started just now: what it sealed before may not be stored yet"
        raise KeyFileError(line, f"give the command again in {int(left) + 1} seconds")
    if is_interrupted(config, file):
        raise KeyFileError(interrupted(file), f"{command(file)} goes on")


def is_taken_up(config: Config, file: str) -> bool:
    """Whether the keeper that runs, if one does, was started since the key was made."""
    started = _started_at(config.sockets.keeper)
    return not started or started > (config.paths.keeper / file).stat().st_mtime


def is_interrupted(config: Config, file: str) -> bool:
    """Whether whoever changed the key was killed: the former one is the present one still."""
    folder = config.paths.keeper
    return as_owner(folder, lambda: bool(copy_of_present(load_keys(folder), file)), bool)


def interrupted(file: str) -> str:
    """Return the line on a change that was killed."""
    return f"the change of {file} was interrupted"


def take_away(config: Config, names: list[str]) -> None:
    """Take former keys away under which nothing is; raises as :func:`begin`."""
    folder = config.paths.keeper
    as_owner(folder, lambda: _taken_away(folder, log_of(config), names), int)


def _taken_away(folder: Path, log: LogPlace, names: list[str]) -> int:
    with Journal(log) as journal:
        # What is noted goes first: a keeper never starts without a key that it knows of.
        journal.note_key_values(dict.fromkeys(names, ()))
    for name in names:
        (folder / name).unlink(missing_ok=True)
    sync_folder(folder)
    return len(names)


def _started_at(socket: Path) -> float:
    """Return when the keeper that runs was started, 0 for none; it makes its socket then."""
    try:
        return socket.stat().st_mtime
    except FileNotFoundError:
        return 0
