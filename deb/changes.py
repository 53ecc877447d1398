"""``deb/changelog``: which version a package has, and of when it is."""

import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path

from deb.releases import DebianRelease

FILE = Path(__file__).parent / "changelog"
_HEAD = re.compile(r"^rmp-milter \((?P<version>[^)]+)\) \w+;", re.MULTILINE)
_SIGNED = re.compile(r"^ -- (?P<who>.+>)  (?P<date>.+)$", re.MULTILINE)


@dataclass(frozen=True)
class LastChange:
    """The newest entry: version and revision, who, and when (Unix time)."""

    version: str
    who: str
    at: int

    def version_for(self, release: DebianRelease) -> str:
        """Return a version that sorts below that of the next Debian, so that upgrades go on."""
        return f"{self.version}~deb{release.number}"


def last_change(text: str) -> LastChange:
    """Return the newest entry of a changelog; raises :class:`ValueError` where there is none."""
    head, signed = _HEAD.search(text), _SIGNED.search(text)
    if head is None or signed is None:
        raise ValueError("deb/changelog: the first entry is not whole (deb-changelog(5))")
    at = parsedate_to_datetime(signed["date"]).timestamp()
    return LastChange(head["version"], signed["who"], int(at))


def changelog_for(text: str, release: DebianRelease) -> str:
    """Return the changelog as it lies in the package of one release."""
    version = last_change(text).version_for(release)
    return _HEAD.sub(f"rmp-milter ({version}) {release.codename};", text, count=1)
