"""The mail of the German profile (KIM), by the keys that come with it."""

import email
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from smime_mails import answered, with_services

from rmp_milter.calls.protocol.message import Failed, Why
from rmp_milter.cms import looks_like_cms
from rmp_milter.cms.tlv import reading
from rmp_milter.keeper.cms.signed import read_signed
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.keeper.desk.signed_inside import signed_entity
from rmp_milter.keeper.keys.service_certificates import (
    ServiceCertificate,
    service_certificate_of,
)
from rmp_milter.x509 import read_x509

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"
KIM = CORPORA / "smime-kim" / "SMIME-Profil.zip"
AT = 1_607_930_225
"""When it was signed."""

pytestmark = pytest.mark.skipif(not KIM.exists(), reason="the corpora are not here")


def step(name: str) -> bytes:
    with zipfile.ZipFile(KIM) as folder:
        return folder.read(name)


def cms_in(raw: bytes) -> bytes:
    parts = email.message_from_bytes(raw).walk()
    contents = (part.get_payload(decode=True) for part in parts if not part.is_multipart())
    return next(each for each in contents if isinstance(each, bytes) and looks_like_cms(each))


def recipient(name: str, file: str) -> ServiceCertificate:
    with zipfile.ZipFile(BytesIO(step(name))) as keys:
        password = keys.read("password.txt").strip()
        private, certificate, _ = pkcs12.load_key_and_certificates(keys.read(file), password)
    der = certificate.public_bytes(Encoding.DER)
    return service_certificate_of(private, read_x509(der), ())


RECIPIENTS = [
    ("recipientAkeys.zip", "hci-enc-2-kim-bsp.p12"),
    ("recipientBkeys.zip", "hci-enc-3-kim-bsp.p12"),
]


@pytest.mark.parametrize(("name", "file"), RECIPIENTS)
def test_the_example_is_decrypted_and_its_damage_is_seen(
    smime_desk: Desk, name: str, file: str
) -> None:
    # AuthEnvelopedData in BER, GCM, OAEP with SHA-256: its tag holds. Whoever made the example
    # gave each CR of the signature inside an LF, so that there is no signature: the mail is
    # that of nobody, and no text stands in it.
    desk = with_services(smime_desk, recipient(name, file))
    reply = answered(desk, cms_in(step("inputEmail.txt.04.encryptedcms")), now=AT)
    assert isinstance(reply, Failed)
    assert reply.why in {Why.SMIME_UNREADABLE, Why.NO_TEXT}


def test_before_its_damage_the_signature_holds() -> None:
    # RSA-PSS with SHA-256, as the entity was before it was encrypted.
    raw = step("inputEmail.txt.02.signedcms")
    entity, opaque = signed_entity(cms_in(raw))
    assert b"message/rfc822" in entity
    assert read_signed(reading(opaque), 0, len(opaque)).signing_time == AT
