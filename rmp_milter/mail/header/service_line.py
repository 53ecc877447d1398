"""What binds a mail to one service, one author and one key: addresses, a fingerprint."""

import re

from rmp_milter.mail.header.words import Field

NAMED_BY_ADDRESS = frozenset({Field.SERVICE, Field.AUTHOR})
"""Lines that say something only by an address: letterheads print such words as well."""

_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"]+@[a-z0-9-]+(?:\.[a-z0-9-]+)*", re.IGNORECASE)
_FINGERPRINT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


def address_in(value: str) -> str:
    """Return the address in a ``Service :`` or ``Auteur :`` line in small letters, or nothing.

    Only an address binds: ``Service : Cardiologie`` is a letterhead's.
    """
    found = _ADDRESS.search(value)
    return found[0].lower() if found else ""


def names_address(value: str) -> bool:
    """Return whether such a line is one of ours: with an address, or left as a slot."""
    return bool(address_in(value)) or value.lstrip().startswith("[")


def fingerprint_of(value: str) -> str:
    """Return a key's whole fingerprint in small letters, or nothing if it is not one.

    Spaces, colons, capitals and a leading ``0x`` are folded. A short key id is none: others
    can be made that have the same.
    """
    plain = re.sub(r"[\s:.-]", "", value).lower().removeprefix("0x")
    return plain if _FINGERPRINT.fullmatch(plain) else ""
