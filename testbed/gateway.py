"""What servers on the way do to a mail after its author encrypted it.

The content stays as it was, octet by octet; something stands around or beside it.
"""

import base64
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import NameOID

from testbed import mime

LOGO = b"\x89PNG\r\n\x1a\n" + bytes(120)


def beside(mail: bytes, *parts: bytes) -> bytes:
    """Return the mail with parts behind its content, in a ``multipart/mixed`` around both."""
    head, content = _parted(mail)
    return head + mime.multipart("mixed", [content, *parts])


def logo_footer() -> bytes:
    """Return a disclaimer in HTML with the image that it shows."""
    page = mime.ascii_part(b'<hr><p>CHU de Test</p><img src="cid:logo@chu.test">', "html")
    image = mime.entity(
        {
            "Content-Type": 'image/png; name="logo.png"',
            "Content-ID": "<logo@chu.test>",
            "Content-Disposition": 'inline; filename="logo.png"',
            "Content-Transfer-Encoding": "base64",
        },
        mime.crlf(base64.encodebytes(LOGO)),
    )
    return mime.multipart("related", [page, image])


def antivirus_note() -> bytes:
    """Return what an antivirus program says of itself."""
    return mime.ascii_part(b"-- \nCe message a ete analyse : aucun virus.\n")


def smime_signed(mail: bytes) -> bytes:
    """Return the mail with an S/MIME signature of the server's beside it (RFC 8551, 3.5.3)."""
    head, content = _parted(mail)
    signature = _signed(content, [pkcs7.PKCS7Options.DetachedSignature])
    protocol = '; protocol="application/pkcs7-signature"; micalg=sha-256'
    name = "application/pkcs7-signature"
    return head + mime.multipart(
        "signed", [content, mime.file_part("smime.p7s", signature, name)], protocol
    )


def smime_opaque(mail: bytes) -> bytes:
    """Return the mail with its content inside an S/MIME signature (RFC 8551, 3.5.2)."""
    head, content = _parted(mail)
    kind = "application/pkcs7-mime; smime-type=signed-data"
    return head + mime.file_part("smime.p7m", _signed(content, []), kind)


def _parted(mail: bytes) -> tuple[bytes, bytes]:
    """Return the mail's own header fields, and its content with the fields that tell of it."""
    at = mail.index(b"\r\nContent-Type:") + 2
    return mail[:at], mail[at:]


def _signed(content: bytes, options: list[pkcs7.PKCS7Options]) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = pkcs7.PKCS7SignatureBuilder().set_data(content)
    builder = builder.add_signer(_certificate(key), key, hashes.SHA256())
    return builder.sign(Encoding.DER, [pkcs7.PKCS7Options.Binary, *options])


def _certificate(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "passerelle.chu.test")])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
