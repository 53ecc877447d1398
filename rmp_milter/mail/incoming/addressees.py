"""The addresses in a field of addresses (RFC 5322, 3.4), and none that a name only looks like.

``"rmp@chu.example" <eve@mal.example>`` is Eve's alone, with or without the quotation marks.
The standard library's reading of these differs from one patch of Python to the next.
"""

import re
from collections.abc import Iterator

_MOST = 1 << 15  # characters of a field that are looked at
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_COMMENT = re.compile(r"\([^()]*+\)")
_COMMENTS = 4  # comments in comments
_ADDRESS = re.compile(r"[^\s<>@\"():]+@[^\s<>@\"():]+")


def addresses_in(value: str) -> list[str]:
    """Return the addresses of all mailboxes, groups taken apart, in small letters.

    A mailbox that is not written as one has none. The time is linear in the size.
    """
    return list(_addresses(value[:_MOST]))


def _addresses(value: str) -> Iterator[str]:
    plain = _QUOTED.sub(" ", value)
    for _ in range(_COMMENTS):
        plain = _COMMENT.sub(" ", plain)
    for mailbox in re.split("[,;]", plain):
        name, bracket, behind = mailbox.rpartition("<")
        found = behind.partition(">")[0] if bracket else behind.rpartition(":")[2]
        if "<" not in name and _ADDRESS.fullmatch(found.strip()):
            yield found.strip().lower()
