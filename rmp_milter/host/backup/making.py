"""A backup made: store and log of one moment, what lies beside them, verified, then named.

Until it is verified its folder's name has an end that no finished one has. Keys go into a
folder of their own and only on demand: whoever has both can read every dossier.
"""

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from rmp_milter import __version__
from rmp_milter.config import Config
from rmp_milter.disk.new_files import sync_folder
from rmp_milter.host.backup.files import keys_alone, names_of_keys, put, without_keys
from rmp_milter.host.backup.manifest import (
    FORMAT,
    UNFINISHED,
    BackupError,
    Manifest,
    Told,
    backups_in,
    read_manifest,
    write_manifest,
)
from rmp_milter.host.backup.moments import copy_both
from rmp_milter.host.backup.verifying import findings_of, keys_on
from rmp_milter.host.owners import as_owner
from rmp_milter.status.diary import HostWork, WorkDone, note


class Made(msgspec.Struct, frozen=True):
    """A backup that was made: where, where its keys are, what it says, what went for it.

    ``stays`` names older copies of keys that did not go, each with its files that no newer one has.
    """

    folder: Path
    keys: Path | None
    manifest: Manifest
    removed: tuple[str, ...]
    stays: dict[str, tuple[str, ...]]


def make(config: Config, top: Path, keys_top: Path | None, keep: int, told: Told) -> Made:
    """Make a backup of the running service in ``top``, with its keys in ``keys_top``.

    Of sound ones the newest ``keep`` stay; one with findings displaces none. A copy of keys stays
    as long as it has a key that no newer one has. Raises :class:`BackupError` and ``OSError``; what
    was begun is then taken away again.
    """
    if keys_top is not None:
        check_apart(top, keys_top)
    top.mkdir(mode=0o700, exist_ok=True)
    with _alone(top):
        return _make(config, top, keys_top, keep, told)


@contextmanager
def _alone(top: Path) -> Iterator[None]:
    """Make no other one there meanwhile: what is unfinished is ours then, or of one killed."""
    fd = os.open(top, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _lock(fd, top)
        yield
    finally:
        os.close(fd)


def _lock(fd: int, top: Path) -> None:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BackupError(f"{top}: another backup is being made there") from None


def _make(config: Config, top: Path, keys_top: Path | None, keep: int, told: Told) -> Made:
    now = int(time.time())
    name = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    unfinished = _begin(top, name)
    try:
        manifest = _fill(config, unfinished, now, told)
        keys = _keep_keys(config, keys_top, name, manifest) if keys_top else None
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    folder = _finish(unfinished)
    if manifest.findings:
        return Made(folder, keys, manifest, (), {})
    removed = _rotate(top, keep)
    removed_keys, stays = _rotate_keys(keys_top, keep) if keys_top else ([], {})
    return Made(folder, keys, manifest, (*removed, *removed_keys), stays)


def check_apart(top: Path, keys_top: Path) -> None:
    """See that dossiers and keys go into two folders, neither in the other."""
    one, other = top.resolve(), keys_top.resolve()
    if one == other or one in other.parents or other in one.parents:
        raise BackupError(
            f"{keys_top}: keys never lie with what they open",
            "name a folder on another medium for --keys",
        )


def noted(config: Config, work: HostWork, *, fine: bool, said: str) -> None:
    """Note in the diary what was done, as the user who owns it; a diary that is closed is none."""
    store, done = config.paths.store, WorkDone(int(time.time()), fine, said)
    as_owner(store, lambda: note(store, work, done), type(None))


def _begin(top: Path, name: str) -> Path:
    top.mkdir(mode=0o700, exist_ok=True)
    for old in top.glob(f"*{UNFINISHED}"):  # of one that was killed
        if old.name.removesuffix(UNFINISHED).endswith("Z"):
            shutil.rmtree(old)
    if (top / name).exists():
        raise BackupError(f"{top / name}: is there already", "give the command again")
    unfinished = top / f"{name}{UNFINISHED}"
    unfinished.mkdir(mode=0o700)
    return unfinished


def _fill(config: Config, folder: Path, now: int, told: Told) -> Manifest:
    """Write all but the keys, verify it, and say so in its manifest."""
    both = copy_both(config, folder, told)
    beside = put(folder, without_keys(config))
    manifest = Manifest(
        format=FORMAT.mark.decode(),
        version=__version__,
        taken_at=now,
        log=both.log,
        files=(*both.files, *beside),
        apart=tuple(names_of_keys(config)),
    )
    findings = findings_of(folder, manifest, keys_on(config), told)
    manifest = msgspec.structs.replace(manifest, findings=findings)
    write_manifest(folder, manifest)
    return manifest


def _keep_keys(config: Config, top: Path, name: str, of: Manifest) -> Path:
    unfinished = _begin(top, name)
    try:
        files = put(unfinished, keys_alone(config))
        manifest = msgspec.structs.replace(
            of, files=tuple(files), keys=True, apart=(), findings=()
        )
        write_manifest(unfinished, manifest)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return _finish(unfinished)


def _finish(unfinished: Path) -> Path:
    """Give it its name, everything on disk."""
    for each in (*unfinished.rglob("*"), unfinished):
        if each.is_dir():
            each.chmod(0o700)
            sync_folder(each)
    folder = unfinished.with_name(unfinished.name.removesuffix(UNFINISHED))
    unfinished.rename(folder)
    sync_folder(folder.parent)
    return folder


def _rotate(top: Path, keep: int) -> list[str]:
    """Remove what is older than the newest ``keep`` sound ones: others do not count as kept."""
    there = backups_in(top)
    sound = [each for each in there if (said := _said_by(each)) and not said.findings]
    old = there[: there.index(sound[-keep])] if len(sound) > keep else []
    for each in old:
        shutil.rmtree(each)
    return [str(each) for each in old]


def _rotate_keys(top: Path, keep: int) -> tuple[list[str], dict[str, tuple[str, ...]]]:
    """Remove old copies of keys, but none with a key that no newer one has; return both kinds.

    A key that was lost or replaced since opens the backups of its time, and may be nowhere else.
    """
    removed, stays, newer = list[str](), dict[str, tuple[str, ...]](), set[str]()
    there = backups_in(top)
    for number, each in enumerate(reversed(there), 1):
        said = _said_by(each)
        files = [one for one in said.files if not one.is_folder] if said else []
        alone = tuple(one.path for one in files if one.sha256 not in newer)
        newer.update(one.sha256 for one in files)
        if number <= keep or said is None:
            continue
        if alone:
            stays[str(each)] = alone
        else:
            shutil.rmtree(each)
            removed.insert(0, str(each))
    return removed, stays


def _said_by(backup: Path) -> Manifest | None:
    """Return its manifest; none where it cannot be read."""
    try:
        return read_manifest(backup)
    except BackupError:
        return None
