"""Persons with a key and a certificate, and a real `openssl cms` in their hands."""

import subprocess
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from rmp_milter.keeper.cms.keys import CmsKey, cms_key

NOW = 1_790_000_000
LETTER = b"Content-Type: text/plain\r\n\r\nBonjour.\r\n"
RSA, P256, P384 = "rsa", "p256", "p384"
KINDS = (RSA, P256, P384)


class Person(NamedTuple):
    """Someone with a private key and a certificate of his own making (DER)."""

    name: str
    private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    certificate: bytes

    def key(self) -> CmsKey:
        return cms_key(self.private, self.certificate)

    def pem(self) -> bytes:
        loaded = x509.load_der_x509_certificate(self.certificate)
        return loaded.public_bytes(Encoding.PEM)

    def private_pem(self) -> bytes:
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def person(name: str, kind: str = RSA) -> Person:
    """Return someone; the same for the same name and kind of key."""
    return _person(name, kind)


@cache
def _person(name: str, kind: str) -> Person:
    private = _private(kind)
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "FR"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{name} {kind}"),
        ]
    )
    public = private.public_key()
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2045, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.RFC822Name(f"{name}@x.fr")]), critical=False
        )
        .sign(private, hashes.SHA256())
    )
    return Person(name, private, made.public_bytes(Encoding.DER))


def _private(kind: str) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey:
    if kind == RSA:
        return rsa.generate_private_key(65537, 2048)
    return ec.generate_private_key(ec.SECP256R1() if kind == P256 else ec.SECP384R1())


class OpenSsl:
    """openssl, with its files in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def run(self, *args: str, data: bytes = b"") -> bytes:
        done = subprocess.run(["openssl", *args], input=data, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    def certificate(self, who: Person) -> str:
        return self._file(f"{who.certificate[-8:].hex()}.crt", who.pem())

    def key(self, who: Person) -> str:
        return self._file(f"{who.certificate[-8:].hex()}.key", who.private_pem())

    def _file(self, name: str, content: bytes) -> str:
        path = self._folder / name
        path.write_bytes(content)
        return str(path)

    def encrypt(
        self,
        *readers: Person,
        data: bytes = LETTER,
        cipher: str = "aes-256-cbc",
        options: tuple[str, ...] = (),
    ) -> bytes:
        """Return an envelope in DER, or with ``-stream`` in BER."""
        args = ["cms", "-encrypt", "-binary", "-outform", "DER", f"-{cipher}", *options]
        for reader in readers:
            args += ["-recip", self.certificate(reader)]
        return self.run(*args, data=data)

    def encrypt_oaep(self, reader: Person, digest: str, data: bytes = LETTER) -> bytes:
        args = ["cms", "-encrypt", "-binary", "-outform", "DER", "-aes-256-cbc"]
        args += ["-recip", self.certificate(reader), "-keyopt", "rsa_padding_mode:oaep"]
        args += ["-keyopt", f"rsa_oaep_md:{digest}", "-keyopt", f"rsa_mgf1_md:{digest}"]
        return self.run(*args, data=data)

    def decrypt(self, reader: Person, data: bytes) -> bytes:
        args = ["cms", "-decrypt", "-inform", "DER", "-binary"]
        args += ["-recip", self.certificate(reader), "-inkey", self.key(reader)]
        return self.run(*args, data=data)

    def sign(
        self, author: Person, *options: str, data: bytes = LETTER, opaque: bool = True
    ) -> bytes:
        args = ["cms", "-sign", "-binary", "-outform", "DER"]
        args += ["-nodetach"] if opaque else []
        args += ["-signer", self.certificate(author), "-inkey", self.key(author), *options]
        return self.run(*args, data=data)

    def verify(self, author: Person, data: bytes, *options: str) -> bytes:
        args = ["cms", "-verify", "-inform", "DER", "-binary", "-purpose", "any"]
        args += ["-CAfile", self.certificate(author), *options]
        return self.run(*args, data=data)
