"""What a mail says of itself inside its encryption: whom it is for, who wrote it, and when."""

from enum import StrEnum

import msgspec


class Addressed(StrEnum):
    """Whom the protected part of a mail names as its readers."""

    NAMED = "named"  # the service, alone or among others
    UNNAMED = "unnamed"  # nobody
    OTHERS = "others"  # others, and not the service


class Protected(msgspec.Struct, frozen=True):
    """What stands in the protected header fields (RFC 9788), and in the signature itself.

    Of a signed mail only what its signature covers. ``author`` is the address in ``From``,
    in small letters, ``written`` the time in ``Date`` (epoch seconds); "" and 0 where they
    are not there, or cannot be read.
    """

    addressed: Addressed = Addressed.UNNAMED
    author: str = ""
    written: int = 0
