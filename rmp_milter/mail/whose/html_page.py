"""HTML as lines: what a reader sees, and around what clients put their quotations."""

from rmp_milter.mail.whose.html_lines import Lines, Spot
from rmp_milter.mail.whose.html_looks import (
    Look,
    breaks_lines,
    declarations,
    looks,
    vanishes,
)
from rmp_milter.mail.whose.html_quotes import Quote, quote_of
from rmp_milter.mail.whose.html_sheets import Sheets, traits
from rmp_milter.mail.whose.html_tokens import UNSEEN, Tag, TextToken, tokens
from rmp_milter.mail.whose.html_tree import BLOCKS, Element, PageTree
from rmp_milter.mail.whose.seen import Page
from rmp_milter.mail.whose.words import MAX_LINES, MAX_TEXT

MAX_TAGS = 50_000
MAX_DEPTH = 1000
_VOID = frozenset(
    {
        *("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param"),
        *("source", "track", "wbr"),
    }
)
_CELLS = frozenset({"td", "th"})
_KEEP_LINES = frozenset({"pre", "textarea", "xmp"})
_NEVER_SHOWN = frozenset({"audio", "canvas", "datalist", "template", "video"})
_SHOWN_IF_OPEN = frozenset({"details", "dialog"})
_HIDE = {"display": "none"}


def read(html: str) -> Page:
    """Return the lines of an HTML text, as its reader sees them.

    A line a paragraph or ``<br>``, the cells of a row with a tab between. What is not shown
    follows the line in which it stands. What lies beyond the bounds is left as it came.
    """
    taken, read_to = _bounded(html)
    styles = (
        token for token, _ in taken if isinstance(token, TextToken) and token.inside == "style"
    )
    page = _PageState(Sheets(token.text for token in styles))
    for token, end in taken:
        page.take(token)
        if page.is_full:
            read_to = end
            break
    lines = page.lines.close()
    left = [seen.text for seen in lines[MAX_LINES:]]
    left.append(html[read_to:])
    return Page(lines[:MAX_LINES], "\n".join(filter(None, left)), page.broken)


def _bounded(html: str) -> tuple[list[tuple[Tag | TextToken, int]], int]:
    """Return the tags and texts within the bounds, with the offset behind each and all."""
    taken: list[tuple[Tag | TextToken, int]] = []
    room, read_to = MAX_TEXT, 0
    for token, end in tokens(html):
        if isinstance(token, TextToken) and token.inside not in UNSEEN:
            room -= len(token.text)
        if room < 0 or len(taken) >= MAX_TAGS:
            return taken, read_to
        taken.append((token, end))
        read_to = end
    return taken, len(html)


class _PageState:
    """A page being read."""

    def __init__(self, sheets: Sheets) -> None:
        self.sheets = sheets
        self.lines = Lines()
        self.tree = PageTree(Spot(Look(perhaps_gone=sheets.all_in_doubt)))
        self.frames = 0
        self.quotes = False
        self.broken = False

    @property
    def is_full(self) -> bool:
        """Whether nothing more fits in."""
        return len(self.lines.done) > MAX_LINES or len(self.tree.stack) > MAX_DEPTH

    def take(self, token: Tag | TextToken) -> None:
        """Take the next tag or text."""
        if isinstance(token, TextToken):
            if token.inside not in UNSEEN:
                self.lines.write(token.text, self.tree.spot)
        elif token.closing and token.name != "br":
            self._end(token.name)
        elif token.name == "br":
            self.lines.end_line(self.tree.spot)
        else:
            self._start(token)

    def _start(self, tag: Tag) -> None:
        for element in self.tree.ended_by(tag.name):
            self._break(element)
        opens = tag.name not in _VOID and ":" not in tag.name and self.tree.takes(tag.name)
        said = self._said(tag)
        quote = quote_of(tag, said)
        spot = self._spot(tag, said, quote)
        is_quote = quote in {Quote.SURE, Quote.PERHAPS, Quote.BEHIND}
        breaks = tag.name in BLOCKS or breaks_lines(said)
        element = Element(tag.name, spot, breaks, apart=quote is not Quote.NONE)
        self._break(element)
        if tag.name == "tr":
            self.lines.begin_row()
        elif tag.name in _CELLS:
            self.lines.begin_cell()
        self.quotes = self.quotes or is_quote
        self.lines.sunk = self.lines.sunk or quote is Quote.BEHIND
        self.lines.ruled = self.lines.ruled or quote is Quote.RULED
        if opens:
            self.tree.push(element)

    def _end(self, name: str) -> None:
        ended = self.tree.end(name)
        if not ended and name in BLOCKS:
            self.broken = self.broken or self.quotes
            self.lines.end_block()
        for element in ended:
            self._break(element)

    def _break(self, element: Element) -> None:
        """Let no line go on where an element begins or ends that breaks it."""
        if element.apart:
            self.lines.end_block(at_once=True)
        elif element.breaks:
            self.lines.end_block()

    def _said(self, tag: Tag) -> dict[str, str]:
        """Return what the tag itself declares, in attributes of old or in its style."""
        there = tag.attributes
        said = {"white-space": "pre"} if tag.name in _KEEP_LINES else {}
        said |= {"background-color": there["bgcolor"].lower()} if "bgcolor" in there else {}
        said |= {"color": there["color"].lower()} if "color" in there else {}
        said |= declarations(there.get("style", ""))
        if "hidden" in there or tag.name in _NEVER_SHOWN:
            said |= _HIDE
        return said

    def _spot(self, tag: Tag, said: dict[str, str], quote: Quote) -> Spot:
        outer = self.tree.spot
        frame = outer.frame
        if quote is Quote.PERHAPS and not frame:
            frame = self.frames = self.frames + 1
        look = self._look(tag, said, outer.look)
        return Spot(look, outer.quoted or quote is Quote.SURE, frame)

    def _look(self, tag: Tag, said: dict[str, str], outer: Look) -> Look:
        """Return how text looks in the element: by the sheets, then by what itself says.

        One after the other, so that what a sheet hides stays hidden.
        """
        look, doubted = outer, tag.odd
        if self.sheets.rules:
            known = traits(
                tag.name, tag.attributes.get("class", ""), tag.attributes.get("id", "")
            )
            sure, perhaps = self.sheets.said_of(known)
            look = looks(look, sure)
            doubted = doubted or any(map(vanishes, perhaps))
        if tag.name in _SHOWN_IF_OPEN and "open" not in tag.attributes:
            doubted = True
        look = looks(look, said)
        return look._replace(perhaps_gone=True) if doubted else look
