"""Paths that were walked and held: they hold as long as each certificate on them is valid.

Nothing else of a walk depends on the time (RFC 5280, 6.1.3 a 2), and revocation is asked anew each
time. So a doctor's path is walked once, and not with each of his mails.
"""

from collections import OrderedDict

from rmp_milter.x509.candidates import Path
from rmp_milter.x509.verdicts import PathVerdict

MOST = 512
_Key = tuple[bytes, ...]


class GoodPaths:
    """The paths that held, in this process."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._spans: OrderedDict[_Key, tuple[int, int]] = OrderedDict()

    def walk(self, path: Path, moment: int) -> tuple[PathVerdict, str]:
        """Return a path's verdict at ``moment`` (epoch seconds), walked if it must be, and why."""
        from rmp_milter.x509.walking import walk  # noqa: PLC0415 -- 50 ms, only where one is walked

        key = tuple(each.der for each in (path.anchor, *path.below))
        begins, ends = self._spans.get(key, (1, 0))
        if begins <= moment <= ends:
            self._spans.move_to_end(key)
            return PathVerdict.GOOD, ""
        verdict, why = walk(path, moment)
        if verdict is PathVerdict.GOOD:
            everyone = (path.anchor, *path.below)
            begins = max(each.not_before for each in everyone)
            self._spans[key] = begins, min(each.not_after for each in everyone)
            while len(self._spans) > self._most:
                self._spans.popitem(last=False)
        return verdict, why


GOOD_PATHS = GoodPaths()
"""Those of this process: whoever asks about the same path gets the same answer."""
