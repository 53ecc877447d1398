"""The one Maildir in which all mail to the world outside the service is collected.

Postfix's ``virtual`` delivers there and puts ``Delivered-To:`` with the envelope
recipient on top, which tells the mailboxes of the testbed apart.
"""

import re
from pathlib import Path

_DELIVERED_TO = re.compile(rb"^Delivered-To: *(.*?)\r?$", re.MULTILINE | re.IGNORECASE)
_TOP = 4096


class CollectedMail:
    """What a Maildir holds, by envelope recipient and in order of arrival."""

    def __init__(self, maildir: Path) -> None:
        self._new = maildir / "new"
        self._recipients: dict[str, str] = {}

    def of(self, address: str) -> list[bytes]:
        """Return the mails that reached ``address``, oldest first, as they were delivered.

        The lines ``Return-Path:``, ``X-Original-To:`` and ``Delivered-To:`` that the
        delivery puts on top are part of them; line ends are LF.
        """
        return [file.read_bytes() for file in self._files_of(address)]

    def count(self, address: str) -> int:
        """Return how many mails reached ``address``."""
        return len(self._files_of(address))

    def everything(self) -> list[bytes]:
        """Return every mail that was delivered to anyone, oldest first."""
        return [file.read_bytes() for file in self._files()]

    def clear(self) -> None:
        """Forget all that was delivered so far."""
        for file in self._files():
            file.unlink()

    def _files(self) -> list[Path]:
        if not self._new.is_dir():
            return []
        return sorted(
            self._new.iterdir(), key=lambda file: (file.stat().st_mtime_ns, file.name)
        )

    def _files_of(self, address: str) -> list[Path]:
        wanted = address.casefold()
        return [file for file in self._files() if self._recipient(file) == wanted]

    def _recipient(self, file: Path) -> str:
        if file.name not in self._recipients:
            self._recipients[file.name] = _recipient_of(file)
        return self._recipients[file.name]


def _recipient_of(file: Path) -> str:
    with file.open("rb") as stream:
        found = _DELIVERED_TO.search(stream.read(_TOP))
    return found[1].decode(errors="replace").casefold() if found else ""
