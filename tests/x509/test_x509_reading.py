import subprocess
import warnings
from pathlib import Path

import pytest
from cryptography import x509
from trust_case import RPPS, read

from rmp_milter.x509 import CardUse, Register, X509Error, read_several, read_x509
from testbed.x509_maker import Authorities, Maker
from testbed.x509_parts import card_subject, named, usage


def test_what_a_certificate_says_is_read(maker: Maker, trees: Authorities) -> None:
    made = maker.user("anne@cab.example", trees.public, points=("http://ca.example/a.crl",))
    found = read(made)
    assert read_x509(made.pem) == found
    assert found.mail_addresses == ("anne@cab.example",)
    assert found.common_names == ("anne",)
    assert (found.key_kind, found.may_sign, found.may_encrypt) == ("P-256", True, True)
    assert (found.not_before, found.not_after) == (
        maker.now - 86_400,
        maker.now + 364 * 86_400,
    )
    assert int.from_bytes(found.serial) == made.serial
    assert found.points.urls == ("http://ca.example/a.crl",)
    assert (found.holder, found.rpps, found.is_ca, found.weakness) == (None, "", False, "")
    assert found.issuer == "C=FR,O=Essai,CN=AC mail d'essai"
    assert "BEGIN" not in repr(found)
    assert len(repr(found)) < 200


def test_addresses_are_found_wherever_they_stand(maker: Maker, trees: Authorities) -> None:
    utf8 = "docteur.noël@santé.example".encode()
    mailbox = bytes((0x0C, len(utf8))) + utf8
    names = x509.SubjectAlternativeName(
        [
            x509.RFC822Name("Anne@CAB.example"),
            x509.OtherName(x509.ObjectIdentifier("1.3.6.1.5.5.7.8.9"), mailbox),
        ]
    )
    subject = named(("CN", "Anne"), ("E", "vieille@cab.example"))
    found = read(maker.sign(subject, trees.public, [(names, False)]))
    assert found.mail_addresses == (
        *("anne@cab.example", "docteur.noël@santé.example", "vieille@cab.example"),
    )


def test_a_look_alike_of_an_address_is_another(maker: Maker, trees: Authorities) -> None:
    sharp = "stra\u00dfe@cab.example".encode()
    names = x509.SubjectAlternativeName(
        [
            x509.OtherName(
                x509.ObjectIdentifier("1.3.6.1.5.5.7.8.9"), bytes((0x0C, len(sharp))) + sharp
            )
        ]
    )
    kelvin, cut, blank = (
        "\u212aarl@cab.example",
        "a@cab.example\0.evil",
        "a@cab.example b@c.example",
    )
    subject = named(("E", kelvin), ("E", cut), ("E", blank), ("E", "nobody"))
    found = read(maker.sign(subject, trees.public, [(names, False)]))
    assert found.mail_addresses == (sharp.decode(), kelvin)


def test_a_certificate_inside_another_is_not_read_for_it(
    maker: Maker, trees: Authorities
) -> None:
    inner = maker.user("a@b.example", trees.public)
    strange = x509.UnrecognizedExtension(
        x509.ObjectIdentifier("1.2.3.4"), b"\x04\x82" + len(inner.pem).to_bytes(2) + inner.pem
    )
    outer = maker.sign(named(("CN", "b")), trees.public, [(strange, False)])
    assert read_x509(outer.der).common_names == ("b",)
    assert [each.common_names for each in read_several(outer.der, 5)] == [("b",)]
    assert read_x509(outer.pem).common_names == ("b",)


@pytest.mark.parametrize(
    "octets",
    [
        # By chance these are DER down to an element that is none: one certificate in hundreds
        # has a key identifier or a signature of that kind.
        "7712bafb604fb5b816e41f51c785fa6cb848bd42",
        "24120412aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "0412300230ff0000000000000000000000000000",
    ],
)
def test_octets_that_look_like_der_for_a_while_are_octets(
    maker: Maker, trees: Authorities, octets: str
) -> None:
    identifier = x509.SubjectKeyIdentifier(bytes.fromhex(octets))
    found = read(maker.sign(named(("CN", "Anne")), trees.public, [(identifier, False)]))
    assert found.subject_key_id.hex() == octets


def test_a_card_says_whose_it_is(maker: Maker, trees: Authorities) -> None:
    signing, other = (
        read(maker.card(RPPS, trees.igc, signing=signing)) for signing in (True, False)
    )
    assert signing.holder == (Register.RPPS, RPPS, "MOREL", "ANNE", "Médecin")
    assert (signing.rpps, other.rpps) == (RPPS, RPPS)
    assert (signing.card_use, other.card_use) == (CardUse.SIGNING, CardUse.AUTHENTICATION)
    assert signing.mail_addresses == ()


@pytest.mark.parametrize(
    ("prefix", "number", "register"),
    [
        ("0", "123456789", Register.ADELI),
        ("3", "2A0123456", Register.FINESS),
        ("5", "12345678901234", Register.SIRET),
    ],
)
def test_other_registers_give_no_rpps(
    maker: Maker, trees: Authorities, prefix: str, number: str, register: Register
) -> None:
    found = read(maker.card(number, trees.igc, prefix=prefix))
    assert found.holder is not None
    assert (found.holder.register, found.holder.number, found.rpps) == (register, number, "")


@pytest.mark.parametrize(
    "number",
    [
        "810003456",
        "8100034567861",
        "8١٠٠٠٣٤٥٦٧٨٦",
        "9" + RPPS,
        "8" + RPPS + " ",
        "8 1000345678",
    ],
)
def test_a_number_that_is_none_is_nobodys(
    maker: Maker, trees: Authorities, number: str
) -> None:
    subject = card_subject(number, "MOREL", "ANNE", "Médecin")
    assert read(maker.sign(subject, trees.igc, [])).holder is None


def test_a_second_number_makes_the_subject_nobodys(maker: Maker, trees: Authorities) -> None:
    honest = card_subject("8" + RPPS, "MOREL", "ANNE", "Médecin")
    twice = x509.Name([*honest.rdns, *named(("CN", "8" + RPPS)).rdns])
    apart = named(("C", "FR"), ("CN", "8" + RPPS), ("SN", "MOREL"), ("GN", "ANNE"))
    for subject in (twice, apart):
        assert read(maker.sign(subject, trees.igc, [])).holder is None


@pytest.mark.parametrize("kind", ["RSA 1024", "RSA 2048", "P-384"])
def test_keys_are_named_and_short_ones_are_weak(
    maker: Maker, trees: Authorities, kind: str
) -> None:
    found = read(maker.user("a@b.example", trees.public, key=maker.key(kind)))
    assert found.key_kind == kind
    assert found.weakness.startswith("the key is too short") == (kind == "RSA 1024")
    assert found.may_encrypt


def openssl(folder: Path, *arguments: str) -> bytes:
    command = ["openssl", *arguments, "-nodes", "-keyout", "/dev/null", "-subj", "/CN=a"]
    done = subprocess.run(command, capture_output=True, check=True, cwd=folder)
    return done.stdout


@pytest.mark.parametrize("digest", ["-sha1", "-md5"])
def test_a_forgeable_signature_is_weak(tmp_path: Path, digest: str) -> None:
    made = openssl(tmp_path, "req", "-x509", "-newkey", "rsa:2048", digest)
    assert read_x509(made).weakness.endswith("MD5 or SHA-1, which can be forged")


def test_a_curve_of_others_is_weak(tmp_path: Path) -> None:
    made = openssl(
        *(tmp_path, "req", "-x509", "-newkey", "ec", "-pkeyopt"),
        "ec_paramgen_curve:brainpoolP256r1",
    )
    assert read_x509(made).weakness == "the key's curve is not supported"


def test_a_negative_serial_number_is_taken_without_a_word(
    maker: Maker, trees: Authorities
) -> None:
    der = maker.user("a@b.example", trees.public).der
    at = der.index(bytes((0x02, 4, 0x10, 0, 0)))
    with warnings.catch_warnings(record=True) as said:
        found = read_x509(der[: at + 2] + b"\xff" + der[at + 3 :])
    assert (found.serial[0], said) == (0xFF, [])


def test_what_is_no_certificate_is_told_why(maker: Maker, trees: Authorities) -> None:
    made = maker.user("a@b.example", trees.public)
    for data, words in (
        (b"", "cut off"),
        (made.der[:-1], "cut off"),
        (made.der + b"\0", "not one DER sequence"),
        (made.key_pem, "private key"),
        (made.pem + made.pem, "several"),
        (made.pem.replace(b"\nMII", b"\n!MII", 1), "damaged"),
        (bytes(200_000), "larger than"),
        (b"-----BEGIN CERTIFICATE-----" * 4000, "no end"),
        (b"\x30\x03\x02\x01\x01", "not an X.509"),
    ):
        with pytest.raises(X509Error, match=words):
            read_x509(data)


def test_a_chain_in_one_file_is_read_whole(trees: Authorities) -> None:
    chain = [trees.public, trees.public_root]
    found = read_several(b"".join(each.pem for each in chain), most=2)
    assert [each.der for each in found] == [each.der for each in chain]
    assert read_several(trees.public.der, most=2) == found[:1]
    with pytest.raises(X509Error, match="more than 1"):
        read_several(trees.public.pem * 2, most=1)


def test_without_key_usage_nothing_is_forbidden(maker: Maker, trees: Authorities) -> None:
    subject = named(("CN", "a"))
    free = read(maker.sign(subject, trees.public, []))
    bound = read(maker.sign(subject, trees.public, [(usage("crl_sign"), True)]))
    assert (free.may_sign, free.may_encrypt, free.uses.extended) == (True, True, None)
    assert (bound.may_sign, bound.may_encrypt, bound.uses.crl_sign) == (False, False, True)


@pytest.mark.parametrize(
    "digest",
    [
        "30 12 a0 83 ffffffffffffffffffffffffffffffff",  # a SEQUENCE whose part is none
        "04 12 30 10 a0 8f ffffffffffffffffffffffffffff",  # and inside a string once more
        "31 02 30 85 06 0e ffffffffffffffffffffffffffff",
    ],
)
def test_a_digest_that_looks_like_der_by_chance_is_a_digest(
    maker: Maker, trees: Authorities, digest: str
) -> None:
    own, octets = maker.key(), bytes.fromhex(digest)
    assert len(octets) == 20
    made = maker.sign(
        named(("CN", "anne")),
        trees.public,
        [(x509.SubjectKeyIdentifier(octets), False)],
        key=own,
    )
    assert read_x509(made.der).subject_key_id == octets


@pytest.mark.parametrize(
    "digest", [b"\x60\x12", b"\x30\x12\x30\x20", b"\x04\x12\x30\x20", b"\x06\x12"]
)
def test_a_key_identifier_that_looks_like_an_element(maker: Maker, digest: bytes) -> None:
    # One certificate in 300 has such a digest by chance.
    digest = digest.ljust(20, b"\x9f")
    key_id = (x509.SubjectKeyIdentifier(digest), False)
    made = maker.sign(named(("CN", "a"), ("C", "FR")), None, [key_id])
    assert read_x509(made.der).subject_key_id == digest
