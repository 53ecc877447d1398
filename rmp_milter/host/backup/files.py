"""The small files of a service, each read by the user whose it is.

Root follows no link that another user has laid: what he may not read himself, he cannot have
put into a backup, and back from there as his own.
"""

import grp
import hashlib
import stat
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import msgspec

from rmp_milter.config import Config
from rmp_milter.disk.new_files import write_new
from rmp_milter.host.backup.manifest import (
    CONFIG,
    COURIER,
    KEEPER,
    MILTER,
    OUTBOX,
    PUBLIC,
    SOCKETS,
    STORE,
    BackupError,
    BackupFile,
)
from rmp_milter.host.owners import as_owner, name_of
from rmp_milter.keeper.keys.former_keys import is_former
from rmp_milter.keeper.keys.keys import LOG as LOG_KEY
from rmp_milter.keeper.log.copying import LogMoment
from rmp_milter.store.format.former_keys import former_file
from rmp_milter.store.format.succession import before_of, next_of
from rmp_milter.trust.folder import FOLDER as TRUST

MOST_BYTES = 256 << 20
"""Of all small files of one part: key files, anchors, revocation lists."""
LOG, LOG_STATE = "log", "log.state"
_PARTLY = frozenset({".new", ".part"})
"""Ends of names under which a file is not written to its end."""

_READ_AND_WRITE = 0o666


class SmallFile(msgspec.Struct, frozen=True):
    """A file as it was read; of a folder there is no content."""

    path: str
    user: str
    group: str
    mode: int
    content: bytes | None = None


def without_keys(config: Config) -> list[SmallFile]:
    """Return what lies beside store and log, and every folder; nothing of it is a key."""
    paths = config.paths
    read = [
        *_part(paths.keeper, KEEPER, keys=False),
        *_part(paths.public, PUBLIC, keys=None),
        *_folders(paths.store, STORE),
        *_folders(paths.milter, MILTER),
        *_folders(paths.courier, COURIER),
        *_folders(paths.outbox_key.parent, OUTBOX),
        *_folders(config.sockets.keeper.parent, SOCKETS[0]),
        *_folders(config.sockets.milter.parent, SOCKETS[1]),
    ]
    return [*read, _one(config.file, f"{CONFIG}/{config.file.name}")]


def keys_alone(config: Config) -> list[SmallFile]:
    """Return every key file of every part."""
    return [
        each
        for folder, walked in _with_keys(config)
        for each in as_owner(folder, partial(list, walked), list[SmallFile])
    ]


def names_of_keys(config: Config) -> list[str]:
    """Return the names of the key files that a service needs; none comes into this process.

    A former key of the access log signs nothing any more, and nothing is lost without it.
    """
    return [
        name
        for folder, walked in _with_keys(config)
        for name in as_owner(folder, partial(_names, walked), list[str])
        if not is_former(Path(name).name, LOG_KEY)
    ]


def _names(walked: Iterable[SmallFile]) -> list[str]:
    return [each.path for each in walked if each.content is not None]


def _with_keys(config: Config) -> Iterator[tuple[Path, Iterable[SmallFile]]]:
    """Yield each folder with keys, and what reads them, which its owner has to do."""
    paths, outbox = config.paths, config.paths.outbox_key
    yield paths.keeper, _walked(paths.keeper, KEEPER, keys=True)
    yield paths.milter, _walked(paths.milter, MILTER, keys=None)
    yield paths.courier, _walked(paths.courier, COURIER, keys=None)
    yield outbox.parent, (_one(each, f"{OUTBOX}/{each.name}") for each in _outbox(outbox))


def _outbox(key: Path) -> list[Path]:
    """Return the outbox's key, and what a rotation of it left beside it."""
    beside = (next_of(key), before_of(key), former_file(key))
    return [key, *(each for each in beside if each.exists())]


def _part(folder: Path, place: str, *, keys: bool | None) -> list[SmallFile]:
    """Read a part's folder as its owner; ``keys``: those alone, all but those, or anything."""
    return as_owner(folder, lambda: [*_walked(folder, place, keys=keys)], list[SmallFile])


def _folders(folder: Path, place: str) -> list[SmallFile]:
    return [_one(folder, place)] if folder.is_dir() else []


def _walked(folder: Path, place: str, *, keys: bool | None) -> Iterator[SmallFile]:
    size, former = 0, _former_logs(folder)
    for path in (folder, *sorted(folder.rglob("*"))):
        relative = path.relative_to(folder)
        if relative.parts and relative.parts[0] in former:
            continue
        if not _is_wanted(relative, keys=keys) or not (path.is_file() or path.is_dir()):
            continue
        read = _one(path, str(place / relative) if relative.parts else place)
        size += len(read.content or b"")
        if size > MOST_BYTES:
            raise BackupError(f"{folder}: holds more than {MOST_BYTES} bytes beside the log")
        yield read


def _former_logs(folder: Path) -> set[str]:
    """Return the names of logs that were moved away, and of their state files."""
    there = [each.parent.name for each in folder.glob(f"*/{LogMoment.file}")]
    return {name for log in there if log != LOG for name in (log, f"{log}.state")}


def _is_wanted(relative: Path, *, keys: bool | None) -> bool:
    """Whether a file of the keeper's is a key, or is none; of others all are wanted.

    What is not known to be none is taken for a key: it never lies beside the dossiers.
    """
    if relative.suffix in _PARTLY:
        return False
    if keys is None or not relative.parts:
        return True
    first = relative.parts[0]
    if first in {LOG, LOG_STATE}:
        return relative == Path(LOG) and not keys
    is_none = first == TRUST or relative.suffix == ".pub"
    return is_none is not keys


def _one(path: Path, name: str) -> SmallFile:
    status = path.stat()
    content = None if stat.S_ISDIR(status.st_mode) else path.read_bytes()
    user, group = name_of(status.st_uid), _group(status.st_gid)
    return SmallFile(name, user, group, stat.S_IMODE(status.st_mode), content)


def _group(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def put(folder: Path, files: list[SmallFile]) -> list[BackupFile]:
    """Write them into a backup, for its owner alone; return what the manifest says of them."""
    return [_put(folder, each) for each in files]


def _put(folder: Path, read: SmallFile) -> BackupFile:
    kept = BackupFile(read.path, read.user, read.group, read.mode)
    target = folder / read.path
    if read.content is None:
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        return kept
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_new(target, read.content, 0o600)
    digest = hashlib.sha256(read.content).hexdigest()
    return msgspec.structs.replace(kept, size=len(read.content), sha256=digest)


def like(path: Path, name: str, size: int, digest: str) -> BackupFile:
    """Return what the manifest says of a large file that was written by itself.

    Where a server keeps the store there is none here: the copy is as one in its folder would be.
    """
    status = (path if path.exists() else path.parent).stat()
    mode, group = stat.S_IMODE(status.st_mode) & _READ_AND_WRITE, _group(status.st_gid)
    return BackupFile(name, name_of(status.st_uid), group, mode, size, digest)
