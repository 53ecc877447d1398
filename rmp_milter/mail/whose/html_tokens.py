"""HTML as tags and text, as the HTML standard tokenizes it, in linear time on any input.

No library does this here. The tried ones (lxml, selectolax) are written in C and would read
what strangers send in the process that holds the private keys; libxml2 loses all that is
nested deeper than 256, selectolax did not end on 4 MB of ``<div>``. The bindings to Rust's
html5ever and the newer C parsers are a year old and one person's each. The parsers in pure
Python took 35 s and more for 43 MB of ``&am&am...``, the standard library's 53 s, and it did
not end on 4 MB of ``<!--``. And little of a page is needed: where a dozen kinds of element
begin and end, what is not shown, and the lines.
"""

import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

from rmp_milter.mail.whose.words import MAX_TEXT

MAX_ATTRIBUTES = 100
_PIECE = 65_536  # characters of text that are resolved at once
MAX_VALUE = 8192  # characters of an attribute's value that is looked at
KEPT = frozenset(
    {
        *("bgcolor", "cite", "class", "color", "data-marker", "hidden", "id", "open", "style"),
        *("type",),
    }
)
# Elements in which "<" opens no tag, and those of them whose content nobody sees.
_RAW = frozenset(
    {"iframe", "noembed", "noframes", "script", "style", "textarea", "title", "xmp"}
)
UNSEEN = frozenset({"iframe", "noembed", "noframes", "script", "style", "title"})
_NAME = re.compile(r"</?([A-Za-z][^\s/>]{0,60})[^\s/>]*")
_ATTRIBUTE = re.compile(r"[\s/]*(=?[^\s/>=]*)(\s*+=\s*+)?")
_UNQUOTED_END = re.compile(r"[\s>]")
_COMMENT_END = re.compile("--!?>")


class Tag(NamedTuple):
    """A start or end tag. ``odd`` says that it has more than is read of a tag."""

    name: str
    closing: bool
    attributes: dict[str, str]
    odd: bool = False


class TextToken(NamedTuple):
    """Text between tags; ``inside`` names the element in which it stands if that is raw."""

    text: str
    inside: str = ""


def tokens(html: str) -> Iterator[tuple[Tag | TextToken, int]]:
    """Yield tags and texts, each with the offset behind it; comments are passed over."""
    at = 0
    while at < len(html):
        if html[at] != "<":
            end = _text_end(html, at)
            yield TextToken(unescape(html[at:end])), end
        elif (found := _NAME.match(html, at)) is not None:
            tag, end = _tag(html, found)
            yield tag, end
            if tag.name in _RAW and not tag.closing:
                at, end = end, _raw_end(html, tag.name, end)
                yield _raw(html[at:end], tag.name), end
        else:
            end = _other_end(html, at)
            if end == at + 1:
                yield TextToken("<"), end
        at = end


def _text_end(html: str, at: int) -> int:
    """Return where the text that begins there ends; a long one in pieces, before a reference."""
    end = html.find("<", at)
    end = len(html) if end < 0 else end
    if end - at <= _PIECE:
        return end
    reference = html.rfind("&", at + 1, at + _PIECE)
    return reference if reference > 0 else at + _PIECE


def _raw(content: str, name: str) -> TextToken:
    """Return the content of a raw element; of what is shown no more than can be read."""
    if name in UNSEEN:
        return TextToken(content, inside=name)
    room = content[: MAX_TEXT + 1]
    return TextToken(room if name == "xmp" else unescape(room), inside=name)


def _raw_end(html: str, name: str, at: int) -> int:
    found = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE).search(html, at)
    return found.start() if found else len(html)


def _other_end(html: str, at: int) -> int:
    """Return where a comment or the like ends; a lone ``<`` is text of one character."""
    if html.startswith("<!--", at):
        found = _COMMENT_END.search(html, at + 2)
        return found.end() if found else len(html)
    if html[at + 1 : at + 2] not in {"!", "?", "/"}:
        return at + 1
    end = html.find(">", at)
    return len(html) if end < 0 else end + 1


def _tag(html: str, found: re.Match[str]) -> tuple[Tag, int]:
    """Return the tag that begins there and the offset behind it."""
    attributes: dict[str, str] = {}
    at, odd = found.end(), False
    for _ in range(MAX_ATTRIBUTES):
        at, name, value = _attribute(html, at)
        if name in KEPT:
            odd = odd or len(value) > MAX_VALUE
            attributes.setdefault(name, unescape(value[:MAX_VALUE]))
        if at >= len(html) or html[at] == ">":
            break
    else:
        odd = True
        at = html.find(">", at)
        at = len(html) if at < 0 else at
    name = found[1].lower()
    return Tag(name, html.startswith("</", found.start()), attributes, odd), min(
        at + 1, len(html)
    )


def _attribute(html: str, at: int) -> tuple[int, str, str]:
    """Return where the attribute at ``at`` ends, its name and its value.

    One that is not closed goes on to the end of the page.
    """
    found = _ATTRIBUTE.match(html, at)
    if found is None or found[2] is None:
        return (found.end(), found[1].lower(), "") if found else (len(html), "", "")
    at, name = found.end(), found[1].lower()
    quote = html[at : at + 1]
    if quote not in {'"', "'"}:
        blank = _UNQUOTED_END.search(html, at)
        end = blank.start() if blank else len(html)
        return end, name, html[at : min(end, at + 1 + MAX_VALUE)]
    end = html.find(quote, at + 1)
    end = len(html) if end < 0 else end
    return end + 1, name, html[at + 1 : min(end, at + 2 + MAX_VALUE)]
