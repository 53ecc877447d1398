"""Keys that gpg made once for a test run: each keyring has a copy of the home with its own.

An RSA key takes gpg-agent half a second of work, one on a curve gpg and its agent forty
milliseconds; a copy takes one.
"""

from __future__ import annotations

import hashlib
import itertools
import shutil
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple, Protocol

from testbed.once import once

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_KEPT = ("pubring.kbx", "trustdb.gpg", "private-keys-v1.d", "openpgp-revocs.d")
"""What a home has of a key: no socket, no lock, no seed of chance."""
_FINGERPRINT = "fingerprint"

_held: set[Held] = set()
"""What keyrings of this process have now."""


class Made(Protocol):
    """A keyring in which gpg has made a key."""

    home: Path
    fingerprint: str

    def close(self) -> None:
        """End its agent and remove it."""


class Held(NamedTuple):
    """Which of the keys that were made in this way: those that are held at a time differ."""

    way: tuple[str, ...]
    number: int

    def release(self) -> None:
        """Let the next one who asks for a key that is made so have this one."""
        _held.discard(self)


def hold(way: Sequence[str]) -> Held:
    """Take the first key that nobody has of those made in this ``way``.

    That is whose it is, its kind, and gpg's options.
    Whoever is made again after he was closed has his former key; while he is not, another.
    """
    every = (Held(tuple(way), number) for number in itertools.count())
    held = next(each for each in every if each not in _held)
    _held.add(held)
    return held


def copy_into(home: Path, held: Held, make: Callable[[], Made]) -> str:
    """Fill an empty gpg ``home`` with the key that is held; return its fingerprint.

    ``make`` has gpg make it, the first time that anybody of the run asks.
    """

    def prepare(place: Path) -> None:
        with closing(make()) as made:
            _copy(made.home, place)
            (place / _FINGERPRINT).write_text(made.fingerprint)

    name = hashlib.sha256(repr(held).encode()).hexdigest()[:24]
    made = once(f"gpg-{name}", prepare)
    _copy(made, home)
    return (made / _FINGERPRINT).read_text()


def _copy(source: Path, target: Path) -> None:
    for kept in _KEPT:
        if (source / kept).is_dir():
            shutil.copytree(source / kept, target / kept)
        else:
            shutil.copy(source / kept, target / kept)
