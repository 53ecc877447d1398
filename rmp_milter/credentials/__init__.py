"""Certificates of both kinds, OpenPGP and X.509, for callers that need not know which.

Pure: what is judged is judged at a given time. The kinds themselves are read in the rooms below,
:mod:`rmp_milter.certificates` and :mod:`rmp_milter.x509`.
"""

from rmp_milter.certificates import Cautions
from rmp_milter.credentials.contents import (
    CredentialFacts,
    addresses,
    fingerprint_of,
    read_credential,
    stated_names,
)
from rmp_milter.credentials.failure import CredentialError
from rmp_milter.credentials.judging import (
    cautions,
    check_enrollable,
    check_usable,
    ends_at,
    may_sign,
    prolonged,
    reachable,
    signed_at,
    usable,
    x509_for_reader,
)
from rmp_milter.credentials.kinds import CertificateKind, kind_of
from rmp_milter.credentials.mail_certificates import renewed
from rmp_milter.credentials.replacing import Replacing, replacing

__all__ = [
    "Cautions",
    "CertificateKind",
    "CredentialError",
    "CredentialFacts",
    "Replacing",
    "addresses",
    "cautions",
    "check_enrollable",
    "check_usable",
    "ends_at",
    "fingerprint_of",
    "kind_of",
    "may_sign",
    "prolonged",
    "reachable",
    "read_credential",
    "renewed",
    "replacing",
    "signed_at",
    "stated_names",
    "usable",
    "x509_for_reader",
]
