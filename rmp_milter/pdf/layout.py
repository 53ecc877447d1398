"""A document laid out on A4 pages: where each line of it stands."""

from collections.abc import Sequence
from itertools import zip_longest

from rmp_milter.pdf.bars import BARS_HEIGHT, Chart, draw_bars
from rmp_milter.pdf.document import (
    ALERT,
    CODE,
    PLAIN,
    SMALL,
    DocBars,
    DocHeading,
    DocPiece,
    DocTable,
    DocText,
    PrintedDocument,
)
from rmp_milter.pdf.marks import ARTIFACT, BoxMark, LaidOut, Lettering, WordsMark
from rmp_milter.pdf.type_case import TypeCase, kept_together, lines, settable
from rmp_milter.phrases.phrase import Language, Phrase, told

PAGE = (595.28, 841.89)
LEFT, TOP, FOOT = 56.0, 46.0, 58.0
WIDTH = PAGE[0] - 2 * LEFT

_TITLE, _SUBTITLE = Lettering(bold=True, size=14.5), Lettering(bold=False, size=10.5)
_HEAD = Lettering(bold=True, size=12)
_FOOT = Lettering(bold=False, size=7.5)
_CELL, _COLUMN_HEAD = Lettering(bold=False, size=8.5), Lettering(bold=True, size=8.5)
_TEXTS = {
    PLAIN: Lettering(bold=False, size=9.5),
    SMALL: Lettering(bold=False, size=8),
    CODE: Lettering(bold=False, size=8),
    ALERT: Lettering(bold=True, size=10),
}
_BEHIND = {CODE: 0.94, ALERT: 0.88}
"""The grey that a text stands on."""
_INSIDE = 6.0
_CELL_SPACE, _CELL_MARGIN = 2.4, 4.0
_UNPARTED = 6
"""A paragraph of so many lines stays on one page."""
_KEPT = 50.0
"""What has to fit below a head, or it goes to the next page; a chart goes with it."""


class _Setter:
    """Sets one piece below the other, and begins pages."""

    def __init__(self, document: PrintedDocument, case: TypeCase) -> None:
        self.laid = LaidOut()
        self._case = case
        self._language: Language = document.language
        self._base = PAGE[1] - TOP

    def words(self, said: str) -> str:
        """Return what is said as it is set."""
        return settable(kept_together(told(said, self._language), self._language), self._case)

    def need(self, height: float) -> bool:
        """Begin a page if there is no room for ``height``; say whether one was begun."""
        if self._base - height >= FOOT:
            return False
        self.laid.pages.append([])
        self._base = PAGE[1] - TOP
        return True

    def space(self, height: float) -> None:
        """Leave room."""
        self._base -= height

    def heading(self, said: str, kind: str, lettering: Lettering, kept: float) -> None:
        self.need(lettering.leading + kept)
        self._paragraph(self.words(said), lettering, self.laid.element(kind))

    def text(self, piece: DocText, kept: float = 0) -> None:
        lettering, behind = _TEXTS[piece.style], _BEHIND.get(piece.style)
        said = (
            settable(piece.words, self._case)
            if piece.style == CODE
            else self.words(piece.words)
        )
        of = self.laid.element("P")
        if behind is None:
            self._paragraph(said, lettering, of, kept)
        else:
            self._framed(said, lettering, of, behind)
        self.space(5)

    def _paragraph(self, said: str, lettering: Lettering, of: int, kept: float = 0) -> None:
        broken = lines(said, WIDTH, lettering, self._case)
        if len(broken) <= _UNPARTED:
            self.need(len(broken) * lettering.leading + kept)
        for line in broken:
            self.need(lettering.leading)
            self._line(of, LEFT, line, lettering)

    def _line(self, of: int, left: float, words: str, lettering: Lettering) -> None:
        self._base -= lettering.leading
        self.laid.put(WordsMark(of, left, self._base + 0.3 * lettering.size, words, lettering))

    def _framed(self, said: str, lettering: Lettering, of: int, grey: float) -> None:
        inside = lines(said, WIDTH - 2 * _INSIDE, lettering, self._case)
        height = len(inside) * lettering.leading + 2 * _INSIDE
        self.need(height)
        self.laid.put(BoxMark(ARTIFACT, LEFT, self._base - height, WIDTH, height, grey))
        self.space(_INSIDE)
        for line in inside:
            self._line(of, LEFT + _INSIDE, line, lettering)
        self.space(_INSIDE)

    def table(self, table: DocTable) -> None:
        of = self.laid.element("Table")
        heads, *rows = self._said(table)
        if table.whole:
            self.need(self.table_height(table))
        if heads:
            self.need(_KEPT)
            self._row(of, heads, table, head=True)
        for cells in rows:
            if self.need(self._height(cells, table, head=False)) and heads:
                self._row(ARTIFACT, heads, table, head=True)
            self._row(of, cells, table, head=False)
        self.space(8)

    def table_height(self, table: DocTable) -> float:
        """Return how high a table is that is on one page."""
        heads, *rows = self._said(table)
        whole = sum(self._height(cells, table, head=False) for cells in rows)
        return whole + (self._height(heads, table, head=True) if heads else 0)

    def _said(self, table: DocTable) -> list[list[str]]:
        return [[self.words(cell) for cell in row] for row in (table.heads, *table.rows)]

    def _height(self, cells: Sequence[str], table: DocTable, *, head: bool) -> float:
        most = max(len(each) for _, each in self._cells(cells, table, head=head))
        return most * _CELL.leading + 2 * _CELL_SPACE

    def _cells(
        self, cells: Sequence[str], table: DocTable, *, head: bool
    ) -> list[tuple[Lettering, list[str]]]:
        """Return how each cell is written, and its lines."""
        found = []
        for at, (cell, share) in enumerate(zip(cells, table.widths, strict=True)):
            lettering = _COLUMN_HEAD if head or (table.strong and at > 0) else _CELL
            room = share * WIDTH - 2 * _CELL_MARGIN
            found.append((lettering, lines(cell, room, lettering, self._case)))
        return found

    def _row(self, of: int, cells: Sequence[str], table: DocTable, *, head: bool) -> None:
        """Set a row; its elements are of the table ``of``, or it is a head that is said again."""
        top, height = self._base, self._height(cells, table, head=head)
        row = of if of == ARTIFACT else self.laid.element("TR", of)
        left = LEFT
        for at, (lettering, broken) in enumerate(self._cells(cells, table, head=head)):
            cell = row if row == ARTIFACT else self._cell_element(row, at, table, head=head)
            base = top - _CELL_SPACE - lettering.leading + 0.3 * lettering.size
            wide = table.widths[at] * WIDTH
            for line in broken:
                shift = _CELL_MARGIN
                if at in table.numbers:
                    shift = wide - _CELL_MARGIN - self._case.width(line.rstrip(), lettering)
                self.laid.put(WordsMark(cell, left + shift, base, line, lettering))
                base -= lettering.leading
            left += wide
        self._base = top - height
        thick, grey = (0.8, 0.0) if head else (0.3, 0.6)
        self.laid.put(BoxMark(ARTIFACT, LEFT, self._base, WIDTH, thick, grey))

    def _cell_element(self, row: int, at: int, table: DocTable, *, head: bool) -> int:
        if head:
            return self.laid.element("TH", row, scope="Column")
        if not table.heads and at == 0:
            return self.laid.element("TH", row, scope="Row")
        return self.laid.element("TD", row)

    def bars(self, bars: DocBars) -> None:
        height = BARS_HEIGHT * bars.height
        self.need(height + 4)
        title, axis = self.words(bars.title), self.words(bars.axis)
        below = self.words(Phrase("Day of the month (UTC)"))
        self.space(4)
        of = self.laid.element("Figure", instead=self.words(bars.in_words))
        place = (LEFT, self._base - height, WIDTH, height)
        draw_bars(self.laid, Chart(of, place, title, axis, below, bars.values), self._case)
        self.space(height + 10)


def laid_out(document: PrintedDocument, case: TypeCase) -> LaidOut:
    """Return the document's pages."""
    setter = _Setter(document, case)
    setter.heading(document.title, "H1", _TITLE, _KEPT)
    setter.space(2)
    setter.text(DocText(document.subtitle))
    setter.space(4)
    for piece, below in zip_longest(document.pieces, document.pieces[1:]):
        match piece:
            case DocHeading(words):
                setter.space(8)
                setter.heading(words, "H2", _HEAD, _kept_below(below, setter))
                setter.space(3)
            case DocText():
                introduces = isinstance(below, DocText) and below.style == CODE
                setter.text(piece, _KEPT if introduces else 0)
            case DocTable():
                setter.table(piece)
            case DocBars():
                setter.bars(piece)
    _feet(setter, document, case)
    return setter.laid


def _kept_below(piece: DocPiece | None, setter: _Setter) -> float:
    """Return how much of a piece has to stand on the page of its head."""
    match piece:
        case DocBars():
            return BARS_HEIGHT * piece.height + 8
        case DocTable(whole=True):
            return setter.table_height(piece)
        case _:
            return _KEPT


def _feet(setter: _Setter, document: PrintedDocument, case: TypeCase) -> None:
    """Write at the foot of each page what it is of, and which it is."""
    pages = setter.laid.pages
    for number, page in enumerate(pages, 1):
        which = setter.words(Phrase("page {page} of {pages}", page=number, pages=len(pages)))
        right = LEFT + WIDTH - case.width(which, _FOOT)
        page += [
            BoxMark(ARTIFACT, LEFT, FOOT - 18, WIDTH, 0.3, 0.6),
            WordsMark(ARTIFACT, LEFT, FOOT - 30, setter.words(document.below), _FOOT),
            WordsMark(ARTIFACT, right, FOOT - 30, which, _FOOT),
        ]
