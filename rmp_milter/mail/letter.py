"""An answer before its mail form: words, and stored documents to go with them."""

import msgspec

from rmp_milter.mail.attachment import Attachment
from rmp_milter.model import Document, Entry


class Enclosure(msgspec.Struct, frozen=True):
    """A stored document to send, behind ``packets`` (key packets of its new reader).

    Without packets it cannot be opened by this reader: it is listed, not sent.
    """

    number: int
    entry: Entry
    document: Document
    packets: bytes


class Letter(msgspec.Struct, frozen=True):
    """An answer before its mail form: ``subject`` and ``text`` are sent encrypted.

    ``certificates`` (binary) are those of the enclosures' authors: without them a client
    knows no signature, and Thunderbird opens no signed file. ``files`` are of the service's
    own making (a slip to print).
    """

    subject: str
    text: str
    held_code: bytes = b""
    enclosures: tuple[Enclosure, ...] = ()
    certificates: tuple[bytes, ...] = ()
    files: tuple[Attachment, ...] = ()
