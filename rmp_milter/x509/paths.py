"""Whether a certificate holds at a moment: its path to an anchor, revocation, purpose.

The path itself (RFC 5280, 6.1) is walked by pyhanko-certvalidator, imported when the first one
is. It fetches nothing and looks at no list: revocation is judged here, by lists that were
verified and compiled before (:mod:`.lists`).
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from rmp_milter.x509 import cps
from rmp_milter.x509.candidates import MAX_STRANGERS, Path, candidates
from rmp_milter.x509.comparing import comparable
from rmp_milter.x509.cps import CardHolder, CardUse
from rmp_milter.x509.lists import RevocationList
from rmp_milter.x509.reading import ANY_EKU, EMAIL_PROTECTION, X509
from rmp_milter.x509.remembered import GOOD_PATHS
from rmp_milter.x509.verdicts import KeyUse, PathVerdict, Purpose


class World(NamedTuple):
    """What the host trusts, and what is known of revocation."""

    anchors: Mapping[Purpose, tuple[X509, ...]]
    intermediates: tuple[X509, ...] = ()
    lists: Mapping[bytes, tuple[RevocationList, ...]] = {}
    """By the issuer's name (:func:`by_issuer`)."""


class Judged(NamedTuple):
    """A verdict, with the path that it is of (empty where there is none) and why, in words.

    ``stale``: the list that should say whether somebody on the path is revoked is missing or
    old. ``holder`` is whose CPS card it is, only where the verdict is good for IGC-Santé.
    """

    verdict: PathVerdict
    stale: bool = False
    path: tuple[X509, ...] = ()
    why: str = ""
    holder: CardHolder | None = None


_BEST = (
    *((PathVerdict.GOOD, False), (PathVerdict.REVOKED, False), (PathVerdict.REVOKED, True)),
    *((PathVerdict.GOOD, True), (PathVerdict.EXPIRED, False), (PathVerdict.NOT_YET, False)),
    *(
        (PathVerdict.WEAK, False),
        (PathVerdict.BROKEN, False),
        (PathVerdict.UNKNOWN_ISSUER, False),
    ),
)
"""Which of several paths speaks: one that says revoked before one that knows of no list."""
_NO_PATH = Judged(PathVerdict.UNKNOWN_ISSUER, why="nobody whom the host trusts has issued it")


def prepare() -> None:
    """Import what walks a path now: for who gives up rights, or forks, before he judges one."""
    import rmp_milter.x509.walking  # noqa: F401, PLC0415 -- as below


def by_issuer(lists: Iterable[RevocationList]) -> dict[bytes, tuple[RevocationList, ...]]:
    """Return lists as :class:`World` wants them."""
    found: dict[bytes, tuple[RevocationList, ...]] = {}
    for each in lists:
        found[each.header.issuer] = (*found.get(each.header.issuer, ()), each)
    return found


def judge(  # noqa: PLR0913 -- each is a thing of its own that the answer depends on
    certificate: X509,
    world: World,
    moment: int,
    purpose: Purpose,
    key_use: KeyUse,
    *,
    strangers: tuple[X509, ...] = (),
) -> Judged:
    """Return whether ``certificate`` may be used for ``key_use`` at ``moment`` (epoch seconds).

    ``strangers`` are certificates that came with it, as in a signed mail: 16 of them count.
    """
    judged = judge_path(certificate, world, moment, world.anchors.get(purpose, ()), strangers)
    if judged.verdict is not PathVerdict.GOOD:
        return judged
    fault = _misused(certificate, judged.path[1:-1], purpose, key_use)
    if fault:
        return judged._replace(verdict=PathVerdict.WRONG_PURPOSE, why=fault)
    return judged._replace(holder=certificate.holder if purpose is Purpose.IGC_SANTE else None)


def judge_path(
    certificate: X509,
    world: World,
    moment: int,
    anchors: tuple[X509, ...],
    strangers: tuple[X509, ...] = (),
) -> Judged:
    """Return whether there is a path that holds, whatever the certificate is for."""
    if certificate.weakness:
        return Judged(PathVerdict.WEAK, why=certificate.weakness)
    best = _NO_PATH
    between = (*world.intermediates, *strangers[:MAX_STRANGERS])
    for path in candidates(certificate, anchors, between):
        found = _judge_one(path, world, moment)
        if _rank(found) < _rank(best):
            best = found
        if _rank(best) == 0:
            break
    return best


def _rank(judged: Judged) -> int:
    return _BEST.index((judged.verdict, judged.stale))


def _judge_one(path: Path, world: World, moment: int) -> Judged:
    everyone = (path.anchor, *path.below)
    weak = next((each.weakness for each in path.between if each.weakness), "")
    if weak:
        if (revoked := _revocation(path, world, moment)[0]) is not None:
            return _told_revoked(revoked, everyone)
        return Judged(PathVerdict.WEAK, path=everyone, why=f"an authority above it: {weak}")
    verdict, why = GOOD_PATHS.walk(path, moment)
    if verdict is not PathVerdict.GOOD:
        return Judged(verdict, path=everyone, why=why)
    revoked, stale = _revocation(path, world, moment)
    if revoked:
        return _told_revoked(revoked, everyone, stale=stale)
    return Judged(PathVerdict.GOOD, stale, everyone)


def _told_revoked(revoked: X509, everyone: tuple[X509, ...], *, stale: bool = False) -> Judged:
    return Judged(PathVerdict.REVOKED, stale, everyone, f"{revoked.subject}: is revoked")


def _revocation(path: Path, world: World, moment: int) -> tuple[X509 | None, bool]:
    """Return who of the path is revoked, and whether a list that should say so lacks."""
    stale, issuer = False, path.anchor
    for each in path.below:
        lists = covering(each, issuer, path.anchor, world)
        if any(found.lists(each.serial) for found in lists):
            return each, stale
        own = [one for one in lists if one.header.signer.hex() == issuer.key_digest]
        stale = stale or not any(one.is_fresh(moment) for one in own or lists)
        issuer = each
    return None, stale


def covering(
    certificate: X509, issuer: X509, anchor: X509, world: World
) -> list[RevocationList]:
    """Return the lists that speak of a certificate (RFC 5280, 6.3.3).

    By the issuer's own key, or by another one of that name below the same anchor; for all of
    the issuer's certificates, or those of this kind or distribution point.
    """
    name = comparable(certificate.issuer_der)
    points = {hashlib.sha256(name).digest() for name in certificate.points.names}
    return [
        each
        for each in world.lists.get(name, ())
        if issuer.key_digest == each.header.signer.hex()
        or anchor.key_digest == each.header.anchor.hex()
        if not (each.header.only_users and certificate.is_ca)
        if not (each.header.only_cas and not certificate.is_ca)
        if not each.header.names or points & set(each.header.names)
    ]


def _misused(leaf: X509, between: tuple[X509, ...], purpose: Purpose, use: KeyUse) -> str:
    """Return what speaks against the use of a certificate whose path holds, or nothing."""
    if leaf.is_ca:
        return "it is an authority's own certificate"
    if purpose is Purpose.IGC_SANTE:
        return _misused_card(leaf, use)
    if EMAIL_PROTECTION not in (leaf.uses.extended or ()):
        return "it is not for mail (emailProtection)"
    if any(_issues_for_others(each) for each in between):
        return "an authority above it does not issue for mail (emailProtection)"
    may = leaf.may_sign if use is KeyUse.SIGN else leaf.may_encrypt
    return "" if may else f"its key may not {use}"


def _issues_for_others(authority: X509) -> bool:
    """Whether an authority's own extended usages, if it has any, leave mail out."""
    said = authority.uses.extended
    return said is not None and not said & {EMAIL_PROTECTION, ANY_EKU}


def _misused_card(leaf: X509, use: KeyUse) -> str:
    if len(leaf.issuer_names) != 1 or not cps.ISSUER.fullmatch(leaf.issuer_names[0]):
        return "its issuer is none that IGC-Santé has for persons"
    if leaf.holder is None:
        return "its subject is not a CPS card's"
    if use is KeyUse.ENCRYPT:
        return "a CPS card has no certificate for encryption"
    if leaf.card_use is not CardUse.SIGNING:
        return "it is the card's certificate for authentication, not the one for signing"
    return ""
