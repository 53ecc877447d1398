"""Mails for a load, written in process: gpg takes longer to write one than we to file it.

Each is encrypted anew, as real ones are: the service knows an encrypted text again.
"""

import os
import secrets
import time
from dataclasses import dataclass

from openpgp.composed import MessageBuilder, SignedSecretKey

from rmp_milter.certificates import EncryptionKey, encryption_keys, parse
from rmp_milter.cms import CmsKind, head
from rmp_milter.keeper.cms.capabilities import capabilities
from rmp_milter.keeper.cms.making import enveloped, recipient_info
from rmp_milter.keeper.cms.signing import signed
from rmp_milter.mail.outgoing.encode import armored
from testbed import mime
from testbed.doctor import Doctor
from testbed.host import ADDRESS
from testbed.outlook import p7m
from testbed.shapes import encrypted, letter
from testbed.x509_maker import Made


@dataclass(frozen=True)
class Pen:
    """A doctor's secret key and the service's certificate, ready for use."""

    secret: SignedSecretKey
    service: EncryptionKey
    sender: str

    def deposit(self, text: str, size: int) -> bytes:
        """Return a signed and encrypted PGP/MIME mail with an attachment of ``size`` bytes."""
        headers = mime.top(self.sender, ADDRESS, "...")
        top = mime.entity(headers, b"").removesuffix(mime.CRLF)
        return top + encrypted(armored(self.message(text, size)))

    def message(self, text: str, size: int) -> bytes:
        """Return what is encrypted in :meth:`deposit`: a binary OpenPGP message."""
        content = letter(text, {"b.bin": os.urandom(size)})
        return (
            MessageBuilder.from_bytes("", content)
            .seipd_v1("aes256")
            .sign(self.secret)
            .encrypt_to_key(self.service)
            .to_vec()
        )


@dataclass(frozen=True)
class SmimePen:
    """A doctor's certificate and key, the service's certificate (DER), ready for use."""

    own: Made
    chain: tuple[bytes, ...]
    service: bytes
    sender: str

    def deposit(self, text: str, size: int) -> bytes:
        """Return an opaquely signed and enveloped mail with an attachment of ``size`` bytes."""
        content = letter(text, {"b.bin": os.urandom(size)})
        said = capabilities()
        pieces = signed(
            [content],
            self.own.der,
            self.chain,
            self.own.key,
            int(time.time()),
            said,
            self.own.der,
        )
        key = secrets.token_bytes(32)
        body = enveloped([p7m(b"".join(pieces), "signed-data")], key, secrets.token_bytes)
        front = head(CmsKind.ENVELOPED, [recipient_info(self.service, key)], len(body))
        top = mime.entity(mime.top(self.sender, ADDRESS, "RMP"), b"").removesuffix(mime.CRLF)
        return top + p7m(front + body, "enveloped-data")


def pen_of(doctor: Doctor, certificate: bytes) -> Pen:
    """Return the pen of a doctor whose key gpg made; ``certificate`` is armored."""
    secret, _ = SignedSecretKey.from_armor(doctor.keyring.export_secret().decode())
    service = encryption_keys(parse(certificate).to_bytes(), int(time.time()))[0]
    return Pen(secret, service, f"{doctor.name} <{doctor.mail}>")
