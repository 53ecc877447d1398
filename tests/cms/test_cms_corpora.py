"""Messages that other people's programs wrote, of the corpora."""

import email
import secrets
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from cms_case import LIMIT, envelope_of
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12

from rmp_milter.cms import CmsError, CmsFault, CmsKind, looks_like_cms
from rmp_milter.cms.tlv import reading
from rmp_milter.keeper.cms.keys import CmsKey, cms_key
from rmp_milter.keeper.cms.opening import content_keys, decrypt
from rmp_milter.keeper.cms.signed import read_signed, verify

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"
KIM = CORPORA / "smime-kim" / "SMIME-Profil.zip"
pytestmark = pytest.mark.skipif(not KIM.exists(), reason="the corpora are not here")
KDE = {
    "smime-encrypted": "3DES",
    "smime-encrypted-octet-stream": "3DES",
    "smime-signed-encrypted": "3DES",
    "smime-opaque-enc+sign": "AES-128-CBC",
    "smime-opaque-signed-encrypted-attachment": "AES-128-CBC",
    "smime-encrypted-ambiguous-mime": "AES-128-CBC",
}


def cms_in(raw: bytes) -> bytes:
    parts = email.message_from_bytes(raw).walk()
    contents = (part.get_payload(decode=True) for part in parts if not part.is_multipart())
    return next(each for each in contents if isinstance(each, bytes) and looks_like_cms(each))


def step(name: str) -> bytes:
    with zipfile.ZipFile(KIM) as folder:
        return cms_in(folder.read(name))


def kim_key(name: str, file: str) -> CmsKey:
    with zipfile.ZipFile(KIM) as folder, zipfile.ZipFile(BytesIO(folder.read(name))) as keys:
        password = keys.read("password.txt").strip()
        private, certificate, _ = pkcs12.load_key_and_certificates(keys.read(file), password)
    assert isinstance(private, rsa.RSAPrivateKey)
    assert certificate is not None
    return cms_key(private, certificate.public_bytes(Encoding.DER))


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("recipientAkeys.zip", "hci-enc-2-kim-bsp.p12"),
        ("recipientBkeys.zip", "hci-enc-3-kim-bsp.p12"),
    ],
)
def test_the_german_profile_is_opened(name: str, file: str) -> None:
    # AuthEnvelopedData in BER, AES-256-GCM, OAEP with SHA-256.
    # The signature inside is binary, and whoever made the example gave each CR in it an LF.
    data = step("inputEmail.txt.04.encryptedcms")
    envelope = envelope_of(data)
    assert envelope.kind is CmsKind.AUTHENTICATED
    (key,) = content_keys(envelope, [kim_key(name, file)], secrets.token_bytes)
    clear = decrypt(reading(data), *envelope.body, envelope.kind, key, LIMIT)
    assert clear.startswith(b"MIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; ")
    assert len(clear) == 3367


def test_the_german_profiles_signature_is_verified() -> None:
    # RSA-PSS with SHA-256, and an attribute of their own with several values.
    data = step("inputEmail.txt.02.signedcms")
    signed = read_signed(reading(data), 0, len(data))
    assert signed.certificate is not None
    verify(signed, signed.certificate)
    assert b"message/rfc822" in signed.content
    assert signed.signing_time == 1_607_930_225


@pytest.mark.parametrize("name", KDE)
def test_what_kmail_and_kontact_met(name: str) -> None:
    data = cms_in((CORPORA / "kde-mimetreeparser" / f"{name}.mbox").read_bytes())
    envelope = envelope_of(data)
    assert envelope.cipher.name == KDE[name]
    assert len(envelope.recipients) == 1


def test_an_old_signature_is_weak() -> None:
    raw = (CORPORA / "kde-mimetreeparser" / "smime-opaque-sign.mbox").read_bytes()
    data = cms_in(raw)
    with pytest.raises(CmsError) as error:
        read_signed(reading(data), 0, len(data))
    assert (error.value.fault, error.value.name) == (CmsFault.WEAK_SIGNATURE, "SHA-1")


def test_what_apple_mail_signs_is_detached() -> None:
    raw = (CORPORA / "kde-mimetreeparser" / "smime-signed-apple.mbox").read_bytes()
    data = cms_in(raw)
    with pytest.raises(CmsError) as error:
        read_signed(reading(data), 0, len(data))
    assert error.value.fault is CmsFault.NOT_ONE_SIGNATURE
