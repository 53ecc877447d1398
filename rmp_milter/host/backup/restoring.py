"""A backup put back: what is missing here is made as it was, what is there stays.

Each file is written by the user whose it is, found by name, so that nothing that another user
may have laid in the way is followed; a file has its name only when it is whole. The log and its
state file are put back together or not at all.
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from rmp_milter.config import Config, parse
from rmp_milter.disk.new_files import sync_folder
from rmp_milter.host.backup.files import LOG, LOG_STATE
from rmp_milter.host.backup.manifest import (
    KEEPER,
    STORE,
    BackupError,
    BackupFile,
    Manifest,
    Told,
    place_of,
    wrong_sums,
)
from rmp_milter.host.log_place import log_of
from rmp_milter.host.owners import (
    ChildFailed,
    Owner,
    UnknownNameError,
    as_owner,
    become,
    gid_of,
    in_child,
    uid_of,
)
from rmp_milter.keeper.log import journal
from rmp_milter.keeper.log.places import is_served
from rmp_milter.store.opening import engine_at

_PIECE = 1 << 20
_PART = ".restoring"
_LOG_FILES = (f"{KEEPER}/{LOG}/", f"{KEEPER}/{LOG_STATE}")
_APART = frozenset({"paths", "sockets"})
_SERVED = frozenset({"store", "keeper"})


class Source(NamedTuple):
    """A backup that is put back, or the part of it with the keys."""

    folder: Path
    manifest: Manifest


class Placed(NamedTuple):
    """A file of a backup, and where it belongs here."""

    source: Path
    kept: BackupFile
    target: Path


class Restoration(NamedTuple):
    """What is to be made here, what is there and stays, which keys are missing then.

    ``served``: a server has the store, and it stays there.
    """

    folders: tuple[Placed, ...]
    put: tuple[Placed, ...]
    left: tuple[Placed, ...]
    missing: tuple[Path, ...]
    served: bool = False

    @property
    def with_log(self) -> bool:
        """Whether the access log is put back."""
        return any(is_of_log(each.kept) for each in self.put)

    @property
    def with_store(self) -> bool:
        """Whether the store is put back."""
        return any(map(_is_of_store, self.put))


def _is_of_store(placed: Placed) -> bool:
    return placed.kept.path.startswith(f"{STORE}/")


def is_of_log(kept: BackupFile) -> bool:
    """Whether a file is the access log's."""
    return kept.path.startswith(_LOG_FILES)


def beside(text: str, file: Path) -> Config:
    """Return what a configuration's ``text`` says in a folder of its own, with everything in it.

    Raises :class:`BackupError` where that cannot be made of it.
    """
    config = parse(text, file)
    paths, sockets = config.paths, config.sockets
    ours = (paths.keeper, paths.milter, paths.store, paths.courier, paths.public)
    for each in (*ours, paths.outbox_key, sockets.keeper, sockets.milter, sockets.operator):
        if file.parent not in each.parents:
            raise BackupError(f"{each}: would be outside of {file.parent}")
    if is_served(config.store) or is_served(config.keeper):
        raise BackupError(f"{file}: names a server, where the service itself is")
    return config


def without_places(text: str) -> str:
    """Return a configuration's text without what says where things are.

    That is two sections, and that a server has store or log: what is in the folder is meant.
    """
    lines, section = [], ""
    for line in text.splitlines(keepends=True):
        if line.startswith("["):
            section = line.strip().strip("[]")
        served = section in _SERVED and line.partition("=")[0].strip() == "engine"
        if section not in _APART and not served:
            lines.append(line)
    return "".join(lines)


def planned(config: Config, sources: Sequence[Source]) -> Restoration:
    """Return what there is to do; nothing is changed. Raises :class:`BackupError`."""
    all_of_it = [
        Placed(folder / kept.path, kept, place_of(config, kept.path))
        for folder, manifest in sources
        for kept in manifest.files
    ]
    files = [each for each in all_of_it if not each.kept.is_folder]
    there = {each.target for each in files if os.path.lexists(each.target)}
    served = _store_is_elsewhere(config, all_of_it)
    if served:
        files = [each for each in files if not _is_of_store(each)]
    if log_is_elsewhere(config):
        there |= {each.target for each in files if is_of_log(each.kept)}
    _check_log(files, there)
    folders = {
        each.target: each
        for each in all_of_it
        if each.kept.is_folder and not os.path.lexists(each.target)
    }
    given = {each.target for each in files}
    wanted = (place_of(config, path) for _, manifest in sources for path in manifest.apart)
    return Restoration(
        tuple(folders[target] for target in sorted(folders)),
        tuple(each for each in files if each.target not in there),
        tuple(each for each in files if each.target in there),
        tuple(each for each in wanted if each not in given and not each.exists()),
        served,
    )


def _store_is_elsewhere(config: Config, placed: Sequence[Placed]) -> bool:
    """Whether a server has the store, as who owned the store's folder finds it there."""
    folder = next((each.kept for each in placed if each.kept.path == STORE), None)
    if folder is None or not is_served(config.store):
        return False
    owner = _owner(folder)

    def asked() -> bool:
        return engine_at(config.paths.store, config.store).is_elsewhere()

    try:
        return in_child(lambda: become(owner), asked, bool)
    except ChildFailed as error:
        raise BackupError(
            f"whether the store's server has it is not known: {error}",
            "have it answer; where it is lost for good, name the other engine in [store]",
        ) from error


def log_is_elsewhere(config: Config) -> bool:
    """Whether the log is a server's, and this host knows what of it was signed."""
    return is_served(config.keeper) and (config.paths.keeper / LOG_STATE).exists()


def _check_log(files: Sequence[Placed], there: set[Path]) -> None:
    log = [each.target for each in files if is_of_log(each.kept)]
    found = [each for each in log if each in there]
    if found and len(found) < len(log):
        raise BackupError(
            f"{found[0]}: a part of an access log is here, and the rest of it is not",
            "move it away, and keep it",
        )


def check_sums(sources: Sequence[Source], told: Told) -> None:
    """See that everything is as it was written; raise :class:`BackupError`."""
    for folder, manifest in sources:
        for wrong in wrong_sums(folder, manifest, told):
            raise BackupError(f"{folder}: {wrong}", "take another backup: nothing was changed")


def log_moved(config: Config, moved: str) -> Callable[[Path], Path]:
    """Return where each file goes where the log that is put back is kept beside a new one."""
    keeper = config.paths.keeper
    places = {keeper / LOG: keeper / moved, keeper / LOG_STATE: keeper / f"{moved}.state"}

    def where(path: Path) -> Path:
        folder = places.get(path.parent)
        return folder / path.name if folder else places.get(path, path)

    return where


def carry_out(
    plan: Restoration, told: Told, where: Callable[[Path], Path] = lambda path: path
) -> None:
    """Make folders and files; durable on return. Raises :class:`BackupError`, ``OSError``."""
    owners = {each.kept: _owner(each.kept) for each in (*plan.folders, *plan.put)}
    for each in plan.folders:
        _make_folder(where(each.target), each.kept.mode, owners[each.kept])
    done, total = 0, sum(each.kept.size for each in plan.put)
    for each in plan.put:
        _make_parents(where(each.target))
        _place(each._replace(target=where(each.target)), owners[each.kept])
        done += each.kept.size
        told("put back", done, total)


def new_log(config: Config, name: str) -> None:
    """Begin an empty log under another name, as the keeper's user; raise :class:`BackupError`."""
    keeper = config.paths.keeper
    try:
        as_owner(keeper, lambda: journal.create(log_of(config), name), type(None))
    except (OSError, journal.JournalError) as error:
        raise BackupError(str(error)) from error


def _owner(kept: BackupFile) -> Owner:
    try:
        return Owner(uid_of(kept.user), gid_of(kept.group))
    except UnknownNameError as error:
        raise BackupError(
            f"{error}, whose {kept.path} is", "install the package first: it makes the users"
        ) from error


def _make_folder(folder: Path, mode: int, owner: Owner) -> None:
    _make_parents(folder)
    folder.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(folder, owner.uid, owner.gid, follow_symlinks=False)
    folder.chmod(mode)
    sync_folder(folder.parent)


def _make_parents(path: Path) -> None:
    """Make the folders above it that are missing, for all to pass, whatever the umask."""
    for each in reversed(path.parents):
        if not each.exists():
            each.mkdir()
            each.chmod(0o755)
            sync_folder(each.parent)


def _place(placed: Placed, owner: Owner) -> None:
    """Write one file, as its user, under its name when it is whole."""
    with placed.source.open("rb") as opened:
        try:
            in_child(lambda: become(owner), lambda: _write(opened, placed), int)
        except ChildFailed as error:
            raise BackupError(f"{placed.target}: cannot be put back: {error}") from error


def _write(opened: BinaryIO, placed: Placed) -> int:
    target, kept = placed.target, placed.kept
    part = target.with_name(target.name + _PART)
    part.unlink(missing_ok=True)
    fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with open(fd, "wb") as file:  # noqa: PTH123 -- the descriptor carries the mode
            digest = hashlib.sha256()
            for piece in _pieces(opened):
                digest.update(piece)
                file.write(piece)
            file.flush()
            os.fchmod(fd, kept.mode)
            os.fsync(fd)
        if digest.hexdigest() != kept.sha256:
            raise BackupError("is not what was written, by its SHA-256")
        target.hardlink_to(part)  # which replaces nothing
    finally:
        part.unlink()
    sync_folder(target.parent)
    return kept.size


def _pieces(opened: BinaryIO) -> Iterator[bytes]:
    while piece := opened.read(_PIECE):
        yield piece
