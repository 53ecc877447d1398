"""Bounces and automatic replies, told by envelope and header alone (RFC 3834, RFC 3464).

They are recognised before anything is decrypted and are never answered. A list's own
fields (List-Id) and X-Auto-Response-Suppress are no signs by themselves: lists pass on
what people write, and the latter only asks others to keep silent.
"""

import re

from rmp_milter.mail.incoming.mimetree import Part

_COMMENT = re.compile(r"\([^()]*\)")
_REPLY_FIELDS = ("x-autoreply", "x-autorespond", "x-auto-reply")


def automatic(sender: str, part: Part) -> str | None:
    """Return why the mail is automatic, in a word for the log, or None if a person wrote it.

    ``sender`` is the envelope sender (``""`` or ``<>`` for the null one); ``part`` the
    scanned mail, of which only the header is looked at.
    """
    if sender.strip(" <>") == "":
        return "null sender"
    if sender.strip(" <>").partition("@")[0].lower() == "mailer-daemon":
        return "sent by a mailer daemon"
    return _by_header(part)


def _by_header(part: Part) -> str | None:
    submitted = _word(part.header("auto-submitted"))
    if submitted not in {"", "no", "auto-generated"}:
        return "Auto-Submitted"
    if part.media_type in {"multipart/report", "message/delivery-status"}:
        return "delivery report"
    if _word(part.header("precedence")) in {"bulk", "junk", "list", "auto_reply"}:
        return "Precedence"
    if any(_word(part.header(name)) not in {"", "no"} for name in _REPLY_FIELDS):
        return "automatic reply"
    return None


def _word(value: str) -> str:
    """Return the value in lower case without comments and parameters."""
    return _COMMENT.sub(" ", value).partition(";")[0].strip().lower()
