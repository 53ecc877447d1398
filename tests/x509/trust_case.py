"""A host's trust in the look-alike authorities, with fresh lists of both trees."""

from collections.abc import Iterable

from rmp_milter.x509 import (
    X509,
    Judged,
    KeyUse,
    Purpose,
    RevocationList,
    World,
    compile_list,
    judge,
    read_x509,
)
from rmp_milter.x509.paths import by_issuer
from testbed.x509_maker import Authorities, Made, Maker

RPPS = "10003456786"


def read(made: Made) -> X509:
    return read_x509(made.der)


def fresh(
    maker: Maker, issuer: Made, anchor: Made, revoked: Iterable[int] = ()
) -> RevocationList:
    raw = maker.revocation_list(issuer, revoked)
    return compile_list(raw, read(issuer), read(anchor), maker.now)


def world(maker: Maker, trees: Authorities, revoked: Iterable[int] = ()) -> World:
    pairs = ((trees.public_root, trees.public), (trees.igc_root, trees.igc))
    lists = [
        fresh(maker, issuer, root, revoked) for root, below in pairs for issuer in (root, below)
    ]
    return World(
        {
            Purpose.PUBLIC: (read(trees.public_root),),
            Purpose.IGC_SANTE: (read(trees.igc_root),),
        },
        (read(trees.public), read(trees.igc)),
        by_issuer(lists),
    )


def judged(
    made: Made, there: World, now: int, purpose: Purpose, key_use: KeyUse = KeyUse.SIGN
) -> Judged:
    return judge(read(made), there, now, purpose, key_use)
