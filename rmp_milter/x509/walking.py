"""One path, walked by pyhanko-certvalidator (RFC 5280, 6.1); its faults in our verdicts."""

from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from asn1crypto.x509 import Certificate
from pyhanko_certvalidator.authority import CertTrustAnchor
from pyhanko_certvalidator.context import ValidationContext
from pyhanko_certvalidator.errors import (
    DisallowedAlgorithmError,
    ExpiredError,
    NotYetValidError,
    PathValidationError,
)
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import (
    CertRevTrustPolicy,
    PKIXValidationParams,
    RevocationCheckingPolicy,
    RevocationCheckingRule,
)
from pyhanko_certvalidator.sig_validate import SignatureValidator
from pyhanko_certvalidator.validate import async_validate_path

from rmp_milter.x509.candidates import Path
from rmp_milter.x509.signatures import is_signed_by
from rmp_milter.x509.verdicts import PathVerdict

_FORGEABLE = ("md2", "md5", "sha1")
_NO_LISTS = CertRevTrustPolicy(
    RevocationCheckingPolicy(
        ee_certificate_rule=RevocationCheckingRule.NO_CHECK,
        intermediate_ca_cert_rule=RevocationCheckingRule.NO_CHECK,
    )
)
_VERDICTS = {
    ExpiredError: PathVerdict.EXPIRED,
    NotYetValidError: PathVerdict.NOT_YET,
    DisallowedAlgorithmError: PathVerdict.WEAK,
}


def walk(
    path: Path, moment: int, parameters: PKIXValidationParams | None = None
) -> tuple[PathVerdict, str]:
    """Return a path's verdict at ``moment`` (epoch seconds), without revocation, and why.

    Whatever the library stumbles over makes the path a broken one: it never raises.
    """
    if not path.anchor.not_before <= moment:
        return PathVerdict.NOT_YET, "the anchor is not valid yet"
    if moment > path.anchor.not_after:
        return PathVerdict.EXPIRED, "the anchor is expired"
    for issuer, each in pairwise((path.anchor, *path.below)):
        if not is_signed_by(each, issuer):
            return PathVerdict.BROKEN, f"{each.subject}: the signature is not its issuer's"
    try:
        _completed(_walking(path, moment, parameters))
    except PathValidationError as error:
        return _VERDICTS.get(type(error), PathVerdict.BROKEN), str(error)
    except Exception as error:  # noqa: BLE001 -- asn1crypto reads lazily, and raises what it likes
        return PathVerdict.BROKEN, f"the path cannot be read ({type(error).__name__})"
    return PathVerdict.GOOD, ""


class _VerifiedBefore(SignatureValidator):
    """Signatures were verified over the octets as they came.

    asn1crypto encodes a certificate anew where it was looked into (with a unique identifier,
    other octets than those that were signed), and so refuses what is right.
    """

    def validate_signature(self, *_args: object, **_kwargs: object) -> None:
        """Take it as it is."""


async def _walking(path: Path, moment: int, parameters: PKIXValidationParams | None) -> None:
    anchor, *between, leaf = (Certificate.load(each.der) for each in (path.anchor, *path.below))
    context = ValidationContext(
        trust_roots=[anchor],
        moment=datetime.fromtimestamp(moment, UTC),
        allow_fetching=False,
        revinfo_policy=_NO_LISTS,
        weak_hash_algos=_FORGEABLE,
        time_tolerance=timedelta(0),
        signature_validator=_VerifiedBefore(),
    )
    way = ValidationPath(CertTrustAnchor(anchor), between, leaf)
    await async_validate_path(context, way, parameters)


def _completed(walking: Coroutine[None, None, None]) -> None:
    """Run what is asynchronous by form only: nothing is fetched, so no loop is needed."""
    try:
        walking.send(None)
    except StopIteration:
        return
    walking.close()
    raise RuntimeError("the walk waits for something")
