"""Why a certificate is not taken or not used: one exception for both kinds."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from rmp_milter.certificates import CertificateError
from rmp_milter.certificates.reading import Reason
from rmp_milter.x509 import X509Error

CredentialReason = Reason | Literal["wrong-purpose"]

X509_WORDS = {
    "expired": "the certificate is expired",
    "not-yet-valid": "the certificate is valid only from a later date on",
    "no-encryption-key": "mail cannot be encrypted to this certificate",
    "unsupported": "the key is of a kind that is not supported (RSA, P-256 and P-384 are)",
    "wrong-purpose": "the certificate is not made for mail",
    "authority": "this is an authority's own certificate, and nobody's to sign mail with",
    "private-key": "the file holds a private key; give the certificate alone, keep the key to "
    "yourself",
    "card-login": "this is the card's certificate for authentication; give the one for signing",
}


class CredentialError(ValueError):
    """A certificate that cannot be used; ``reason`` is a word, ``str`` says it in full.

    The words are OpenPGP's (:data:`rmp_milter.certificates.reading.Reason`), and of X.509
    ``unreadable``, ``expired``, ``not-yet-valid``, ``weak``, ``unsupported``,
    ``no-encryption-key`` and ``wrong-purpose``.
    """

    def __init__(self, reason: CredentialReason, words: str = "") -> None:
        super().__init__(words or X509_WORDS[reason])
        self.reason: CredentialReason = reason


@contextmanager
def one_error() -> Iterator[None]:
    """Raise what either kind's reader raises as :class:`CredentialError`."""
    try:
        yield
    except CertificateError as error:
        raise CredentialError(error.reason, str(error)) from error
    except X509Error as error:
        raise CredentialError("unreadable", str(error)) from error
