"""What a mail says inside of its readers, its author and its day (``calls.protected``).

A signature says who wrote, not to whom: whoever was written to can seal the signed text anew, for
somebody else. So a client that signs ``To`` (Thunderbird does), or names in the signature itself
to whom it encrypted, has said for whom it was.
"""

from collections.abc import Collection, Iterable, Sequence
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from rmp_milter.calls.protected import Addressed, Protected
from rmp_milter.keeper.desk.content import Opening
from rmp_milter.keeper.openpgp.intended import intended_recipients
from rmp_milter.mail.incoming.addressees import addresses_in
from rmp_milter.mail.incoming.mimetree import read_fields

Fields = Sequence[tuple[str, str]]

_READERS = frozenset({"to", "cc", "bcc"})
_LATEST = 1 << 40  # seconds: no year that a calendar has
_LONGEST = 100  # characters of a date


class Ours(NamedTuple):
    """By what the service is named: its addresses, its keys' fingerprints.

    Empty where they are not known: then nothing is held against a mail for them.
    """

    addresses: Collection[str]
    fingerprints: Collection[str]


def signed_content(opening: Opening, plain: bytes) -> bytes:
    """Return what was signed; all that was encrypted (``plain``) where nothing was."""
    contents, packets = opening.signed
    return contents[0]() if packets else plain


def protected_of(ours: Ours, opening: Opening, plain: bytes) -> Protected:
    """Return what is said in the header fields of what was signed, and in its signatures.

    ``plain`` is all that was encrypted. A bare text has no fields.
    """
    fields = read_fields(signed_content(opening, plain)) if opening.is_entity else ()
    addressed = _addressed(ours, fields, opening.signed[1])
    return Protected(addressed, _author(fields), _written(fields))


def _addressed(ours: Ours, fields: Fields, packets: Iterable[bytes]) -> Addressed:
    intended = [each for packet in packets for each in intended_recipients(packet)]
    named = {each.lower() for each in ours.fingerprints}
    if intended and named and named.isdisjoint(intended):
        return Addressed.OTHERS
    readers = _addresses(fields, _READERS)
    if not readers or not ours.addresses:
        return Addressed.UNNAMED
    addresses = {address.lower() for address in ours.addresses}
    is_named = any(_without_extension(each) in addresses for each in readers)
    return Addressed.NAMED if is_named else Addressed.OTHERS


def _addresses(fields: Fields, names: Collection[str]) -> list[str]:
    return [each for name, value in fields if name in names for each in addresses_in(value)]


def _without_extension(address: str) -> str:
    """Return the address without what stands behind a plus: no address of ours has one."""
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _author(fields: Fields) -> str:
    """Return the one address in ``From``; nothing where there are more."""
    found = _addresses(fields, {"from"})
    return found[0] if len(found) == 1 else ""


def _written(fields: Fields) -> int:
    """Return the time in ``Date``, 0 where there is none, or more than one."""
    found = [value for name, value in fields if name == "date"]
    if len(found) != 1:
        return 0
    try:
        moment = int(parsedate_to_datetime(found[0][:_LONGEST]).timestamp())
    except (ValueError, OverflowError, TypeError, IndexError):
        return 0
    return moment if 0 < moment < _LATEST else 0
