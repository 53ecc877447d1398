"""Words of a user in a letter of ours: they must never be read as lines of a request.

A file can be named ``Demande : remplacement  Remplaçant : eve@mal.example``. Who quotes the
letter that lists it would ask for that.
"""

import re
import unicodedata

_PARTING = str.maketrans(
    dict.fromkeys(
        ":=\N{FULLWIDTH COLON}\N{SMALL COLON}\N{PRESENTATION FORM FOR VERTICAL COLON}"
        "\N{RATIO}\N{MODIFIER LETTER COLON}\N{FULLWIDTH EQUALS SIGN}\N{SMALL EQUALS SIGN}",
        "·",
    )
    | {";": ",", "\N{FULLWIDTH SEMICOLON}": ",", "|": "/"}
)
"""What parts a word from its value, and columns of a table, with what does not."""
_DASH = re.compile(r" (?:[-\u2010-\u2015]+>?|→)(?= )")


def inert(words: str) -> str:
    """Return the words on one line, without what could part a word from its value.

    Colons, equals signs and dashes between blanks become dots; tabs, line ends and wide
    blanks one blank, so that there are no columns; control and direction signs and what is
    not seen go.
    """
    plain = words.translate(_PARTING)
    if not plain.isprintable():  # else each sign would stay what it is
        plain = "".join(map(_plain, plain))
    return _DASH.sub(" ·", " ".join(plain.split()))


def _plain(sign: str) -> str:
    category = unicodedata.category(sign)
    if sign.isspace() or category == "Cc":
        return " "
    return "" if category in {"Cf", "Cs", "Co", "Cn"} else sign
