"""A key for one circuit (``rmp check --circuit``): made, used and forgotten in this process.

It lies on no disk. What it writes and opens is a page of help, and nobody's.
"""

import secrets
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import format_datetime, formataddr, make_msgid

from openpgp.composed import (
    EncryptionCaps,
    KeyType,
    MessageBuilder,
    SecretKeyParamsBuilder,
    SignedSecretKey,
    SubkeyParamsBuilder,
)

from rmp_milter.calls.protocol.message import Span
from rmp_milter.calls.protocol.opening import Trust
from rmp_milter.certificates import CertificateError, encryption_keys
from rmp_milter.dossier.days import Clock
from rmp_milter.keeper.desk.sealmail import seal_message
from rmp_milter.keeper.openpgp.decrypt import Plain, decrypt
from rmp_milter.keeper.openpgp.keypackets import session_keys
from rmp_milter.keeper.openpgp.packets import read_message
from rmp_milter.keeper.openpgp.problem import PacketError
from rmp_milter.keeper.openpgp.secretkeys import decryption_keys
from rmp_milter.keeper.openpgp.signatures import as_signed, verify
from rmp_milter.mail.incoming.armor import dearmor
from rmp_milter.mail.outgoing.encode import armored

_BITS = 2048
_MOST = 1 << 20
_CONTROL = b"Version: 1\r\n"


class ThrowAwayKey:
    """A key pair of a name and an address, and what its owner does with it."""

    def __init__(self, name: str, mail: str) -> None:
        self.name, self.mail = name, mail
        self._secret = _made(f"{name} <{mail}>")

    def __repr__(self) -> str:
        return f"ThrowAwayKey({self.mail})"

    @property
    def certificate(self) -> bytes:
        """The public half, binary."""
        return bytes(self._secret.to_public_key().to_bytes())

    def letter(
        self, text: str, service: str, certificate: bytes, clock: Clock, now: int
    ) -> bytes:
        """Return a mail to ``service``, signed and encrypted to its certificate (PGP/MIME).

        Raises :class:`CertificateError`.
        """
        entity = (
            'Content-Type: text/plain; charset="utf-8"\r\n'
            f"Content-Transfer-Encoding: 8bit\r\n\r\n{text}"
        ).encode()
        signed = MessageBuilder.from_bytes("", entity).sign(self._secret).to_vec()
        readers = encryption_keys(certificate, now)
        sealed = armored(seal_message([bytes(signed)], readers, secrets.token_bytes))
        boundary = secrets.token_hex(12)
        head = (
            f"From: {formataddr((self.name, self.mail))}\r\n"
            f"To: {service}\r\n"
            "Subject: ...\r\n"
            f"Date: {format_datetime(clock.at(now))}\r\n"
            f"Message-ID: {make_msgid(domain=service.rpartition('@')[2])}\r\n"
            "MIME-Version: 1.0\r\n"
            'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted";\r\n'
            f' boundary="{boundary}"\r\n\r\n'
            f"--{boundary}\r\nContent-Type: application/pgp-encrypted\r\n\r\n"
        ).encode()
        middle = (
            f"\r\n--{boundary}\r\nContent-Type: application/octet-stream; "
            'name="encrypted.asc"\r\n\r\n'
        ).encode()
        return head + _CONTROL + middle + sealed + f"\r\n--{boundary}--\r\n".encode()

    def opens(self, mail: bytes, certificate: bytes, now: int) -> str:
        """Say why an answer cannot be read, or is not signed by ``certificate``; else nothing."""
        try:
            plain = self._opened(mail)
        except (PacketError, ValueError) as fault:
            return f"it does not open: {fault}"
        contents = as_signed(plain.data)
        try:
            found = verify(contents, plain.signatures, [certificate], now)
        except (PacketError, CertificateError) as fault:
            return f"its signature cannot be looked at: {fault}"
        return "" if found.trust is Trust.GOOD else f"its signature is {found.trust.value}"

    def _opened(self, mail: bytes) -> Plain:
        parsed = BytesParser(EmailMessage, policy=policy.SMTP).parsebytes(mail)
        sealed = [part.get_payload(decode=True) for part in parsed.walk()]
        data = b"".join(dearmor([each for each in sealed if isinstance(each, bytes)][-1:]))
        whole = read_message(lambda at, length: data[at : at + length], Span(0, len(data)))
        own = decryption_keys(bytes(self._secret.to_bytes()))
        for key in session_keys(whole.key_packets, own):
            return decrypt(lambda at, length: data[at : at + length], whole.body, key, _MOST)
        raise ValueError("it is not for this key")


def _made(user_id: str) -> SignedSecretKey:
    encryption = (
        SubkeyParamsBuilder()
        .version(4)
        .key_type(KeyType.rsa(_BITS))
        .can_encrypt(EncryptionCaps.all())
        .build()
    )
    return (
        SecretKeyParamsBuilder()
        .version(4)
        .key_type(KeyType.rsa(_BITS))
        .can_certify(value=True)
        .can_sign(value=True)
        .feature_seipd_v1(value=True)
        .feature_seipd_v2(value=False)
        .preferred_symmetric_algorithms(["aes256"])
        .preferred_hash_algorithms(["sha512", "sha256"])
        .preferred_compression_algorithms(["uncompressed"])
        .primary_user_id(user_id)
        .subkey(encryption)
        .generate()
    )
