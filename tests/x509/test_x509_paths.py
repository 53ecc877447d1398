import subprocess
import sys

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from trust_case import RPPS, fresh, judged, read, world

from rmp_milter.x509 import (
    Answer,
    KeyUse,
    PathVerdict,
    Purpose,
    Use,
    World,
    allowed,
    compile_list,
    judge,
)
from rmp_milter.x509.candidates import MAX_STEPS, candidates
from rmp_milter.x509.paths import by_issuer
from testbed.x509_maker import CARD_LOGIN, DAY, Authorities, Made, Maker, authorities
from testbed.x509_parts import named, usage

PUBLIC, IGC = Purpose.PUBLIC, Purpose.IGC_SANTE
GOOD = (PathVerdict.GOOD, False)


@pytest.fixture(scope="module")
def there(maker: Maker, trees: Authorities) -> World:
    return world(maker, trees)


@pytest.mark.parametrize("use", KeyUse)
@pytest.mark.parametrize("kind", ["P-256", "P-384", "RSA"])
def test_a_certificate_for_mail_is_good(
    maker: Maker, trees: Authorities, there: World, use: KeyUse, kind: str
) -> None:
    made = maker.user("a@b.example", trees.public, key=maker.key(kind))
    found = judged(made, there, maker.now, PUBLIC, use)
    assert (found.verdict, found.stale, found.why, found.holder) == (*GOOD, "", None)
    assert found.path == tuple(map(read, (trees.public_root, trees.public, made)))


def test_a_card_proves_whose_it_is(maker: Maker, trees: Authorities, there: World) -> None:
    found = judged(maker.card(RPPS, trees.igc), there, maker.now, IGC)
    assert (found.verdict, found.stale) == GOOD
    assert found.holder is not None
    assert found.holder.rpps == RPPS


def test_a_cards_other_certificate_signs_nothing(
    maker: Maker, trees: Authorities, there: World
) -> None:
    login = maker.card(RPPS, trees.igc, signing=False)
    found = judged(login, there, maker.now, IGC)
    assert (found.verdict, found.holder) == (PathVerdict.WRONG_PURPOSE, None)
    assert "authentication" in found.why
    signing = maker.card(RPPS, trees.igc)
    found = judged(signing, there, maker.now, IGC, KeyUse.ENCRYPT)
    assert found.verdict is PathVerdict.WRONG_PURPOSE


def test_a_cards_subject_from_a_public_authority_proves_nothing(
    maker: Maker, trees: Authorities, there: World
) -> None:
    forged = maker.card(RPPS, trees.public)
    assert judged(forged, there, maker.now, IGC).verdict is PathVerdict.UNKNOWN_ISSUER
    found = judged(forged, there, maker.now, PUBLIC)
    assert (found.verdict, found.holder) == (PathVerdict.GOOD, None)


@pytest.mark.parametrize(
    "name",
    ["AC IGC-SANTE FORT ORGANISATIONS", "AC IGC-SANTE FORT PERSONNES 2", "AC RACINE IGC-SANTE"],
)
def test_an_authority_of_igc_sante_that_is_not_for_persons_issues_no_cards(
    maker: Maker, trees: Authorities, there: World, name: str
) -> None:
    other = maker.authority(name, trees.igc_root)
    wider = there._replace(intermediates=(*there.intermediates, read(other)))
    found = judged(maker.card(RPPS, other), wider, maker.now, IGC)
    assert found.verdict is PathVerdict.WRONG_PURPOSE


def test_a_look_alike_of_the_whole_tree_is_nobodys(
    maker: Maker, trees: Authorities, there: World
) -> None:
    false = authorities(maker)
    assert false.igc.name == trees.igc.name
    strangers = (read(false.igc), read(false.igc_root))
    made = read(maker.card(RPPS, false.igc))
    found = judge(made, there, maker.now, IGC, KeyUse.SIGN, strangers=strangers)
    assert found.verdict is PathVerdict.BROKEN
    alone = judge(made, World({}), maker.now, IGC, KeyUse.SIGN, strangers=strangers)
    assert alone.verdict is PathVerdict.UNKNOWN_ISSUER


def test_what_comes_with_a_mail_may_lead_to_an_anchor(
    maker: Maker, trees: Authorities, there: World
) -> None:
    alone = there._replace(intermediates=())
    made = read(maker.user("a@b.example", trees.public))
    without = judge(made, alone, maker.now, PUBLIC, KeyUse.SIGN)
    beside = (read(trees.public),)
    assert without.verdict is PathVerdict.UNKNOWN_ISSUER
    found = judge(made, alone, maker.now, PUBLIC, KeyUse.SIGN, strangers=beside)
    assert (found.verdict, found.stale) == GOOD


@pytest.mark.parametrize(
    ("moment", "verdict"),
    [
        (-1, PathVerdict.NOT_YET),
        (0, PathVerdict.GOOD),
        (10 * DAY, PathVerdict.GOOD),
        (1 + 10 * DAY, PathVerdict.EXPIRED),
    ],
)
def test_the_dates_count_to_the_second(
    maker: Maker, trees: Authorities, there: World, moment: int, verdict: PathVerdict
) -> None:
    made = maker.user("a@b.example", trees.public, start=maker.now, days=10)
    assert judged(made, there, maker.now + moment, PUBLIC).verdict is verdict


def test_an_expired_anchor_carries_nothing(maker: Maker) -> None:
    root = maker.authority("Racine", days=1)
    made = maker.user("a@b.example", root)
    there = World({PUBLIC: (read(root),)})
    assert judged(made, there, maker.now, PUBLIC).verdict is PathVerdict.GOOD
    assert judged(made, there, maker.now + 2, PUBLIC).verdict is PathVerdict.EXPIRED


def test_who_is_revoked_is_revoked_and_whoever_he_issued(
    maker: Maker, trees: Authorities
) -> None:
    made, other = (maker.user("a@b.example", trees.public) for _ in range(2))
    there = world(maker, trees, [made.serial])
    assert judged(made, there, maker.now, PUBLIC).verdict is PathVerdict.REVOKED
    assert judged(other, there, maker.now, PUBLIC).verdict is PathVerdict.GOOD
    there = world(maker, trees, [trees.public.serial])
    found = judged(other, there, maker.now, PUBLIC)
    assert (found.verdict, "AC mail" in found.why) == (PathVerdict.REVOKED, True)


def test_revocation_holds_when_the_list_is_old(maker: Maker, trees: Authorities) -> None:
    made = maker.user("a@b.example", trees.public)
    there = world(maker, trees, [made.serial])
    assert judged(made, there, maker.now + 30 * DAY, PUBLIC).verdict is PathVerdict.REVOKED


def test_a_list_of_a_look_alike_covers_nothing(maker: Maker, trees: Authorities) -> None:
    made = maker.user("a@b.example", trees.public)
    false = authorities(maker)
    raw = maker.revocation_list(false.public, [made.serial])
    forged = compile_list(raw, read(false.public), read(false.public_root), maker.now)
    there = world(maker, trees)._replace(lists=by_issuer([forged]))
    found = judged(made, there, maker.now, PUBLIC)
    assert (found.verdict, found.stale) == (PathVerdict.GOOD, True)


@pytest.mark.parametrize("days", [6, 8])
def test_a_list_is_stale_when_the_next_one_is_due(
    maker: Maker, trees: Authorities, there: World, days: int
) -> None:
    made = maker.user("a@b.example", trees.public)
    found = judged(made, there, maker.now + days * DAY, PUBLIC)
    assert (found.verdict, found.stale) == (PathVerdict.GOOD, days > 7)


def test_without_the_list_of_one_authority_the_path_is_stale(
    maker: Maker, trees: Authorities, there: World
) -> None:
    made = maker.user("a@b.example", trees.public)
    for issuer in (trees.public_root, trees.public):
        only = there._replace(lists=by_issuer([fresh(maker, issuer, trees.public_root)]))
        assert judged(made, only, maker.now, PUBLIC).stale


def test_what_is_not_for_mail_is_not_for_mail(
    maker: Maker, trees: Authorities, there: World
) -> None:
    servers = maker.authority(
        "AC TLS", trees.public_root, extended=(ExtendedKeyUsageOID.SERVER_AUTH,)
    )
    wider = there._replace(intermediates=(*there.intermediates, read(servers)))
    for made, use in (
        (maker.user("a@b.example", trees.public, extended=CARD_LOGIN), KeyUse.SIGN),
        (maker.user("a@b.example", trees.public, extended=()), KeyUse.SIGN),
        (maker.user("a@b.example", servers), KeyUse.SIGN),
        (maker.user("a@b.example", trees.public, uses=("digital_signature",)), KeyUse.ENCRYPT),
        (maker.user("a@b.example", trees.public, uses=("key_agreement",)), KeyUse.SIGN),
        (trees.public, KeyUse.SIGN),
    ):
        assert judged(made, wider, maker.now, PUBLIC, use).verdict is PathVerdict.WRONG_PURPOSE


def test_who_is_no_authority_issues_nothing(
    maker: Maker, trees: Authorities, there: World
) -> None:
    doctor = maker.user("a@b.example", trees.public)
    forged = read(maker.user("b@b.example", doctor))
    found = judge(forged, there, maker.now, PUBLIC, KeyUse.SIGN, strangers=(read(doctor),))
    assert found.verdict is PathVerdict.BROKEN


def test_a_short_key_is_weak_wherever_it_stands(
    maker: Maker, trees: Authorities, there: World
) -> None:
    short = maker.key("RSA 1024")
    made = maker.user("a@b.example", trees.public, key=short)
    assert judged(made, there, maker.now, PUBLIC).verdict is PathVerdict.WEAK
    authority = maker.authority("AC faible", trees.public_root, key=short)
    wider = there._replace(intermediates=(*there.intermediates, read(authority)))
    made = maker.user("a@b.example", authority)
    assert judged(made, wider, maker.now, PUBLIC).verdict is PathVerdict.WEAK
    root = read(trees.public_root)
    data = maker.revocation_list(trees.public_root, [authority.serial])
    listed = compile_list(data, root, root, maker.now)
    told = wider._replace(lists={**wider.lists, **by_issuer([listed])})
    assert judged(made, told, maker.now, PUBLIC).verdict is PathVerdict.REVOKED


def test_a_changed_octet_anywhere_is_no_good(
    maker: Maker, trees: Authorities, there: World
) -> None:
    made = maker.user("a@b.example", trees.public)
    at = made.der.index(b"a@b.example")
    forged = Made(
        made.key, x509.load_der_x509_certificate(made.der[:at] + b"b" + made.der[at + 1 :])
    )
    assert judged(forged, there, maker.now, PUBLIC).verdict is PathVerdict.BROKEN


def test_an_unknown_critical_extension_is_no_good(
    maker: Maker, trees: Authorities, there: World
) -> None:
    strange = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\0")
    mail = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
    for critical, verdict in ((True, PathVerdict.BROKEN), (False, PathVerdict.GOOD)):
        extensions = [(mail, False), (usage("digital_signature"), True), (strange, critical)]
        made = maker.sign(named(("CN", "a")), trees.public, extensions)
        assert judged(made, there, maker.now, PUBLIC).verdict is verdict


def test_strangers_that_issue_one_another_cost_a_bounded_number_of_steps(
    maker: Maker, trees: Authorities, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = [maker.authority("Anneau", maker.authority("Anneau")) for _ in range(16)]
    leaf = read(maker.user("a@b.example", ring[0]))
    strangers = tuple(map(read, ring))
    looked = []
    monkeypatch.setattr(
        "rmp_milter.x509.candidates.comparable", lambda name: looked.append(name) or name
    )
    assert list(candidates(leaf, (read(trees.public_root),), strangers)) == []
    assert len(looked) < MAX_STEPS * 20


RULES = {
    Use.DEPOSIT: Answer.WARNED,
    Use.READING: Answer.WARNED,
    Use.GOVERNING: Answer.NO,
    Use.ENROLLING: Answer.NO,
    Use.EMERGENCY: Answer.WARNED,
}


@pytest.mark.parametrize("use", Use)
def test_a_stale_list_warns_or_refuses_and_never_blocks_an_emergency(use: Use) -> None:
    assert allowed(PathVerdict.GOOD, use, stale=True) is RULES[use]
    assert allowed(PathVerdict.GOOD, use, stale=False) is Answer.YES


@pytest.mark.parametrize(
    "verdict", [each for each in PathVerdict if each is not PathVerdict.GOOD]
)
@pytest.mark.parametrize("use", Use)
def test_nothing_rests_on_what_is_not_good(verdict: PathVerdict, use: Use) -> None:
    assert allowed(verdict, use, stale=False) is allowed(verdict, use, stale=True) is Answer.NO


def test_reading_a_certificate_loads_no_walker_and_no_walk_a_fetcher() -> None:
    program = (
        "import sys, rmp_milter.x509; print('pyhanko_certvalidator' in sys.modules);"
        "import rmp_milter.x509.walking; print('aiohttp' in sys.modules, 'oscrypto' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "False", "False"]
