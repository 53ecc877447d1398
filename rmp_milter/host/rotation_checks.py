"""What ``rmp check`` says of what a rotation or a move of the store leaves beside it."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from rmp_milter.config import Config
from rmp_milter.config.sections import PathsSection
from rmp_milter.postfix.facts import PostfixFinding, error, warning
from rmp_milter.store.engines import Earlier, PreparedRotation
from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.format.former_keys import former_file, read_former
from rmp_milter.store.format.keys import INDEX, METADATA, StoreKeyError
from rmp_milter.store.format.succession import before_of, unfinished
from rmp_milter.store.opening import engine_at


def kept_beside(paths: PathsSection) -> tuple[Path, ...]:
    """Return the files of former keys, whether they are there or not."""
    rotated = paths.milter / METADATA, paths.milter / INDEX, paths.outbox_key
    return *map(before_of, rotated), former_file(paths.outbox_key)


def rotation_findings(config: Config, now: int) -> Iterator[PostfixFinding]:
    """Say what is not ended, and what is of no use any more; as the store's user."""
    paths = config.paths
    prepared = engine_at(paths.store, config.store).waiting_rotation()
    if prepared is not None:
        yield from _prepared(paths.store, prepared)
    elif hint := unfinished(paths.milter, paths.outbox_key):
        yield warning(f"{paths.store}: a next key lies beside the store's", hint)
    yield from _move_left(config)
    file = former_file(paths.outbox_key)
    try:
        former = read_former(paths.outbox_key)
    except StoreKeyError as fault:
        yield error(str(fault), fault.hint)
        return
    if former and all(each.until <= now for each in former):
        yield warning(f"{file}: no bounce is recognised by it any more", f"rm {file}")


def _prepared(store: Path, found: PreparedRotation) -> Iterator[PostfixFinding]:
    """Say that a rotation waits for its finish, or was cut off; one under way is well."""
    if found.under_way:
        return
    command = f"rmp key rotate {found.which}"
    line = f"{store}: another {found.which} key"
    room = f"{found.room} bytes beside the store"
    if found.ready:
        hint = f"stop milter and courier, then {command} --finish; or: {command} --abandon"
        day = f"{datetime.fromtimestamp(found.at, UTC):%Y-%m-%d}"
        yield warning(f"{line} is prepared since {day} ({room})", hint)
    else:
        hint = f"give {command} again; or: {command} --abandon"
        yield warning(f"{line} was begun and is not prepared ({room})", hint)


def _move_left(config: Config) -> Iterator[PostfixFinding]:
    with suppress(StoreError):  # which is told of where the store is opened
        move = engine_at(config.paths.store, config.store).planned()
        if move.earlier is not Earlier.NONE:
            hint = f"the services stopped, give rmp store migrate again; or: {move.abandon}"
            line = f"{config.paths.store}: a migration was cut off, and its copy takes room"
            yield warning(line, hint)
