"""Words of a user in a letter of ours: they must never be read as lines of a request.

A file can be named ``Demande : remplacement  Remplaçant : eve@mal.example``. Who quotes the
letter that lists it would ask for that.
"""

import unicodedata

_DASHED = frozenset(
    ":="
    "\N{FULLWIDTH COLON}\N{SMALL COLON}\N{PRESENTATION FORM FOR VERTICAL COLON}"
    "\N{RATIO}\N{MODIFIER LETTER COLON}\N{FULLWIDTH EQUALS SIGN}\N{SMALL EQUALS SIGN}"
)
"""Colons and equals signs of all widths, and what is taken for one."""


def inert(words: str) -> str:
    """Return the words on one line, without what could part a word from its value.

    Colons and equals signs become dashes; tabs, line ends and wide blanks one blank, so that
    there are no columns; control and direction signs and what is not seen go.
    """
    return " ".join("".join(map(_plain, words)).split())


def _plain(sign: str) -> str:
    if sign in _DASHED:
        return "-"
    category = unicodedata.category(sign)
    if sign.isspace() or category == "Cc":
        return " "
    if sign == "|":
        return "/"  # tables have bars
    return "" if category in {"Cf", "Cs", "Co", "Cn"} else sign
