"""A code as it is spelled on the telephone, and where a text that may not know it says so.

The milter writes texts around codes that it never sees: it puts marks, and the keeper the
words in their place. All words are of ASCII, so that they stand in a PDF as they are.
"""

from rmp_milter.dossier.spoken import GROUP
from rmp_milter.mail.catalogue.text import Language

_FRENCH = (
    "Anatole Berthe Camille Daniel Estelle Fernand Gaston Henri Irma Joseph Karine Louis Marcel "
    "Nicolas Oscar Pierre Quentin Raoul Suzanne Thomas Ursule Victor William Xavier Yvonne Zola"
)
_ENGLISH = (
    "Alfa Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliett Kilo Lima Mike November "
    "Oscar Papa Quebec Romeo Sierra Tango Uniform Victor Whiskey X-ray Yankee Zulu"
)
_DIGITS = {
    "fr": "zero un deux trois quatre cinq six sept huit neuf",
    "en": "zero one two three four five six seven eight nine",
}


def _table(language: Language) -> dict[str, str]:
    names, between = (_FRENCH, "comme") if language == "fr" else (_ENGLISH, "for")
    said = {name[0]: f"{name[0]} {between} {name}" for name in names.split()}
    return said | {
        str(at): f"{at} ({word})" for at, word in enumerate(_DIGITS[language].split())
    }


_SAID: dict[Language, dict[str, str]] = {"fr": _table("fr"), "en": _table("en")}

SPELLED_GROUPS = 4
"""Groups of the longest code that is spelled; who chose a longer one knows it by heart."""

SPELLED_WIDTH = 66
"""Characters of the longest line."""

SPELLED_MARKS: dict[Language, str] = {"fr": "@@CODE-EPELE@@", "en": "@@CODE-SPELLED@@"}
"""What stands for the spelled code in a text, alone on its line: a line for each group."""


def spelled_field(language: Language, group: int) -> str:
    """Return what stands for one group (from 1) where the width must not change (in a PDF)."""
    return f"{SPELLED_MARKS[language][:-2]}-{group}@@".ljust(SPELLED_WIDTH)


def spelled_fields(language: Language) -> tuple[str, ...]:
    """Return the fields of all groups that are spelled, in their order."""
    return tuple(spelled_field(language, group) for group in range(1, SPELLED_GROUPS + 1))


def spelled(code: str, language: Language) -> tuple[str, ...]:
    """Return a line for each group of four signs; nothing for a code that is too long."""
    if len(code) > SPELLED_GROUPS * GROUP:
        return ()
    said = _SAID[language]
    groups = [code[at : at + GROUP] for at in range(0, len(code), GROUP)]
    return tuple(", ".join(said.get(sign, sign) for sign in group) for group in groups)
