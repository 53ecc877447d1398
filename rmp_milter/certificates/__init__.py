"""OpenPGP certificates: which key of one may be used for what, at a given time.

Public keys only. The library below parses and verifies single signatures; what follows
from them is judged here, in the order of the modules: packets, armor, reading, statements,
verified, lenience, strength, validity, uses, early, prolonging, contents, forewarning.
"""

from rmp_milter.certificates.contents import (
    Certificate,
    addresses,
    bound_key_ids,
    read_certificate,
)
from rmp_milter.certificates.early import keys_for_reader, reachable, signed_at
from rmp_milter.certificates.forewarning import Cautions, cautions
from rmp_milter.certificates.prolonging import ends_at, fingerprint_of, prolonged
from rmp_milter.certificates.reading import CertificateError, parse
from rmp_milter.certificates.statements import says_more
from rmp_milter.certificates.uses import (
    EncryptionKey,
    VerifyingKey,
    check_usable,
    encryption_keys,
    signing_keys,
    usable,
)

__all__ = [
    "Cautions",
    "Certificate",
    "CertificateError",
    "EncryptionKey",
    "VerifyingKey",
    "addresses",
    "bound_key_ids",
    "cautions",
    "check_usable",
    "encryption_keys",
    "ends_at",
    "fingerprint_of",
    "keys_for_reader",
    "parse",
    "prolonged",
    "reachable",
    "read_certificate",
    "says_more",
    "signed_at",
    "signing_keys",
    "usable",
]
