"""RSA keys in a test run: what OpenSSL has just made, it need not prove when it is read."""

from functools import cache

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

FORMS = PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL


class RsaKeys:
    """Those that one process makes, known by the octets in which they are written.

    A proof takes a tenth of a second, as long as the making. No two tests are given the same key:
    a service that one worker made for all may hold any of its own.
    """

    def __init__(self) -> None:
        self._made = dict[bytes, RSAPrivateKey]()
        self._proven = cache(load_pem_private_key)

    def make(self, public_exponent: int, key_size: int) -> RSAPrivateKey:
        """Stand in for ``generate_private_key``."""
        made = generate_private_key(public_exponent, key_size)
        for form in FORMS:
            self._made[made.private_bytes(Encoding.PEM, form, NoEncryption())] = made
        return made

    def load(self, data: bytes, password: bytes | None = None) -> PrivateKeyTypes:
        """Stand in for ``load_pem_private_key``: what was not made here is proven, once."""
        made = self._made.get(data) if password is None else None
        return made or self._proven(data, password)
