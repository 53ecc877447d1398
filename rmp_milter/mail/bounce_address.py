"""The bounce address of an outbox row: where to report that an answer did not arrive.

Each answer leaves with an envelope sender of its own, ``rmp+bounce-<name>@host``, so that a
delivery report names its row by the address it is sent to, whatever it contains. The name is
the row's number, enciphered: numbers would count what the service writes to others, and so
tell whether somebody else was informed. The first release wrote ``<row>-<mac>`` instead; what
left with it is still known. All is lower case and read without regard to case, since servers
on the way may change it.
"""

import base64
import binascii
import hashlib
import hmac
import re
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_MARK = "+bounce-"
_ROW_LIMIT = 1 << 64
_ROW_BYTES = 8
_NONE_ELSE = bytes(8)
"""What fills the block behind the row: a name made up by a stranger deciphers to other bytes,
but for one in 2^64."""

_NAME = re.compile(r"[a-z2-7]{26}")  # 16 bytes in base32 without padding
_MAC_BYTES = 10  # 80 bits: 16 characters
_FIRST_FORM = re.compile(r"(0|[1-9][0-9]{0,19})-([a-z2-7]{16})")


def bounce_address(service: str, row: int, key: bytes) -> str:
    """Return the envelope sender for an outbox row; each row has one, always the same.

    ``service`` is the bare address that answers come from, ``row`` the row's number
    (0 to 2^64 - 1), ``key`` the outbox key (32 bytes); the cipher's key is derived from it.
    Raises :class:`ValueError` for an address without a domain or a row out of range.
    """
    local, domain = _halves(service)
    if not (local and domain and 0 <= row < _ROW_LIMIT):
        raise ValueError(f"no bounce address for row {row} of {service!r}")
    block = row.to_bytes(_ROW_BYTES) + _NONE_ELSE
    name = _lower(_cipher(local, domain, key).encryptor().update(block))
    return f"{local}{_MARK}{name}@{domain}"


def row_of(address: str, service: str, key: bytes) -> int | None:
    """Return the outbox row that a bounce address was made for, or None for any other.

    The arguments are those of :func:`bounce_address`; ``address`` is a bare envelope
    recipient as it came in.
    """
    local, domain = _halves(service)
    got_local, got_domain = _halves(address)
    if not got_local.startswith(local + _MARK) or got_domain != domain:
        return None
    name = got_local.removeprefix(local + _MARK)
    if _NAME.fullmatch(name):
        return _deciphered(name, local, domain, key)
    return _row_of_first_form(name, local, domain, key)


def is_bounce_address(address: str, service: str) -> bool:
    """Return whether an address claims to be a bounce address of ``service``.

    Mail to such an address is a report, never a request, even where its name is wrong.
    """
    local, domain = _halves(service)
    got_local, got_domain = _halves(address)
    return got_domain == domain and got_local.startswith(local + _MARK)


def _halves(address: str) -> tuple[str, str]:
    local, _, domain = address.casefold().rpartition("@")
    return local, domain


def _deciphered(name: str, local: str, domain: str, key: bytes) -> int | None:
    try:
        block = base64.b32decode(name.upper() + "======")
    except binascii.Error:
        return None
    if _lower(block) != name:  # the last sign has bits to spare: one row, one name
        return None
    plain = _cipher(local, domain, key).decryptor().update(block)
    genuine = hmac.compare_digest(plain[_ROW_BYTES:], _NONE_ELSE)
    return int.from_bytes(plain[:_ROW_BYTES]) if genuine else None


@lru_cache(maxsize=8)
def _cipher(local: str, domain: str, key: bytes) -> Cipher[ECB]:
    """Return AES for one block: a permutation keyed for this service alone.

    ECB of a single block that never comes twice for two rows is just that permutation. It is
    remembered: deriving its key costs four times what it is used for.
    """
    info = b"rmp bounce address v2\n" + f"{local}@{domain}".encode()
    derived = HKDF(SHA256(), 32, salt=None, info=info).derive(key)
    return Cipher(AES256(derived), ECB())  # noqa: S305 -- one block


def _lower(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=").lower()


def _row_of_first_form(name: str, local: str, domain: str, key: bytes) -> int | None:
    """Return the row of ``<row>-<mac>``, of which none is made any more."""
    found = _FIRST_FORM.fullmatch(name)
    row = int(found[1]) if found else _ROW_LIMIT
    if found is None or row >= _ROW_LIMIT:
        return None
    derived = HKDF(SHA256(), 32, salt=None, info=b"rmp bounce address v1").derive(key)
    bound = f"{local}@{domain}\n{row}".encode()
    expected = _lower(hmac.digest(derived, bound, hashlib.sha256)[:_MAC_BYTES])
    return row if hmac.compare_digest(expected, found[2]) else None
