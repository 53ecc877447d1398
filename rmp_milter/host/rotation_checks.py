"""What ``rmp check`` says of the key files that a rotation leaves beside the store's keys."""

from collections.abc import Iterator
from pathlib import Path

from rmp_milter.config import Config
from rmp_milter.config.sections import PathsSection
from rmp_milter.postfix.facts import PostfixFinding, error, warning
from rmp_milter.store.format.former_keys import former_file, read_former
from rmp_milter.store.format.keys import INDEX, METADATA, StoreKeyError
from rmp_milter.store.format.succession import before_of, unfinished


def kept_beside(paths: PathsSection) -> tuple[Path, ...]:
    """Return the files of former keys, whether they are there or not."""
    rotated = paths.milter / METADATA, paths.milter / INDEX, paths.outbox_key
    return *map(before_of, rotated), former_file(paths.outbox_key)


def rotation_findings(config: Config, now: int) -> Iterator[PostfixFinding]:
    """Say what is not ended, and what is of no use any more; as the store's user."""
    paths = config.paths
    if hint := unfinished(paths.milter, paths.outbox_key):
        yield warning(f"{paths.store}: a next key lies beside the store's", hint)
    file = former_file(paths.outbox_key)
    try:
        former = read_former(paths.outbox_key)
    except StoreKeyError as fault:
        yield error(str(fault), fault.hint)
        return
    if former and all(each.until <= now for each in former):
        yield warning(f"{file}: no bounce is recognised by it any more", f"rm {file}")
