"""The open elements of a page: what is inside what, as far as it matters.

Simpler than the HTML standard's tree, and careful where it differs: what is hidden stays
hidden until its own end. Each step is bounded, the whole is linear in the number of tags.
"""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from rmp_milter.mail.whose.html_lines import Spot

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
BLOCKS = _HEADINGS | frozenset(
    {
        *("address", "article", "aside", "blockquote", "body", "center", "dd", "details"),
        *("dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form"),
        *("header", "hgroup", "hr", "html", "li", "listing", "main", "menu", "nav", "ol", "p"),
        *("pre", "search", "section", "summary", "table", "tbody", "textarea", "tfoot"),
        *("thead", "tr", "ul", "xmp"),
    }
)
# These share their line with others, but no end tag of an inline element reaches out of them.
_BOXES = frozenset(
    {"applet", "button", "head", "marquee", "noscript", "object", "select", "template"}
)
# Elements that end where one of these begins, if only inline ones stand between.
_ENDED_BY = {
    "dd": frozenset({"dd", "dt", "p"}),
    "dt": frozenset({"dd", "dt", "p"}),
    "li": frozenset({"li", "p"}),
    "td": frozenset({"p", "td", "th"}),
    "th": frozenset({"p", "td", "th"}),
    "tr": frozenset({"p", "td", "th", "tr"}),
}
_ENDED_BY_BLOCKS = frozenset({"p"})
# In some modes a paragraph goes on around a table, so it is left open.
_INSIDE_PARAGRAPHS = frozenset({"body", "html", "table", "tbody", "tfoot", "thead", "tr"})
_INLINE_BETWEEN = 32  # elements that are looked through for one that ends
_WALLS = frozenset({"caption", "table", "td", "th"})  # no end tag inside reaches out of them
_PARTS = frozenset({"caption", "tbody", "td", "tfoot", "th", "thead", "tr"})
_EVERYWHERE = frozenset({"body", "html", "table"})
# Inline elements that begin anew behind a block in which they were left open.
_FORMATTING = frozenset(
    {
        *("a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong"),
        *("tt", "u"),
    }
)


class Element(NamedTuple):
    """An open element; ``breaks`` says that it stands on lines of its own."""

    name: str
    spot: Spot
    breaks: bool = False
    apart: bool = False  # a quotation, which shares no line with what is around it


class PageTree:
    """The open elements, the outermost first."""

    def __init__(self, root: Spot) -> None:
        self.stack = [Element("", root)]
        self._open = Counter[str]()
        # The open ones that an end tag can reach: parts of a table inside the nearest one,
        # blocks inside the nearest wall, inline elements inside the nearest block.
        self._parts = [Counter[str]()]
        self._blocks = [Counter[str]()]
        self._inline = [Counter[str]()]

    @property
    def spot(self) -> Spot:
        """Where text is written now."""
        return self.stack[-1].spot

    def takes(self, name: str) -> bool:
        """Return whether an element of that name can begin here.

        Parts of a table only in one, and a form only outside of others.
        """
        if name == "form":
            return self._open["form"] == 0
        return name not in _PARTS or self._open["table"] > 0

    def push(self, element: Element) -> None:
        """Open an element."""
        self.stack.append(element)
        self._count(element.name, 1)
        if element.name == "table":
            self._parts.append(Counter())
        if element.name in _WALLS:
            self._blocks.append(Counter())
        if _is_block(element.name):
            self._inline.append(Counter())

    def ended_by(self, name: str) -> Iterator[Element]:
        """End, one after the other, the elements that do not go on when ``name`` begins."""
        if not self.takes(name):
            return
        ends = _ENDED_BY.get(name, frozenset[str]())
        if name in BLOCKS and name not in _INSIDE_PARAGRAPHS:
            ends |= _ENDED_BY_BLOCKS
        while ends and (nearest := self._nearest()) in ends:
            yield from self.end(nearest)
        if {name, self.stack[-1].name} <= _HEADINGS:
            yield from self.end(self.stack[-1].name)

    def end(self, name: str) -> list[Element]:
        """End the nearest element of that name with all in it; return what ended.

        Nothing if there is none that an end tag here can reach. A form ends alone.
        """
        kind = _kind(name)
        holds_more = name == "form" and self.stack[-1].name != "form"
        if self._reach(kind)[kind] <= 0 or holds_more:
            return []
        ended = [self._pop()]
        while _kind(ended[-1].name) != kind:
            ended.append(self._pop())
        for element in reversed(ended[:-1]):
            if element.name in _FORMATTING and element.spot.look.is_hidden:
                self.push(element._replace(spot=self.spot._replace(look=element.spot.look)))
        return ended

    def _reach(self, name: str) -> Counter[str]:
        """Return the counts among which an end tag of that name finds its element."""
        if name in _EVERYWHERE:
            return self._open
        if name in _PARTS:
            return self._parts[-1]
        return self._blocks[-1] if _is_block(name) else self._inline[-1]

    def _pop(self) -> Element:
        element = self.stack.pop()
        if element.name == "table":
            self._parts.pop()
        if element.name in _WALLS:
            self._blocks.pop()
        if _is_block(element.name):
            self._inline.pop()
        self._count(element.name, -1)
        return element

    def _count(self, name: str, number: int) -> None:
        kind = _kind(name)
        self._open[kind] += number
        if kind not in _EVERYWHERE:
            self._reach(kind)[kind] += number

    def _nearest(self) -> str:
        """Return the name of the innermost element that is not inline; "" if there is none."""
        for element in self.stack[: -_INLINE_BETWEEN - 1 : -1]:
            if _is_block(element.name):
                return element.name
        return ""


def _is_block(name: str) -> bool:
    return name in BLOCKS or name in _WALLS or name in _BOXES


def _kind(name: str) -> str:
    """Return the name, the same for all headings: the end tag of one ends any other."""
    return "h1" if name in _HEADINGS else name
