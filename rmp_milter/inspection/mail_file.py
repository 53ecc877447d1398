"""A mail out of a file: as it is, or the first of an mbox, and who sent it."""

import re
from typing import NamedTuple

from rmp_milter.mail.incoming.mimetree import MimeLimit, header_fields

_FROM_LINE = re.compile(rb"From ([^\s]{1,300})[^\r\n]{0,300}(?:\r?\n|\r|\Z)")
# A blank line, then "From sender ... 12:34": what mbox(5) puts between two messages.
_NEXT = re.compile(rb"\n\r?\nFrom [^\r\n]{1,300}\d\d:\d\d[^\r\n]{0,300}")
_NOT_A_SENDER = re.compile(r"-|\?\?\?")  # what mail clients write for want of one
_BARE_LF = re.compile(rb"(?<!\r)\n")
UNKNOWN_SENDER = "unknown"
"""Stands for an envelope sender that the file does not tell: not the null sender."""


class FirstMail(NamedTuple):
    """Where the first mail stands in the file; ``mail_from`` is its envelope sender.

    ``more`` says that others follow.
    """

    start: int
    end: int
    mail_from: str
    more: bool


def first_mail(raw: memoryview) -> FirstMail:
    """Find the first mail: the whole file, unless it opens with an mbox' ``From`` line.

    The envelope sender is in Return-Path where Postfix delivered the mail, else in the
    ``From`` line; the null sender comes as ``<>`` or ``MAILER-DAEMON``.
    """
    opened = _FROM_LINE.match(raw)
    if opened is None:
        return FirstMail(0, len(raw), _return_path(raw) or UNKNOWN_SENDER, more=False)
    following = _NEXT.search(raw, opened.end())
    end = following.start() + 1 if following else len(raw)
    sender = opened[1].decode("ascii", "replace")
    mail_from = _return_path(raw[opened.end() : end])
    if not mail_from and not _NOT_A_SENDER.fullmatch(sender):
        mail_from = sender
    return FirstMail(opened.end(), end, mail_from or UNKNOWN_SENDER, more=following is not None)


def travelling_size(raw: memoryview) -> int:
    """Return the mail's size on its way, where every line ends with CRLF; in a file few do."""
    return len(raw) + sum(1 for _ in _BARE_LF.finditer(raw))


def _return_path(raw: memoryview) -> str:
    """Return what Return-Path says, or an empty string where there is none."""
    try:
        fields, _ = header_fields(raw, 0, len(raw))
    except MimeLimit:
        return ""
    values = (
        bytes(raw[field.value_start : field.end])
        for field in fields
        if field.name == "return-path"
    )
    return next(values, b"").decode("ascii", "replace").strip()
