"""Which envelope recipient is the service, in whatever way an address can be written.

Postfix takes more for one address than its plain spelling: quotes, blanks, comments, a source
route, a dot at the end, an extension, percent and bang paths (RFC 5321, 4.1.1.3 and appendix C;
postfix trivial-rewrite(8)). What it makes of one, it tells in the macro ``{rcpt_addr}``. A mail
whose recipient we did not know as ours would pass by, in clear perhaps, into a queue.
"""

import re
from collections.abc import Iterable
from enum import Enum

from rmp_milter.mail.bounce_address import is_bounce_address

_COMMENT = re.compile(r"\([^()]*\)")
_DECORATION = re.compile(r'[\s"\\<>]')
_ROUTE = re.compile(r"^@[^:]*:")


class NotOurs(Enum):
    """Whom a recipient is that is not the service."""

    OTHERS = "others"
    DISGUISED = "disguised"
    """It names the service in a way that does not lead there: refused, before the mail is sent."""


def recipient(given: str, resolved: str, services: Iterable[str]) -> str | NotOurs:
    """Return the address of ours that a recipient is, or whose it is.

    ``given`` is the argument of RCPT TO, ``resolved`` what Postfix makes of it or ``""``;
    ``services`` are lower-case. Of ours are the services, their bounce addresses (returned
    whole) and any other extension of one (returned as the service).
    """
    services = tuple(services)
    plain = _plain(given)
    for form in (_plain(resolved), plain):
        for service in services:
            if form == service or is_bounce_address(form, service):
                return form
            if _without_extension(form) == service:
                return service
    return (
        NotOurs.DISGUISED if any(_names(plain, each) for each in services) else NotOurs.OTHERS
    )


def _plain(address: str) -> str:
    """Take off what changes nothing: brackets, comments, quotes, blanks, a route, a last dot."""
    bare = _DECORATION.sub("", _COMMENT.sub("", address)).lower()
    return _ROUTE.sub("", bare).removesuffix(".")


def _without_extension(address: str) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _names(address: str, service: str) -> bool:
    """Whether the service's address stands inside of another, as a path or as a local part."""
    local, _, domain = map(re.escape, service.rpartition("@"))
    user = rf"(?<![a-z0-9._+=-]){local}(?:\+[^@%!]*)?"
    return bool(
        re.search(rf"{user}[@%]{domain}(?![a-z0-9.-])", address)
        or re.search(rf"(?<![a-z0-9.-]){domain}!{user}(?![a-z0-9._=-])", address)
    )
