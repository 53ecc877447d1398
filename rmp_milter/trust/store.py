"""What the host trusts, for a process that runs on: read once, and again when it changed."""

import os
from pathlib import Path
from typing import TypeAlias

from rmp_milter.trust.files import TrustFileError
from rmp_milter.trust.folder import ANCHORS, LISTS, PLACES, KnownTrust, known
from rmp_milter.trust.lists import COMPILED, read_one
from rmp_milter.x509 import ListError, RevocationList, World
from rmp_milter.x509.paths import by_issuer

Stamp: TypeAlias = tuple[tuple[str, int, int, int], ...]


class TrustStore:
    """The trust folder behind one question: what counts now.

    Each call of :meth:`world` looks at the folders' files by name, size, time and number; only
    what changed is read.
    """

    def __init__(self, trust: Path) -> None:
        self._trust = trust
        self._anchors: tuple[Stamp, KnownTrust] | None = None
        self._lists: dict[str, tuple[Stamp, RevocationList | None]] = {}

    def world(self) -> World:
        """Return anchors, intermediates and compiled lists as they are in the folder now.

        A file that cannot be used counts for nothing: ``rmp check`` names it.
        """
        found = self._known().world
        return found._replace(lists=by_issuer(self._current_lists()))

    def _known(self) -> KnownTrust:
        folders = [self._trust / ANCHORS, *(self._trust / ANCHORS / place for place in PLACES)]
        stamp = tuple(each for folder in folders for each in _stamps(folder))
        if self._anchors is None or self._anchors[0] != stamp:
            self._anchors = stamp, known(self._trust)
        return self._anchors[1]

    def _current_lists(self) -> list[RevocationList]:
        folder = self._trust / LISTS
        stamps = {each[0]: (each,) for each in _stamps(folder) if each[0].endswith(COMPILED)}
        for name in self._lists.keys() - stamps.keys():
            del self._lists[name]
        for name, stamp in stamps.items():
            if name not in self._lists or self._lists[name][0] != stamp:
                self._lists[name] = stamp, _list_or_none(folder / name)
        return [found for _, found in self._lists.values() if found is not None]


def _stamps(folder: Path) -> Stamp:
    try:
        with os.scandir(folder) as entries:
            found = [(each.name, each.stat(follow_symlinks=False)) for each in entries]
    except FileNotFoundError:
        return ()
    return tuple(
        sorted((name, said.st_ino, said.st_mtime_ns, said.st_size) for name, said in found)
    )


def _list_or_none(path: Path) -> RevocationList | None:
    try:
        return read_one(path)
    except (TrustFileError, ListError, FileNotFoundError):
        return None
