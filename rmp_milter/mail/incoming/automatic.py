"""Bounces and automatic replies, told by envelope and header alone (RFC 3834, RFC 3464).

They are recognised before anything is decrypted and are never answered. ``Precedence: bulk``
or ``list`` alone is a doubt: lists and the servers of hospitals write it on what people sent.
A list's own fields (List-Id) and X-Auto-Response-Suppress are no signs by themselves: lists pass on
what people write, and the latter only asks others to keep silent.
"""

import re

from rmp_milter.mail.incoming.mimetree import Part

_COMMENT = re.compile(r"\([^()]*\)")
_BULK = frozenset({"bulk", "list"})
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


def perhaps_automatic(part: Part) -> str | None:
    """Return why a mail that is not :func:`automatic` may be so, in a word, or None.

    Whoever can tell its author takes his signature for an answer (RFC 2076, 3.9: the field
    is not standard, and says nothing of who wrote).
    """
    return "Precedence" if _word(part.header("precedence")) in _BULK else None


def _by_header(part: Part) -> str | None:
    submitted = _word(part.header("auto-submitted"))
    if submitted not in {"", "no", "auto-generated"}:
        return "Auto-Submitted"
    if part.media_type in {"multipart/report", "message/delivery-status"}:
        return "delivery report"
    if _word(part.header("precedence")) in {"junk", "auto_reply"}:
        return "Precedence"
    if any(_word(part.header(name)) not in {"", "no"} for name in _REPLY_FIELDS):
        return "automatic reply"
    return None


def _word(value: str) -> str:
    """Return the value in lower case without comments and parameters."""
    return _COMMENT.sub(" ", value).partition(";")[0].strip().lower()
