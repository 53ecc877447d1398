from trust_case import read

from rmp_milter.x509.candidates import Path
from rmp_milter.x509.remembered import GoodPaths
from rmp_milter.x509.verdicts import PathVerdict
from testbed.x509_maker import DAY, Authorities, Made, Maker


def path_of(trees: Authorities, own: Made) -> Path:
    return Path(read(trees.public_root), (read(trees.public),), read(own))


def test_a_path_that_held_holds_until_a_certificate_on_it_is_over(
    maker: Maker, trees: Authorities
) -> None:
    paths, path = (
        GoodPaths(),
        path_of(trees, maker.user("anne@cab.example", trees.public, days=10)),
    )
    last = path.leaf.not_after
    for moment in (maker.now, maker.now + 1, last):
        assert paths.walk(path, moment) == (PathVerdict.GOOD, "")
    assert paths.walk(path, last + 1)[0] is PathVerdict.EXPIRED
    assert paths.walk(path, path.leaf.not_before - 1)[0] is PathVerdict.NOT_YET
    assert paths.walk(path, maker.now)[0] is PathVerdict.GOOD


def test_another_certificate_on_the_way_is_another_path(
    maker: Maker, trees: Authorities
) -> None:
    paths = GoodPaths()
    own = maker.user("anne@cab.example", trees.public)
    path = path_of(trees, own)
    assert paths.walk(path, maker.now)[0] is PathVerdict.GOOD
    alike = read(maker.authority("AC mail d'essai", maker.authority("Racine d'essai")))
    assert paths.walk(path._replace(between=(alike,)), maker.now)[0] is PathVerdict.BROKEN


def test_what_did_not_hold_is_walked_again_and_few_are_remembered(
    maker: Maker, trees: Authorities
) -> None:
    paths = GoodPaths(most=2)
    early = path_of(trees, maker.user("a@cab.example", trees.public, start=maker.now + DAY))
    assert paths.walk(early, maker.now)[0] is PathVerdict.NOT_YET
    assert paths.walk(early, maker.now + DAY)[0] is PathVerdict.GOOD
    for number in range(4):
        own = maker.user(f"b{number}@cab.example", trees.public)
        assert paths.walk(path_of(trees, own), maker.now)[0] is PathVerdict.GOOD
    assert len(paths._spans) == 2
