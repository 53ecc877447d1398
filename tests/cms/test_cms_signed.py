"""Signatures of a real openssl, read strictly."""

import pytest
from cms_openssl import KINDS, LETTER, P256, P384, RSA, OpenSsl, person

from rmp_milter.cms import CmsError, CmsFault
from rmp_milter.cms.tlv import reading
from rmp_milter.keeper.cms.signed import CmsSigned, is_one_signature, read_signed, verify

FORMS = {"der": (), "ber": ("-stream",), "key-id": ("-keyid",)}


def read(data: bytes, content: bytes | None = None) -> CmsSigned:
    return read_signed(reading(data), 0, len(data), content)


def fault_of(data: bytes, content: bytes | None = None) -> CmsFault:
    with pytest.raises(CmsError) as error:
        read(data, content)
    return error.value.fault


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", KINDS)
def test_what_openssl_signs(openssl: OpenSsl, kind: str, form: str, digest: str) -> None:
    author = person("author", kind)
    data = openssl.sign(author, "-md", digest, *FORMS[form])
    assert is_one_signature(reading(data), 0, len(data))
    found = read(data)
    verify(found, author.certificate)
    assert found.content == LETTER
    assert found.certificate == author.certificate
    assert (found.others, found.digest) == ((), digest)
    assert "AES-256-CBC" in found.capabilities
    with pytest.raises(CmsError) as error:
        verify(found, person("somebody", kind).certificate)
    assert error.value.fault is CmsFault.WRONG_SIGNATURE


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("salt", ["-1", "-2", "8"])
def test_pss(openssl: OpenSsl, digest: str, salt: str) -> None:
    author = person("author")
    options = ("-md", digest, "-keyopt", "rsa_padding_mode:pss")
    data = openssl.sign(author, *options, "-keyopt", f"rsa_pss_saltlen:{salt}")
    verify(read(data), author.certificate)
    with pytest.raises(CmsError) as error:
        verify(read(data), person("somebody").certificate)
    assert error.value.fault is CmsFault.WRONG_SIGNATURE


@pytest.mark.parametrize("kind", KINDS)
def test_detached(openssl: OpenSsl, kind: str) -> None:
    author = person("author", kind)
    data = openssl.sign(author, opaque=False)
    found = read(data, LETTER)
    verify(found, author.certificate)
    assert found.content == LETTER
    assert fault_of(data, LETTER + b" ") is CmsFault.WRONG_SIGNATURE
    assert fault_of(data) is CmsFault.NOT_ONE_SIGNATURE
    assert not is_one_signature(reading(data), 0, len(data))


def test_content_inside_and_beside_is_not_one_signature(openssl: OpenSsl) -> None:
    data = openssl.sign(person("author"))
    assert fault_of(data, LETTER) is CmsFault.NOT_ONE_SIGNATURE


def test_without_signed_attributes(openssl: OpenSsl) -> None:
    data = openssl.sign(person("author"), "-noattr")
    assert fault_of(data) is CmsFault.NOT_ONE_SIGNATURE
    assert not is_one_signature(reading(data), 0, len(data))


@pytest.mark.parametrize("kind", [RSA, P256])
def test_two_signers(openssl: OpenSsl, kind: str) -> None:
    other = person("other", kind)
    more = ("-signer", openssl.certificate(other), "-inkey", openssl.key(other))
    data = openssl.sign(person("author"), *more)
    assert fault_of(data) is CmsFault.NOT_ONE_SIGNATURE
    assert not is_one_signature(reading(data), 0, len(data))


@pytest.mark.parametrize(
    ("kind", "digest", "name"),
    [(RSA, "sha1", "SHA-1"), (RSA, "md5", "MD5"), (P384, "sha1", "SHA-1")],
)
def test_weak_digests(openssl: OpenSsl, kind: str, digest: str, name: str) -> None:
    with pytest.raises(CmsError) as error:
        read(openssl.sign(person("author", kind), "-md", digest))
    assert (error.value.fault, error.value.name) == (CmsFault.WEAK_SIGNATURE, name)


def test_a_certificate_that_is_not_there_is_none(openssl: OpenSsl) -> None:
    found = read(openssl.sign(person("author"), "-nocerts"))
    assert (found.certificate, found.others) == (None, ())
    verify(found, person("author").certificate)


@pytest.mark.parametrize("at", range(0, len(LETTER), 5))
def test_a_changed_octet_of_the_content(openssl: OpenSsl, at: int) -> None:
    data = openssl.sign(person("author"))
    place = data.index(LETTER) + at
    changed = data[:place] + bytes((data[place] ^ 1,)) + data[place + 1 :]
    assert fault_of(changed) is CmsFault.WRONG_SIGNATURE


def test_the_shown_form_holds_nothing_of_the_content(openssl: OpenSsl) -> None:
    assert repr(read(openssl.sign(person("author")))) == f"CmsSigned({len(LETTER)} bytes)"
