"""A key of the store that another one follows: the files, whatever happens between two steps.

Beside the key's file lies meanwhile the next one (``.next``), whole before the store is sealed
under it, and afterwards the one before (``.before``), by which backups from before are opened.
Which of them is the store's says the store: its check values (:mod:`.own_keys`).
"""

from __future__ import annotations

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
    INDEX,
    KEY_BYTES,
    METADATA,
    MOST_INDEX_KEYS,
    StoreKeyError,
    StoreKeys,
    each_key,
    key_lines,
    read_index_keys,
    read_key,
    read_store_keys,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

KeyT = TypeVar("KeyT")
OpenT = TypeVar("OpenT")

NEXT, BEFORE = ".next", ".before"
BEFORE_MODE = 0o600
BOUNCE_SECONDS = 30 * 86_400
"""How long a bounce is matched with what was sent: as long as there is a note of it."""


class Rotated(StrEnum):
    """Which of the store's keys: the field of :class:`StoreKeys`.

    Another index key goes on from those before it, and its file holds them all.
    """

    METADATA = "metadata"
    INDEX = "index"
    OUTBOX = "outbox"


class Succession:
    """One key file of a store and the next one; ``now`` is in epoch seconds."""

    def __init__(self, milter: Path, outbox_key: Path, which: Rotated, now: int) -> None:
        self._milter = milter
        self._outbox_key = outbox_key
        self.which = which
        self._now = now
        self._read = read_index_keys if which is Rotated.INDEX else read_key
        self.file = _files(milter, outbox_key)[which]
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
        return replace(self.present(), **{self.which: self._read(self._next)})

    def begin(self) -> StoreKeys:
        """Make the next key, of the present one's mode and group, durable; return all three.

        Raises :class:`StoreError` where a key from another time would be lost, and where no
        more index keys can follow.
        """
        self._check_before()
        status = self.file.stat()
        write_whole(self._next, key_lines(self._made()), stat.S_IMODE(status.st_mode))
        try:
            os.chown(self._next, -1, status.st_gid)
        except OSError as error:
            self.forget()
            said = f"cannot give {self._next} the group of {self.file}: {error.strerror}"
            raise StoreError(said) from error
        return self.following()

    def _made(self) -> bytes:
        """Return what the next file holds."""
        key = secrets.token_bytes(KEY_BYTES)
        if self.which is not Rotated.INDEX:
            return key
        keys = self._read(self.file)
        if len(each_key(keys)) >= MOST_INDEX_KEYS:
            raise StoreError(f"{self.file} holds {MOST_INDEX_KEYS} keys: no other can follow")
        return keys + key

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
        if self.which is Rotated.OUTBOX:
            left = FormerOutboxKey(read_key(self.file), next_row, self._now + BOUNCE_SECONDS)
            keep_former(self.file, left, self._now)
        if not self.before.exists():
            write_whole(self.before, self.file.read_bytes(), BEFORE_MODE)
        self._next.replace(self.file)
        sync_folder(self.file.parent)

    def _check_before(self) -> None:
        if self.before.exists() and self._read(self.before) != self._read(self.file):
            raise StoreError(f"{self.before} is there from another time: move it away first")


def _files(milter: Path, outbox_key: Path) -> Mapping[Rotated, Path]:
    return {
        Rotated.METADATA: milter / METADATA,
        Rotated.INDEX: milter / INDEX,
        Rotated.OUTBOX: outbox_key,
    }


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
    for which, file in _files(milter, outbox_key).items():
        if which is not but and os.path.lexists(next_of(file)):
            return f"rmp key rotate {which} was interrupted: give it again; nothing is lost"
    return ""
