"""Signatures as an intruder would bend them."""

from datetime import UTC, datetime

import pytest
from cms_openssl import KINDS, LETTER, NOW, P256, RSA, OpenSsl, Person, person
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.serialization import Encoding
from test_cms_making import signed_by
from test_cms_signed import fault_of, read

from rmp_milter.cms import CmsError, CmsFault
from rmp_milter.cms.oids import encoded
from rmp_milter.cms.tlv import framed
from rmp_milter.keeper.cms.attributes import (
    CONTENT_TYPE,
    KEY_PREFERENCE,
    MESSAGE_DIGEST,
    SIGNING_TIME,
)
from rmp_milter.keeper.cms.capabilities import OID as CAPABILITIES
from rmp_milter.keeper.cms.signed import MAX_CERTIFICATES, verify
from testbed.cms_tree import Branch, tree

SIGNER = (1, 0, -1, 0)
"""Where the SignerInfo lies in the tree of a message."""
ATTRIBUTES = (*SIGNER, 3)
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def message(kind: str = RSA) -> Branch:
    return tree(signed_by(person("author", kind)))


def attribute(made: Branch, name: str) -> Branch:
    return next(each for each in made.at(*ATTRIBUTES).inside if is_named(each, name))


def is_named(branch: Branch, name: str) -> bool:
    return branch.inside[0].content == encoded(name)


def signed_again(made: Branch, author: Person) -> bytes:
    """Return the message with a signature that fits its attributes, by RSA."""
    attributes = made.at(*ATTRIBUTES)
    data = framed(0x31, b"".join(each.octets() for each in attributes.inside))
    assert isinstance(author.private, rsa.RSAPrivateKey)
    made.at(*SIGNER, 5).content = author.private.sign(data, padding.PKCS1v15(), hashes.SHA256())
    return made.octets()


@pytest.mark.parametrize("name", [CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME])
def test_each_attribute_that_counts_is_needed(name: str) -> None:
    made = message()
    made.at(*ATTRIBUTES).inside.remove(attribute(made, name))
    assert fault_of(signed_again(made, person("author"))) is CmsFault.NOT_ONE_SIGNATURE


@pytest.mark.parametrize(
    "name", [CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME, CAPABILITIES, KEY_PREFERENCE]
)
@pytest.mark.parametrize("is_second_value", [False, True])
def test_an_attribute_twice(name: str, is_second_value: bool) -> None:  # noqa: FBT001 -- a parameter
    made = message()
    found = attribute(made, name)
    if is_second_value:
        found.inside[1].inside *= 2
    else:
        made.at(*ATTRIBUTES).inside.append(found)
    assert fault_of(signed_again(made, person("author"))) is CmsFault.UNREADABLE


def test_too_many_attributes() -> None:
    made = message()
    for number in range(60):
        other = Branch(0x30, inside=[Branch(6, bytes((42, number))), Branch(0x31, b"\5\0")])
        made.at(*ATTRIBUTES).inside.append(other)
    assert fault_of(signed_again(made, person("author"))) is CmsFault.UNREADABLE


@pytest.mark.parametrize("moved", [SIGNING_TIME, MESSAGE_DIGEST])
def test_what_counts_does_not_stand_among_unsigned_attributes(moved: str) -> None:
    made = message()
    found = attribute(made, moved)
    made.at(*ATTRIBUTES).inside.remove(found)
    made.at(*SIGNER).inside.append(Branch(0xA1, inside=[found]))
    assert fault_of(signed_again(made, person("author"))) is CmsFault.NOT_ONE_SIGNATURE


def test_unsigned_attributes_change_nothing() -> None:
    before, made = read(signed_by(person("author"))), message()
    time = Branch(0x30, inside=[Branch(6, encoded(SIGNING_TIME)), Branch(0x31, b"\x17\x00")])
    made.at(*SIGNER).inside.append(Branch(0xA1, inside=[time]))
    after = read(made.octets())
    assert (after.signing_time, after.signed_bytes) == (NOW, before.signed_bytes)
    verify(after, person("author").certificate)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"Z",
        b"2601010000Z",
        b"260101000000+0100",
        b"261301000000Z",
        "２６0101000000Z".encode(),
    ],
)
@pytest.mark.parametrize("tag", [0x17, 0x18])
def test_a_time_that_is_none(tag: int, content: bytes) -> None:
    made = message()
    attribute(made, SIGNING_TIME).inside[1].inside = [Branch(tag, content)]
    assert fault_of(signed_again(made, person("author"))) is CmsFault.UNREADABLE


@pytest.mark.parametrize(
    ("tag", "content", "year"),
    [
        (0x17, b"491231235959Z", 2049),
        (0x17, b"500101000000Z", 1950),
        (0x18, b"20500101000000Z", 2050),
    ],
)
def test_years(tag: int, content: bytes, year: int) -> None:
    made = message()
    attribute(made, SIGNING_TIME).inside[1].inside = [Branch(tag, content)]
    found = read(signed_again(made, person("author")))
    assert datetime.fromtimestamp(found.signing_time, UTC).year == year


def test_attributes_are_not_taken_for_a_content() -> None:
    # A signature over attributes, shown as one over a content that is these very attributes.
    made = message()
    attributes = made.at(*ATTRIBUTES)
    data = framed(0x31, b"".join(each.octets() for each in attributes.inside))
    made.at(1, 0, 2, 1, 0).content = data
    made.at(*SIGNER).inside.remove(attributes)
    assert fault_of(made.octets()) is CmsFault.NOT_ONE_SIGNATURE


def test_a_content_of_another_type() -> None:
    for place in ((1, 0, 2, 0), (*ATTRIBUTES, 0, 1, 0)):
        made = message()
        assert made.at(*place).content == encoded("1.2.840.113549.1.7.1")
        made.at(*place).content = encoded("1.2.840.113549.1.7.3")
        assert fault_of(made.octets()) is CmsFault.UNSUPPORTED


def test_every_changed_octet_of_the_attributes_is_seen() -> None:
    data, author = signed_by(person("author", P256)), person("author", P256)
    attributes = read(data).signed_bytes[1:]
    start = data.index(attributes)
    for at in range(start, start + len(attributes)):
        changed = data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]
        with pytest.raises(CmsError):
            verify(read(changed), author.certificate)


def test_a_second_signature_by_ecdsa_leaves_what_identifies_the_mail() -> None:
    author, made = person("author", P256), message(P256)
    r, s = decode_dss_signature(made.at(*SIGNER, 5).content)
    made.at(*SIGNER, 5).content = encode_dss_signature(r, P256_ORDER - s)
    before, after = read(signed_by(author)), read(made.octets())
    verify(after, author.certificate)
    assert after.signed_bytes == before.signed_bytes


@pytest.mark.parametrize("digest", ["1.2.840.113549.1.1.12", "1.2.840.10045.4.3.3"])
def test_a_scheme_with_another_digest(digest: str) -> None:
    made = message()
    made.at(*SIGNER, 4, 0).content = encoded(digest)
    assert fault_of(made.octets()) is CmsFault.UNSUPPORTED


@pytest.mark.parametrize("weak", ["1.2.840.113549.1.1.5", "1.2.840.10045.4.1"])
def test_a_scheme_with_a_weak_digest(weak: str) -> None:
    made = message()
    made.at(*SIGNER, 4, 0).content = encoded(weak)
    assert fault_of(made.octets()) is CmsFault.WEAK_SIGNATURE


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_of_another_kind(kind: str) -> None:
    found = read(signed_by(person("author", kind)))
    for other in {*KINDS} - {kind}:
        with pytest.raises(CmsError) as error:
            verify(found, person("author", other).certificate)
        assert error.value.fault is CmsFault.WRONG_SIGNATURE


def test_a_short_key() -> None:
    private = rsa.generate_private_key(65537, 1024)  # noqa: S505 -- the point of it
    short = certificate_of(private.public_key())
    with pytest.raises(CmsError) as error:
        verify(read(signed_by(person("author"))), short)
    assert (error.value.fault, error.value.name) == (CmsFault.WEAK_SIGNATURE, "RSA-1024")


def test_a_curve_that_is_not_taken() -> None:
    key = ec.generate_private_key(ec.SECP521R1()).public_key()
    with pytest.raises(CmsError) as error:
        verify(read(signed_by(person("author"))), certificate_of(key))
    assert error.value.fault is CmsFault.UNSUPPORTED


def certificate_of(public: rsa.RSAPublicKey | ec.EllipticCurvePublicKey) -> bytes:
    name = x509.Name([])
    made = (
        x509.CertificateBuilder(name, name, public, 1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2045, 1, 1, tzinfo=UTC))
        .sign(person("author").private, hashes.SHA256())
    )
    return made.public_bytes(Encoding.DER)


def test_certificates_are_bounded() -> None:
    made = message()
    certificates = made.at(1, 0, 3)
    certificates.inside *= MAX_CERTIFICATES
    assert len(read(made.octets()).others) == MAX_CERTIFICATES - 1
    certificates.inside.append(certificates.inside[0])
    assert fault_of(made.octets()) is CmsFault.TOO_LARGE


def test_what_is_no_certificate_is_not_the_signers() -> None:
    made = message()
    made.at(1, 0, 3).inside[:0] = [Branch(0x30, b"\5\0"), Branch(0xA2, b"\5\0")]
    assert read(made.octets()).certificate == person("author").certificate


@pytest.mark.parametrize("options", [(), ("-stream",)])
def test_a_signature_cut_anywhere(openssl: OpenSsl, options: tuple[str, ...]) -> None:
    data = openssl.sign(person("author", P256), *options)
    for length in range(len(data)):
        assert fault_of(data[:length]) is CmsFault.UNREADABLE
    assert fault_of(data + b"\n") is CmsFault.UNREADABLE


def test_an_envelope_is_no_signature(openssl: OpenSsl) -> None:
    assert fault_of(openssl.encrypt(person("reader"), data=LETTER)) is CmsFault.UNSUPPORTED
