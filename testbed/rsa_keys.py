"""RSA keys of services in a test run: made by whichever worker needs one first, proven once."""

import os
from collections import Counter
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from testbed.once import once

FORMS = PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL


class RsaKeys:
    """The keys that one process makes: no two are the same, but each worker's tenth is the others'.

    What a fork makes is its own: its parent's next key would be the same.
    """

    def __init__(self) -> None:
        self._process = os.getpid()
        self._numbers = Counter[int]()
        self._made = dict[bytes, RSAPrivateKey]()
        self._proven = cache(load_pem_private_key)

    def make(self, public_exponent: int, key_size: int) -> RSAPrivateKey:
        """Stand in for ``generate_private_key``."""

        def write(place: Path) -> None:
            (place / "key").write_bytes(
                _pem(generate_private_key(public_exponent, key_size), PrivateFormat.PKCS8)
            )

        if os.getpid() != self._process:
            return generate_private_key(public_exponent, key_size)
        self._numbers[key_size] += 1
        name = f"rsa-{key_size}-{self._numbers[key_size]}"
        # What OpenSSL has just made it need not prove, which takes as long.
        made = load_pem_private_key(
            (once(name, write) / "key").read_bytes(), None, unsafe_skip_rsa_key_validation=True
        )
        assert isinstance(made, RSAPrivateKey)  # noqa: S101 -- as it was written
        self._made.update((_pem(made, form), made) for form in FORMS)
        return made

    def load(self, data: bytes, password: bytes | None = None) -> PrivateKeyTypes:
        """Stand in for ``load_pem_private_key``: what is no key made here is proven, once."""
        made = self._made.get(data) if password is None else None
        return made or self._proven(data, password)


def _pem(key: RSAPrivateKey, form: PrivateFormat) -> bytes:
    return key.private_bytes(Encoding.PEM, form, NoEncryption())
