"""Which parts of a mail are somebody's certificates: by type, by name, by content."""

from rmp_milter.keeper.cms.certificate_files import certificates_of_file
from rmp_milter.keeper.openpgp.certificate_files import (
    MAX_FILE,
    certificates_in,
    holds_certificates,
)
from rmp_milter.mail.incoming.mimetree import Part, content

KEYS = "application/pgp-keys"
_KEY_FILE = (".asc", ".key", ".pgp")
_CERTIFICATE_FILE = (".cer", ".crt", ".der", ".pem", ".p7b", ".p7c")
_CERTIFICATES = frozenset(
    {
        "application/pkix-cert",
        "application/x-x509-ca-cert",
        "application/x-x509-user-cert",
        "application/x-pkcs7-certificates",
    }
)


class EnclosedKeys:
    """Looks for certificates in the files of one mail, as long as all together are small."""

    def __init__(self) -> None:
        self._left = MAX_FILE

    def of(self, data: bytes, leaf: Part) -> list[bytes]:
        """Return the certificates in a part of ``data``, binary; none where it is no key file."""
        name = leaf.filename.lower()
        is_x509 = leaf.media_type in _CERTIFICATES or name.endswith(_CERTIFICATE_FILE)
        named = is_x509 or leaf.media_type == KEYS or name.endswith(_KEY_FILE)
        if not named or leaf.body_end - leaf.body_start > 2 * MAX_FILE:
            return []
        file = b"".join(content(data, leaf))
        if not is_x509 and leaf.media_type != KEYS and not holds_certificates(file):
            return []
        self._left -= len(file)
        if self._left < 0:
            return []
        return certificates_of_file(file) if is_x509 else certificates_in(file)
