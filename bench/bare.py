"""What the cryptography of a deposit costs by itself: the same mails, keys and libraries, no more.

Everything is read and parsed beforehand. What is timed is what no way of writing the service
could leave out: each operation once, with its content at hand.
"""

import hashlib
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from openpgp.composed import DetachedSignature
from openpgp.packet import PublicKey
from openpgp.packet import Signature as SignaturePacket
from openpgp.util import encrypt_session_key_to_recipient

from rmp_milter.calls.protocol.message import Span
from rmp_milter.certificates import EncryptionKey, keys_for_reader, parse, signing_keys
from rmp_milter.keeper.keys.keys import Keys
from rmp_milter.keeper.openpgp.decrypt import decrypt
from rmp_milter.keeper.openpgp.keypackets import session_keys
from rmp_milter.keeper.openpgp.packets import read_message

RECEIPT = bytes(2_000)
"""As long as a receipt is before it is sealed."""
ANSWER = bytes(4_000)
"""As long as the mail is in which it leaves."""
INFO = bytes(120)
"""As long as what a sealed session key is bound to."""
PRE_KEY = 12
"""Octets of a key packet before the RSA value: version, key id, algorithm, its length."""
MDC = 20
DKIM_BITS = 2048

Step = Callable[["Deposit"], object]


class Deposit(NamedTuple):
    """One mail, taken apart: what its operations are done with."""

    opener: RSAPrivateKey
    wrapped: bytes
    key: bytes
    body: bytes
    clear: bytes
    signed: bytes
    signature: SignaturePacket
    signer: PublicKey


@dataclass(frozen=True)
class Bare:
    """The service's keys, and the doctor who writes and reads."""

    keys: Keys
    reader: EncryptionKey
    dossier: X25519PrivateKey
    dkim: RSAPrivateKey

    def steps(self) -> dict[str, Step]:
        """Return what is done for a deposit, by what it is for."""
        return {
            "opened": self._open,
            "filed": self._file,
            "receipt": self._answer,
            "DKIM": self._dkim,
        }

    def milliseconds(self, deposits: Sequence[Deposit]) -> dict[str, float]:
        """Return the processor time that each step takes of one deposit."""
        found = {}
        for name, step in self.steps().items():
            began = time.process_time()
            for each in deposits:
                step(each)
            found[name] = 1000 * (time.process_time() - began) / len(deposits)
        return found

    def _open(self, mail: Deposit) -> None:
        """Open the session key, decrypt the body, check its integrity and its signature."""
        mail.opener.decrypt(mail.wrapped, PKCS1v15())
        cipher = Cipher(algorithms.AES(mail.key), CFB(bytes(16))).decryptor()
        cipher.update(mail.body)
        hashlib.sha1(mail.clear[:-MDC], usedforsecurity=False).digest()
        mail.signature.verify(mail.signer, mail.signed)

    def _file(self, mail: Deposit) -> None:
        """Seal the session key to the dossier and to its reader; take the body's digest."""
        hashlib.sha256(mail.body).digest()
        suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
        suite.encrypt(mail.key, self.dossier.public_key(), info=INFO)
        self._packet(mail.key)

    def _answer(self, _: Deposit) -> None:
        """Sign the receipt and encrypt it."""
        assert self.keys.signing
        digest = hashlib.sha256(RECEIPT).digest()
        self.keys.signing.private.sign(digest, PKCS1v15(), Prehashed(SHA256()))
        key = secrets.token_bytes(32)
        self._packet(key)
        hashlib.sha1(RECEIPT, usedforsecurity=False).digest()
        Cipher(algorithms.AES(key), CFB(bytes(16))).encryptor().update(RECEIPT)

    def _dkim(self, _: Deposit) -> None:
        digest = hashlib.sha256(ANSWER).digest()
        self.dkim.sign(digest, PKCS1v15(), Prehashed(SHA256()))

    def _packet(self, key: bytes) -> None:
        encrypt_session_key_to_recipient(
            key, self.reader, version="seipd-v1", symmetric_algorithm="aes256"
        )


def bare(keys: Keys, certificate: bytes) -> Bare:
    """Return the means; ``certificate`` is that of the doctor, armored or not."""
    reader = keys_for_reader(parse(certificate).to_bytes(), int(time.time()))[0]
    dkim = generate_private_key(public_exponent=65537, key_size=DKIM_BITS)
    return Bare(keys, reader, X25519PrivateKey.generate(), dkim)


def taken_apart(message: bytes, keys: Keys, certificate: bytes) -> Deposit:
    """Return a binary OpenPGP message, which the certificate's owner signed, in its parts."""

    def read(offset: int, size: int) -> bytes:
        return message[offset : offset + size]

    found = read_message(read, Span(0, len(message)))
    key = next(iter(session_keys(found.key_packets, keys.decryption)))
    body = message[found.body.offset : found.body.offset + found.body.length]
    plain = decrypt(read, found.body, key, len(message))
    signature = DetachedSignature.from_bytes(plain.signatures[0]).signature
    now = int(time.time())
    issuers = [each.lower() for each in signature.issuer_key_id()]
    signers = signing_keys(parse(certificate).to_bytes(), issuers, now, now)
    (packet,) = found.key_packets
    (opener,) = (each.private for each in keys.decryption if each.key_id == packet[1:9])
    assert isinstance(opener, RSAPrivateKey)
    wrapped = packet[PRE_KEY:].rjust(opener.key_size // 8, b"\0")
    return Deposit(opener, wrapped, key.key, body, body, plain.data, signature, signers[0].key)
