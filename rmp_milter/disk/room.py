"""What a write that failed says of the disk: full, or something worse.

A host makes room on a full disk and looks for another one where it is broken, so his log has to
say which. The system calls a write of which a part found room a short one, and LMDB calls that
EIO: then only how much is free tells.
"""

import errno
import os
from pathlib import Path

FULL = "its disk is full"
"""What is said of it, wherever it is met."""

_FULL = frozenset((errno.ENOSPC, errno.EFBIG, errno.EDQUOT))
_LEAST = 1 << 20
"""Octets with which a write of ours would hardly find room."""


def free_bytes(place: Path) -> int:
    """Return how much may still be written there by who is not root; raises ``OSError``."""
    found = os.statvfs(place)
    return found.f_bavail * found.f_frsize


def has_no_room(place: Path) -> bool:
    """Whether what lies there is as good as full; raises ``OSError``."""
    return free_bytes(place) < _LEAST


def is_full(error: BaseException, place: Path) -> bool:
    """Whether it was for want of room that a write in ``place`` failed, LMDB's or our own."""
    code = getattr(error, "code", 0) or getattr(error, "errno", 0)
    if code in _FULL:
        return True
    try:
        return code == errno.EIO and has_no_room(place)
    except OSError:
        return False


def said(error: BaseException, place: Path) -> str:
    """Return an exception's words, in front of them that the disk is full where it is."""
    return f"{FULL} ({error})" if is_full(error, place) else str(error)
