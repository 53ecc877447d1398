"""Whether a file holds a mail, or the text of one: somebody's request, and no document."""

import re

from rmp_milter.calls.protocol.opening import Standing
from rmp_milter.dossier.model import Verb
from rmp_milter.keeper.desk.containers import is_entity, may_be_of_a_text
from rmp_milter.keeper.openpgp.decrypt import Plain
from rmp_milter.mail.incoming.charsets import decode
from rmp_milter.mail.incoming.mimetree import MAX_HEADER, MimeLimit, header_fields
from rmp_milter.mail.meaning.meaning import asked, meaning
from rmp_milter.mail.whose.reading import read_html, read_plain
from rmp_milter.mail.whose.words import Words

_MAIL = frozenset(
    {
        *("from", "to", "cc", "subject", "date", "message-id", "received", "return-path"),
        *("reply-to", "in-reply-to", "references", "autocrypt"),
    }
)
_ENOUGH = 2  # header fields of a mail: one alone may be a line of any text
_TWINS = "pgpexch."  # the text of a mail once more, as old plug-ins attach it
_NOT_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_PAGE = re.compile(
    rb"\s*(<!doctype html|<html|<head|<body|<meta|<div|<p\b|<pre)", re.IGNORECASE
)
_BOMS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def reads_as_mail(plain: Plain, looking: int, this_year: int) -> bool:
    """Return whether the file's first ``looking`` octets are those of a mail.

    A MIME entity, or a text that says what a mail to the service says. One that was encrypted
    as a file, under a name, is no mail's text: it may name its patient as a letter does, but
    not ask for anything, nor hold a code.
    """
    if plain.name.lower().startswith(_TWINS):
        return True
    head = _beginning(plain.data, looking).lstrip(b"\r\n\t ")
    named = not may_be_of_a_text(plain.name)
    return _is_mail(head) or _says_header(head, this_year, named=named)


def _beginning(data: bytes, size: int) -> bytes:
    """Return the first octets, to the end of a line: no character is cut in two."""
    head = data[:size]
    return head if len(data) <= size else head[: head.rfind(b"\n") + 1] or head


def _is_mail(head: bytes) -> bool:
    mark = next((mark for mark in _BOMS if head.startswith(mark)), b"")
    data = head.removeprefix(mark)
    if is_entity(data):
        return True
    try:
        fields, _ = header_fields(data, 0, min(len(data), MAX_HEADER))
    except MimeLimit:  # so many lines in one block are no header
        return False
    return len({field.name for field in fields} & _MAIL) >= _ENOUGH


def _says_header(head: bytes, this_year: int, *, named: bool) -> bool:
    words = _words_of(head)
    if words is None:
        return False
    read = meaning(words, this_year)
    if read.standing is not Standing.HEADER:
        return not read.keeps_text
    if not named:
        return True
    return not read.keeps_text or asked(read, this_year).verb is not Verb.DEPOT


def _words_of(head: bytes) -> Words | None:
    """Return what a reader of a text or page sees; None for what is neither."""
    charset = next((name for mark, name in _BOMS.items() if head.startswith(mark)), "")
    if charset != "utf-16" and _NOT_TEXT.search(head):
        return None
    text = decode(head[: len(head) & ~1] if charset == "utf-16" else head, charset)
    return read_html(text) if _PAGE.match(head) else read_plain(text.removeprefix("\ufeff"))
