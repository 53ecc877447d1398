"""How a French ear takes a family name: DUPONT and DUPOND, GAUTHIER and GOTIER are one sound.

A table of our own, from how French is spelled and how names of Brittany, Alsace, Portugal,
North Africa, Vietnam and Turkey are said in France. It is read from left to right: at each place
the first rule counts whose letters stand there between what it wants before and after them.
Letters at the end that nobody hears (DUPON·T, GIRAU·DS) are laid aside first.

A sound is for finding only: whoever is found by it is still compared with what was said.
Accents are gone when a word comes here (``fold``): LEPRE may be Lepré, and MACON is no Maçon.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

SOUND_VERSION = 1
"""Of the table: sounds are kept in the store, so a changed rule is a new number."""

MOST_LETTERS = 32
"""That are looked at; what follows them is not heard."""


class Rule(NamedTuple):
    """``letters`` sound as ``sound`` behind one of ``before`` and in front of one of ``after``.

    No context fits all. ``^`` is the word's beginning, ``$`` its end, ``.`` the end of what is
    heard. An ``H`` in front of ``after`` is passed over. ``example`` is a name to see it in.
    """

    letters: str
    sound: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    example: str


_VOWEL = tuple("AEIOU")
_FRONT = tuple("EI")
_OTHER = tuple("BCDFGJKLMNPQRSTVXZ")
_SHUT = (*_OTHER, ".")
_LAST = ("$", "S$")
_ANY: tuple[str, ...] = ()

# The sounds: letters as they are said, K for every hard C, X for CH, J for every soft G, W for OU,
# Q for EU, and a, o, i for the nasal vowels of AN, ON, IN. Y comes as I, W as V, an M in front
# of B and P as N, doubled letters as one (but SS, EE, and LL behind I).
RULES = (
    Rule("AUL", "O", _ANY, ("T", "D", "X", "N"), "RENAULT"),
    Rule("AU", "O", _ANY, _ANY, "AUBERT"),
    Rule("A", "A", _ANY, ("ILL", "IL$"), "MAILLARD"),
    Rule("AIS", "E", _ANY, ("TR",), "LEMAISTRE"),
    Rule("AIN", "i", _ANY, _SHUT, "GERMAIN"),
    Rule("AIE", "E", _ANY, _LAST, "DELAHAYE"),
    Rule("AI", "AI", ("^",), ("SS", "T", "CH"), "AISSA"),
    Rule("AI", "AI", ("S",), ("D",), "BENSAID"),
    Rule("AI", "EI", _ANY, ("ER",), "MAYER"),
    Rule("AI", "AI", _ANY, _VOWEL, "BAYARD"),
    Rule("AI", "E", _ANY, _ANY, "LEMAIRE"),
    Rule("AE", "E", _ANY, ("F", "R"), "SCHAEFFER"),
    Rule("AN", "a", _ANY, _SHUT, "DURAND"),
    Rule("EAU", "O", _ANY, _ANY, "MOREAU"),
    Rule("E", "E", _ANY, ("ILL", "IL$"), "CORNEILLE"),
    Rule("EIN", "i", _ANY, _SHUT, "KLEIN"),
    Rule("EI", "EI", _ANY, _VOWEL, "MEYER"),
    Rule("EI", "E", _ANY, _ANY, "SCHNEIDER"),
    Rule("EE", "E", _ANY, _ANY, "ANDREE"),
    Rule("EU", "Q", _ANY, _ANY, "MEUNIER"),
    Rule("ER", "ER", ("AI", "EI", "SCH"), _LAST, "FISCHER"),
    Rule("ER", "E", ("I", "CH", "G"), _LAST, "CHEVALIER"),
    Rule("EZ", "E", ("I", "CH", "G", "PR"), ("$",), "DUPREZ"),
    Rule("EZ", "", _ANY, ("$",), "LOPEZ"),
    Rule("ES", "E", ("^D",), _OTHER, "DESCHAMPS"),
    Rule("ES", "E", _ANY, ("N",), "DUFRESNE"),
    Rule("EN", "i", ("I",), _SHUT, "BASTIEN"),
    Rule("EN", "EN", _ANY, ("$",), "GUEGUEN"),
    Rule("EN", "a", _ANY, _SHUT, "LAURENT"),
    Rule("E", "", ("G", "J"), ("A", "O"), "GEORGES"),
    Rule("E", "", _ANY, _LAST, "JACQUES"),
    Rule("ILL", "IL", ("V", "G", "PH"), _ANY, "VILLARD"),
    Rule("ILL", "I", _ANY, _ANY, "GUILLOT"),
    Rule("IL", "I", ("A", "E", "EU", "OU"), (".",), "BREUIL"),
    Rule("IN", "i", _ANY, _SHUT, "MARTIN"),
    Rule("IS", "I", ("L",), ("L",), "DELISLE"),
    Rule("OEU", "Q", _ANY, _ANY, "LEBOEUF"),
    Rule("OE", "Q", _ANY, ("N", "R", "T", "B"), "KOENIG"),
    Rule("OUL", "W", _ANY, ("T", "D", "X"), "ARNOULT"),
    Rule("OU", "W", _ANY, _ANY, "ROUX"),
    Rule("OIN", "Wi", _ANY, _SHUT, "BAUDOIN"),
    Rule("OI", "WA", _ANY, ("E$", "ES$"), "SAVOYE"),
    Rule("OI", "WAI", _ANY, _VOWEL, "BOYER"),
    Rule("OI", "WA", _ANY, _ANY, "LEROY"),
    Rule("ON", "o", _ANY, _SHUT, "DUPONT"),
    Rule("OM", "o", _ANY, ("T",), "LECOMTE"),
    Rule("UN", "i", _ANY, _SHUT, "LEBRUN"),
    Rule("B", "", _ANY, ("V",), "LEFEBVRE"),
    Rule("CH", "K", _ANY, ("R", "L", "N", "T"), "CHRISTIAN"),
    Rule("CH", "K", ("A", "E", "I", "O"), ("$",), "BLOCH"),
    Rule("CH", "X", _ANY, _ANY, "CHEVALIER"),
    Rule("CZ", "TX", _ANY, _ANY, "CZAPLA"),
    Rule("C", "", _ANY, ("Q", "K"), "LECOCQ"),
    Rule("C", "S", ("AN", "GON"), ("OI", "AL"), "FRANCOIS"),
    Rule("C", "S", _ANY, _FRONT, "MERCIER"),
    Rule("DJ", "J", _ANY, _ANY, "DJEBBAR"),
    Rule("GH", "G", _ANY, _ANY, "GHERBI"),
    Rule("GN", "N", ("E",), ("AU",), "REGNAULT"),
    Rule("GN", "NI", _ANY, _VOWEL, "MAGNIER"),
    Rule("GU", "G", _ANY, _FRONT, "GUERIN"),
    Rule("GV", "G", _ANY, _FRONT, "GWENAEL"),
    Rule("G", "J", _ANY, _FRONT, "GERARD"),
    Rule("LH", "LI", _ANY, _VOWEL, "CARVALHO"),
    Rule("NG", "N", ("^",), _ANY, "NGUYEN"),
    Rule("NH", "NI", ("I", "U"), ("A$", "AS$", "O$", "OS$"), "COUTINHO"),
    Rule("PH", "F", _ANY, _ANY, "PHILIPPE"),
    Rule("PF", "F", _ANY, _ANY, "PFEIFFER"),
    Rule("P", "", _ANY, ("T",), "BAPTISTE"),
    Rule("QU", "K", _ANY, _VOWEL, "PASQUIER"),
    Rule("SCH", "X", _ANY, _ANY, "SCHMITT"),
    Rule("S", "Z", ("^DE",), _VOWEL, "DESHAYES"),
    Rule("SH", "X", _ANY, _ANY, "SHERIF"),
    Rule("SZ", "X", _ANY, _ANY, "SZYMANSKI"),
    Rule("SS", "S", _ANY, _ANY, "ROUSSEL"),
    Rule("S", "Z", _VOWEL, _VOWEL, "ROSE"),
    Rule("TZ", "S", _ANY, _ANY, "HEINTZ"),
    Rule("Z", "S", ("L", "N", "R"), ("$",), "SCHULZ"),
    Rule("X", "X", ("EI",), _VOWEL, "TEIXEIRA"),
    Rule("X", "KS", _ANY, _ANY, "ALEXANDRE"),
    Rule("C", "K", _ANY, _ANY, "CARON"),
    Rule("Q", "K", _ANY, _ANY, "LECOQ"),
    Rule("H", "", _ANY, _ANY, "HUBERT"),
)

SILENT = (
    ("S", tuple("ABCDEFGHIJKLMNOPQRTUVXZ"), "DUMAS"),  # behind S it is heard: ROSS, WEISS
    ("D", _ANY, "DUPOND"),
    ("T", _ANY, "DUPONT"),
    ("Z", _VOWEL, "DIAZ"),
    ("X", ("U", "OI", "L"), "ROUX"),
    ("G", ("N", "R"), "DUBOURG"),
    ("C", ("N", "ER"), "LEBLANC"),
    ("Q", ("ERC",), "LECLERCQ"),
    ("P", ("N", "OU"), "BEAUCHAMP"),
    ("B", ("N",), "COLOMB"),
)
"""Letters that are not heard at a word's end, behind what, and a name to see it in."""

_AS_OTHERS = str.maketrans("YW", "IV")
_AS_N = re.compile("M(?=[BP])")
_DOUBLED = re.compile(r"(?<!I)(L)L+|([^ELS])\2+")
_SAME = re.compile(r"(.)\1+")


def sound_of(word: str) -> str:
    """Return how a word, as ``identity.fold`` gives it, sounds in French.

    At most :data:`MOST_LETTERS` of it are looked at. Empty for no word only; letters that are
    not Latin, and digits, stay themselves.
    """
    sounds = "".join(rule.sound if rule else letter for letter, rule in heard(word))
    return _SAME.sub(r"\1", sounds) or word[:MOST_LETTERS]


def heard(word: str) -> Iterator[tuple[str, Rule | None]]:
    """Yield what is heard of a word: each place's letter, and the rule that counted there."""
    plain = word[:MOST_LETTERS].translate(_AS_OTHERS)
    text = "^" + _AS_N.sub("N", _DOUBLED.sub(r"\1\2", plain)) + "$"
    quiet = _quiet(text)
    at = 1
    while at < quiet:
        two = text[at : at + 2]
        rules = _BEGUN_BY.get(two) or _BEGUN_BY.get(two[0], ())
        rule = next((each for each in rules if _fits(each, text, at, quiet)), None)
        yield text[at], rule
        at += len(rule.letters) if rule else 1


def _quiet(text: str) -> int:
    """Return the place from which on nothing is heard; a first letter always is."""
    quiet = len(text) - 1
    while quiet > len("^A") and _is_silent(text, quiet - 1):
        quiet -= 1
    return quiet


def _is_silent(text: str, at: int) -> bool:
    before = _SILENT_BEHIND.get(text[at])
    return before is not None and (not before or text.endswith(before, 0, at))


def _fits(rule: Rule, text: str, at: int, quiet: int) -> bool:
    if not text.startswith(rule.letters, at):
        return False
    if rule.before and not text.endswith(rule.before, 0, at):
        return False
    behind = at + len(rule.letters)
    behind += text.startswith("H", behind)
    at_the_end = behind >= quiet and "." in rule.after
    return not rule.after or at_the_end or text.startswith(rule.after, behind)


_SILENT_BEHIND = {letter: before for letter, before, _ in SILENT}
_BEGUN_BY = {
    begun: tuple(rule for rule in RULES if begun.startswith(rule.letters[:2]))
    for begun in {rule.letters[:2] for rule in RULES}
}
"""The rules that may count where a word goes on so, in their order."""
