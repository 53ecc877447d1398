"""Slots of an example that nobody filled in: ``[NOM Prénom]``, ``JJ/MM/AAAA``, dots.

The service's own texts come back below "Merci.", and no mark survives every way of quoting.
So what they show holds slots where values would be, and a slot is no value.
"""

import re

from rmp_milter.dossier.identity import fold
from rmp_milter.mail.catalogue.slots import ALL
from rmp_milter.mail.header.once import remembered
from rmp_milter.mail.header.words import Field

_AROUND = " \t*_\"'“”«»`"
_WORDS = frozenset(fold(words) for each in ALL for words in each)
_DAY = re.compile(r"(?:j{1,2}|d{1,2})[ ./-]*m{1,2}[ ./-]*(?:a{2,4}|y{2,4})", re.IGNORECASE)
# Dots, ellipses, underscores with what parts a date or a reference; two letters x and some more.
_DOTTED = re.compile(r"(?:[A-Z]-)?(?=[^.…_]*[.…_])[.…_·/ -]+", re.IGNORECASE)
_CROSSED = re.compile(r"(?=[^x]*x[^x]*x)[x./ -]{2,20}", re.IGNORECASE)
_WHOLE = re.compile(r"\[[^\]]*\]?|\{[^}]*\}?|<[^>@]*>?")
_FIRST = re.compile(r"\[([^\]]*)\]")
_REQUEST = re.compile(r"\(.*\)?")
_KEPT_BRACKETS = frozenset(
    {
        *(Field.REASON, Field.REFERENCE, Field.PATIENT, Field.BIRTH_NAME, Field.FIRST_NAMES),
        *(Field.BIRTH_DATE, Field.AGE, Field.TABLE),
    }
)
"""What an emergency lives on, and an index's mark, which says what it is: who fills in a
form and leaves its brackets has said it."""


@remembered
def is_slot(field: Field | None, value: str) -> bool:
    """Return whether the value of ``field`` is a slot that nobody filled in.

    That is all that stands in brackets, whatever it says (but for a reason, a table, and for
    who is meant: there only what a slot says, or the beginning of it); the words of
    :mod:`rmp_milter.mail.catalogue.slots` without brackets; dots, underscores, ``xxx``; and a
    known slot with more behind it, since clients join lines. An address in angle brackets
    is a value.
    """
    words = value.strip(_AROUND)
    if field is Field.CONSENT and fold(words) == "X":
        return False  # a box that is ticked
    if _WHOLE.fullmatch(words):
        return field not in _KEPT_BRACKETS or not _says_its_own(words)
    if field is Field.REQUEST and _REQUEST.fullmatch(words):
        return True
    if _is_left_open(words):
        return True
    begun = _FIRST.match(words)
    return fold(words) in _WORDS or (begun is not None and fold(begun[1]) in _WORDS)


def _is_left_open(words: str) -> bool:
    return any(shape.fullmatch(words) for shape in (_DOTTED, _CROSSED, _DAY))


def _says_its_own(bracketed: str) -> bool:
    """Return whether other words than a slot's, or than its beginning, stand in brackets."""
    inside = bracketed.strip("[]{}<> ")
    if _is_left_open(inside):
        return False
    said = fold(inside)
    return bool(said) and not any(each.startswith(said) for each in _WORDS)
