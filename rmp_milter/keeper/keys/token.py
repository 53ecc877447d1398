"""A PKCS#11 token: its session, a P-256 key on it, and the one thing that is asked of the key.

Loaded only where a key lies on a token (``python-pkcs11``). What fails raises ``RuntimeError``:
``PKCS11Error`` is one, and so is what says that a module is none.
"""

from contextlib import suppress
from typing import Any, NamedTuple

import pkcs11
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    SECP256R1,
    EllipticCurvePublicKey,
    generate_private_key,
)
from pkcs11 import KDF, Attribute, KeyType, ObjectClass, Token, TokenFlag
from pkcs11.exceptions import NoSuchKey, PinIncorrect, UserAlreadyLoggedIn
from pkcs11.util.ec import encode_named_curve_parameters

from rmp_milter.keeper.keys.custody import public_octets, read_public
from rmp_milter.keeper.keys.dhkem import POINT_SIZE, SECRET_SIZE
from rmp_milter.keeper.keys.places import TokenPlace

_FEW_TRIES_LEFT = TokenFlag.USER_PIN_LOCKED | TokenFlag.USER_PIN_FINAL_TRY
_DERIVED = {Attribute.SENSITIVE: False, Attribute.EXTRACTABLE: True, Attribute.TOKEN: False}
_OCTET_STRING = 0x04  # also a point's first octet, where it is not compressed


class TokenError(Exception):
    """A token that does not do what is wanted; one line for the host's log."""


class PinRefusedError(TokenError):
    """The token refused the PIN: to be tried no more, for a few of those lock it."""


class Connection(NamedTuple):
    """A session and the private key in it, in the library's own types."""

    session: Any
    key: Any

    def close(self) -> None:
        """End the session, if there is one still."""
        with suppress(RuntimeError):
            self.session.close()


def connect(module: str, place: TokenPlace, pin: str, *, writing: bool = False) -> Connection:
    """Return a session with the private key that ``place`` names.

    The PIN is used only where the key does not show without. Raises :class:`TokenError` and
    ``RuntimeError``.
    """
    token = _token(module, place)
    session = token.open(rw=writing)
    try:
        # This process may have logged in before, for another key on the same token.
        return Connection(session, _private(session, place))
    except NoSuchKey:
        session.close()
    session = _logged_in(token, pin, writing=writing)
    try:
        return Connection(session, _private(session, place))
    except RuntimeError:
        session.close()
        raise


def _token(module: str, place: TokenPlace) -> Token:
    wanted = {"token_label": place.token or None, "token_serial": place.serial or None}
    return pkcs11.lib(module).get_token(**wanted)


def begin_anew(module: str) -> None:
    """Have the module look for its tokens again: it may know only those that it began with.

    All connections of this process by it end.
    """
    pkcs11.lib(module).reinitialize()


def _logged_in(token: Token, pin: str, *, writing: bool) -> Any:  # noqa: ANN401 -- the library's
    if token.flags & _FEW_TRIES_LEFT:
        raise TokenError("its PIN is locked, or has one try left, which is left to you")
    try:
        return token.open(rw=writing, user_pin=pin)
    except UserAlreadyLoggedIn:  # as this process is, for another key on the same token
        return token.open(rw=writing)
    except PinIncorrect:
        raise PinRefusedError("it refuses the PIN, which is tried no more") from None


def _private(session: Any, place: TokenPlace) -> Any:  # noqa: ANN401 -- the library's
    return _object(session, ObjectClass.PRIVATE_KEY, place)


def _object(session: Any, kind: ObjectClass, place: TokenPlace) -> Any:  # noqa: ANN401 -- as above
    label, number = place.label or None, place.id or None
    return session.get_key(object_class=kind, key_type=KeyType.EC, label=label, id=number)


def shared(key: Any, point: bytes) -> bytes:  # noqa: ANN401 -- the library's
    """Return the x-coordinate of the shared point, by ECDH without a derivation (CKD_NULL).

    Raises :class:`TokenError` and ``RuntimeError``.
    """
    if not hasattr(key, "derive_key"):  # the library gives it to keys that say so of themselves
        raise TokenError("its key may not derive (CKA_DERIVE)")
    made = key.derive_key(
        KeyType.GENERIC_SECRET,
        8 * SECRET_SIZE,
        mechanism_param=(KDF.NULL, None, point),
        template=_DERIVED,
    )
    try:
        octets = bytes(made[Attribute.VALUE])
    finally:
        made.destroy()
    return octets.rjust(SECRET_SIZE, b"\0")  # some leave zeros in front away


def prove(key: Any, public: EllipticCurvePublicKey) -> None:  # noqa: ANN401 -- the library's
    """See that this is the private half of ``public``; raise :class:`TokenError`."""
    ours = generate_private_key(SECP256R1())
    if shared(key, public_octets(ours.public_key())) != ours.exchange(ECDH(), public):
        raise TokenError("it holds another key under this name")


def made_or_found(module: str, place: TokenPlace, pin: str) -> EllipticCurvePublicKey:
    """Return the public half of the key that ``place`` names, which is made where there is none.

    It is proven to be the other half of what the token has. Raises as :func:`connect` does.
    """
    try:
        there = connect(module, place, pin, writing=True)
    except NoSuchKey:
        _make(module, place, pin)
        there = connect(module, place, pin, writing=True)
    try:
        public = _public(there.session, place)
        prove(there.key, public)
    finally:
        there.close()
    return public


def _make(module: str, place: TokenPlace, pin: str) -> None:
    """Make a key pair that never leaves the token: the private half can only derive."""
    session = _logged_in(_token(module, place), pin, writing=True)
    try:
        curve = {Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}
        domain = session.create_domain_parameters(KeyType.EC, curve, local=True)
        domain.generate_keypair(
            id=place.id or None,
            label=place.label or None,
            store=True,
            private_template={
                Attribute.PRIVATE: True,
                Attribute.SENSITIVE: True,
                Attribute.EXTRACTABLE: False,
                Attribute.DERIVE: True,
                Attribute.SIGN: False,
            },
        )
    finally:
        session.close()


def _public(session: Any, place: TokenPlace) -> EllipticCurvePublicKey:  # noqa: ANN401 -- as above
    point = bytes(_object(session, ObjectClass.PUBLIC_KEY, place)[Attribute.EC_POINT])
    if len(point) == POINT_SIZE + 2 and point[0] == _OCTET_STRING:  # DER, as it should be
        point = point[2:]
    try:
        public = read_public(point)
    except ValueError:
        raise TokenError("its key is not one of P-256") from None
    if not isinstance(public, EllipticCurvePublicKey):
        raise TokenError("its key is not one of P-256")
    return public


def words(error: Exception) -> str:
    """Return in a line what went wrong; the library says much by an error's name alone."""
    return " ".join(f"{type(error).__name__} {error}".split()).strip()
