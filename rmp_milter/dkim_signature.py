"""The DKIM signature of the answers (RFC 6376), made by dkimpy."""

import dkim
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from rmp_milter.delivery import UnsendableError, WholeMail

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
        self._key = key.private_bytes(
            Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
        )

    def signature(self, mail: WholeMail) -> bytes:
        """Return the header field to put in front of the mail, with its CRLF.

        Raises :class:`UnsendableError` for a header that cannot be signed.
        """
        try:
            signer = dkim.DKIM(mail.header + b"\r\n")
            # Given apart, the body is not cut into lines: some hundred MB for a large one.
            signer.body = mail.body
            field: bytes = signer.sign(
                self._selector,
                self._domain,
                self._key,
                canonicalize=(b"relaxed", b"relaxed"),
                include_headers=list(SIGNED_FIELDS),
            )
        except dkim.DKIMException as error:
            raise UnsendableError(f"cannot be signed: {type(error).__name__}") from error
        return field
