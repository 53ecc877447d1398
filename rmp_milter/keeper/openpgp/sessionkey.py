"""An OpenPGP session key: algorithm octet and key, as key packets carry it."""

from typing import Literal, NamedTuple

KEY_SIZES = {7: 16, 8: 24, 9: 32}  # AES-128, AES-192, AES-256 (RFC 9580, 9.3)
NAMES: dict[int, Literal["aes128", "aes192", "aes256"]] = {
    7: "aes128",
    8: "aes192",
    9: "aes256",
}


class SessionKeyError(ValueError):
    """The one error for a session key that cannot be had, whatever the cause."""


MAX_NOTED = 512
"""Octets that may be noted with a key."""


class SessionKey(NamedTuple):
    """``algorithm`` is one of :data:`KEY_SIZES`; ``key`` is never shown.

    ``noted`` is what the keeper saw of the body when it came (:mod:`.desk.verdicts`): it is
    sealed with the key, so that nobody can say another thing of it later.
    """

    algorithm: int
    key: bytes
    noted: bytes = b""

    def __repr__(self) -> str:
        return f"SessionKey({NAMES.get(self.algorithm)})"


def checked(algorithm: int, key: bytes) -> SessionKey:
    """Return the session key; raise :class:`SessionKeyError` if its length is not its own."""
    if KEY_SIZES.get(algorithm) != len(key):
        raise SessionKeyError
    return SessionKey(algorithm, key)


def from_checksummed(data: bytes) -> SessionKey:
    """Read ``algorithm ‖ key ‖ sum16`` (RFC 9580, 5.1.3)."""
    if len(data) < 3 or sum(data[1:-2]) & 0xFFFF != int.from_bytes(data[-2:]):  # noqa: PLR2004 -- the two fixed fields
        raise SessionKeyError
    return checked(data[0], data[1:-2])


def packed(key: SessionKey) -> bytes:
    """Return ``algorithm ‖ key``, what the key is known by."""
    return bytes((key.algorithm,)) + key.key


def packed_with_notes(key: SessionKey) -> bytes:
    """Return ``algorithm ‖ key ‖ noted``, the form that is sealed."""
    return packed(key) + key.noted


def unpacked(data: bytes) -> SessionKey:
    """Read :func:`packed_with_notes`; raise :class:`SessionKeyError` for anything else."""
    algorithm = data[0] if data else 0
    end = 1 + KEY_SIZES.get(algorithm, 0)
    key, noted = checked(algorithm, data[1:end]), data[end:]
    if len(noted) > MAX_NOTED:
        raise SessionKeyError
    return key._replace(noted=noted)
