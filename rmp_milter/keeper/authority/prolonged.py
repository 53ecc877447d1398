"""What counts as a later copy of somebody's certificate, by whose word. Pure.

Of OpenPGP the key itself says so. Of X.509 an authority issues another certificate, usually with
another key: it counts by all that its authority says of its owner, who must be named in it, and
only where the same anchor of the host's vouches for both.
"""

from collections.abc import Sequence

from rmp_milter.credentials import CertificateKind, CredentialError, kind_of, replacing
from rmp_milter.credentials.trusted import judged_renewal
from rmp_milter.keeper.authority.refusals import Unentitled, Untrusted
from rmp_milter.x509 import Answer, Use, World, X509Error, allowed, read_x509

NOBODY_TRUSTED = World({})


def is_prolonged(
    present: bytes,
    newer: bytes,
    now: int,
    world: World = NOBODY_TRUSTED,
    use: Use = Use.READING,
) -> bool:
    """Whether a certificate is what its own key, or its authority, made of the present one."""
    return bool(replaced_among((present,), newer, now, world, use))


def replaced_among(
    own: Sequence[bytes],
    newer: bytes,
    now: int,
    world: World = NOBODY_TRUSTED,
    use: Use = Use.READING,
) -> bytes:
    """Return of which of somebody's ``own`` certificates another is a later copy; empty for none.

    One of them is one of itself. ``use`` is what shall rest on it: to change who somebody is
    (:attr:`Use.GOVERNING`) takes a list that says that it is not revoked, to know who wrote a
    mail it does not.
    """
    if newer in own:
        return newer
    try:
        found = replacing(own, newer, now)
        if found is None or found.newer != newer:
            return b""
        if kind_of(newer) is CertificateKind.OPENPGP:
            return found.present
        judged = judged_renewal(read_x509(found.present), read_x509(newer), world, now)
    except (CredentialError, X509Error):
        return b""
    trusted = allowed(judged.verdict, use, stale=judged.stale) is not Answer.NO
    return found.present if trusted else b""


def not_prolonged(newer: bytes) -> Unentitled:
    """Return what to raise for a copy that is none.

    Of X.509 an honest milter meets it as well: it sees names alone, and no path.
    """
    if kind_of(newer) is CertificateKind.SMIME:
        return Untrusted("a certificate that does not surely renew the present one")
    return Unentitled("a copy that its own key did not prolong")
