"""Where a certificate says its revocation list lies, and what a list says it is for."""

from typing import NamedTuple

from rmp_milter.x509.tlv import DerElement, children, content, element, encoding, whole

MAX_POINTS = 32
_NAME, _REASONS, _ISSUER = 0xA0, 0x81, 0xA2  # of a DistributionPoint (RFC 5280, 4.2.1.13)
_FULL_NAME, _URI = 0xA0, 0x86
_ONLY_USERS, _ONLY_CAS, _SOME_REASONS, _INDIRECT, _ONLY_ATTRIBUTES = (
    0x81,
    0x82,
    0x83,
    0x84,
    0x85,
)


class Points(NamedTuple):
    """Where the lists lie that are by the certificate's own issuer and for all reasons.

    ``names`` are GeneralNames in DER, ``urls`` those of them that HTTP fetches.
    """

    names: tuple[bytes, ...] = ()
    urls: tuple[str, ...] = ()


class ListScope(NamedTuple):
    """Which certificates of its issuer a list is for (RFC 5280, 5.2.5).

    ``names`` as in :class:`Points`, empty for all. ``partial`` where it is not for all reasons,
    not by one issuer or for attribute certificates: such a list we do not use.
    """

    names: tuple[bytes, ...] = ()
    only_users: bool = False
    only_cas: bool = False
    partial: bool = False


def points(value: bytes) -> Points:
    """Read the extension cRLDistributionPoints; raises :class:`.tlv.DerError`."""
    names: list[bytes] = []
    for point in children(value, whole(value))[:MAX_POINTS]:
        fields = {field.tag: field for field in children(value, point)}
        if _NAME in fields and not fields.keys() & {_REASONS, _ISSUER}:
            names += _full_names(value, fields[_NAME])
    return Points(tuple(names), tuple(filter(None, map(_url, names))))


def scope(value: bytes) -> ListScope:
    """Read the extension issuingDistributionPoint; raises :class:`.tlv.DerError`."""
    fields = {field.tag: field for field in children(value, whole(value))}
    names = _full_names(value, fields[_NAME]) if _NAME in fields else []
    said = {tag: any(content(value, field)) for tag, field in fields.items()}
    relative = _NAME in fields and not names
    return ListScope(
        names=tuple(names),
        only_users=said.get(_ONLY_USERS, False),
        only_cas=said.get(_ONLY_CAS, False),
        partial=relative
        or _SOME_REASONS in fields
        or said.get(_INDIRECT, False)
        or said.get(_ONLY_ATTRIBUTES, False),
    )


def _full_names(data: bytes, of: DerElement) -> list[bytes]:
    """Return the GeneralNames of a DistributionPointName; none for one relative to the issuer."""
    chosen = element(data, of.body, of.end)
    if chosen.tag != _FULL_NAME:
        return []
    return [encoding(data, each) for each in children(data, chosen)[:MAX_POINTS]]


def _url(name: bytes) -> str:
    found = element(name, 0, len(name))
    text = content(name, found).decode("ascii", "replace") if found.tag == _URI else ""
    return text if text.lower().startswith("http://") else ""
