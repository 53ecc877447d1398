"""Envelopes of a real openssl, opened with the reader's key."""

import pytest
from cms_case import envelope_of, for_others, opened
from cms_openssl import KINDS, LETTER, P256, P384, RSA, OpenSsl, person

from rmp_milter.cms import CmsError, CmsFault, CmsKind, KeyWay, looks_like_cms

CBC = ("aes-128-cbc", "aes-192-cbc", "aes-256-cbc")
GCM = ("aes-128-gcm", "aes-192-gcm", "aes-256-gcm")
FORMS = {"der": (), "ber": ("-stream",), "key-id": ("-keyid",)}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("cipher", [*CBC, *GCM])
@pytest.mark.parametrize("kind", KINDS)
def test_what_openssl_encrypts(openssl: OpenSsl, kind: str, cipher: str, form: str) -> None:
    data = openssl.encrypt(person("reader", kind), cipher=cipher, options=FORMS[form])
    envelope = envelope_of(data)
    assert envelope.kind is (CmsKind.AUTHENTICATED if "gcm" in cipher else CmsKind.ENVELOPED)
    assert looks_like_cms(data[:32]) is envelope.kind
    assert envelope.cipher.name.lower() == cipher
    assert envelope.content_type == "1.2.840.113549.1.7.1"
    assert opened(data, person("reader", kind)) == LETTER


@pytest.mark.parametrize("digest", ["sha1", "sha256", "sha384", "sha512"])
def test_oaep(openssl: OpenSsl, digest: str) -> None:
    data = openssl.encrypt_oaep(person("reader"), digest)
    assert opened(data, person("reader")) == LETTER


@pytest.mark.parametrize("digest", ["sha1", "sha224", "sha256", "sha384", "sha512"])
@pytest.mark.parametrize("kind", [P256, P384])
def test_every_key_derivation(openssl: OpenSsl, kind: str, digest: str) -> None:
    options = ("-recip", openssl.certificate(person("reader", kind)))
    options += ("-keyopt", f"ecdh_kdf_md:{digest}")
    data = openssl.encrypt(options=options)
    assert opened(data, person("reader", kind)) == LETTER


def test_each_of_several_readers(openssl: OpenSsl) -> None:
    readers = [person(name, kind) for name in ("one", "two") for kind in KINDS]
    data = openssl.encrypt(*readers)
    ways = {each.way for each in envelope_of(data).recipients}
    assert ways == {KeyWay.TRANSPORT, KeyWay.AGREEMENT}
    for reader in readers:
        assert opened(data, person("nobody", RSA), reader) == LETTER


def test_another_readers_envelope_gives_no_key(openssl: OpenSsl) -> None:
    data = openssl.encrypt(person("reader"))
    with pytest.raises(CmsError, match="no key of ours"):
        opened(data, person("nobody"), person("nobody", P256))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("cipher", ["aes-256-cbc", "aes-256-gcm"])
def test_recipients_taken_from_another_envelope(
    openssl: OpenSsl, cipher: str, form: str
) -> None:
    # The same recipients again, put in front of the same body: for openssl a whole message.
    data = openssl.encrypt(person("reader"), cipher=cipher, options=FORMS[form])
    again = for_others(data, [each.der for each in envelope_of(data).recipients])
    assert openssl.decrypt(person("reader"), again) == LETTER


@pytest.mark.parametrize("cipher", ["des-ede3-cbc", "rc2-cbc", "des-cbc"])
def test_old_ciphers_are_named(openssl: OpenSsl, cipher: str) -> None:
    options = ("-provider", "legacy", "-provider", "default")
    data = openssl.encrypt(person("reader"), cipher=cipher, options=options)
    with pytest.raises(CmsError) as error:
        opened(data, person("reader"))
    names = {"des-ede3-cbc": "3DES", "rc2-cbc": "RC2", "des-cbc": "DES"}
    assert (error.value.fault, error.value.name) == (CmsFault.OLD_CIPHER, names[cipher])


def test_a_cipher_that_is_not_known_is_named_by_its_number(openssl: OpenSsl) -> None:
    data = openssl.encrypt(person("reader"), cipher="camellia-256-cbc")
    with pytest.raises(CmsError) as error:
        opened(data, person("reader"))
    assert error.value.fault is CmsFault.UNSUPPORTED
    assert error.value.name == "1.2.392.200011.61.1.1.1.4"
