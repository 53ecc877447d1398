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


class SessionKey(NamedTuple):
    """``algorithm`` is one of :data:`KEY_SIZES`; ``key`` is never shown."""

    algorithm: int
    key: bytes

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
    """Return ``algorithm ‖ key``, the form that is sealed."""
    return bytes((key.algorithm,)) + key.key


def unpacked(data: bytes) -> SessionKey:
    """Read :func:`packed`."""
    return checked(data[0] if data else 0, data[1:])
