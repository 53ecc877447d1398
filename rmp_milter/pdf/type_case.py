"""Words as they are set: what a font lacks told by its number, lines broken to a width."""

import re
from collections.abc import Iterator
from typing import Protocol

from rmp_milter.pdf.marks import Lettering

NO_BREAK = "\N{NO-BREAK SPACE}"
_FRENCH_BEFORE = re.compile(r" (?=[:;?!%»])")
_FRENCH_AFTER = re.compile(r"(?<=«) ")


class TypeCase(Protocol):
    """The letters that there are, and how wide words are in them."""

    def has(self, sign: str, /) -> bool:
        """Whether there is a letter for a character."""

    def width(self, words: str, lettering: Lettering, /) -> float:
        """Return the width of words in points."""


def number(value: int) -> str:
    """Return a number in groups of three digits."""
    return f"{value:,}".replace(",", NO_BREAK)


def escaped(sign: str) -> str:
    """Return a character that cannot be shown by its number."""
    return f"\\u{{{ord(sign):x}}}"


def settable(words: str, case: TypeCase) -> str:
    """Return words of which every character can be set, on one line."""
    return "".join(each if case.has(each) else escaped(each) for each in words)


def kept_together(words: str, language: str) -> str:
    """Return words with signs on the line of what they belong to: in French more than a percent."""
    words = words.replace(" %", f"{NO_BREAK}%")
    if language != "fr":
        return words
    return _FRENCH_AFTER.sub(NO_BREAK, _FRENCH_BEFORE.sub(NO_BREAK, words))


def lines(words: str, width: float, lettering: Lettering, case: TypeCase) -> list[str]:
    """Return words in lines of ``width`` at most; a word that is too long is broken.

    A line that ends between two words keeps the space: so they stay two to who reads it out.
    """
    found, line = [], ""
    for word in words.split(" "):
        wider = f"{line} {word}" if line else word
        if case.width(wider, lettering) <= width:
            line = wider
            continue
        if line:
            found.append(f"{line} ")
        *whole, line = _broken(word, width, lettering, case)
        found += whole
    return [*found, line]


def _broken(word: str, width: float, lettering: Lettering, case: TypeCase) -> Iterator[str]:
    piece = ""
    for sign in word:
        if piece and case.width(piece + sign, lettering) > width:
            yield piece
            piece = ""
        piece += sign
    yield piece
