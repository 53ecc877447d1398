"""Lines that say what they say without a colon: ``Né le 30/01/1959``, ``Code JzbV``."""

import re

from rmp_milter.dossier.identity import fold
from rmp_milter.mail.header.civil import is_date
from rmp_milter.mail.header.identity_line import apart
from rmp_milter.mail.header.words import Field

_LONGEST = 160
_MOST_NAMES = 8  # words with titles and married names
_BORN = re.compile(
    r"(n[éeè]e?(?:\(e\)|[.·/]e)?[ ]le|date de naissance|ddn|born(?: on)?)[ ]+(?=\S)",
    re.IGNORECASE,
)
_CONCERNING = re.compile(
    r"\A\W*(?:concernant|concerne|re|objet|patiente?|au sujet de|à propos de)[ ]+(?=\S)",
    re.IGNORECASE,
)
_ABOUT = frozenset({"CONCERNANT", "CONCERNE", "RE", "OBJET", "AU SUJET DE"})
_CODES = frozenset({"CODE", "CODE PATIENT", "CODE DU PATIENT", "CODE CONFIDENTIEL"})


def without_colon(piece: str) -> tuple[str, str, Field] | None:
    """Return word, value and field of a line without a colon, or None if it is only words.

    A date must be all that follows; a patient must be told whole, his name in capitals and
    the date behind it, so that no sentence is taken for him.
    """
    if len(piece) > _LONGEST:
        return None
    head, last = [*piece.rsplit(None, 1), "", ""][:2]
    if last and fold(head) in _CODES and _is_like_a_code(last):
        return head.strip(), last, Field.CODE
    if (born := _BORN.match(piece)) and is_date(piece[born.end() :]):
        return born[1], piece[born.end() :], Field.BIRTH_DATE
    named = _CONCERNING.sub("", piece, count=1)
    if any(map(str.isdigit, named)) and _is_nothing_else(named):
        return Field.PATIENT.value, named, Field.PATIENT
    return None


def _is_nothing_else(piece: str) -> bool:
    """Return whether a line is a person and no sentence about one, nor a sentence's end."""
    said = apart(piece)
    ends_sentence = piece.rstrip().endswith(".")
    return said.is_whole and not ends_sentence and len(said.names.split()) <= _MOST_NAMES


def is_about_somebody(word: str, value: str) -> bool:
    """Return whether a line about something (``Concernant :``) tells a whole patient."""
    return fold(word) in _ABOUT and len(value) <= _LONGEST and apart(value).is_whole


def _is_like_a_code(word: str) -> bool:
    """Return whether this is no word of a sentence: "Code postal", "Code ATC" are none."""
    is_mixed = word[1:] != word[1:].lower() and word != word.upper()
    return is_mixed or any(map(str.isdigit, word))
