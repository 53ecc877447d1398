"""Certificates that are younger than our clock: somebody's clock is wrong, his or ours.

Where a key is enrolled already, writing to it some time before it says that it begins harms
nobody; refusing it would cost an answer that somebody may be waiting for in an emergency.
"""

from rmp_milter.certificates.reading import CertificateError
from rmp_milter.certificates.uses import EncryptionKey, enrolled_encryption_keys
from rmp_milter.certificates.verified import verified

_NOT_BEGUN = frozenset({"not-yet-valid", "no-self-signature"})


def signed_at(data: bytes) -> int:
    """Return when its owner last signed something of the certificate that holds; 0 for never.

    In epoch seconds. Raises :class:`CertificateError` for what is no certificate.
    """
    found = verified(data)
    said = [*found.own, *(each for sub in found.subkeys for each in sub.bindings)]
    return max((each.created for each in said), default=0)


def keys_for_reader(data: bytes, now: int) -> list[EncryptionKey]:
    """Return the keys to encrypt to, of an enrolled certificate that may begin after ``now``.

    Raises :class:`CertificateError` where there is none, now or when it has begun.
    """
    try:
        return enrolled_encryption_keys(data, now)
    except CertificateError as error:
        begun = signed_at(data) if error.reason in _NOT_BEGUN else 0
        if begun <= now:
            raise
        return enrolled_encryption_keys(data, begun)


def reachable(data: bytes, now: int) -> bool:
    """Return whether something can be encrypted to the certificate (:func:`keys_for_reader`)."""
    try:
        keys_for_reader(data, now)
    except CertificateError:
        return False
    return True
