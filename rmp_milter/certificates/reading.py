"""An OpenPGP certificate out of a file: parsed by the library, nothing of it verified yet."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from openpgp.composed import SignedPublicKey
from openpgp.packet import PublicKey, PublicSubkey

MAX_CERTIFICATE = 1 << 20  # bytes
_ARMOR = b"-----BEGIN PGP "

KeyPacket = PublicKey | PublicSubkey
Reason = Literal[
    "unreadable", "secret", "several", "expired", "revoked", "no-encryption-key", "unsupported",
    "weak", "not-yet-valid", "no-self-signature",
]  # fmt: skip

_WORDS: dict[Reason, str] = {
    "unreadable": "this is not an OpenPGP certificate",
    "secret": "this is a secret key; export the public one and keep this to yourself",
    "several": "the file holds several certificates; give one",
    "expired": "the key is expired",
    "revoked": "the key is revoked",
    "no-encryption-key": "the certificate has no key for encryption",
    "unsupported": "the key is of a kind that is not supported (RSA, cv25519 and NIST are)",
    "weak": "the key is too short (RSA needs 2048 bits or more)",
    "not-yet-valid": "the key is valid only from a later date on",
    "no-self-signature": "the key carries no valid signature of its owner",
}


class CertificateError(ValueError):
    """A certificate that cannot be used; ``reason`` is a word, ``str`` says it in full."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(_WORDS[reason])
        self.reason: Reason = reason


class Certificate(NamedTuple):
    """One certificate; ``binary`` is its transferable form, ids are lower-case hex."""

    binary: bytes
    fingerprint: str
    key_ids: tuple[str, ...]
    user_ids: tuple[str, ...]
    algorithm: str
    created_at: int


def read_certificate(data: bytes) -> Certificate:
    """Read exactly one certificate, armored or binary; raise :class:`CertificateError`."""
    parsed = parse(data)
    keys: list[KeyPacket] = [parsed.primary_key, *(sub.key for sub in parsed.public_subkeys)]
    return Certificate(
        binary=parsed.to_bytes(),
        fingerprint=parsed.fingerprint.lower(),
        key_ids=tuple(key.key_id.lower() for key in keys),
        user_ids=tuple(parsed.user_ids),
        algorithm=_algorithm(parsed.primary_key),
        created_at=parsed.created_at,
    )


def parse(data: bytes) -> SignedPublicKey:
    """Return the library's view of exactly one certificate (see :func:`read_certificate`)."""
    if len(data) > MAX_CERTIFICATE:
        raise CertificateError("unreadable")
    if _holds_secret(data):
        raise CertificateError("secret")
    try:
        found = _parsed_all(data)
    except (ValueError, UnicodeError) as error:
        raise CertificateError("unreadable") from error
    if len(found) != 1:
        raise CertificateError("several" if found else "unreadable")
    return found[0]


def _holds_secret(data: bytes) -> bool:
    """Tell a secret key by its armor line or its first packet (tags 5 and 7)."""
    if b"-----BEGIN PGP PRIVATE KEY BLOCK-----" in data:
        return True
    first = data[0] if data else 0
    return first & 0x80 != 0 and (first & 0x3F if first & 0x40 else first >> 2 & 15) in {5, 7}


def _parsed_all(data: bytes) -> Sequence[SignedPublicKey]:
    if _ARMOR in data:
        return SignedPublicKey.from_armor_many(data.decode("utf-8", "replace"))[0]
    return SignedPublicKey.from_bytes_many(data)


def _algorithm(key: PublicKey) -> str:
    params = key.public_params
    bits = params.rsa_bits
    return f"rsa{bits}" if bits else str(params.curve or params.kind)
