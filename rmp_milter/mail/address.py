"""What counts as a mail address: a bare one, as it stands in an envelope."""

import re

_ADDRESS = re.compile(r"[^\s<>@\x00-\x20]+@[A-Za-z0-9.-]+")
_LONGEST = 254  # RFC 3696, erratum 1690


def is_address(value: str) -> bool:
    """Return whether this is one bare address, without a name or angle brackets."""
    return len(value) <= _LONGEST and bool(_ADDRESS.fullmatch(value))
