"""Whether somebody whom the host trusts has issued the certificates that are entered.

By the anchors and lists of the trust folder, as they are now (:mod:`rmp_milter.trust`): a CPS
card's by those of IGC-Santé, others by those of public authorities.
"""

from collections.abc import Sequence

from rmp_milter.cli.errors import CommandError
from rmp_milter.config import Config
from rmp_milter.credentials import CertificateKind, CredentialFacts
from rmp_milter.credentials.trusted import judged_whole
from rmp_milter.trust.folder import FOLDER
from rmp_milter.trust.store import TrustStore
from rmp_milter.x509 import Answer, Judged, PathVerdict, Use, World, allowed, read_x509

_ADD = "rmp trust add ca, of an authority that you trust; or ask for another certificate"
_LISTS = "rmp trust refresh, or rmp trust add crl"


def world_of(config: Config) -> World:
    """Return what the host trusts now."""
    return TrustStore(config.paths.keeper / FOLDER).world()


def check_issuers(found: Sequence[CredentialFacts], world: World, now: int) -> None:
    """Raise :class:`CommandError` for a certificate by which nobody may be enrolled.

    OpenPGP certificates have no issuer: the host sees to whose they are.
    """
    for facts in found:
        if facts.kind is CertificateKind.SMIME:
            _check(facts, world, now)


def _check(facts: CredentialFacts, world: World, now: int) -> None:
    judged = judged_whole(read_x509(facts.binary), world, now)
    if allowed(judged.verdict, Use.ENROLLING, stale=judged.stale) is not Answer.YES:
        raise _refused(facts, judged)


def _refused(facts: CredentialFacts, judged: Judged) -> CommandError:
    named = f"the certificate {facts.fingerprint[:16].upper()} of {facts.names[0]}"
    if judged.verdict is PathVerdict.GOOD:
        why = "whether it is revoked cannot be said: a list lacks, or is old"
        return CommandError(f"{named}: {why}", _LISTS)
    hint = _ADD if judged.verdict is PathVerdict.UNKNOWN_ISSUER else ""
    return CommandError(f"{named}: {judged.verdict}: {judged.why}", hint)
