"""The DKIM signature of the answers (RFC 6376): dkimpy's canonical form, OpenSSL's RSA.

Dkimpy itself would parse its key for each mail, sign in Python, and look at each octet of a
body twice.
"""

import base64
import hashlib
import textwrap
import time

import dkim
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from dkim.canonicalization import CanonicalizationPolicy

from rmp_milter.courier.delivery import UnsendableError, WholeMail

_ONCE = (
    *("date", "message-id", "mime-version", "content-type", "content-transfer-encoding"),
    *("auto-submitted", "in-reply-to", "references"),
)
# Signed once more than they are there, so that none can be added (RFC 6376, 8.15).
_CLOSED = ("from", "to", "subject", "reply-to", "cc")
SIGNED_FIELDS = (*_CLOSED, *_CLOSED, *_ONCE)
"""The header fields that a signature covers, in the order of its ``h=`` tag."""

_NAMES = tuple(name.encode() for name in SIGNED_FIELDS)
_LINE = 72
_RELAXED = CanonicalizationPolicy.from_c_value(b"relaxed/relaxed")
_SIMPLE = CanonicalizationPolicy.from_c_value(b"simple/simple")
_NOT_RELAXED = (b"\t", b"  ", b" \r\n")
"""What the relaxed form changes inside a body (RFC 6376, 3.4.4); few bodies have any."""


class DkimSigner:
    """Signs for one domain and selector with an RSA key, relaxed/relaxed."""

    def __init__(self, domain: str, selector: str, key: RSAPrivateKey) -> None:
        self._key = key
        name = domain.encode("idna").decode()
        tags = f"v=1; a=rsa-sha256; c=relaxed/relaxed; d={name}; i=@{name}; q=dns/txt;"
        signed = " : ".join(SIGNED_FIELDS)
        self._fixed = [
            *_folded(f"{tags} s={selector};"),
            *_folded(f"h={signed};"),
        ]

    def signature(self, mail: WholeMail) -> bytes:
        """Return the header field to put in front of the mail, with its CRLF.

        Raises :class:`UnsendableError` for a header that cannot be signed.
        """
        bound = base64.b64encode(hashlib.sha256(canonical_body(mail.body)).digest())
        lines = [*self._fixed, b"t=%d; bh=%s;" % (time.time(), bound), b"b="]
        # The field itself is signed as well, as one line, with nothing for its signature.
        signed = _signed_fields(mail.header) + b"dkim-signature:" + b" ".join(lines)
        value = base64.b64encode(self._key.sign(signed, PKCS1v15(), SHA256()))
        lines += [value[at : at + _LINE] for at in range(0, len(value), _LINE)]
        return b"DKIM-Signature: " + b"\r\n ".join(lines) + b"\r\n"


def _folded(words: str) -> list[bytes]:
    """Cut words into lines at blanks; as one line again they are what they were."""
    return [line.encode() for line in textwrap.wrap(words, _LINE, break_on_hyphens=False)]


def _signed_fields(header: bytes) -> bytes:
    """Return the fields that are signed, in their order, the last of a name first (5.4.2)."""
    try:
        fields, _ = dkim.rfc822_parse(header)
    except dkim.DKIMException as error:
        raise UnsendableError(f"cannot be signed: {type(error).__name__}") from error
    values: dict[bytes, list[bytes]] = {}
    for name, value in _RELAXED.canonicalize_headers(fields):
        values.setdefault(name, []).append(value)
    found = (name + b":" + values[name].pop() for name in _NAMES if values.get(name))
    return b"".join(found)


def canonical_body(body: bytes) -> bytes:
    """Return a body in the relaxed form, without a copy where it is that already."""
    if any(blanks in body for blanks in _NOT_RELAXED):
        relaxed: bytes = _RELAXED.canonicalize_body(body)
        return relaxed
    lines: bytes = _SIMPLE.canonicalize_body(body)
    return b"" if lines == b"\r\n" else lines
