"""A text as lines that each have an owner, and the bounds within which it is looked at."""

from enum import IntEnum
from typing import NamedTuple

MAX_TEXT = 2**19  # characters of text that are told apart; nobody types that many
MAX_LINES = 5000


class Whose(IntEnum):
    """Whose a line is. Where two rules speak of one line, the greater answer holds."""

    OWN = 0
    DOUBTFUL = 1
    FOREIGN = 2


class SaidLine(NamedTuple):
    """A line of a text; ``shown`` is False for what HTML holds and no reader sees."""

    text: str
    whose: Whose
    shown: bool = True


class Words(NamedTuple):
    """All lines of a text, in order.

    ``whole`` is False where there was more than the bounds allow: the last line then holds
    all that was left, never as own words.
    """

    lines: tuple[SaidLine, ...]
    whole: bool = True

    @property
    def are_shown(self) -> bool:
        """Whether a reader sees any words in it."""
        return any(line.shown and line.text.strip() for line in self.lines)

    def text(self, most: Whose = Whose.OWN) -> str:
        """Return the lines up to ``most``: own ones, or with ``DOUBTFUL`` those in doubt too.

        One empty line stands where others were left out between two of them: what was apart
        does not run together.
        """
        kept: list[str] = []
        gap = False
        for line in self.lines:
            if line.whose > most:
                gap = True
                continue
            kept += [""] if gap and kept else []
            kept.append(line.text)
            gap = False
        return "\n".join(kept)
