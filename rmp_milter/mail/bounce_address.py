"""The bounce address of an outbox row: where to report that an answer did not arrive.

Each answer leaves with an envelope sender of its own, ``rmp+bounce-<row>-<mac>@host``, so
that a delivery report names its row by the address it is sent to, whatever it contains.
The MAC keeps a stranger from reporting bounces that never were. All is lower case and
read without regard to case, since servers on the way may change it.
"""

import base64
import hashlib
import hmac
import re

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_MARK = "+bounce-"
_MAC_BYTES = 10  # 80 bits: 16 characters of base32 without padding
_ROW_LIMIT = 1 << 64
_TAIL = re.compile(r"(0|[1-9][0-9]{0,19})-([a-z2-7]{16})")


def bounce_address(service: str, row: int, key: bytes) -> str:
    """Return the envelope sender for an outbox row.

    ``service`` is the bare address that answers come from, ``row`` the row's number
    (0 to 2^64 - 1), ``key`` the outbox key (32 bytes); the MAC's key is derived from it.
    Raises :class:`ValueError` for an address without a domain or a row out of range.
    """
    local, domain = _halves(service)
    if not (local and domain and 0 <= row < _ROW_LIMIT):
        raise ValueError(f"no bounce address for row {row} of {service!r}")
    return f"{local}{_MARK}{row}-{_mac(local, domain, row, key)}@{domain}"


def row_of(address: str, service: str, key: bytes) -> int | None:
    """Return the outbox row that a bounce address was made for, or None for any other.

    The arguments are those of :func:`bounce_address`; ``address`` is a bare envelope
    recipient as it came in.
    """
    local, domain = _halves(service)
    got_local, got_domain = _halves(address)
    tail = _TAIL.fullmatch(got_local.removeprefix(local + _MARK))
    if not got_local.startswith(local + _MARK) or got_domain != domain or tail is None:
        return None
    row = int(tail[1])
    expected = _mac(local, domain, row, key) if row < _ROW_LIMIT else ""
    return row if hmac.compare_digest(expected, tail[2]) else None


def is_bounce_address(address: str, service: str) -> bool:
    """Return whether an address claims to be a bounce address of ``service``.

    Mail to such an address is a report, never a request, even where its MAC is wrong.
    """
    local, domain = _halves(service)
    got_local, got_domain = _halves(address)
    return got_domain == domain and got_local.startswith(local + _MARK)


def _halves(address: str) -> tuple[str, str]:
    local, _, domain = address.casefold().rpartition("@")
    return local, domain


def _mac(local: str, domain: str, row: int, key: bytes) -> str:
    derived = HKDF(SHA256(), 32, salt=None, info=b"rmp bounce address v1").derive(key)
    bound = f"{local}@{domain}\n{row}".encode()
    mac = hmac.digest(derived, bound, hashlib.sha256)[:_MAC_BYTES]
    return base64.b32encode(mac).decode().lower()
