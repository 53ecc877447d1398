"""Whether somebody whom the host trusts has issued a certificate, for all that it is used for here.

A CPS card's by the anchors of IGC-Santé, all others by those of public authorities. Pure: what is
trusted is handed in, with the lists of what was revoked.
"""

from collections.abc import Iterator

from rmp_milter.credentials.mail_certificates import is_card_signing
from rmp_milter.x509 import X509, Judged, KeyUse, PathVerdict, Purpose, World, judge
from rmp_milter.x509.paths import judge_path


def purpose_of(certificate: X509) -> Purpose:
    """Return by which anchors a certificate is judged."""
    return Purpose.IGC_SANTE if is_card_signing(certificate) else Purpose.PUBLIC


def judged_whole(certificate: X509, world: World, now: int) -> Judged:
    """Return the worst that is to be said of any use that it would have here, at ``now``.

    ``now`` is in epoch seconds. What may neither sign nor be encrypted to is good for nothing.
    """
    purpose = purpose_of(certificate)
    found = [judge(certificate, world, now, purpose, use) for use in _uses(certificate)]
    bad = [each for each in found if each.verdict is not PathVerdict.GOOD]
    stale = [each for each in found if each.stale]
    nothing = Judged(PathVerdict.WRONG_PURPOSE, why="it is for neither signing nor encrypting")
    return next(iter([*bad, *stale, *found]), nothing)


def _uses(certificate: X509) -> Iterator[KeyUse]:
    if certificate.may_sign:
        yield KeyUse.SIGN
    if certificate.may_encrypt and purpose_of(certificate) is Purpose.PUBLIC:
        yield KeyUse.ENCRYPT


def judged_renewal(present: X509, newer: X509, world: World, now: int) -> Judged:
    """Return what ``newer`` is worth at ``now`` in the place of ``present``.

    Beside its own path it takes the same anchor as the present one's had while that was valid:
    of two authorities of one name that the host trusts, neither speaks for the other. That the
    present one was revoked does not matter, a lost card's is. Whether their names agree is
    :func:`.renewed`'s to say.
    """
    judged = judged_whole(newer, world, now)
    if judged.verdict is not PathVerdict.GOOD:
        return judged
    anchors = world.anchors.get(purpose_of(newer), ())
    before = judge_path(present, world, min(now, present.not_after), anchors)
    held = before.verdict in {PathVerdict.GOOD, PathVerdict.REVOKED}
    if held and before.path[0].der == judged.path[0].der:
        return judged
    return Judged(
        PathVerdict.UNKNOWN_ISSUER, why="another authority than that of the present one"
    )
