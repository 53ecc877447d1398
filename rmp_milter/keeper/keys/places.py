"""Where a custody key lies that is not in the keeper's folder, as the host writes it.

``credential:NAME`` is a credential that systemd gives the keeper's unit,
``pkcs11:token=NAME;object=NAME`` a private key on a token, by the URI of RFC 7512.
"""

import re
from typing import NamedTuple, TypeAlias
from urllib.parse import unquote_to_bytes

MAX_PLACE = 512
_CREDENTIAL, _TOKEN = "credential:", "pkcs11:"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_URI = re.compile(r"pkcs11:[!-~]+")
_IN_CONFIGURATION = ("module-path", "module-name", "pin-source")


class PlaceError(ValueError):
    """A place that is none; one line for the host."""


class CredentialPlace(NamedTuple):
    """A credential of the keeper's unit."""

    name: str

    def __str__(self) -> str:
        return f"{_CREDENTIAL}{self.name}"


class TokenPlace(NamedTuple):
    """A key on a token, as the URI ``text`` names them; what it leaves out is empty."""

    text: str
    token: str
    serial: bytes
    label: str
    id: bytes

    def __str__(self) -> str:
        return self.text


Place: TypeAlias = CredentialPlace | TokenPlace


def read_place(text: str) -> Place:
    """Return the place that a line names; raise :class:`PlaceError`."""
    if text.startswith(_TOKEN):
        return _token_place(text)
    name = text.removeprefix(_CREDENTIAL)
    if name == text or not _NAME.fullmatch(name):
        raise PlaceError(f"{text!r} is neither credential:NAME nor a pkcs11: URI")
    return CredentialPlace(name)


def _token_place(text: str) -> TokenPlace:
    if len(text) > MAX_PLACE or not _URI.fullmatch(text):
        raise PlaceError("not a URI as RFC 7512 has it: pkcs11:token=NAME;object=NAME")
    path, _, query = text.partition("?")
    if query:
        _refuse(query)
    found = _attributes(path.removeprefix(_TOKEN))
    if found.pop("type", b"private") != b"private":
        raise PlaceError(f"{text}: a private key is wanted")
    place = TokenPlace(
        text,
        _said(found.pop("token", b"")),
        found.pop("serial", b""),
        _said(found.pop("object", b"")),
        found.pop("id", b""),
    )
    if found:
        raise PlaceError(f"{text}: {next(iter(found))} is not known here")
    if not (place.token or place.serial) or not (place.label or place.id):
        raise PlaceError(f"{text}: names no token (token=) or no key (object=)")
    return place


def _refuse(query: str) -> None:
    """Refuse what follows a question mark; it is not repeated, for it may be a PIN."""
    name = query.partition("=")[0]
    if name in _IN_CONFIGURATION:
        raise PlaceError(
            f"{name} stands in rmp.toml: [keeper] token_module, [keeper] token_pin"
        )
    raise PlaceError("nothing may follow a ? here, a PIN least of all")


def _attributes(path: str) -> dict[str, bytes]:
    found = dict[str, bytes]()
    for each in path.split(";"):
        name, equals, value = each.partition("=")
        if not equals or name in found:
            raise PlaceError(f"pkcs11:{path}: {name!r} has no value, or two")
        found[name] = unquote_to_bytes(value)
    return found


def _said(octets: bytes) -> str:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        raise PlaceError("a name in it is not UTF-8") from None
