"""What a printed document is made of, whoever prints it: headings, texts, tables, charts."""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from rmp_milter.phrases.phrase import Language


class DocHeading(NamedTuple):
    """The head of a section."""

    words: str


class DocText(NamedTuple):
    """A paragraph. An ``alert`` stands in a frame, ``small`` print is for who looks closely."""

    words: str
    style: str = "plain"


PLAIN, ALERT, SMALL, CODE = "plain", "alert", "small", "code"


class DocTable(NamedTuple):
    """A table; ``widths`` are the columns' shares, ``numbers`` those that end at one edge.

    Without ``heads`` the first column names what the second one has, which is bold if ``strong``.
    One that is ``whole`` stays on one page: it has to fit there.
    """

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[float]
    numbers: Sequence[int] = ()
    strong: bool = False
    whole: bool = False


class DocBars(NamedTuple):
    """A bar a day of the month; what it tells in words is for who cannot see it."""

    title: str
    axis: str
    values: Sequence[int]
    in_words: str
    height: float = 1.0


DocPiece: TypeAlias = DocHeading | DocText | DocTable | DocBars


class PrintedDocument(NamedTuple):
    """A document, in one language; ``made`` is its date in epoch seconds.

    ``below`` stands at the foot of each page.
    """

    language: Language
    title: str
    subtitle: str
    made: int
    below: str
    pieces: Sequence[DocPiece]
