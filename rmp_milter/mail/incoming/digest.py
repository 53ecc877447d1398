"""The digest by which a mail that comes again is known."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence

from rmp_milter.mail.incoming.mimetree import FieldSpan, HeaderSpans, MimeLimit, header_fields
from rmp_milter.mail.incoming.transfer import Buffer

_STEP = 1 << 20
# What servers add on the way, hence differs between two deliveries of one mail.
_TRACE = frozenset(
    {
        *(
            "received",
            "return-path",
            "delivered-to",
            "x-original-to",
            "envelope-to",
            "x-received",
        ),
        *("dkim-signature", "domainkey-signature", "authentication-results", "received-spf"),
        *("x-originating-ip", "x-virus-scanned", "x-virus-status", "x-scanned-by", "x-loop"),
    }
)
_TRACE_PREFIXES = ("arc-", "x-spam", "x-ms-exchange-", "x-google-", "x-rspamd-")


def duplicate_digest(
    sender: str, recipients: Sequence[str], buffer: Buffer, header: HeaderSpans | None = None
) -> bytes:
    """Return 32 octets that are the same for each delivery of one mail.

    SHA-256 over the envelope sender, the service's recipients (lower case, sorted, each
    once), the header fields and the body, each closed by its length. Left out are
    trace fields (Received, DKIM-Signature, spam marks...), since a retry gets new ones,
    and the queue id, which is not in the mail. Line ends are taken as they are: Postfix
    gives every milter CRLF. A header beyond the scan's bounds is digested whole; ``header`` is what
    :func:`header_fields` found in the mail, if it was asked already.
    """
    people = sorted({recipient.lower() for recipient in recipients})
    digest = hashlib.sha256(b"rmp mail 1\0")
    for words in (sender, str(len(people)), *people):
        _add(digest, [words.encode("utf-8", "surrogateescape")])
    fields, body_start = header or _header(buffer)
    framed = (_framed(buffer, field) for field in fields if not _is_trace(field.name))
    _add(digest, [b"".join(framed)])
    _add(digest, _slices(buffer, body_start))
    return digest.digest()


def _header(buffer: Buffer) -> HeaderSpans:
    try:
        return header_fields(buffer, 0, len(buffer))
    except MimeLimit:
        return HeaderSpans([], 0)


def _is_trace(name: str) -> bool:
    return name in _TRACE or name.startswith(_TRACE_PREFIXES)


def _framed(buffer: Buffer, field: FieldSpan) -> bytes:
    data = bytes(buffer[field.start : field.end])
    return len(data).to_bytes(8, "big") + data


def _slices(buffer: Buffer, start: int) -> Iterator[bytes]:
    for at in range(start, len(buffer), _STEP):
        yield bytes(buffer[at : at + _STEP])


def _add(digest: "hashlib._Hash", chunks: Iterable[bytes]) -> None:
    """Add one item: its chunks, then its length, so that items cannot run together."""
    size = 0
    for chunk in chunks:
        digest.update(chunk)
        size += len(chunk)
    digest.update(size.to_bytes(8, "big"))
