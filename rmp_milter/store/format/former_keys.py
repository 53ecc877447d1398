"""Outbox keys of before: by them alone, bounces of what was sent under them are recognised.

A bounce address is made of the outbox key (:mod:`rmp_milter.mail.bounce_address`), and a bounce
comes days later. Beside the key lies a file with a line for each former one: base64 of the key,
the first row that was never sent under it, and when it is of no use any more. It opens nothing:
no record of the store is sealed under it.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rmp_milter.disk.new_files import replace_whole
from rmp_milter.store.format.keys import StoreKeyError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FORMER = ".former"
MOST_FORMER = 64
"""More rotations in 30 days than anybody makes; nothing longer is read."""

NOT_ONE = (
    "put it back from your copy, or move it away: bounces of before are then not recognised"
)
_MODE = 0o600
_LINE = re.compile(r"([A-Za-z0-9+/]{43}=) (0|[1-9][0-9]{0,18}) (0|[1-9][0-9]{0,18})")
_MAX_BYTES = MOST_FORMER * 100


@dataclass(frozen=True)
class FormerOutboxKey:
    """A former outbox key: it names rows up to ``below``, until ``until`` (epoch seconds)."""

    key: bytes = field(repr=False)
    below: int
    until: int


def former_file(outbox_key: Path) -> Path:
    """Return where the former keys lie: beside the present one."""
    return outbox_key.with_name(outbox_key.name + FORMER)


def read_former(outbox_key: Path) -> tuple[FormerOutboxKey, ...]:
    """Return the former keys, none where there is no file; raises :class:`StoreKeyError`."""
    path = former_file(outbox_key)
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise StoreKeyError(f"cannot read key file {path}: {error.strerror}") from error
    lines = content.decode("ascii", "replace").splitlines()
    found = [_LINE.fullmatch(line) for line in lines]
    if len(content) > _MAX_BYTES or not all(found):
        raise StoreKeyError(f"key file {path} does not hold former keys", NOT_ONE)
    return tuple(_former(each[1], each[2], each[3]) for each in found if each)


def keep_former(outbox_key: Path, left: FormerOutboxKey, now: int) -> None:
    """Add a key that is left; those that are over go. Durable on return; may be done again.

    Raises :class:`StoreKeyError` and ``OSError``.
    """
    old = (each for each in read_former(outbox_key) if each.until > now)
    others = [each for each in old if each.key != left.key]
    kept = [*others, left][-MOST_FORMER:]
    replace_whole(former_file(outbox_key), _written(kept), _MODE)


def _former(key: str, below: str, until: str) -> FormerOutboxKey:
    """Return what a line says; the signs of one that fits are those of 32 bytes."""
    return FormerOutboxKey(base64.b64decode(key), int(below), int(until))


def _written(former: Iterable[FormerOutboxKey]) -> bytes:
    lines = (
        f"{base64.b64encode(each.key).decode()} {each.below} {each.until}\n" for each in former
    )
    return "".join(lines).encode()
