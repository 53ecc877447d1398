"""Certificates of both kinds behind one door: read, judged, warned of."""

import hashlib
from base64 import b64encode
from collections.abc import Callable
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from rmp_milter import certificates
from rmp_milter.credentials import (
    CertificateKind,
    CredentialError,
    addresses,
    cautions,
    check_enrollable,
    check_usable,
    ends_at,
    fingerprint_of,
    kind_of,
    may_sign,
    prolonged,
    reachable,
    read_credential,
    signed_at,
    usable,
    x509_for_reader,
)
from testbed.certificate_parts import OLD, named, pair
from testbed.x509_maker import CARD_LOGIN, DAY, EMAIL, Authorities, Made, Maker, authorities

NOW = 1_790_000_000
RPPS = "10003456786"
ANNE = "a.morel@cab.example"


class People(NamedTuple):
    """What people have: S/MIME certificates, those of a card, and an OpenPGP one."""

    both: Made
    signing: Made
    encryption: Made
    card: Made
    login: Made
    openpgp: bytes


@pytest.fixture(scope="session")
def maker() -> Maker:
    return Maker(NOW)


@pytest.fixture(scope="session")
def trees(maker: Maker) -> Authorities:
    return authorities(maker)


@pytest.fixture(scope="session")
def people(maker: Maker, trees: Authorities) -> People:
    own = pair()
    who = named(own.primary, who=f"Anne <{ANNE}>")
    return People(
        both=maker.user(ANNE, trees.public),
        signing=maker.user(ANNE, trees.public, uses=["digital_signature"]),
        encryption=maker.user(ANNE, trees.public, uses=["key_agreement"]),
        card=maker.card(RPPS, trees.igc),
        login=maker.card(RPPS, trees.igc, signing=False),
        openpgp=own.primary.primary() + who + own.reading,
    )


def reason(call: Callable[[bytes, int], None], data: bytes, now: int = NOW) -> str:
    try:
        call(data, now)
    except CredentialError as error:
        return error.reason
    return ""


def armored(binary: bytes) -> bytes:
    lines = b64encode(binary)
    head, foot = b"-----BEGIN PGP PUBLIC KEY BLOCK-----", b"-----END PGP PUBLIC KEY BLOCK-----"
    return b"\n".join((head, b"", lines, foot, b""))


# Kinds


def test_each_kind_is_told_by_its_first_octets(people: People) -> None:
    assert kind_of(people.openpgp) is CertificateKind.OPENPGP
    assert kind_of(people.both.der) is CertificateKind.SMIME
    for neither in (b"", b"0", b"\x30", b"0 noise", armored(people.openpgp)):
        assert kind_of(neither) is CertificateKind.OPENPGP


def test_a_file_is_read_in_each_form_and_stored_in_one(people: People) -> None:
    for data in (
        people.openpgp,
        armored(people.openpgp),
        b"0 text\n" + armored(people.openpgp),
    ):
        found = read_credential(data)
        assert (found.kind, found.binary) == (CertificateKind.OPENPGP, people.openpgp)
    for data in (
        people.both.der,
        people.both.pem,
        b"\xef\xbb\xbfBag Attributes\n" + people.both.pem,
    ):
        found = read_credential(data)
        assert (found.kind, found.binary) == (CertificateKind.SMIME, people.both.der)


def test_an_x509_certificate_is_known_by_the_sha_256_of_its_der(people: People) -> None:
    found = read_credential(people.both.pem)
    digest = hashlib.sha256(people.both.der).hexdigest()
    assert (found.fingerprint, found.key_ids) == (digest, (digest,))
    assert fingerprint_of(people.both.der) == digest
    assert signed_at(people.both.der) == found.created_at == NOW - DAY


def test_what_a_card_says_is_read(people: People) -> None:
    found = read_credential(people.card.der)
    assert (found.rpps, found.is_card) == (RPPS, True)
    assert "AC IGC-SANTE FORT PERSONNES" in found.issuer
    plain = read_credential(people.both.der)
    assert (plain.rpps, plain.is_card) == ("", False)


def test_openpgp_is_what_it_was(people: People) -> None:
    data = people.openpgp
    was, found = certificates.read_certificate(data), read_credential(data)
    assert found[1:7] == was
    assert addresses(data) == certificates.addresses(data) == {ANNE}
    assert signed_at(data) == certificates.signed_at(data)
    assert ends_at(data, NOW) == certificates.ends_at(data, NOW)
    assert cautions(data, "x@x.fr", NOW) == certificates.cautions(data, "x@x.fr", NOW)
    assert (usable(data, NOW), reachable(data, NOW), may_sign(data)) == (True, True, True)
    assert reason(check_usable, data, OLD - DAY - 1) == "not-yet-valid"
    assert reason(check_enrollable, data) == ""


def test_what_begins_within_a_day_has_begun_for_a_clock_that_is_slow(people: People) -> None:
    for at, said in ((OLD - DAY, ""), (OLD - DAY - 1, "not-yet-valid")):
        for check in (check_usable, check_enrollable):
            assert reason(check, people.openpgp, at) == said
        assert usable(people.openpgp, at) is (said == "")


HOSTILE: list[Callable[[People], bytes]] = [
    lambda people: people.both.der[:-1],
    lambda people: people.both.der + b"\0",
    lambda people: people.both.pem * 2,
    lambda people: people.both.pem + people.both.key_pem,
    lambda people: people.both.der + people.openpgp,
    lambda people: people.openpgp + people.both.der,
    lambda _: b"\x30\x82\xff\xff",
    lambda _: b"\x30\x84\xff\xff\xff\xff" + bytes(100),
]


@pytest.mark.parametrize("made", HOSTILE)
def test_what_is_no_single_certificate_is_refused_by_both_readers(
    people: People, made: Callable[[People], bytes]
) -> None:
    data = made(people)
    for read in (read_credential, fingerprint_of, addresses, signed_at):
        with pytest.raises(CredentialError):
            read(data)
    assert (usable(data, NOW), reachable(data, NOW)) == (False, False)


def test_armor_in_a_certificate_of_the_other_kind_makes_it_no_openpgp_one(
    maker: Maker, trees: Authorities, people: People
) -> None:
    """Else what one reader takes for Eve's could be Anne's for another."""
    text = armored(people.openpgp)
    octets = b"\x04\x82" + len(text).to_bytes(2) + text
    hidden = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), octets)
    usage = [(x509.ExtendedKeyUsage(EMAIL), False), (hidden, False)]
    eve = maker.sign(people.both.name, trees.public, usage)
    assert read_credential(eve.der).kind is CertificateKind.SMIME
    assert fingerprint_of(eve.der) == hashlib.sha256(eve.der).hexdigest()
    assert prolonged(people.openpgp, eve.der, NOW) is None
    assert prolonged(eve.der, people.openpgp, NOW) is None


def test_pem_in_an_openpgp_certificate_makes_it_no_x509_one(people: People) -> None:
    own = pair()
    words = f"Eve <eve@x.fr> {people.both.pem.decode()}"
    eve = own.primary.primary() + named(own.primary, who=words) + own.reading
    found = read_credential(eve)
    assert (found.kind, found.binary) == (kind_of(eve), eve)
    assert found.fingerprint == fingerprint_of(eve) != fingerprint_of(people.both.der)


# What each may be used for


@pytest.mark.parametrize(
    ("whose", "enrolled", "written_to", "signs"),
    [
        ("both", "", "", True),
        ("signing", "", "no-encryption-key", True),
        ("encryption", "", "", False),
        ("card", "", "no-encryption-key", True),
        ("login", "wrong-purpose", "wrong-purpose", True),
    ],
)
def test_what_a_certificate_is_for(
    people: People, whose: str, enrolled: str, written_to: str, *, signs: bool
) -> None:
    data = getattr(people, whose).der
    assert reason(check_enrollable, data) == enrolled
    assert reason(check_usable, data) == written_to
    assert usable(data, NOW) is reachable(data, NOW) is (written_to == "")
    assert may_sign(data) is signs


def test_a_cards_certificate_for_logging_in_is_refused_with_what_to_give(
    people: People,
) -> None:
    with pytest.raises(CredentialError, match="give the one for signing"):
        check_enrollable(people.login.der, NOW)


def test_what_is_not_made_for_mail_is_refused(maker: Maker, trees: Authorities) -> None:
    server = maker.user(ANNE, trees.public, extended=CARD_LOGIN)
    assert reason(check_enrollable, server.der) == "wrong-purpose"
    assert reason(check_enrollable, trees.public.der) == "wrong-purpose"
    beside = maker.user(ANNE, trees.public, extended=(*CARD_LOGIN, *EMAIL))
    assert reason(check_enrollable, beside.der) == ""
    assert reason(check_enrollable, maker.user(ANNE, trees.public, extended=()).der) == ""


def test_what_can_be_forged_or_is_not_known_is_refused(
    maker: Maker, trees: Authorities
) -> None:
    short = maker.user(ANNE, trees.public, key=maker.key("RSA 1024"))
    assert reason(check_enrollable, short.der) == "weak"
    assert not usable(short.der, NOW)


def test_a_time_has_both_its_ends(maker: Maker, trees: Authorities) -> None:
    made = maker.user(ANNE, trees.public, start=NOW, days=30)
    end = NOW + 30 * DAY
    assert ends_at(made.der, NOW) == end
    early = NOW - DAY  # somebody's clock is wrong by less than that
    for at, said in (
        *((early - 1, "not-yet-valid"), (early, ""), (NOW, "")),
        *((end, ""), (end + 1, "expired")),
    ):
        assert reason(check_usable, made.der, at) == said
        assert usable(made.der, at) is (said == "")
        assert reachable(made.der, at) is (said in {"", "not-yet-valid"})
    assert x509_for_reader(made.der, NOW - 1).der == made.der
    with pytest.raises(CredentialError):
        x509_for_reader(made.der, end + 1)


def test_what_is_warned_of(maker: Maker, trees: Authorities, people: People) -> None:
    assert not cautions(people.both.der, ANNE.upper(), NOW)
    assert cautions(people.both.der, "x@x.fr", NOW).lacks_address
    assert not cautions(people.card.der, "x@x.fr", NOW)  # no card names an address
    soon = maker.user(ANNE, trees.public, days=30)
    assert cautions(soon.der, ANNE, NOW).expires == NOW + 29 * DAY


def test_a_curve_on_which_no_mail_is_sealed_here_is_refused(
    maker: Maker, trees: Authorities
) -> None:
    key = ec.generate_private_key(ec.SECP521R1())
    made = maker.user("anne@cab.example", trees.public, key=key)
    for check in (check_usable, check_enrollable):
        with pytest.raises(CredentialError) as caught:
            check(made.der, NOW)
        assert caught.value.reason == "unsupported"
