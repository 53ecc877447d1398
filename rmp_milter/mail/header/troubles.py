"""What can be wrong with a header, and what was probably meant."""

from enum import StrEnum

import msgspec


class Trouble(StrEnum):
    """What can be wrong with a word; the values are endings of text keys."""

    MISSING = "missing"
    UNFILLED = "unfilled"  # left as the example has it
    CONTRADICTION = "contradiction"
    UNREADABLE = "unreadable"
    DUPLICATE = "duplicate"
    UNKNOWN = "unknown"
    TWO_READINGS = "two-readings"  # the value shows both
    OTHER_PATIENT = "other-patient"  # the value names the second
    NO_REQUEST = "no-request"  # the word belongs to a request, and none is there
    APART = "apart"  # a request that does not stand in the header
    QUOTED = "quoted"  # the request stands where a quotation may be
    ALTERNATIVES = "alternatives"  # plain text and HTML do not say the same
    TWO_REFERENCES = "two-references"  # which emergency access is justified?
    FILE = "file"  # the text was signed as a file, or may have been
    LINE_ENDS = "line-ends"  # signed as text, with line ends that are none for everybody


class Problem(msgspec.Struct, frozen=True):
    """A word that is missing or wrong, with at most 80 characters of its value.

    ``nearest`` is what the sender may have wanted to write: a word in the place of an unknown
    one, a request in the place of one that cannot be read.
    """

    kind: Trouble
    word: str
    value: str = ""
    nearest: str = ""
