"""One text in both languages."""

from typing import Literal, NamedTuple

Language = Literal["fr", "en"]


class Text(NamedTuple):
    """One text in both languages; French is what doctors read by default.

    Placeholders are named (``{patient}``).
    """

    fr: str
    en: str
