"""X.509 certificates in the files of a mail, as programs export them.

One in DER (``.cer``, ``.crt``, ``.der``), some in PEM, or a chain in SignedData that nobody signed
(``.p7b``, ``.p7c``; RFC 8551, 3.8), in either. Those of authorities are left out: such a file often
brings the whole chain, and they are nobody's to be written to by.
"""

import binascii
import re
from collections.abc import Iterator

from rmp_milter.cms.errors import CmsError
from rmp_milter.cms.recognise import CmsKind, looks_like_cms
from rmp_milter.keeper.cms.signed import certificates_beside
from rmp_milter.x509 import X509, X509Error, read_several

MAX_FILE = 1 << 18
"""Octets of a file that is read."""
_HEAD = 64
_MOST = 16
_PACKED = re.compile(
    rb"-----BEGIN (?:PKCS7|CMS)-----([A-Za-z0-9+/=\s]{1,400000})-----END (?:PKCS7|CMS)-----"
)
_BEGIN = (b"-----BEGIN CERTIFICATE-----", b"-----BEGIN X509 CERTIFICATE-----")


def certificates_of_file(data: bytes) -> list[bytes]:
    """Return the certificates (DER) of persons in a file; none of what is none. Never raises."""
    if len(data) > MAX_FILE:
        return []
    try:
        found = list(_all(data))
    except (X509Error, CmsError, binascii.Error):
        return []
    return [each.der for each in found if not each.is_ca]


def _all(data: bytes) -> Iterator[X509]:
    packed = _PACKED.search(data)
    binary = binascii.a2b_base64(packed[1]) if packed else data
    if looks_like_cms(binary[:_HEAD]) is CmsKind.SIGNED:
        for each in certificates_beside(binary):
            yield from read_several(each, 1)
    elif any(sign in data for sign in _BEGIN) or data[:1] == b"\x30":
        yield from read_several(data, _MOST)
