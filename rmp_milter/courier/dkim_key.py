"""The DKIM key: made by ``rmp init``, published as a DNS record (RFC 6376, 3.6.1)."""

import base64
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from rmp_milter.disk.new_files import write_new

KEY_BITS = 2048
"""What every verifier takes, and what a DNS answer carries (RFC 8301, 3.2)."""

_TXT_STRING = 255  # RFC 1035, 3.3: longest character-string


class DkimKeyError(Exception):
    """The DKIM key cannot be used; one clear line."""


def make_dkim_key(path: Path) -> RSAPrivateKey:
    """Make an RSA key and write it to the new file ``path`` (PEM, mode 0600)."""
    key = generate_private_key(public_exponent=65_537, key_size=KEY_BITS)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    write_new(path, pem, 0o600)
    return key


def read_dkim_key(path: Path) -> RSAPrivateKey:
    """Return the key in ``path``; raises :class:`DkimKeyError`."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise DkimKeyError(f"cannot read the DKIM key {path}: {error.strerror}") from error
    except (ValueError, TypeError) as error:
        raise DkimKeyError(f"{path} is not a PEM key without passphrase") from error
    if not isinstance(key, RSAPrivateKey):
        raise DkimKeyError(f"{path} is not an RSA key")
    return key


def dns_record(key: RSAPrivateKey, domain: str, selector: str) -> str:
    """Return the TXT record that publishes the key, as a line of a zone file."""
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    text = f"v=DKIM1; k=rsa; p={base64.b64encode(der).decode()}"
    strings = [text[at : at + _TXT_STRING] for at in range(0, len(text), _TXT_STRING)]
    quoted = " ".join(f'"{string}"' for string in strings)
    return f"{selector}._domainkey.{domain}. IN TXT ( {quoted} )\n"
