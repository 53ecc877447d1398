"""The DKIM signature of the answers (RFC 6376), made by dkimpy with OpenSSL's RSA."""

from typing import Any, NamedTuple

import dkim
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from rmp_milter.courier.delivery import UnsendableError, WholeMail

_ONCE = (
    *("date", "message-id", "mime-version", "content-type", "content-transfer-encoding"),
    *("auto-submitted", "in-reply-to", "references"),
)
# Signed once more than they are there, so that none can be added (RFC 6376, 8.15).
_CLOSED = ("from", "to", "subject", "reply-to", "cc")
SIGNED_FIELDS = (*_CLOSED, *_CLOSED, *_ONCE)
"""The header fields that a signature covers, in the order of its ``h=`` tag."""


class DkimSigner:
    """Signs for one domain and selector with an RSA key, relaxed/relaxed."""

    def __init__(self, domain: str, selector: str, key: RSAPrivateKey) -> None:
        self._domain = domain.encode("idna")
        self._selector = selector.encode()
        self._key = key
        self._pem = key.private_bytes(
            Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
        )

    def signature(self, mail: WholeMail) -> bytes:
        """Return the header field to put in front of the mail, with its CRLF.

        Raises :class:`UnsendableError` for a header that cannot be signed.
        """
        try:
            signer = _Signing(mail.header + b"\r\n")
            signer.key = self._key
            # Given apart, the body is not cut into lines: some hundred MB for a large one.
            signer.body = mail.body
            field: bytes = signer.sign(
                self._selector,
                self._domain,
                self._pem,
                canonicalize=(b"relaxed", b"relaxed"),
                include_headers=list(SIGNED_FIELDS),
            )
        except dkim.DKIMException as error:
            raise UnsendableError(f"cannot be signed: {type(error).__name__}") from error
        return field


class _Signing(dkim.DKIM):  # type: ignore[misc]  # dkimpy is not typed, so its class is Any
    """dkimpy for one mail, but for the RSA operation: its own is in Python, 20 times slower."""

    key: RSAPrivateKey
    signature_algorithm: bytes

    def gen_header(self, *arguments: Any, **named: Any) -> bytes:  # noqa: ANN401 -- dkimpy's
        """Sign the field, whose tags (RSA among them) and hash are settled by now.

        dkimpy signs the digest with its own RSA, or has a key object sign it where the
        algorithm is Ed25519: that way it comes to the RSA key.
        """
        *before, _pem = arguments
        self.signature_algorithm = b"ed25519-sha256"
        field: bytes = super().gen_header(*before, _Key(self.key), **named)
        return field


class _Signed(NamedTuple):
    """What dkimpy takes from a key object."""

    signature: bytes


class _Key(NamedTuple):
    """An RSA key as a key object of dkimpy's."""

    private: RSAPrivateKey

    def sign(self, digest: bytes) -> _Signed:
        """Sign a SHA-256 digest (RFC 8017, 8.2)."""
        return _Signed(self.private.sign(digest, PKCS1v15(), Prehashed(SHA256())))
