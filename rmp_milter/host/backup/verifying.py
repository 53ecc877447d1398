"""A backup verified: its sums, all of the store as ``rmp store check`` does, all of the log.

Root reads nothing of the copies by himself: each is lent to the user whose it was (or to
nobody, where this machine has no such user) for as long as that one verifies it.
"""

import contextlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

from rmp_milter.config import Config, parse
from rmp_milter.config.sections import StoreSection
from rmp_milter.host.backup.files import LOG
from rmp_milter.host.backup.manifest import (
    CONFIG,
    KEEPER,
    MILTER,
    OUTBOX,
    STORE,
    BackupError,
    Manifest,
    Told,
)
from rmp_milter.host.owners import (
    ChildFailed,
    Owner,
    UnknownNameError,
    as_owner,
    become,
    in_child,
    owner_named,
)
from rmp_milter.keeper.log.copying import LogSeen, verify_copy
from rmp_milter.keeper.log.journal import JournalError
from rmp_milter.store.engines import StoreReport
from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.format.former_keys import FORMER
from rmp_milter.store.format.keys import StoreKeys, read_store_keys
from rmp_milter.store.format.succession import BEFORE, NEXT
from rmp_milter.store.opening import engine_at

NOBODY = "nobody"
NO_KEYS = "the store was not verified: this machine has none of its keys (--keys DIR)"

ResultT = TypeVar("ResultT")


class LogChecked(msgspec.Struct, frozen=True):
    """What the copy of a log holds, or what is wrong with it."""

    seen: LogSeen | None = None
    fault: str = ""


class StoreChecked(msgspec.Struct, frozen=True):
    """What the check of a store found, or why it could not be done."""

    report: StoreReport = StoreReport((), {})
    fault: str = ""


def configuration_text(folder: Path, manifest: Manifest) -> str:
    """Return the text of the configuration in a backup; raise :class:`BackupError`."""
    for each in manifest.files:
        if each.path.startswith(f"{CONFIG}/"):
            return (folder / each.path).read_text()
    raise BackupError(f"{folder}: has no configuration")


def configuration_in(folder: Path, manifest: Manifest, file: Path) -> Config:
    """Return the configuration of a backup, as it would be in the place of ``file``."""
    return parse(configuration_text(folder, manifest), file)


def findings_of(
    folder: Path,
    manifest: Manifest,
    keys: StoreKeys | None,
    told: Told,
    checkpoint: bytes = b"",
) -> tuple[str, ...]:
    """Verify log and store of a backup; return what is wrong, a line each.

    ``checkpoint`` is one that somebody keeps, which the log must extend.
    """
    found = [*log_faults(folder, manifest, told, checkpoint)]
    if keys is None:
        return (*found, NO_KEYS)
    return (*found, *_store_faults(folder, manifest, keys, told))


def log_faults(
    folder: Path, manifest: Manifest, told: Told, checkpoint: bytes = b""
) -> Iterator[str]:
    """Verify the copy of the log, to its last leaf; yield what is wrong."""

    def verified() -> LogChecked:
        def tell(done: int, total: int) -> None:
            told("leaves", done, total)

        try:
            return LogChecked(verify_copy(Path(LOG), tell, manifest.log.vkey, checkpoint))
        except (JournalError, OSError) as error:
            return LogChecked(fault=str(error))

    checked = _lent(folder, f"{KEEPER}/{LOG}", manifest, verified, LogChecked)
    if checked.fault:
        yield checked.fault
    elif checked.seen and checked.seen.root != manifest.log.root:
        yield "access log: is another one than the manifest says"


def _store_faults(
    folder: Path, manifest: Manifest, keys: StoreKeys, told: Told
) -> Iterator[str]:
    def verified() -> StoreChecked:
        def tell(done: int, total: int) -> None:
            told("records", done, total)

        try:
            engine = engine_at(Path(STORE), StoreSection())
            return StoreChecked(engine.check(keys, tell, copy=True))
        except (StoreError, OSError) as error:
            return StoreChecked(fault=str(error))

    checked = _lent(folder, STORE, manifest, verified, StoreChecked)
    if checked.fault:
        yield f"store: {checked.fault}"
    yield from (f"store: {each}" for each in checked.report.findings)


def _lent(
    folder: Path,
    name: str,
    manifest: Manifest,
    action: Callable[[], ResultT],
    kind: type[ResultT],
) -> ResultT:
    """Return what ``action`` says of the part ``name``, done by the user whose it was.

    It runs in the folder that holds the part, of which it can see nothing else.
    """
    part = folder / name
    if not part.is_dir():
        raise BackupError(f"{part}: is missing")
    if os.geteuid() != 0:
        with contextlib.chdir(part.parent):
            return action()
    owner = _owner(name, manifest)
    with _given(part, owner.gid), contextlib.chdir(part.parent):
        try:
            return in_child(lambda: become(owner), action, kind)
        except ChildFailed as error:
            raise BackupError(f"{part}: cannot be verified: {error}") from error


def _owner(name: str, manifest: Manifest) -> Owner:
    users = [each.user for each in manifest.files if each.path == name]
    for user in (*users, NOBODY):
        with contextlib.suppress(UnknownNameError):
            return owner_named(user)
    raise BackupError(f"there is no user {NOBODY}")


@contextmanager
def _given(part: Path, gid: int) -> Iterator[None]:
    """Let a group read a part, in a folder that only root enters; take it back at the end."""
    paths = [part.parent, part, *part.iterdir()]
    if part.name == LOG:
        paths += [each for each in part.parent.iterdir() if each.is_file()]
    before = [(each, each.stat()) for each in paths]
    try:
        for each in paths:
            os.chown(each, -1, gid)
            each.chmod(0o710 if each == part.parent else 0o750 if each.is_dir() else 0o640)
        yield
    finally:
        for each, status in before:
            os.chown(each, -1, status.st_gid)
            each.chmod(status.st_mode & 0o7777)


def keys_on(config: Config) -> StoreKeys | None:
    """Return the keys of the store of this machine; None where it has none."""
    paths = config.paths
    try:
        found = as_owner(
            paths.milter,
            lambda: _three(read_store_keys(paths.milter, paths.outbox_key)),
            tuple[bytes, bytes, bytes],
        )
    except (OSError, StoreError):
        return None
    return StoreKeys(*found)


def _three(keys: StoreKeys) -> tuple[bytes, bytes, bytes]:
    return keys.metadata, keys.index, keys.outbox


def keys_in(folder: Path, manifest: Manifest) -> StoreKeys:
    """Return the store's keys out of a backup of keys; raise :class:`BackupError`."""
    found = (
        folder / each.path for each in manifest.files if each.path.startswith(f"{OUTBOX}/")
    )
    outbox = [each for each in found if each.suffix not in {NEXT, BEFORE, FORMER}]
    try:
        return read_store_keys(folder / MILTER, outbox[0] if outbox else folder / OUTBOX)
    except (OSError, StoreError) as error:
        raise BackupError(f"{folder}: holds no keys of a store: {error}") from error
