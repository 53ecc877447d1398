"""The forms of answers in S/MIME that a real Thunderbird was seen to show, part by part."""

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast

from testbed.outlook import Outlook

_ENVELOPE = "application/pkcs7-mime; smime-type=enveloped-data; attachment smime.p7m"
_OPAQUE = "application/pkcs7-mime; smime-type=signed-data; attachment smime.p7m"
_FILE = "application/pdf; attachment"

INDEX = (_ENVELOPE, f" {_OPAQUE}", "  text/plain; hp=cipher")
_TRANSLATED = (_ENVELOPE, f" {_OPAQUE}", "  multipart/mixed; hp=cipher", "   text/plain")
TRANSLATED = (*_TRANSLATED, "   multipart/mixed", "    text/plain", f"    {_FILE}")
FROM_OPENPGP = (
    *(*_TRANSLATED, "   multipart/mixed"),  # where its author's key was
    *("    multipart/mixed", "     text/plain", f"     {_FILE}"),
)
AS_STORED = (*(_ENVELOPE, f" {_OPAQUE}", "  multipart/mixed", "   text/plain", f"   {_FILE}"),)
_DETACHED = (
    _ENVELOPE,
    " multipart/signed",
    "  multipart/mixed",
    "   text/plain",
    f"   {_FILE}",
)
STORED_DETACHED = (*_DETACHED, "  application/pkcs7-signature")
FROM_THUNDERBIRD = (*_DETACHED, "  application/pkcs7-signature; attachment smime.p7s")


def together(*documents: tuple[str, ...]) -> tuple[str, ...]:
    """Return the form of a mail that holds these, each a mail of its own."""
    return (
        *("multipart/mixed", " text/plain"),
        *(
            line
            for each in documents
            for line in (" message/rfc822; attachment", *(f"  {inner}" for inner in each))
        ),
    )


def form_of(raw: bytes, reader: Outlook) -> tuple[str, ...]:
    """Return what a mail is made of, a line a part, as deep as its reader opens it."""
    return tuple(_lines(message_from_bytes(raw, policy=policy.default), reader, 0))


def _lines(part: EmailMessage, reader: Outlook, depth: int) -> Iterator[str]:
    yield " " * depth + "; ".join(_said(part))
    for inner in _inside(part, reader):
        yield from _lines(inner, reader, depth + 1)


def _said(part: EmailMessage) -> Iterator[str]:
    yield part.get_content_type()
    for name in ("smime-type", "hp"):
        if value := part.get_param(name):
            yield f"{name}={value}"
    if disposition := part.get_content_disposition():
        own = part.get_filename("")
        yield f"{disposition} {own}" if own.startswith("smime.") else disposition


def _inside(part: EmailMessage, reader: Outlook) -> Iterator[EmailMessage]:
    if part.get_content_type() != "application/pkcs7-mime":
        if part.is_multipart():
            yield from cast("list[EmailMessage]", part.get_payload())
        return
    cms = cast("bytes", part.get_payload(decode=True))
    is_signed = part.get_param("smime-type") == "signed-data"
    content = reader.verified(cms)[0] if is_signed else reader.decrypted(cms)
    yield message_from_bytes(content, policy=policy.default)
