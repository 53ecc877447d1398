"""What a reader of plain text or HTML hands on: lines, and where each stands in its text."""

from enum import Enum, auto
from typing import NamedTuple


class Place(Enum):
    """Where a line stands, by the text's own structure."""

    OPEN = auto()
    UNSURE = auto()  # perhaps not shown: a rule of a style sheet that may not hold here
    QUOTED = auto()  # inside what only a client writes around somebody else's words
    HIDDEN = auto()  # not shown


class SeenLine(NamedTuple):
    """A line before it is judged.

    ``frame`` numbers what may be a quotation, and may be a set-in paragraph of the sender
    (0: in none). ``ruled`` says that a client's line is drawn above it. ``soft`` says that
    what stands before it ends lines for nobody but us: an empty one is no empty line.
    """

    text: str
    place: Place = Place.OPEN
    frame: int = 0
    ruled: bool = False
    soft: bool = False

    @property
    def is_blank(self) -> bool:
        """Whether nothing stands in the line."""
        return not self.text or self.text.isspace()


class Page(NamedTuple):
    """All that was read.

    ``rest`` is what lay beyond the bounds. ``broken`` says that more ends than began: text
    may have got out of its quotation.
    """

    lines: list[SeenLine]
    rest: str = ""
    broken: bool = False
