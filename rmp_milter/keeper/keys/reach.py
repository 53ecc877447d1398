"""Custody keys that lie elsewhere, brought within reach of the keeper that starts."""

import os
import stat
from collections.abc import Iterator
from dataclasses import replace as replaced
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from rmp_milter.keeper.keys.custody import (
    CustodyKey,
    ElsewhereKey,
    PrivateHalf,
    public_octets,
)
from rmp_milter.keeper.keys.key_files import KeyFileError, raw_key, read_private
from rmp_milter.keeper.keys.keys import CUSTODY, Keys
from rmp_milter.keeper.keys.places import CredentialPlace, TokenPlace, read_place

MAX_CREDENTIAL = 4096
MAX_PIN = 256
_CREDENTIAL = "credential:"
DROP_IN = "LoadCredentialEncrypted= in a drop-in of rmp-keeper.service (docs/admin.md)"


class Reach(NamedTuple):
    """By what keys are reached: systemd's folder of credentials, a token's module and PIN.

    ``pin`` is a file or ``credential:NAME``, as in rmp.toml.
    """

    credentials: str
    module: str
    pin: str


def within_reach(keys: Keys, reach: Reach) -> Keys:
    """Return the keys, those that lie elsewhere as they are used.

    Of a token nothing is asked yet. Raises :class:`.KeyFileError` for what only somebody can mend:
    a credential that is not there or another's, a setting that is missing.
    """
    former = tuple(
        each._replace(private=_reached(each.private, each.name, reach))
        for each in keys.former_custody
    )
    present = _reached(keys.custody, CUSTODY, reach)
    return replaced(keys, custody=present, former_custody=former)


def _reached(key: CustodyKey, file: str, reach: Reach) -> CustodyKey:
    if not isinstance(key, ElsewhereKey):
        return key
    match read_place(key.place), key.public:
        case CredentialPlace(name), X25519PublicKey() as public:
            return _from_credential(name, public, reach.credentials)
        case TokenPlace() as place, EllipticCurvePublicKey() as public:
            return replaced(key, private=_on_token(place, public, reach))
        case _:
            raise KeyFileError(f"{file}: a key of another kind than lies in such a place")


def _from_credential(name: str, public: X25519PublicKey, folder: str) -> X25519PrivateKey:
    content = read_credential(folder, name)
    private = X25519PrivateKey.from_private_bytes(raw_key(Path(folder) / name, content))
    if public_octets(private.public_key()) != public_octets(public):
        line = f"the credential {name} is not the custody key that {CUSTODY} speaks of"
        raise KeyFileError(line, "give the unit the right one; nothing was changed")
    return private


def read_credential(folder: str, name: str) -> bytes:
    """Read a credential of this unit's; raise :class:`.KeyFileError`.

    Its mode is systemd's: the group's bits may be an access list's mask.
    """
    if not folder:
        line = f"the credential {name} is not here: systemd gave this process none"
        raise KeyFileError(line, DROP_IN)
    path = Path(folder) / name
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(MAX_CREDENTIAL + 1)
    except OSError as error:
        line = f"the credential {name} is not here: {path}: {error.strerror}"
        raise KeyFileError(line, DROP_IN) from None
    if not stat.S_ISREG(mode) or mode & 0o007 or len(content) > MAX_CREDENTIAL:
        raise KeyFileError(f"{path}: no credential as systemd gives them", DROP_IN)
    return content


def read_pin(reach: Reach) -> str:
    """Return the token's PIN; raise :class:`.KeyFileError`."""
    if not reach.pin:
        raise KeyFileError("no PIN is named for the token", "[keeper] token_pin in rmp.toml")
    name = reach.pin.removeprefix(_CREDENTIAL)
    if name != reach.pin:
        content = read_credential(reach.credentials, name)
    else:
        content = read_private(Path(reach.pin))
    try:
        pin = content.decode().strip("\r\n")
    except UnicodeDecodeError:
        pin = ""
    if not 0 < len(pin) <= MAX_PIN:
        raise KeyFileError(f"{reach.pin}: holds no PIN", "a line of UTF-8")
    return pin


def _on_token(place: TokenPlace, public: EllipticCurvePublicKey, reach: Reach) -> PrivateHalf:
    check_module(reach)
    # Here, and only where it is needed: it brings a library of its own.
    from rmp_milter.keeper.keys.token_key import TokenKey  # noqa: PLC0415 -- see above

    return TokenKey(reach.module, place, lambda: read_pin(reach), public)


def check_module(reach: Reach) -> None:
    """See that a token can be spoken with at all; raise :class:`.KeyFileError`."""
    if not reach.module:
        line = "the custody key lies on a token, and no module is named for it"
        raise KeyFileError(line, "[keeper] token_module in rmp.toml")
    if not find_spec("pkcs11"):
        line = "the custody key lies on a token, and python-pkcs11 is not installed"
        raise KeyFileError(line, "pip install 'rmp-milter[token]'")


def all_elsewhere(keys: Keys) -> Iterator[ElsewhereKey]:
    """Yield the custody keys of which only the public half is here, the present one first."""
    for each in keys.all_custody:
        if isinstance(each, ElsewhereKey):
            yield each
