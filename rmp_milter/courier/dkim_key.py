"""The DKIM key: made by ``rmp init``, published as a DNS record (RFC 6376, 3.6.1)."""

import base64
import re
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from rmp_milter.disk.new_files import write_whole

KEY_BITS = 2048
"""What every verifier takes, and what a DNS answer carries (RFC 8301, 3.2)."""

_TXT_STRING = 255  # RFC 1035, 3.3: longest character-string
_STRING = re.compile(r'"([^"]*)"')
_RECORD = re.compile(r".*\bp=|\s")


DKIM_KEY, DKIM_RECORD = "dkim.key", "dkim.txt"
"""The key's file in the courier's folder, and what is to be published of it in ``public``."""
DKIM_NEXT = "dkim-next.key"
"""The key that waits until the DNS has its record."""
_SELECTOR = "selector: "

PUT_BACK = "put it back from your copy of this service; nothing was changed"


class DkimKeyError(Exception):
    """The DKIM key cannot be used; one clear line, and in ``hint`` what to do."""

    def __init__(self, line: str, hint: str = "") -> None:
        super().__init__(line)
        self.hint = hint


def make_dkim_key(path: Path, selector: str = "") -> RSAPrivateKey:
    """Make an RSA key and write it to the new file ``path`` (PEM, mode 0600), whole or not at all.

    A ``selector`` stands in its first line, so that both change in one rename; without one it is
    the configuration's.
    """
    key = generate_private_key(public_exponent=65_537, key_size=KEY_BITS)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    head = f"{_SELECTOR}{selector}\n".encode() if selector else b""
    write_whole(path, head + pem, 0o600)
    return key


def selector_of(path: Path, otherwise: str) -> str:
    """Return under which selector the key in ``path`` is published; raises ``OSError``."""
    first = path.read_bytes().partition(b"\n")[0].decode("utf-8", "replace")
    return first.removeprefix(_SELECTOR).strip() if first.startswith(_SELECTOR) else otherwise


def read_dkim_key(path: Path) -> RSAPrivateKey:
    """Return the key in ``path``; raises :class:`DkimKeyError`."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        line = f"cannot read the DKIM key {path}: {error.strerror}"
        raise DkimKeyError(line, _hint(error, path)) from error
    except (ValueError, TypeError) as error:
        raise DkimKeyError(f"{path} is not a PEM key without passphrase", PUT_BACK) from error
    if not isinstance(key, RSAPrivateKey):
        raise DkimKeyError(f"{path} is not an RSA key", PUT_BACK)
    return key


def _hint(error: OSError, path: Path) -> str:
    if isinstance(error, PermissionError):
        return f"as root: chown --reference={path.parent} {path}"
    return PUT_BACK


def check_published(key: RSAPrivateKey, record: Path) -> None:
    """See that ``record`` publishes the key; raise :class:`DkimKeyError` where it does not.

    A host without such a file has nothing to compare with.
    """
    try:
        published = _published(record.read_bytes().decode())
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        raise DkimKeyError(f"{record}: cannot be read ({type(error).__name__})") from error
    if published and _public(key) not in published:
        line = f"{DKIM_KEY} is not the key that {record} publishes: answers would be unsigned"
        hint = f"put {DKIM_KEY} back from your copy; if you changed it: rmp key dkim --publish"
        raise DkimKeyError(line, hint)


def _published(records: str) -> list[str]:
    """Return the public keys (base64) of the records in a zone file."""
    found = (
        _RECORD.sub("", "".join(each)) for each in map(_STRING.findall, records.split("\n"))
    )
    return [each for each in found if each]


def dns_record(key: RSAPrivateKey, domain: str, selector: str) -> str:
    """Return the TXT record that publishes the key, as a line of a zone file."""
    text = f"v=DKIM1; k=rsa; p={_public(key)}"
    strings = [text[at : at + _TXT_STRING] for at in range(0, len(text), _TXT_STRING)]
    quoted = " ".join(f'"{string}"' for string in strings)
    return f"{selector}._domainkey.{domain}. IN TXT ( {quoted} )\n"


def _public(key: RSAPrivateKey) -> str:
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()
