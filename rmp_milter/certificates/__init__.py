"""OpenPGP certificates: which key of one may be used for what, at a given time.

Public keys only. The library below parses and verifies single signatures; what follows
from them is judged here, in the order of the modules: reading, verified, validity, uses.
"""

from rmp_milter.certificates.early import keys_for_reader, reachable, signed_at
from rmp_milter.certificates.reading import (
    Certificate,
    CertificateError,
    parse,
    read_certificate,
)
from rmp_milter.certificates.uses import (
    EncryptionKey,
    VerifyingKey,
    check_usable,
    encryption_keys,
    signing_keys,
    usable,
)

__all__ = [
    "Certificate",
    "CertificateError",
    "EncryptionKey",
    "VerifyingKey",
    "check_usable",
    "encryption_keys",
    "keys_for_reader",
    "parse",
    "reachable",
    "read_certificate",
    "signed_at",
    "signing_keys",
    "usable",
]
