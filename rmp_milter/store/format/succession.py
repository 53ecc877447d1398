"""A key of the store that another one follows: the files, whatever happens between two steps.

Beside the key's file lies meanwhile the next one (``.next``), whole before the store is sealed
under it, and afterwards the one before (``.before``), by which backups from before are opened.
Which of them is the store's says the store: its check values (:mod:`.own_keys`).
"""

from __future__ import annotations

import base64
import os
import secrets
import stat
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from rmp_milter.disk.new_files import sync_folder, write_whole
from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.format.former_keys import FormerOutboxKey, keep_former
from rmp_milter.store.format.keys import (
    KEY_BYTES,
    METADATA,
    StoreKeyError,
    StoreKeys,
    read_key,
    read_store_keys,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

KeyT = TypeVar("KeyT")
OpenT = TypeVar("OpenT")

NEXT, BEFORE = ".next", ".before"
BEFORE_MODE = 0o600
BOUNCE_SECONDS = 30 * 86_400
"""How long a bounce is matched with what was sent: as long as there is a note of it."""


class Rotated(StrEnum):
    """Which of the store's keys: the field of :class:`StoreKeys`.

    The index key is none of them. What is marked as seen, done once or tried lies under digests
    of values that are stored nowhere, so it cannot be found under another key; and a store that
    forgot it would take a mail twice.
    """

    METADATA = "metadata"
    OUTBOX = "outbox"


class Succession:
    """One key file of a store and the next one; ``now`` is in epoch seconds."""

    def __init__(self, milter: Path, outbox_key: Path, which: Rotated, now: int) -> None:
        self._milter = milter
        self._outbox_key = outbox_key
        self._which = which
        self._now = now
        self.file = milter / METADATA if which is Rotated.METADATA else outbox_key
        self._next = next_of(self.file)
        self.before = before_of(self.file)

    @property
    def begun(self) -> bool:
        """Whether a next key is there."""
        return self._next.exists()

    def present(self) -> StoreKeys:
        """Return the keys in their places; raises :class:`StoreKeyError`."""
        return read_store_keys(self._milter, self._outbox_key)

    def following(self) -> StoreKeys:
        """Return the keys as they will be; raises :class:`StoreKeyError`."""
        return replace(self.present(), **{self._which: read_key(self._next)})

    def begin(self) -> StoreKeys:
        """Make the next key, of the present one's mode and group, durable; return all three.

        Raises :class:`StoreError` where a key from another time would be lost.
        """
        self._check_before()
        status = self.file.stat()
        line = base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n"
        write_whole(self._next, line, stat.S_IMODE(status.st_mode))
        try:
            os.chown(self._next, -1, status.st_gid)
        except OSError as error:
            self.forget()
            said = f"cannot give {self._next} the group of {self.file}: {error.strerror}"
            raise StoreError(said) from error
        return self.following()

    def forget(self) -> None:
        """Destroy a next key, under which nothing is sealed."""
        self._next.unlink(missing_ok=True)
        sync_folder(self._next.parent)

    def settle(self, next_row: int) -> None:
        """Put the next key, under which all is sealed, in the present one's place; durable.

        ``next_row`` is the first outbox row that nobody has had yet. Done again after an
        interruption at any point, it comes to the same end.
        """
        self._check_before()
        if self._which is Rotated.OUTBOX:
            left = FormerOutboxKey(read_key(self.file), next_row, self._now + BOUNCE_SECONDS)
            keep_former(self.file, left, self._now)
        if not self.before.exists():
            write_whole(self.before, self.file.read_bytes(), BEFORE_MODE)
        self._next.replace(self.file)
        sync_folder(self.file.parent)

    def _check_before(self) -> None:
        if self.before.exists() and read_key(self.before) != read_key(self.file):
            raise StoreError(f"{self.before} is there from another time: move it away first")


def next_of(file: Path) -> Path:
    """Return where the key lies that is to follow."""
    return file.with_name(file.name + NEXT)


def before_of(file: Path) -> Path:
    """Return where the key of before lies."""
    return file.with_name(file.name + BEFORE)


def opened_by(read: Callable[[], KeyT], opens: Callable[[KeyT], OpenT]) -> tuple[KeyT, OpenT]:
    """Read what keys there are, and return them with what they open.

    Who opens a store waits for a rotation's end, and has read the keys before: then they are
    read once more. Raises :class:`StoreError`.
    """
    keys = read()
    try:
        return keys, opens(keys)
    except StoreKeyError:
        anew = read()
        if anew == keys:
            raise
        return anew, opens(anew)


@contextmanager
def unfinished_told(
    milter: Path, outbox_key: Path, but: Rotated | None = None
) -> Iterator[None]:
    """Have a key that does not fit said to be a rotation's to end, where one was begun.

    What is to be done then is not to put an older key back. ``but`` is being ended now.
    """
    try:
        yield
    except StoreKeyError as error:
        hint = unfinished(milter, outbox_key, but)
        if not hint:
            raise
        raise StoreKeyError(str(error), hint) from error


def unfinished(milter: Path, outbox_key: Path, but: Rotated | None = None) -> str:
    """Say what to do where a rotation was interrupted, ``but`` for one; nothing where none was."""
    files = {Rotated.METADATA: milter / METADATA, Rotated.OUTBOX: outbox_key}
    for which, file in files.items():
        if which is not but and os.path.lexists(next_of(file)):
            return f"rmp key rotate {which} was interrupted: give it again; nothing is lost"
    return ""
