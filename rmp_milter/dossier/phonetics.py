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
from functools import lru_cache
from typing import NamedTuple

SOUND_VERSION = 1
"""Of the table: sounds are kept in the store, so a changed rule is a new number."""

MOST_LETTERS = 32
"""That are looked at; what follows them is not heard."""

_KEPT = 65_536  # sounds that are kept: names repeat, and hearing one costs three records


class SoundRule(NamedTuple):
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
    SoundRule("AUL", "O", _ANY, ("T", "D", "X", "N"), "RENAULT"),
    SoundRule("AU", "O", _ANY, _ANY, "AUBERT"),
    SoundRule("A", "A", _ANY, ("ILL", "IL$"), "MAILLARD"),
    SoundRule("AIS", "E", _ANY, ("TR",), "LEMAISTRE"),
    SoundRule("AIN", "i", _ANY, _SHUT, "GERMAIN"),
    SoundRule("AIE", "E", _ANY, _LAST, "DELAHAYE"),
    SoundRule("AI", "AI", ("^",), ("SS", "T", "CH"), "AISSA"),
    SoundRule("AI", "AI", ("S",), ("D",), "BENSAID"),
    SoundRule("AI", "EI", _ANY, ("ER",), "MAYER"),
    SoundRule("AI", "AI", _ANY, _VOWEL, "BAYARD"),
    SoundRule("AI", "E", _ANY, _ANY, "LEMAIRE"),
    SoundRule("AE", "E", _ANY, ("F", "R"), "SCHAEFFER"),
    SoundRule("AN", "a", _ANY, _SHUT, "DURAND"),
    SoundRule("EAU", "O", _ANY, _ANY, "MOREAU"),
    SoundRule("E", "E", _ANY, ("ILL", "IL$"), "CORNEILLE"),
    SoundRule("EIN", "i", _ANY, _SHUT, "KLEIN"),
    SoundRule("EI", "EI", _ANY, _VOWEL, "MEYER"),
    SoundRule("EI", "E", _ANY, _ANY, "SCHNEIDER"),
    SoundRule("EE", "E", _ANY, _ANY, "ANDREE"),
    SoundRule("EU", "Q", _ANY, _ANY, "MEUNIER"),
    SoundRule("ER", "ER", ("AI", "EI", "SCH"), _LAST, "FISCHER"),
    SoundRule("ER", "E", ("I", "CH", "G"), _LAST, "CHEVALIER"),
    SoundRule("EZ", "E", ("I", "CH", "G", "PR"), ("$",), "DUPREZ"),
    SoundRule("EZ", "", _ANY, ("$",), "LOPEZ"),
    SoundRule("ES", "E", ("^D",), _OTHER, "DESCHAMPS"),
    SoundRule("ES", "E", _ANY, ("N",), "DUFRESNE"),
    SoundRule("EN", "i", ("I",), _SHUT, "BASTIEN"),
    SoundRule("EN", "EN", _ANY, ("$",), "GUEGUEN"),
    SoundRule("EN", "a", _ANY, _SHUT, "LAURENT"),
    SoundRule("E", "", ("G", "J"), ("A", "O"), "GEORGES"),
    SoundRule("E", "", _ANY, _LAST, "JACQUES"),
    SoundRule("ILL", "IL", ("V", "G", "PH"), _ANY, "VILLARD"),
    SoundRule("ILL", "I", _ANY, _ANY, "GUILLOT"),
    SoundRule("IL", "I", ("A", "E", "EU", "OU"), (".",), "BREUIL"),
    SoundRule("IN", "i", _ANY, _SHUT, "MARTIN"),
    SoundRule("IS", "I", ("L",), ("L",), "DELISLE"),
    SoundRule("OEU", "Q", _ANY, _ANY, "LEBOEUF"),
    SoundRule("OE", "Q", _ANY, ("N", "R", "T", "B"), "KOENIG"),
    SoundRule("OUL", "W", _ANY, ("T", "D", "X"), "ARNOULT"),
    SoundRule("OU", "W", _ANY, _ANY, "ROUX"),
    SoundRule("OIN", "Wi", _ANY, _SHUT, "BAUDOIN"),
    SoundRule("OI", "WA", _ANY, ("E$", "ES$"), "SAVOYE"),
    SoundRule("OI", "WAI", _ANY, _VOWEL, "BOYER"),
    SoundRule("OI", "WA", _ANY, _ANY, "LEROY"),
    SoundRule("ON", "o", _ANY, _SHUT, "DUPONT"),
    SoundRule("OM", "o", _ANY, ("T",), "LECOMTE"),
    SoundRule("UN", "i", _ANY, _SHUT, "LEBRUN"),
    SoundRule("B", "", _ANY, ("V",), "LEFEBVRE"),
    SoundRule("CH", "K", _ANY, ("R", "L", "N", "T"), "CHRISTIAN"),
    SoundRule("CH", "K", ("A", "E", "I", "O"), ("$",), "BLOCH"),
    SoundRule("CH", "X", _ANY, _ANY, "CHEVALIER"),
    SoundRule("CZ", "TX", _ANY, _ANY, "CZAPLA"),
    SoundRule("C", "", _ANY, ("Q", "K"), "LECOCQ"),
    SoundRule("C", "S", ("AN", "GON"), ("OI", "AL"), "FRANCOIS"),
    SoundRule("C", "S", _ANY, _FRONT, "MERCIER"),
    SoundRule("DJ", "J", _ANY, _ANY, "DJEBBAR"),
    SoundRule("GH", "G", _ANY, _ANY, "GHERBI"),
    SoundRule("GN", "N", ("E",), ("AU",), "REGNAULT"),
    SoundRule("GN", "NI", _ANY, _VOWEL, "MAGNIER"),
    SoundRule("GU", "G", _ANY, _FRONT, "GUERIN"),
    SoundRule("GV", "G", _ANY, _FRONT, "GWENAEL"),
    SoundRule("G", "J", _ANY, _FRONT, "GERARD"),
    SoundRule("LH", "LI", _ANY, _VOWEL, "CARVALHO"),
    SoundRule("NG", "N", ("^",), _ANY, "NGUYEN"),
    SoundRule("NH", "NI", ("I", "U"), ("A$", "AS$", "O$", "OS$"), "COUTINHO"),
    SoundRule("PH", "F", _ANY, _ANY, "PHILIPPE"),
    SoundRule("PF", "F", _ANY, _ANY, "PFEIFFER"),
    SoundRule("P", "", _ANY, ("T",), "BAPTISTE"),
    SoundRule("QU", "K", _ANY, _VOWEL, "PASQUIER"),
    SoundRule("SCH", "X", _ANY, _ANY, "SCHMITT"),
    SoundRule("S", "Z", ("^DE",), _VOWEL, "DESHAYES"),
    SoundRule("SH", "X", _ANY, _ANY, "SHERIF"),
    SoundRule("SZ", "X", _ANY, _ANY, "SZYMANSKI"),
    SoundRule("SS", "S", _ANY, _ANY, "ROUSSEL"),
    SoundRule("S", "Z", _VOWEL, _VOWEL, "ROSE"),
    SoundRule("TZ", "S", _ANY, _ANY, "HEINTZ"),
    SoundRule("Z", "S", ("L", "N", "R"), ("$",), "SCHULZ"),
    SoundRule("X", "X", ("EI",), _VOWEL, "TEIXEIRA"),
    SoundRule("X", "KS", _ANY, _ANY, "ALEXANDRE"),
    SoundRule("C", "K", _ANY, _ANY, "CARON"),
    SoundRule("Q", "K", _ANY, _ANY, "LECOQ"),
    SoundRule("H", "", _ANY, _ANY, "HUBERT"),
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


@lru_cache(_KEPT)
def sound_of(word: str) -> str:
    """Return how a word, as ``identity.fold`` gives it, sounds in French.

    At most :data:`MOST_LETTERS` of it are looked at. Empty for no word only; letters that are
    not Latin, and digits, stay themselves.
    """
    sounds = "".join(rule.sound if rule else letter for letter, rule in heard(word))
    return _SAME.sub(r"\1", sounds or word[:MOST_LETTERS])  # of H and ES nothing would be left


def heard(word: str) -> Iterator[tuple[str, SoundRule | None]]:
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


def _fits(rule: SoundRule, text: str, at: int, quiet: int) -> bool:
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
