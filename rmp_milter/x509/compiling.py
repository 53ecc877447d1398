"""Revocation lists as they come (RFC 5280, 5): verified by who signed them, then compiled.

Lists for some reasons only, for several issuers (indirect) or for the difference from another
(delta) are not used: whoever issues these has a complete one as well (RFC 5280, 5: nobody needs
to read these).
"""

import hashlib
from typing import NamedTuple, cast

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPublicKeyTypes

from rmp_milter.x509.bounds import MAX_ELEMENTS, MAX_NAME, MAX_SERIAL, extension
from rmp_milter.x509.comparing import comparable
from rmp_milter.x509.lists import AHEAD, ListError, ListHeader, RevocationList, padded
from rmp_milter.x509.pem import REVOCATION_LIST, PemError, unarmored
from rmp_milter.x509.points import ListScope, scope
from rmp_milter.x509.reading import FORGEABLE, X509
from rmp_milter.x509.signatures import parsed
from rmp_milter.x509.tlv import (
    GENERALIZED_TIME,
    INTEGER,
    SEQUENCE,
    UTC_TIME,
    DerElement,
    DerError,
    children,
    content,
    element,
    elements,
    encoding,
    whole,
)

MAX_LIST = 64 << 20  # bytes
_EXTENSIONS = 0xA0
_NUMBER, _SCOPE = b"\x55\x1d\x14", b"\x55\x1d\x1c"  # cRLNumber, issuingDistributionPoint
_KNOWN = frozenset({_NUMBER, _SCOPE, b"\x55\x1d\x23"})  # and authorityKeyIdentifier
_KNOWN_OF_ENTRY = frozenset({b"\x55\x1d\x15"})  # reasonCode, which changes nothing here
_TIMES = frozenset({UTC_TIME, GENERALIZED_TIME})
_NOT_ONE = "this is not a revocation list of version 2"


def der_of(data: bytes) -> bytes:
    """Return a list that may be in PEM in DER; raise :class:`ListError` where it is damaged."""
    try:
        return unarmored(data, REVOCATION_LIST, 0)[0]
    except PemError as error:
        raise ListError(str(error)) from None


class Outline(NamedTuple):
    """A list in DER, cut: nothing of it is verified."""

    issuer_der: bytes
    revoked: DerElement | None
    number: bytes
    scope: ListScope


def outline(raw: bytes) -> Outline:
    """Return what a list in DER says of itself, the entries not looked at.

    Raises :class:`ListError` for what is none, is too large, or has a critical extension that
    we do not know (RFC 5280, 5.2).
    """
    if len(raw) > MAX_LIST:
        raise ListError(f"the list is larger than {MAX_LIST} bytes")
    try:
        return _outline(raw)
    except DerError as error:
        raise ListError(str(error)) from None


def _outline(raw: bytes) -> Outline:
    """Cut a list in DER; raise :class:`DerError` or :class:`ListError`."""
    top = children(raw, whole(raw))
    fields = children(raw, top[0]) if len(top) == 3 else []  # noqa: PLR2004 -- RFC 5280, 5.1
    if len(fields) < 4 or content(raw, top[-1])[:1] != b"\0":  # noqa: PLR2004 -- as above
        raise ListError(_NOT_ONE)
    version, _inner, issuer, issued, *more = fields
    if (version.tag, issuer.tag) != (INTEGER, SEQUENCE) or issued.tag not in _TIMES:
        raise ListError(_NOT_ONE)
    rest = {each.tag: each for each in more if each.tag not in _TIMES}
    number, said = _said(raw, rest.get(_EXTENSIONS))
    return Outline(encoding(raw, issuer), rest.get(SEQUENCE), number, said)


def _said(raw: bytes, of: DerElement | None) -> tuple[bytes, ListScope]:
    """Return number and scope, from the extensions of a list."""
    number, said = b"", ListScope()
    listed = children(raw, element(raw, of.body, of.end)) if of else []
    if len(listed) > MAX_ELEMENTS:
        raise ListError("the list has too many extensions")
    for each in listed:
        identifier, value, critical = extension(raw, each)
        if critical and identifier not in _KNOWN:
            raise ListError("the list is one of a kind that is not used (a critical extension)")
        if identifier == _NUMBER:
            number = content(value, element(value, 0, len(value)))
        if identifier == _SCOPE:
            said = scope(value)
    if said.partial or len(number) > MAX_SERIAL:
        raise ListError("the list is for some reasons or several issuers: it is not used")
    return number, said


def compile_list(raw: bytes, signer: X509, anchor: X509, now: int) -> RevocationList:
    """Verify a list in DER by the certificate of who signed it, and compile it.

    The signer's path to ``anchor`` is the caller's to judge. ``now`` is in epoch seconds.
    Raises :class:`ListError` where the signer did not sign it or may not, and for a list that
    is not used (:func:`outline`) or begins later.
    """
    cut = outline(raw)
    if len(cut.issuer_der) > MAX_NAME:
        raise ListError("the name of the list's issuer is too long")
    this_update, next_update = _verified(raw, cut, signer)
    if this_update > now + AHEAD:
        raise ListError("the list was issued later than now: a clock is wrong")
    serials = sorted(_serials(raw, cut.revoked)) if cut.revoked else []
    width = max(map(len, serials), default=1)
    joined = b"".join(sorted({padded(each, width) for each in serials}))
    header = ListHeader(
        issuer=comparable(cut.issuer_der),
        signer=bytes.fromhex(signer.key_digest),
        anchor=bytes.fromhex(anchor.key_digest),
        number=cut.number,
        this_update=this_update,
        next_update=next_update,
        names=tuple(sorted(hashlib.sha256(name).digest() for name in cut.scope.names)),
        only_users=cut.scope.only_users,
        only_cas=cut.scope.only_cas,
        width=width,
        count=len(joined) // width,
    )
    return RevocationList(header, joined)


def _verified(raw: bytes, cut: Outline, signer: X509) -> tuple[int, int]:
    """Return from when to when a list speaks, once its signature is found to be right."""
    if (
        comparable(signer.subject_der) != comparable(cut.issuer_der)
        or not signer.uses.crl_sign
        or signer.weakness
    ):
        raise ListError("the list is not by the one whose certificate this is")
    try:
        found = x509.load_der_x509_crl(raw)
        used = found.signature_hash_algorithm
        right = found.is_signature_valid(
            cast("CertificateIssuerPublicKeyTypes", parsed(signer).public_key())
        )
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion):
        raise ListError("the list cannot be read") from None
    if not right:
        raise ListError("the list's signature is not right")
    if used is not None and used.name in FORGEABLE:
        raise ListError("the list is signed with MD5 or SHA-1, which can be forged")
    if found.next_update_utc is None:
        raise ListError("the list does not say when the next one comes (RFC 5280, 5.1.2.5)")
    times = found.last_update_utc, found.next_update_utc
    return int(times[0].timestamp()), int(times[1].timestamp())


def _serials(raw: bytes, revoked: DerElement) -> list[bytes]:
    """Return the serial numbers of the entries; raise :class:`ListError`."""
    found = []
    try:
        for entry in elements(raw, revoked.body, revoked.end):
            serial = element(raw, entry.body, entry.end)
            if serial.tag != INTEGER or not 0 < serial.end - serial.body <= MAX_SERIAL:
                raise ListError("an entry of the list has no serial number that could be one")
            found.append(raw[serial.body : serial.end])
            when = element(raw, serial.end, entry.end)
            if when.end < entry.end:
                _check_entry(raw, element(raw, when.end, entry.end))
    except DerError as error:
        raise ListError(str(error)) from None
    return found


def _check_entry(raw: bytes, of: DerElement) -> None:
    """Refuse a list with an entry that has a critical extension (RFC 5280, 5.3)."""
    for each in elements(raw, of.body, of.end):
        identifier, _, critical = extension(raw, each)
        if critical and identifier not in _KNOWN_OF_ENTRY:
            raise ListError("the list has entries of a kind that is not used")
