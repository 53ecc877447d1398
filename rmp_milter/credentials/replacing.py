"""Which of somebody's certificates another one takes the place of. Pure; its path is not judged."""

from collections.abc import Sequence
from typing import NamedTuple

from rmp_milter.credentials import mail_certificates
from rmp_milter.credentials.failure import CredentialError
from rmp_milter.credentials.judging import prolonged
from rmp_milter.credentials.kinds import CertificateKind, kind_of
from rmp_milter.x509 import X509Error


class Replacing(NamedTuple):
    """A certificate of somebody's (``present``), and what is to stand in its place."""

    present: bytes
    newer: bytes


def replacing(own: Sequence[bytes], brought: bytes, now: int) -> Replacing | None:
    """Return what one that was brought replaces of somebody's ``own``, None for nothing.

    The first of them that it is a later copy of, or renews by its names: proving that it does is
    the caller's. One that is there already replaces nothing, nor does one than which he has a
    later one: what was replaced once does not come back in the place of another.
    """
    if brought in own or any(_renews(brought, each) for each in own):
        return None
    for present in own:
        newer = prolonged(present, brought, now)
        if newer:
            return Replacing(present, newer)
    return None


def _renews(present: bytes, newer: bytes) -> bool:
    if {kind_of(present), kind_of(newer)} != {CertificateKind.SMIME}:
        return False
    try:
        old, new = mail_certificates.read(present), mail_certificates.read(newer)
    except (X509Error, CredentialError):
        return False
    return mail_certificates.renewed(old, new)
