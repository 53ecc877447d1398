"""An answer before its mail form: words, and stored documents to go with them."""

import msgspec

from rmp_milter.calls.protocol.releasing import TRANSLATED
from rmp_milter.dossier.model import Document, Entry


class Enclosure(msgspec.Struct, frozen=True):
    """A stored document to send, behind ``packets`` (what its new reader opens it by).

    Without packets it cannot be opened by this reader: it is listed, not sent. ``number``
    is the entry's in the reader's index; ``owner`` the id of its dossier, whose ``card`` it is, or
    of the deposit that ``waits`` for one.
    """

    number: int
    entry: Entry
    document: Document
    packets: bytes
    owner: bytes = b""
    waits: bool = False
    card: bytes = b""

    @property
    def is_translated(self) -> bool:
        """Whether the keeper opens it and seals it anew when it is sent."""
        return self.packets.startswith(TRANSLATED)

    @property
    def is_mail(self) -> bool:
        """Whether it can be a mail of its own: bare texts and files cannot."""
        return self.is_translated or self.document.container.is_mail


class HeaderFile(msgspec.Struct, frozen=True):
    """A small file that lets the reader's software file the entry ``number`` by itself."""

    number: int
    data: bytes

    @property
    def name(self) -> str:
        """Its name, which says nothing of the patient."""
        return f"entete-{self.number:02}.hpr"


class Attachment(msgspec.Struct, frozen=True):
    """A file to go with a letter; ``name`` is ASCII, for use inside the encryption only.

    ``data`` may hold :data:`.CODE_FIELD`, which stays literal in the mail.
    """

    name: str
    media_type: str
    data: bytes


class Letter(msgspec.Struct, frozen=True):
    """An answer before its mail form: ``subject`` and ``text`` are sent encrypted.

    ``certificates`` (binary) are those of the enclosures' authors: without them a client
    knows no signature, and Thunderbird opens no signed file. ``files`` are of the service's
    own making (a slip to print). ``headers`` go with the enclosures of a reader whose
    software wants HPRIM headers. ``last`` is the last number in the reader's index, whose
    numbers the enclosures bear. With ``originals`` a document that is translated brings along
    what its author signed.
    """

    subject: str
    text: str
    held_code: bytes = b""
    enclosures: tuple[Enclosure, ...] = ()
    certificates: tuple[bytes, ...] = ()
    files: tuple[Attachment, ...] = ()
    headers: tuple[HeaderFile, ...] = ()
    last: int = 1
    originals: bool = False
