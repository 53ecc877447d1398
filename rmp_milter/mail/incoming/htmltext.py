"""HTML mail as plain text: lines as the reader sees them, nothing else.

Written for bodies of Outlook and webmail, where each line is a paragraph or a ``div``.
Linear in the size on any input, which the standard library's parser is not.
"""

import re
from collections.abc import Iterable, Iterator
from html import unescape
from html.entities import html5

_TAG_NAME = re.compile(r"</?([A-Za-z][A-Za-z0-9:-]{0,30})")
_BREAKS = frozenset(
    {
        *(
            "address",
            "article",
            "aside",
            "blockquote",
            "body",
            "center",
            "dd",
            "div",
            "dl",
            "dt",
        ),
        *(
            "fieldset",
            "footer",
            "form",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "header",
            "hr",
            "li",
        ),
        *("main", "ol", "p", "pre", "section", "table", "tr", "ul"),
    }
)
_HIDDEN = frozenset({"script", "style", "title"})
_TAG = re.compile(rb"<[^<>]{0,4096}>")
# Words need their semicolon here, but for those that HTML takes without.
_REFERENCE = re.compile(
    rb"&(?:#([0-9]{1,7}|[xX][0-9A-Fa-f]{1,6});?|([A-Za-z]{2,8})(?:;|(?<=&amp)|(?<=&lt)|(?<=&gt)"
    rb"|(?<=&quot)|(?<=&nbsp)))"
)
_UNICODE = 0x110000
_MOST = 2_000_000
"""References that are resolved in one text; armor of 50 MB with each plus sign and slash
written as one has fewer."""
_TAG_HOLD = 4096  # octets of an unfinished tag that are kept for the next chunk


def html_to_text(html: str) -> str:
    """Return the visible text: a line a block or ``<br>``, empty paragraphs as empty lines."""
    page = _Page()
    for token in _tokens(html):
        page.take(token)
    return page.text()


def strip_tags(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield HTML octets with each tag made a line end and references resolved.

    For armor wrapped in HTML, where only ASCII counts: other characters that come from
    references turn into ``?``, a no-break space into a space.
    """
    rest, references = b"", _References()
    for chunk in chunks:
        data = rest + chunk
        cut = _uncut(data)
        yield references.resolved(_without_tags(data[:cut]))
        rest = data[cut:]
    yield references.resolved(_without_tags(rest))


def _uncut(data: bytes) -> int:
    """Return where no tag and no reference is cut in two."""
    for opening, closing, hold in ((b"<", b">", _TAG_HOLD), (b"&", b";", 12)):
        begin = data.rfind(opening, -hold)
        if begin >= 0 and data.find(closing, begin) < 0:
            return begin
    return len(data)


class _References:
    """Resolves references, up to :data:`_MOST` of them in a text.

    The standard library's ``unescape`` looks a word that is none up letter by letter, and
    takes half a minute for 40 MB of them.
    """

    def __init__(self) -> None:
        self.left = _MOST

    def resolved(self, data: bytes) -> bytes:
        if b"&" not in data or not self.left:
            return data
        text, count = _REFERENCE.subn(_meant, data, self.left)
        self.left -= count
        return text


def _meant(reference: re.Match[bytes]) -> bytes:
    number, word = reference[1], reference[2]
    if word is not None:
        meant = html5.get(f"{word.decode()};", "")
    else:
        point = int(number[1:], 16) if number[:1] in b"xX" else int(number)
        meant = chr(point) if 0 < point < _UNICODE else ""
    return meant.replace("\xa0", " ").encode("latin-1", "replace") or reference[0]


def _without_tags(data: bytes) -> bytes:
    return _TAG.sub(b"\n", data).replace(b"\xa0", b" ")


class _Page:
    """The lines so far and the line being written."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line: list[str] = []
        self.preformatted = 0

    def take(self, token: str) -> None:
        name = _TAG_NAME.match(token)
        if name is not None:
            self._tag(name[1].lower(), closing=token.startswith("</"))
        elif not token.startswith(("<!", "<?")):
            self._words(unescape(token))

    def text(self) -> str:
        self._end_block()
        return "\n".join(self.lines)

    def _tag(self, name: str, *, closing: bool) -> None:
        if name == "br":
            self._end_line()
        elif name in _BREAKS:
            self._end_block()
            if name == "pre":
                self.preformatted = max(0, self.preformatted + (-1 if closing else 1))
        elif name in {"td", "th"} and not closing:
            self.line.append("\t")  # columns stay apart

    def _words(self, text: str) -> None:
        if self.preformatted:
            first, *others = text.split("\n")
            self.line.append(first)
            for line in others:
                self._end_line()
                self.line.append(line)
        else:
            self.line.append(re.sub(r"[ \t\r\n\f]+", " ", text))

    def _end_block(self) -> None:
        # A no-break space alone makes an empty line, blanks of the source do not.
        if "".join(self.line).strip(" \t\r\n\f"):
            self._end_line()
        self.line = []

    def _end_line(self) -> None:
        self.lines.append("".join(self.line).strip())
        self.line = []


def _tokens(html: str) -> Iterator[str]:
    """Yield tags, comments and the text between them."""
    at = 0
    while at < len(html):
        opening = html.find("<", at)
        if opening < 0:
            yield html[at:]
            return
        if opening > at:
            yield html[at:opening]
        at = _tag_end(html, opening)
        yield html[opening:at]
        at = _hidden_end(html, opening, at)


def _hidden_end(html: str, opening: int, at: int) -> int:
    """Return where the content of a script or style ends, in which ``<`` opens no tag."""
    name = _TAG_NAME.match(html, opening)
    if name is None or html.startswith("</", opening) or name[1].lower() not in _HIDDEN:
        return at
    closing = re.compile(f"</{re.escape(name[1])}", re.IGNORECASE).search(html, at)
    return closing.start() if closing else len(html)


def _tag_end(html: str, opening: int) -> int:
    """Return where the tag or comment ends; a lone ``<`` is text of one character."""
    if html.startswith("<!--", opening):
        closing = html.find("-->", opening)
        return len(html) if closing < 0 else closing + 3
    if not re.match(r"[A-Za-z/!?]", html[opening + 1 : opening + 2]):
        return opening + 1
    closing = html.find(">", opening)
    return len(html) if closing < 0 else closing + 1
