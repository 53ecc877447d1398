"""Delivery reports: whether one says that a mail will not arrive (RFC 3464).

Servers also report that a mail is late, or was delivered, and a mailbox may answer a report's
address by itself ("out of office"): none of these is a mail that came back.
"""

import re

from rmp_milter.mail.incoming.mimetree import Part, content, walk
from rmp_milter.mail.incoming.transfer import Buffer, first

_LOOKED_AT = 64 * 1024  # octets of one report that are read
_ACTION = re.compile(rb"^action[ \t]*:[ \t]*([a-z]+)", re.IGNORECASE | re.MULTILINE)
_STATUS = frozenset({"message/delivery-status", "message/global-delivery-status"})


def says_failed(buffer: Buffer, mail: Part) -> bool:
    """Whether the scanned mail is a delivery report with a recipient whose action is ``failed``.

    The report's own fields count (RFC 3464, 2.3.3), not those of a mail that it returns.
    """
    parts = mail.children if mail.media_type == "multipart/report" else (mail,)
    return any(_failed(buffer, part) for part in parts if part.media_type in _STATUS)


def _failed(buffer: Buffer, part: Part) -> bool:
    leaves = (leaf for leaf in walk(part) if not leaf.children)
    texts = (first(content(buffer, leaf), _LOOKED_AT) for leaf in leaves)
    return any(b"failed" in map(bytes.lower, _ACTION.findall(_unix(text))) for text in texts)


def _unix(text: bytes) -> bytes:
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
