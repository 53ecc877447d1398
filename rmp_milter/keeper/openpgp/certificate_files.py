"""Certificates that came inside a mail: key files beside it, key blocks in its text.

A mail client attaches its owner's certificate to what it encrypts, and a médecin traitant
the patient's: whose it is and whether it is wanted is for the milter to say.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from openpgp.composed import SignedPublicKey

from rmp_milter.certificates import CertificateError, read_certificate
from rmp_milter.keeper.openpgp.packets import PacketError, Stream, read_body, read_header
from rmp_milter.mail.incoming.transfer import base64_octets

MOST = 4
"""Certificates taken of one mail; the first ones count."""
MAX_CERTIFICATE = 64 << 10
"""Bytes of one certificate, binary."""
MAX_FILE = 2 * MOST * MAX_CERTIFICATE
"""Bytes of what is searched for certificates; the armor takes a third more than them."""

_BEGIN = b"-----BEGIN PGP PUBLIC KEY BLOCK-----"
_MOST_PACKETS = 2000  # of one file; each signature of a certificate is one
_EMPTY_LINE = re.compile(rb"\n[ \t]*\r?\n")
_END = b"-----END PGP PUBLIC KEY BLOCK-----"


def holds_certificates(data: bytes) -> bool:
    """Return whether a file or text has an armored certificate in it."""
    return _BEGIN in data[:MAX_FILE]


def certificates_in(data: bytes) -> list[bytes]:
    """Return the certificates in a key file (armored or binary) or text, each binary.

    None of those that cannot be read, are too large, or are no public keys; never raises.
    """
    if len(data) > MAX_FILE:
        return []
    blocks = islice(_blocks(data), MOST) if _BEGIN in data else [data]
    return [each for block in blocks for each in _certificates(block)][:MOST]


class EnclosedKeys:
    """Looks for certificates in the files of one mail, as long as all together are small."""

    def __init__(self) -> None:
        self._left = MAX_FILE

    def of(self, file: bytes) -> list[bytes]:
        """Return the certificates in a key file, as :func:`certificates_in`."""
        self._left -= len(file)
        return certificates_in(file) if self._left >= 0 else []


def _blocks(data: bytes) -> Iterator[bytes]:
    """Yield the armored blocks; text is passed over once, however many begin in it."""
    end = 0
    while (begin := data.find(_BEGIN, end)) >= 0:
        stop = data.find(_END, begin)
        if stop < 0:
            return
        end = stop + len(_END)
        yield data[begin:end]


def _certificates(block: bytes) -> list[bytes]:
    if not _is_of_few_packets(block):
        return []
    try:
        if block.startswith(_BEGIN):
            found = SignedPublicKey.from_armor_many(block.decode("ascii", "replace"))[0]
        else:
            found = SignedPublicKey.from_bytes_many(block)
    except ValueError:
        return []
    return [each for key in found[:MOST] for each in _usable_form(key.to_bytes())]


def _is_of_few_packets(block: bytes) -> bool:
    """Return whether the block is a few packets long: others' parser takes long over many."""
    binary = block
    if block.startswith(_BEGIN):
        headers = _EMPTY_LINE.search(block)
        binary = b"".join(base64_octets([block[headers.end() if headers else len(_BEGIN) :]]))
    stream = Stream([binary])
    try:
        for _ in range(_MOST_PACKETS):
            header = read_header(stream)
            if (
                header is None or header.partial
            ):  # no packet of a certificate has partial lengths
                return header is None
            for _piece in read_body(stream, header):
                pass
    except PacketError:
        return True  # what follows is no packet, and the parser ends there too
    return False


def _usable_form(binary: bytes) -> list[bytes]:
    """Return the certificate, or nothing where it is too large or no certificate."""
    try:
        return [read_certificate(binary).binary] if len(binary) <= MAX_CERTIFICATE else []
    except CertificateError:
        return []


def first_of_each(certificates: Iterable[bytes]) -> tuple[bytes, ...]:
    """Return at most :data:`MOST` certificates, none twice."""
    return tuple(dict.fromkeys(certificates))[:MOST]
