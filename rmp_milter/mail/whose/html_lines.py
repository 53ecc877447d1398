"""The lines of a page while they are written, and what stands between them unseen."""

import re
from typing import NamedTuple

from rmp_milter.mail.whose.html_looks import Look
from rmp_milter.mail.whose.plain import one_kind
from rmp_milter.mail.whose.seen import Place, SeenLine
from rmp_milter.mail.whose.words import MAX_LINES

_SOURCE_BLANKS = " \t\r\n\f"
_RUN = re.compile(r"[ \t\r\n\f]+")
_LINE_END = re.compile("\r\n|[\r\n]")


class Spot(NamedTuple):
    """Where text is written: how it looks, and in which quotation it stands."""

    look: Look = Look()
    quoted: bool = False
    frame: int = 0


class Lines:
    """Lines as a reader sees them; what he does not see follows the line it stands in.

    ``sunk`` says that all from here on is quoted, ``ruled`` that a line was drawn.
    """

    def __init__(self) -> None:
        self.done: list[SeenLine] = []
        self.sunk = self.ruled = False
        self._line: list[str] = []
        self._unseen: list[str] = []
        self._unsure = self._ending = False
        self._spot = Spot()
        self._cell_begins = 0  # lines that were done when the cell began
        self._cell_is_empty = False

    def write(self, text: str, spot: Spot) -> None:
        """Write text of the source, whose line ends count only where they are kept."""
        if not spot.look.keeps_lines:
            self._put(_RUN.sub(" ", text), spot)
            return
        # What lies beyond the bounds is left in one piece.
        first, *others = _LINE_END.split(text, maxsplit=MAX_LINES)
        self._put(first, spot)
        for other in others:
            self.end_line(spot)
            self._put(other, spot)

    def end_line(self, spot: Spot) -> None:
        """End the line, be it empty."""
        if spot.look.is_hidden:
            self._unseen.append("\n")
            return
        self._settle()
        self._spot = self._spot if self._line else spot
        self._finish()

    def end_block(self, *, at_once: bool = False) -> None:
        """End the line if something stands in it, when the next text comes or at once.

        What begins a cell does not end the line of the cell before it.
        """
        self._ending = at_once or not self._cell_is_empty
        self._unseen += ["\n"] if self._unseen else []
        if at_once:
            self._settle()

    def begin_cell(self) -> None:
        """Begin a cell, in one line with the cell before it if that was one line."""
        if len(self.done) == self._cell_begins:
            self._ending = False
        self._settle()
        self._line.append("\t")
        self._cell_begins = len(self.done)
        self._cell_is_empty = True

    def begin_row(self) -> None:
        """Begin a row of cells."""
        self.end_block(at_once=True)
        self._cell_begins = len(self.done)

    def close(self) -> list[SeenLine]:
        """End the last line and return all of them."""
        self.end_block(at_once=True)
        return self.done

    def _put(self, text: str, spot: Spot) -> None:
        if spot.look.is_hidden:
            self._unseen.append(text)
            return
        if text.strip(_SOURCE_BLANKS):
            self._settle()
            self._unsure = self._unsure or spot.look.perhaps_gone
            self._spot = spot
            self._cell_is_empty = False
        if not self._ending:
            self._line.append(text)

    def _settle(self) -> None:
        """End the line that was to end. A no-break space makes an empty one, blanks do not."""
        if not self._ending:
            return
        self._ending = False
        if "".join(self._line).strip(_SOURCE_BLANKS):
            self._finish()
        self._line = []
        self._show_unseen()

    def _finish(self) -> None:
        text = one_kind("".join(self._line)).strip()
        place = Place.UNSURE if self._unsure else Place.OPEN
        place = Place.QUOTED if self.sunk or self._spot.quoted else place
        self.done.append(
            SeenLine(text, place, self._spot.frame, ruled=self.ruled and bool(text))
        )
        self.ruled = self.ruled and not text
        self._line = []
        self._unsure = False
        self._show_unseen()

    def _show_unseen(self) -> None:
        for text in one_kind("".join(self._unseen)).split("\n"):
            if not text.isspace() and text:
                self.done.append(SeenLine(text.strip(), Place.HIDDEN, self._spot.frame))
        self._unseen = []
