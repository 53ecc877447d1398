import stat
from pathlib import Path

import pytest

from rmp_milter.trust.folder import (
    BETWEEN,
    AuthorityError,
    add_anchor,
    add_between,
    add_url,
    known,
    make,
    remove,
)
from rmp_milter.x509 import Purpose, read_x509
from testbed.x509_maker import Authorities, Made, Maker, authorities


def digest(made: Made) -> str:
    return read_x509(made.der).digest


def test_authorities_are_added_listed_and_removed(
    folder: Path, maker: Maker, trees: Authorities
) -> None:
    add_anchor(folder, trees.public_root.pem, Purpose.PUBLIC, maker.now)
    add_anchor(folder, trees.igc_root.der, Purpose.IGC_SANTE, maker.now)
    add_between(folder, trees.igc.pem + trees.public.pem, maker.now)
    found = known(folder)
    assert [each.place for each in found.authorities] == [
        *(Purpose.PUBLIC, Purpose.IGC_SANTE, BETWEEN, BETWEEN)
    ]
    assert found.problems == ()
    assert found.world.anchors[Purpose.PUBLIC] == (read_x509(trees.public_root.der),)
    assert remove(folder, digest(trees.public_root)[:8])
    assert not remove(folder, digest(trees.public_root))
    assert known(folder).of(Purpose.PUBLIC) == ()


def test_the_timers_user_can_read_anchors_and_write_lists_alone(folder: Path) -> None:
    make(folder)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == {"anchors": 0o755, "lists": 0o2770}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_who_is_no_authority_is_not_added(
    folder: Path, maker: Maker, trees: Authorities
) -> None:
    ended = maker.authority("Vieille", days=1)
    short = maker.authority("Faible", key=maker.key("RSA 1024"))
    for data, words, now in (
        (maker.user("a@b.example", trees.public).pem, "no authority", maker.now),
        (ended.pem, "not valid", maker.now + 2),
        (short.pem, "too short", maker.now),
        (trees.igc_root.key_pem, "private key", maker.now),
        (b"", "cut off", maker.now),
    ):
        with pytest.raises(AuthorityError, match=words):
            add_anchor(folder, data, Purpose.PUBLIC, now)
    add_anchor(folder, trees.public_root.pem, Purpose.PUBLIC, maker.now)
    with pytest.raises(AuthorityError, match="already"):
        add_anchor(folder, trees.public_root.pem, Purpose.PUBLIC, maker.now)


def test_an_authority_between_needs_an_anchor_above(
    folder: Path, maker: Maker, trees: Authorities
) -> None:
    with pytest.raises(AuthorityError, match="no path"):
        add_between(folder, trees.public.pem, maker.now)
    add_anchor(folder, trees.public_root.pem, Purpose.PUBLIC, maker.now)
    false = authorities(maker)
    with pytest.raises(AuthorityError, match="AC mail"):
        add_between(folder, trees.public.pem + false.public.pem, maker.now)
    assert known(folder).of(BETWEEN) == ()
    lower = maker.authority("AC encore", trees.public)
    assert len(add_between(folder, lower.pem + trees.public.pem, maker.now)) == 2


def test_urls_are_kept_once_and_only_http(folder: Path) -> None:
    for url in ("http://ca.example/a.crl", "http://ca.example/b.crl"):
        add_url(folder, url)
    for url in (
        "http://ca.example/a.crl",
        "https://ca.example/",
        "file:///etc/passwd",
        "http://a b",
    ):
        with pytest.raises(AuthorityError):
            add_url(folder, url)
    assert remove(folder, "http://ca.example/a.crl")
    assert known(folder).urls == ("http://ca.example/b.crl",)


@pytest.mark.parametrize("fault", ["open", "other name", "no certificate", "link"])
def test_a_file_that_was_tampered_with_counts_for_nothing_and_hides_no_other(
    folder: Path, maker: Maker, trees: Authorities, fault: str
) -> None:
    for made in (trees.public_root, trees.igc_root):
        add_anchor(folder, made.pem, Purpose.PUBLIC, maker.now)
    path = folder / "anchors" / "public" / f"{digest(trees.public_root)}.pem"
    if fault == "open":
        path.chmod(0o666)
    elif fault == "other name":
        path.write_bytes(authorities(maker).public_root.pem)
    elif fault == "no certificate":
        path.write_bytes(b"nothing")
    else:
        path.rename(folder / "away")
        path.symlink_to(folder / "away")
    found = known(folder)
    assert found.of(Purpose.PUBLIC) == (read_x509(trees.igc_root.der),)
    assert [str(path) in problem for problem in found.problems] == [True]
    assert remove(folder, digest(trees.public_root))
    assert known(folder).problems == ()
