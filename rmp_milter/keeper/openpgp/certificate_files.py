"""Certificates that came inside a mail: key files beside it, key blocks in its text.

A mail client attaches its owner's certificate to what it encrypts, and a médecin traitant
the patient's: whose it is and whether it is wanted is for the milter to say.
"""

from collections.abc import Iterable, Iterator
from itertools import islice

from rmp_milter.certificates import CertificateError, armor, parse
from rmp_milter.certificates.packets import packets

MOST = 4
"""Certificates taken of one mail; the first ones count."""
MAX_CERTIFICATE = 64 << 10
"""Bytes of one certificate, binary."""
MAX_FILE = 2 * MOST * MAX_CERTIFICATE
"""Bytes of what is searched for certificates; the armor takes a third more than them."""

_NO_KEY = frozenset({"unreadable", "secret"})
_BEGIN = b"-----BEGIN PGP PUBLIC KEY BLOCK-----"
_END = b"-----END PGP PUBLIC KEY BLOCK-----"


def holds_certificates(data: bytes) -> bool:
    """Return whether a file or text has an armored certificate in it."""
    return _BEGIN in data[:MAX_FILE]


def certificates_in(data: bytes) -> list[bytes]:
    """Return the certificate in a key file (armored or binary) or text, binary; never raises.

    Nothing of what is too large or no public key. One that cannot be used comes as it is, for
    its reason to be told; several come as one, which reads as several: which of them is meant
    is nobody's to guess.
    """
    if len(data) > MAX_FILE:
        return []
    blocks = islice(_blocks(data), MOST) if _BEGIN in data else [data]
    found = [certificate for block in blocks if (certificate := _certificate(block))]
    return [found[0] + _first_packet(found[1])] if len(found) > 1 else found


def _blocks(data: bytes) -> Iterator[bytes]:
    """Yield the armored blocks; text is passed over once, however many begin in it."""
    end = 0
    while (begin := data.find(_BEGIN, end)) >= 0:
        stop = data.find(_END, begin)
        if stop < 0:
            return
        end = stop + len(_END)
        yield data[begin:end]


def _certificate(block: bytes) -> bytes:
    """Return the certificate as others take it, or as it came where it has a fault.

    Its signatures are not verified: nobody knows yet who sent it.
    """
    try:
        binary = parse(block).to_bytes()
    except CertificateError as error:
        binary = b"" if error.reason in _NO_KEY else _unarmored(block)
    return binary if len(binary) <= MAX_CERTIFICATE else b""


def _unarmored(block: bytes) -> bytes:
    return armor.content(block) if block.startswith(_BEGIN) else block


def _first_packet(certificate: bytes) -> bytes:
    """Return the primary key of a certificate, to stand behind another."""
    return next(packets(certificate)).whole


def first_of_each(certificates: Iterable[bytes]) -> tuple[bytes, ...]:
    """Return at most :data:`MOST` certificates, none twice."""
    return tuple(dict.fromkeys(certificates))[:MOST]
