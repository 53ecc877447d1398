"""A keyring whose owner's program is the OpenPGP library, in this process: no gpg is run.

For doctors of tests that are about the service and not about what programs write and read. What is
out of the common run is done by gpg all the same, which is given the keys then: an answer that does
not open, or is not soundly signed by somebody known; any form but an encrypted message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from openpgp.composed import (
    DecryptedMessage,
    EncryptionCaps,
    KeyType,
    Message,
    MessageBuilder,
    SecretKeyParamsBuilder,
    SignedPublicKey,
    SignedPublicSubKey,
    SignedSecretKey,
    SubkeyParamsBuilder,
)
from openpgp.errors import Error

from testbed.gpg import Decrypted, Keyring, Kind, Standing, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

ARMOR = b"-----BEGIN"


class LibraryKeyring(Keyring):
    """One secret key on a curve, without a passphrase, and imported public keys."""

    def __init__(self, user_id: str) -> None:
        self._known = list[SignedPublicKey]()
        self._for_gpg = list[bytes]()
        self._gpg_has_the_key = False
        super().__init__(user_id, Kind.CURVE)

    def export(self) -> bytes:
        """Return the own certificate, ASCII-armored."""
        # Not as gpg writes it: other octets are another certificate than the one enrolled.
        return self._certificate

    def import_key(self, key: bytes) -> None:
        """Add someone's certificate."""
        self._known.append(_certificate(key))
        self._for_gpg.append(key)

    def encrypt(
        self, data: bytes, to: Sequence[str], *, sign: bool, armor: bool, file_name: str = ""
    ) -> bytes:
        """Return ``data`` encrypted to ``to`` and, as clients do, to the writer himself."""
        message = MessageBuilder.from_bytes(file_name, data).compression("zlib")
        message = message.seipd_v1("aes256")
        if sign:
            message = message.sign(self._secret, hash_algorithm="sha512")
        for reader in (*map(self._certificate_of, to), self._secret.to_public_key()):
            message = message.encrypt_to_key(_newest_subkey(reader))
        return message.to_armored_string().encode() if armor else bytes(message.to_vec())

    def decrypt(self, data: bytes) -> Decrypted:
        """Open a message, armored or binary; raise :class:`testbed.gpg.CannotDecrypt`."""
        try:
            opened = _message(data).decrypt(None, self._secret)
            name = opened.literal_filename() or b""
            plain, verdicts = opened.as_data_vec(), self._verdicts(opened)
        except (Error, LookupError, UnicodeDecodeError):
            return super().decrypt(data)
        return Decrypted(bytes(plain), name.decode(errors="replace"), verdicts, ())

    def _verdicts(self, opened: DecryptedMessage) -> tuple[Verdict, ...]:
        """Return those of somebody known; raises ``LookupError`` or ``Error`` for any other."""
        made = [
            (number, owner.lower())
            for number, signature in enumerate(opened.signatures())
            for owner in signature.issuer_fingerprint()
        ]
        if len(made) != opened.signature_count():
            raise LookupError
        known = {each.fingerprint.lower(): each for each in self._known}
        for number, owner in made:
            opened.verify(known[owner], number)
        return tuple(Verdict(Standing.GOOD, owner) for _, owner in made)

    def _certificate_of(self, reader: str) -> SignedPublicKey:
        """Return the newest certificate with that fingerprint, or address."""
        return next(
            each
            for each in reversed(self._known)
            if reader.lower() == each.fingerprint.lower()
            or any(f"<{reader}>" in name for name in each.user_ids)
        )

    def _make_key(self, user_id: str, _kind: Kind) -> None:
        encryption = (
            SubkeyParamsBuilder()
            .version(4)
            .key_type(KeyType.ecdh("curve25519"))
            .can_encrypt(EncryptionCaps.all())
            .build()
        )
        self._secret: SignedSecretKey = (
            SecretKeyParamsBuilder()
            .version(4)
            .key_type(KeyType.ed25519_legacy())
            .can_certify(value=True)
            .can_sign(value=True)
            .feature_seipd_v1(value=True)
            .feature_seipd_v2(value=False)
            .preferred_symmetric_algorithms(["aes256"])
            .preferred_hash_algorithms(["sha512", "sha256"])
            .preferred_compression_algorithms(["zlib", "uncompressed"])
            .primary_user_id(user_id)
            .subkey(encryption)
            .generate()
        )
        public = self._secret.to_public_key()
        self._known.append(public)
        self._certificate = public.to_armored().encode()
        self.fingerprint = public.fingerprint.lower()

    def _gpg(
        self, *arguments: str, stdin: bytes = b"", signatures_matter: bool = True
    ) -> Decrypted:
        waiting, self._for_gpg = self._for_gpg, []
        if not self._gpg_has_the_key:
            waiting.insert(0, self._secret.to_armored().encode())
            self._gpg_has_the_key = True
        for key in waiting:
            super()._gpg("--import", stdin=key)
        return super()._gpg(*arguments, stdin=stdin, signatures_matter=signatures_matter)


def _newest_subkey(certificate: SignedPublicKey) -> SignedPublicSubKey:
    """Return the key that gpg takes, too, where nothing has expired: of those that encrypt here."""
    return max(certificate.public_subkeys, key=lambda each: each.key.created_at)


def _message(data: bytes) -> Message:
    if data.lstrip().startswith(ARMOR):
        return Message.from_armor(data.decode("ascii"))[0]
    return Message.from_bytes(data)


def _certificate(key: bytes) -> SignedPublicKey:
    if key.lstrip().startswith(ARMOR):
        return SignedPublicKey.from_armor(key.decode("ascii"))[0]
    return SignedPublicKey.from_bytes(key)
