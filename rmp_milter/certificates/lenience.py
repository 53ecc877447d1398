"""Keys that were enrolled before the rule was what it is: what they may still do.

Keys that are too short, and those that SHA-1 alone binds, are taken from nobody any more. Who
has one already is still written to, and has his emergencies answered: a rule that is new must
not cost a life. Whatever else he signs is answered with how to come by a better key.
"""

from collections.abc import Iterable

from rmp_milter.certificates.statements import Statement
from rmp_milter.certificates.verified import Verified, VerifiedSubkey


def leniently(certificate: Verified) -> Verified:
    """Return the certificate with what its owner said by SHA-1, and its short keys, counting."""
    return certificate._replace(
        own=(*certificate.own, *_by_sha1(certificate.forgeable)),
        subkeys=tuple(map(_lenient_subkey, certificate.subkeys)),
        lenient=True,
    )


def _lenient_subkey(sub: VerifiedSubkey) -> VerifiedSubkey:
    bindings = (*sub.bindings, *_by_sha1(sub.forgeable))
    return sub._replace(bindings=bindings, lenient=True)


def _by_sha1(forgeable: Iterable[Statement]) -> Iterable[Statement]:
    return (each for each in forgeable if each.packet.hash_alg() == "sha1")
