"""HTML mail as plain text: lines as the reader sees them, nothing else.

Written for bodies of Outlook and webmail, where each line is a paragraph or a ``div``.
Linear in the size on any input, which the standard library's parser is not.
"""

import re
from collections.abc import Iterable, Iterator
from html import unescape

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
# References that can stand in armor; all others stay as they are. "&" itself is the last.
_NAMED = (
    *((b"&nbsp;", b" "), (b"&gt;", b">"), (b"&plus;", b"+"), (b"&equals;", b"=")),
    *((b"&sol;", b"/"), (b"&colon;", b":"), (b"&hyphen;", b"-"), (b"&dash;", b"-")),
    (b"&amp;", b"&"),
)
_NUMBERED = re.compile(rb"&#(?:([0-9]{1,7})|[xX]([0-9a-fA-F]{1,6}));?")
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
    numeric references turn into ``?``, a no-break space into a space.
    """
    rest = b""
    for chunk in chunks:
        data = rest + chunk
        cut = _uncut(data)
        yield _plain(data[:cut])
        rest = data[cut:]
    yield _plain(rest)


def _uncut(data: bytes) -> int:
    """Return where no tag and no reference is cut in two."""
    for opening, closing, hold in ((b"<", b">", _TAG_HOLD), (b"&", b";", 12)):
        begin = data.rfind(opening, -hold)
        if begin >= 0 and data.find(closing, begin) < 0:
            return begin
    return len(data)


def _plain(data: bytes) -> bytes:
    text = _NUMBERED.sub(_numbered, re.sub(rb"<[^<>]{0,4096}>", b"\n", data))
    # Not the library's function, which tries ever longer names: 70 s for 40 MB of "&am".
    for reference, sign in _NAMED:
        text = text.replace(reference, sign)
    return text.replace(b"\xa0", b" ")


def _numbered(found: re.Match[bytes]) -> bytes:
    number = int(found[1]) if found[1] else int(found[2], 16)
    return bytes((number,)) if number < 256 else b"?"  # noqa: PLR2004 -- latin-1


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
