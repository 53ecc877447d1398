"""What travelled in clear beside the encrypted parts: a document of the sender's, or not.

Servers on the way add what no doctor can keep away: a footer with a logo, the note of an
antivirus program, a signature around the whole. That is dropped, and said. What may be the
sender's own document is never dropped in silence: it is named, and refuses the mail.
"""

import re
from collections.abc import Sequence
from enum import StrEnum
from pathlib import PurePosixPath
from typing import NamedTuple

from rmp_milter.mail.incoming.armor import OctetsKind
from rmp_milter.mail.incoming.charsets import decode
from rmp_milter.mail.incoming.htmltext import html_to_text
from rmp_milter.mail.incoming.leaves import Leaf
from rmp_milter.mail.incoming.mimetree import Part
from rmp_milter.mail.incoming.transfer import first

FOOTER_SIZE = 2000  # characters of a text that may be a footer or a disclaimer
_HTML_SIZE = 64 * 1024  # octets of such a text as HTML, its style sheet included
_MARKUP = 2000  # tags and references in it
_TEXTS = 20  # that are looked at; gateways add one or two
_SMALL = 128 * 1024  # octets of a logo, a visiting card, an appointment, a report
_HEAD = 64
_IMAGES = (b"\x89PNG\r\n", b"GIF8", b"\xff\xd8\xff", b"BM", b"RIFF")
# Files that gateways attach; "deleted" and "warning" are not among them: something is gone.
_FOOTER_NAME = re.compile(
    r"[\w .-]{0,40}(footer|disclaimer|anti[-_ ]?virus|virus[-_ ]?(scan|check)|"
    r"pied[-_ ]de[-_ ]page|mentions?[-_ ]l[eé]gales?)[\w .-]{0,40}\.(txt|htm|html)",
    re.IGNORECASE,
)
_LINKED = re.compile(rb"cid:([^\s\"'<>)]{1,200})", re.IGNORECASE)
_ENDING = re.compile(r"[a-z0-9]{1,5}")


class Beside(StrEnum):
    """What is dropped and said; the values are parts of keys in the text catalogue."""

    FOOTER = "footer"
    LOGO = "logo"
    SIGNATURE = "signature"
    CALENDAR = "calendar"
    CARD = "card"
    REPORT = "report"
    FILE = "file"  # in an emergency only, which no slip refuses


_BY_TYPE = {
    "text/calendar": Beside.CALENDAR,
    "application/ics": Beside.CALENDAR,
    "text/vcard": Beside.CARD,
    "text/x-vcard": Beside.CARD,
    "text/directory": Beside.CARD,
    "message/delivery-status": Beside.REPORT,
    "message/global-delivery-status": Beside.REPORT,
    "message/disposition-notification": Beside.REPORT,
    "message/feedback-report": Beside.REPORT,
    "text/rfc822-headers": Beside.REPORT,
}


class ClearFile(NamedTuple):
    """A document in clear: its name (or media type), and its kind, which names nobody."""

    name: str
    kind: str


class InClear(NamedTuple):
    """``files`` are the documents in their order; ``dropped`` what is no document.

    ``text`` says that only files are encrypted while the text that came with them is not.
    """

    files: tuple[ClearFile, ...] = ()
    dropped: tuple[Beside, ...] = ()
    text: bool = False

    @property
    def is_refused(self) -> bool:
        """Whether something of it is the sender's own: any mail but an emergency is refused."""
        return self.text or bool(self.files)


class ClearWords:
    """What a reader sees of the clear texts of a mail, looked at once."""

    def __init__(self, leaves: Sequence[Leaf]) -> None:
        texts = [leaf for leaf in leaves if _may_be_footer(leaf)]
        self._words = {id(leaf): _words(leaf) for leaf in texts[:_TEXTS]}

    def of(self, leaf: Leaf) -> str | None:
        """Return a text's words; None where it is too long to be a footer, or no text."""
        return self._words.get(id(leaf))


def in_clear(leaves: Sequence[Leaf], encrypted: Sequence[Leaf], words: ClearWords) -> InClear:
    """Judge what is not ``encrypted``; an attached clear message counts as one file.

    A part without any content, and OpenPGP's signatures and keys, are neither.
    """
    opened = [leaf.message for leaf in encrypted if leaf.message is not None]
    linked = _linked(leaves)
    files: list[ClearFile] = []
    dropped: list[Beside] = []
    named: list[Part] = []
    for leaf in leaves:
        if leaf in encrypted or _says_nothing(leaf, words):
            continue
        message = leaf.message
        if message is None or _among(message, opened):
            kind = _dropped(leaf, linked, words)
            dropped += [kind] if kind else []
            files += [] if kind else [_file(leaf.part)]
        elif not _among(message, named):
            named.append(message)
            files.append(_file(message))
    return InClear(tuple(files), tuple(dict.fromkeys(dropped)))


def _among(part: Part, parts: Sequence[Part]) -> bool:
    return any(part is other for other in parts)


def _may_be_footer(leaf: Leaf) -> bool:
    by_gateway = leaf.is_gateway_footer or _FOOTER_NAME.fullmatch(leaf.part.filename)
    is_text = leaf.part.media_type in {"text/plain", "text/html"}
    return leaf.kind is OctetsKind.OTHER and (
        leaf.is_loose_text or bool(by_gateway and is_text)
    )


def _words(leaf: Leaf) -> str | None:
    html = leaf.part.media_type == "text/html"
    limit = _HTML_SIZE if html else 4 * FOOTER_SIZE
    data = first(leaf.octets(), limit + 1)
    if len(data) > limit or (html and data.count(b"<") + data.count(b"&") > _MARKUP):
        return None
    text = decode(data, leaf.part.params.get("charset", ""))
    words = (html_to_text(text) if html else text).strip()
    return words if len(words) <= FOOTER_SIZE else None


def _says_nothing(leaf: Leaf, words: ClearWords) -> bool:
    """Whether the leaf is a control part, a signature or key of OpenPGP, or blank."""
    if leaf.is_control or leaf.kind in {OctetsKind.SIGNATURE, OctetsKind.KEY}:
        return True
    blank = leaf.is_loose_text and words.of(leaf) == ""
    return blank or not first(leaf.octets(), _HEAD).strip()


def _dropped(leaf: Leaf, linked: frozenset[str], words: ClearWords) -> Beside | None:
    """Return as what the leaf is dropped, None if it is a document."""
    if leaf.kind is OctetsKind.CMS_SIGNATURE:
        return Beside.SIGNATURE
    if words.of(leaf) is not None:
        return Beside.FOOTER
    if len(first(leaf.octets(), _SMALL + 1)) > _SMALL:
        return None
    if _is_logo(leaf, linked):
        return Beside.LOGO
    return _BY_TYPE.get(leaf.part.media_type)


def _is_logo(leaf: Leaf, linked: frozenset[str]) -> bool:
    """Return whether the leaf is an image that a clear text of the mail shows."""
    if not leaf.part.media_type.startswith("image/"):
        return False
    name = leaf.part.header("content-id").strip().strip("<>").lower()
    shown = name in linked or (leaf.within("multipart/related") and bool(linked))
    return shown and first(leaf.octets(), _HEAD).startswith(_IMAGES)


def _linked(leaves: Sequence[Leaf]) -> frozenset[str]:
    """Return which parts the clear HTML texts show as images (RFC 2392)."""
    found: set[str] = set()
    for leaf in leaves:
        if leaf.part.media_type == "text/html" and leaf.kind is OctetsKind.OTHER:
            page = first(leaf.octets(), _HTML_SIZE)
            found |= {name.decode("latin-1").lower() for name in _LINKED.findall(page)}
    return frozenset(found)


def _file(part: Part) -> ClearFile:
    ending = PurePosixPath(part.filename.lower()).suffix.removeprefix(".")
    kind = ending.upper() if _ENDING.fullmatch(ending) else _harmless(part.media_type)
    return ClearFile(part.filename or part.media_type, kind)


def _harmless(media_type: str) -> str:
    return media_type if re.fullmatch(r"[a-z]{1,12}/[a-z0-9.+-]{1,40}", media_type) else "?"
