"""The one Maildir in which all mail to the world outside the service is collected.

Postfix's ``virtual`` delivers there and puts ``Delivered-To:`` with the envelope
recipient on top, which tells the mailboxes of the testbed apart.
"""

import os
import re
import time
from pathlib import Path
from typing import NamedTuple

_DELIVERED_TO = re.compile(rb"^Delivered-To: *(.*?)\r?$", re.MULTILINE | re.IGNORECASE)
_TOP = 4096
_LONG_AGO = 100_000_000
"""Nanoseconds: a second change within a tick of the clock leaves a folder's time as it was."""


class _Arrival(NamedTuple):
    """A mail as it came: in this order, for whom; a Maildir's files never change."""

    at: int
    name: str
    recipient: str


class CollectedMail:
    """What a Maildir holds, by envelope recipient and in order of arrival."""

    def __init__(self, maildir: Path) -> None:
        self._new = maildir / "new"
        self._seen: dict[str, _Arrival] = {}
        self._listed: list[_Arrival] = []
        self._stood = 0
        """The folder's time when it was listed; 0 where it may have changed once more since."""

    def of(self, address: str, after: int = 0) -> list[bytes]:
        """Return the mails that reached ``address``, oldest first, as they were delivered.

        The first ``after`` of them are left out.
        The lines ``Return-Path:``, ``X-Original-To:`` and ``Delivered-To:`` that the
        delivery puts on top are part of them; line ends are LF.
        """
        return [
            (self._new / each.name).read_bytes() for each in self._arrived_for(address)[after:]
        ]

    def count(self, address: str) -> int:
        """Return how many mails reached ``address``."""
        return len(self._arrived_for(address))

    def everything(self) -> list[bytes]:
        """Return every mail that was delivered to anyone, oldest first."""
        return [(self._new / each.name).read_bytes() for each in self._arrived()]

    def clear(self) -> None:
        """Forget all that was delivered so far."""
        for each in self._arrived():
            (self._new / each.name).unlink()

    def _arrived_for(self, address: str) -> list[_Arrival]:
        wanted = address.casefold()
        return [each for each in self._arrived() if each.recipient == wanted]

    def _arrived(self) -> list[_Arrival]:
        """Return all that is there.

        Who waits asks often: each file is looked into once, the folder when it has changed.
        """
        if not self._new.is_dir():
            return []
        now, changed = time.time_ns(), self._new.stat().st_mtime_ns
        if changed != self._stood:
            self._listed = sorted(map(self._arrival, os.listdir(self._new)))  # noqa: PTH208 -- names only
            self._stood = changed if now - changed > _LONG_AGO else 0
        return self._listed

    def _arrival(self, name: str) -> _Arrival:
        if name not in self._seen:
            file = self._new / name
            self._seen[name] = _Arrival(file.stat().st_mtime_ns, name, _recipient_of(file))
        return self._seen[name]


def _recipient_of(file: Path) -> str:
    with file.open("rb") as stream:
        found = _DELIVERED_TO.search(stream.read(_TOP))
    return found[1].decode(errors="replace").casefold() if found else ""
