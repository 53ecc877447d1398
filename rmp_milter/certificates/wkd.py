"""The Web Key Directory: where a web server must have a key to be found by its mail address.

draft-koch-openpgp-webkey-service, 3.1 (Key Discovery) and 4.5 (Policy Flags). A program asks by the
advanced method first, at a host name of its own (``openpgpkey.DOMAIN``), and where that name does
not exist by the direct one, at the domain itself.
"""

import hashlib
from pathlib import PurePosixPath
from typing import NamedTuple

_ALPHABET = "ybndrfg8ejkmcpqxot1uwisza345h769"
_WELL_KNOWN = PurePosixPath(".well-known/openpgpkey")
_BITS = 5
POLICY = "policy"


class WebKeyFolder(NamedTuple):
    """A folder that a web server has: below ``host``, its root, the key in ``hu/name``."""

    host: str
    folder: PurePosixPath
    name: str


def web_key_hash(address: str) -> str:
    """Return the name of an address's file: z-base-32 of SHA-1 of its local part in lower case.

    Only ASCII is folded (draft, 3.1).
    """
    local = address.rpartition("@")[0]
    folded = "".join(char.lower() if char.isascii() else char for char in local)
    digest = hashlib.sha1(folded.encode(), usedforsecurity=False).digest()
    number, size = int.from_bytes(digest), len(digest) * 8
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(size - _BITS, -1, -_BITS))


def web_key_folders(address: str) -> tuple[WebKeyFolder, WebKeyFolder]:
    """Return where an address's key is to be found: by the advanced method, and the direct one."""
    domain = address.rpartition("@")[2].lower()
    name = web_key_hash(address)
    return (
        WebKeyFolder(f"openpgpkey.{domain}", _WELL_KNOWN / domain, name),
        WebKeyFolder(domain, _WELL_KNOWN, name),
    )
