"""What stands on printed pages, and what it is: marks with their places, and their structure.

Points from the lower left corner of the page, as in a PDF (ISO 32000-1, 8.3).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

ARTIFACT = -1
"""The element of what is there for the eye alone: rules, the foot of a page."""


class Lettering(NamedTuple):
    """How words are written: bold or not, and their size in points."""

    bold: bool
    size: float

    @property
    def leading(self) -> float:
        """From one line to the next."""
        return self.size * 1.38


class WordsMark(NamedTuple):
    """Words in one line, from their left end; ``of`` is the number of their element."""

    of: int
    left: float
    base: float
    words: str
    lettering: Lettering


class BoxMark(NamedTuple):
    """A filled rectangle; its grey is from 0, black, to 1."""

    of: int
    left: float
    base: float
    width: float
    height: float
    grey: float


PageMark: TypeAlias = WordsMark | BoxMark


@dataclass(frozen=True)
class PrintedElement:
    """An element of the structure (14.8.4): its kind, and the number of what it is in.

    ``instead`` tells a figure in words; ``scope`` says that a head is one of a column or a row.
    """

    kind: str
    parent: int
    instead: str = ""
    scope: str = ""


@dataclass
class LaidOut:
    """Pages of marks, and the elements that these are of; the first is the document."""

    pages: list[list[PageMark]] = field(default_factory=lambda: [[]])
    elements: list[PrintedElement] = field(
        default_factory=lambda: [PrintedElement("Document", ARTIFACT)]
    )

    def element(self, kind: str, parent: int = 0, instead: str = "", scope: str = "") -> int:
        """Begin an element and return its number."""
        self.elements.append(PrintedElement(kind, parent, instead, scope))
        return len(self.elements) - 1

    def put(self, *marks: PageMark) -> None:
        """Put marks on the page that is written."""
        self.pages[-1] += marks

    @property
    def marks(self) -> Sequence[PageMark]:
        """All marks of all pages."""
        return [mark for page in self.pages for mark in page]
