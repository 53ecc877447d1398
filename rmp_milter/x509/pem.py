"""PEM around DER (RFC 7468), where a file or a mail has it; text around it is passed over."""

import binascii
import re

_SEQUENCE, _LONG = 0x30, 0x80
CERTIFICATE = re.compile(rb"-----BEGIN (?:X509 )?CERTIFICATE-----")
REVOCATION_LIST = re.compile(rb"-----BEGIN X509 CRL-----")
_END = b"-----END "


class PemError(ValueError):
    """PEM that is damaged."""


def unarmored(data: bytes, begins: re.Pattern[bytes], most: int) -> list[bytes]:
    """Return the DER of each PEM block of a kind, or the data itself where it is DER.

    DER is told by its first octets, so that PEM inside a certificate is no second one. ``most``
    blocks and one more are decoded, each once. Raises :class:`PemError`.
    """
    if len(data) > 1 and data[0] == _SEQUENCE and data[1] > _LONG:
        return [data]
    blocks = begins.split(data, most + 1)[1:]
    return [_decoded(block) for block in blocks] or [data]


def _decoded(block: bytes) -> bytes:
    text, ended, _ = block.partition(_END)
    if not ended:
        raise PemError("the PEM has no end")
    try:
        return binascii.a2b_base64(b"".join(text.split()), strict_mode=True)
    except binascii.Error:
        raise PemError("the PEM is damaged") from None
