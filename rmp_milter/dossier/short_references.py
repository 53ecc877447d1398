"""What a doctor types to choose a dossier from an emergency's short list: no identifier.

Eight signs stand for forty bits, so that two dossiers may have the same: whoever looks one up
takes all holders, and settles nothing between them.
"""

import hashlib
from base64 import b32encode

from rmp_milter.dossier.spoken import reference, signs_of, spoken

KIND = "D"
"""What a reference begins with."""

SIGNS = 8
"""How many follow it."""


def short_reference(dossier_id: bytes) -> str:
    """Return the reference as lists show it, such as ``D-7QX3-MZBK``."""
    number = int.from_bytes(hashlib.sha256(b"rmp short list" + dossier_id).digest())
    return reference(KIND, signs_of(number, SIGNS))


def spoken_references(dossier_id: bytes) -> tuple[str, str]:
    """Return the reference as it is said, and as the first lists said it.

    A list lies in a mailbox, and may be answered after the service was brought up to date.
    """
    before = b32encode(hashlib.sha256(dossier_id).digest())[:SIGNS].decode()
    return spoken(short_reference(dossier_id)), f"{KIND}{before}"
