"""Which X.509 certificate is another one renewed: by all that it says, and newer."""

from collections.abc import Callable

import pytest
from cryptography import x509

from rmp_milter.credentials import prolonged, renewed
from rmp_milter.x509 import X509, read_x509
from testbed import x509_parts as parts
from testbed.x509_maker import CARD_LOGIN, DAY, EMAIL, Authorities, Made, Maker, authorities

NOW = 1_790_000_000
RPPS, OTHER_RPPS = "10003456786", "10101234564"
ANNE = "a.morel@cab.example"
OLD = NOW - 300 * DAY


@pytest.fixture(scope="session")
def maker() -> Maker:
    return Maker(NOW)


@pytest.fixture(scope="session")
def trees(maker: Maker) -> Authorities:
    return authorities(maker)


def read(made: Made) -> X509:
    return read_x509(made.der)


def test_a_mail_certificate_is_renewed_with_another_key(
    maker: Maker, trees: Authorities
) -> None:
    old, new = maker.user(ANNE, trees.public, start=OLD), maker.user(ANNE, trees.public)
    assert renewed(read(old), read(new))
    assert prolonged(old.der, new.der, NOW) == new.der


def test_a_cards_certificate_is_renewed_by_its_number_alone(
    maker: Maker, trees: Authorities
) -> None:
    old, new = maker.card(RPPS, trees.igc, start=OLD), maker.card(RPPS, trees.igc)
    assert renewed(read(old), read(new))


def with_addresses(maker: Maker, trees: Authorities, *named: str) -> Made:
    """Return what :meth:`Maker.user` makes for Anne, but for the addresses in it."""
    names = [x509.RFC822Name(each) for each in named]
    alternative = [(x509.SubjectAlternativeName(names), False)] if names else []
    usage = parts.usage("digital_signature", "key_agreement")
    extensions = [(usage, True), (x509.ExtendedKeyUsage(EMAIL), False), *alternative]
    subject = parts.named(("CN", "a.morel"), ("C", "FR"))
    return maker.sign(subject, trees.public, extensions)


Make = Callable[[Maker, Authorities], Made]
OTHERS: list[Make] = [
    lambda maker, trees: maker.user(ANNE, trees.public, start=OLD),  # of the same second
    lambda maker, trees: maker.user(ANNE, trees.public, start=OLD - 1),
    lambda maker, trees: maker.user("eve@cab.example", trees.public),
    lambda maker, trees: maker.user("a.morel@elsewhere.example", trees.public),
    lambda maker, trees: maker.user(ANNE, trees.public_root),
    lambda maker, trees: maker.user(ANNE, trees.igc),
    lambda maker, trees: maker.user(ANNE, trees.public, uses=["digital_signature"]),
    lambda maker, trees: maker.user(ANNE, trees.public, extended=(*EMAIL, *CARD_LOGIN)),
    lambda maker, trees: with_addresses(maker, trees, ANNE, "eve@cab.example"),
    with_addresses,
    lambda maker, trees: maker.card(RPPS, trees.igc),
]


@pytest.mark.parametrize("make", OTHERS)
def test_whatever_else_differs_it_is_another(
    maker: Maker, trees: Authorities, make: Make
) -> None:
    old, other = maker.user(ANNE, trees.public, start=OLD), make(maker, trees)
    assert not renewed(read(old), read(other))
    assert prolonged(old.der, other.der, NOW) is None


def test_the_addresses_are_a_set(maker: Maker, trees: Authorities) -> None:
    old = with_addresses(maker, trees, ANNE, "anne@cab.example")
    turned = with_addresses(maker, trees, "anne@cab.example", ANNE)
    assert renewed(read(old)._replace(not_before=OLD), read(turned))


@pytest.mark.parametrize(
    "other",
    [
        {"rpps": OTHER_RPPS},
        {"signing": False},
        {"surname": "AUTRE"},
        {"title": "Pharmacien"},
        {"prefix": "0"},
    ],
)
def test_another_card_is_no_renewed_one(
    maker: Maker, trees: Authorities, other: dict[str, str | bool]
) -> None:
    given = {"rpps": RPPS, **other}
    old, new = maker.card(RPPS, trees.igc, start=OLD), maker.card(issuer=trees.igc, **given)
    assert not renewed(read(old), read(new))


def test_what_names_nobody_is_never_renewed(maker: Maker, trees: Authorities) -> None:
    old, new = with_addresses(maker, trees), with_addresses(maker, trees)
    assert not renewed(read(old)._replace(not_before=OLD), read(new))


def test_what_is_not_valid_yet_or_no_certificate_takes_nothings_place(
    maker: Maker, trees: Authorities
) -> None:
    old = maker.user(ANNE, trees.public, start=OLD)
    later = maker.user(ANNE, trees.public, start=NOW + DAY)
    for brought in (later.der, b"", b"\x30\x82noise", old.der):
        assert prolonged(old.der, brought, NOW) is None
        assert prolonged(brought, later.der, NOW) is None
    assert prolonged(old.der, later.der, NOW + DAY) == later.der


def test_an_impostors_certificate_may_look_renewed_and_proves_nothing(
    maker: Maker, trees: Authorities
) -> None:
    """By names alone: the path is another's to verify, and the keeper takes none up without."""
    old = maker.user(ANNE, trees.public, start=OLD)
    false = maker.authority("Racine d'essai")
    impostor = maker.authority("AC mail d'essai", false)
    assert renewed(read(old), read(maker.user(ANNE, impostor)))
