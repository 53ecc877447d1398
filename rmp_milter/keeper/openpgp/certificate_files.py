"""Certificates that came inside a mail: key files beside it, key blocks in its text.

A mail client attaches its owner's certificate to what it encrypts, and a médecin traitant
the patient's: whose it is and whether it is wanted is for the milter to say.
"""

import re
from collections.abc import Iterable

from openpgp.composed import SignedPublicKey

from rmp_milter.certificates import CertificateError, read_certificate

MOST = 4
"""Certificates taken of one mail; the first ones count."""
MAX_CERTIFICATE = 64 << 10
"""Bytes of one certificate, binary."""
MAX_FILE = 2 * MOST * MAX_CERTIFICATE
"""Bytes of what is searched for certificates; the armor takes a third more than them."""

_BLOCK = re.compile(
    rb"-----BEGIN PGP PUBLIC KEY BLOCK-----[ \t]*\r?\n.*?"
    rb"-----END PGP PUBLIC KEY BLOCK-----",
    re.DOTALL,
)
_BEGIN = b"-----BEGIN PGP PUBLIC KEY BLOCK-----"


def holds_certificates(data: bytes) -> bool:
    """Return whether a file or text has an armored certificate in it."""
    return _BEGIN in data[:MAX_FILE]


def certificates_in(data: bytes) -> list[bytes]:
    """Return the certificates in a key file (armored or binary) or text, each binary.

    None of those that cannot be read, are too large, or are no public keys; never raises.
    """
    if len(data) > MAX_FILE:
        return []
    blocks = _BLOCK.findall(data) if _BEGIN in data else [data]
    return [each for block in blocks[:MOST] for each in _certificates(block)][:MOST]


def _certificates(block: bytes) -> list[bytes]:
    try:
        if block.startswith(_BEGIN):
            found = SignedPublicKey.from_armor_many(block.decode("ascii", "replace"))[0]
        else:
            found = SignedPublicKey.from_bytes_many(block)
    except ValueError:
        return []
    return [each for key in found[:MOST] for each in _usable_form(key.to_bytes())]


def _usable_form(binary: bytes) -> list[bytes]:
    """Return the certificate, or nothing where it is too large or no certificate."""
    try:
        return [read_certificate(binary).binary] if len(binary) <= MAX_CERTIFICATE else []
    except CertificateError:
        return []


def first_of_each(certificates: Iterable[bytes]) -> tuple[bytes, ...]:
    """Return at most :data:`MOST` certificates, none twice."""
    return tuple(dict.fromkeys(certificates))[:MOST]
