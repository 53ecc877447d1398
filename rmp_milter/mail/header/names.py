"""Names of a patient as people write them in a line: by birth, in use, given.

Nothing is guessed: what can be read in two ways gives both readings, and is asked back.
"""

import re
import unicodedata
from typing import NamedTuple

from rmp_milter.dossier.identity import fold
from rmp_milter.mail.header.once import remembered

_TITLES = frozenset(
    {
        *("M", "MR", "MME", "MLLE", "MELLE", "MONSIEUR", "MADAME", "MADEMOISELLE", "MRS", "MS"),
        *("BEBE", "BB", "ENFANT", "NOUVEAU NE", "NOUVEAU NEE", "NN", "DR", "DOCTEUR", "PR"),
    }
)
_TITLES_ANYWHERE = frozenset({"MME", "MLLE", "MR", "MONSIEUR", "MADAME", "MADEMOISELLE", "MRS"})
_BORN = frozenset({"NE", "NEE", "NE E", "BORN", "NJF"})
_MARRIED = frozenset({"EPOUSE", "EP", "EPSE", "VEUVE", "VVE", "VEUF", "MARIEE", "WIDOW"})
_PARTICLES = frozenset(
    {
        *("de", "du", "des", "d'", "la", "le", "les", "l'", "von", "van", "den", "der", "ten"),
        *("dos", "da", "do", "di", "del", "della", "ben", "bin", "el", "al", "y", "zu", "vom"),
    }
)
_NAME_SIGNS = frozenset(" -'’.,‐‑–‘´`ʼ")  # what phones and keyboards make of - and '
# "M.DUPONT", "Mme.Jeanne": no blank behind the title. An initial has one letter behind it.
_GLUED_TITLE = re.compile(
    r"\A(\s*(?:M|Mr|Mme|Mlle|Melle|Mrs|Ms|Dr|Pr)\.)(?=[^\W\d_]['’]?[^\W\d_])", re.IGNORECASE
)
_LONGEST = 12  # words of all names together
_MOST_IN_A_PART = 4
_SHORT_TITLE = 2
_INITIALS = 4  # signs of "Mme." and the like
# Beside a name in capitals these say that it is not one person's, or no name.
_NOT_GIVEN = frozenset(
    {
        *("ET", "OU", "SON", "SA", "SES", "AND", "OR", "FAMILLE", "EPOUX", "COUPLE", "ENFANTS"),
        *("FRERE", "SOEUR", "MERE", "PERE", "PATIENT", "PATIENTE", "INCONNU", "INCONNUE"),
    }
)


class Names(NamedTuple):
    """One reading; empty strings for what is not there. ``used`` is the married name."""

    birth: str = ""
    given: str = ""
    used: str = ""

    def __str__(self) -> str:
        """Return the names in the form that is asked for: NOM Prénom."""
        used = f" ({self.used.upper()})" if self.used else ""
        return f"{self.birth.upper()}{used} {self.given.title()}".strip()


@remembered
def readings(value: str) -> tuple[Names, ...]:
    """Return the ways to read ``DUPONT Jean``: one if it is clear, none if it is no name.

    Capitals tell the name; a comma after it does too; one word alone is the name. Titles
    and "Bébé" are no part of it. ``née`` and ``épouse`` tell two names apart, unless they
    stand in capitals themselves: then they may be a name, but for ``NJF``.
    """
    words = [_without_stop(word) for word in _spaced(value).replace(",", " , ").split()]
    words = _without_titles(words)
    if not words or len(words) > _LONGEST or not all(map(_is_word, words)):
        return ()
    marks = [at for at, word in enumerate(words) if is_mark(word)]
    if not marks:
        return _plain(words)
    if len(marks) > 1 or not 0 < marks[0] < len(words) - 1:
        return ()
    at = marks[0]
    left, right = _without_commas(words[:at]), _without_commas(words[at + 1 :])
    if fold(words[at]) in _BORN:
        left, right = right, left
    both = _by_birth_and_marriage(left, right)
    if both and _is_loud(words[at]):
        return (both, both._replace(birth=both.used, used=both.birth))
    return (both,) if both else ()


@remembered
def without_title(value: str) -> str:
    """Return the words of a name without what it is addressed by."""
    return " ".join(_without_titles(_spaced(value).split()))


def _spaced(value: str) -> str:
    return _GLUED_TITLE.sub(r"\1 ", value)


def is_initial(given: str) -> bool:
    """Return whether the first of the given names is a letter only: it names nobody surely."""
    words = fold(given).split()
    return bool(words) and len(words[0]) == 1


def is_name(value: str) -> bool:
    """Return whether these may be names: Latin letters and the signs that join them.

    Letters of other scripts that look Latin would make another patient of the same one.
    """
    return any(map(str.isalpha, value)) and all(map(_is_name_sign, value))


def _is_name_sign(sign: str) -> bool:
    if sign in _NAME_SIGNS or unicodedata.category(sign) == "Mn":
        return True
    return sign.isalpha() and unicodedata.name(sign, "").startswith("LATIN ")


def _without_stop(word: str) -> str:
    """Return a word without the full stop of a sentence; that of an initial or title stays."""
    return word.rstrip(".") if len(word) > _INITIALS and "." not in word[:-1] else word


def _is_title(word: str) -> bool:
    """Return whether the word is a title; "bb" and "dr" in small letters may be a name's."""
    return fold(word) in _TITLES and (len(word) > _SHORT_TITLE or not word.islower())


def _is_word(word: str) -> bool:
    return word == "," or any(map(str.isalpha, word)) or word.isdigit()


def _without_titles(words: list[str]) -> list[str]:
    while len(words) > 1 and _is_title(words[0]):
        words = words[1:]
    return [
        word for at, word in enumerate(words) if not at or fold(word) not in _TITLES_ANYWHERE
    ]


def is_mark(word: str) -> bool:
    """Return whether the word tells a name of birth from a married one: ``née``, ``épouse``."""
    return fold(word) in (_BORN | _MARRIED) and not (word.isupper() and word in {"NE", "EP"})


def is_particle(word: str) -> bool:
    """Return whether a word in small letters belongs to names: ``de``, ``van``, ``d'ALMEIDA``."""
    return word in _PARTICLES or word[:2].replace("’", "'") in {"d'", "l'"}


def _is_loud(word: str) -> bool:
    return word.isupper() and word == word.strip(".()") and word != "NJF"


def _without_commas(words: list[str]) -> list[str]:
    return [word for word in words if word != ","]


def _plain(words: list[str]) -> tuple[Names, ...]:
    commas = words.count(",")
    bare = _without_commas(words)
    if len(bare) == 1:
        return (Names(bare[0]),)
    if by_case := _by_case(words):
        return (by_case,)
    if commas == 1 and words[0] != "," != words[-1]:
        at = words.index(",")
        if not (_is_one_part(words[:at]) and _is_one_part(words[at + 1 :])):
            return ()  # two people, or a sentence
        return (Names(" ".join(words[:at]), " ".join(words[at + 1 :])),)
    if commas or not _one_case(bare):
        return ()
    first, last = Names(bare[0], " ".join(bare[1:])), Names(bare[-1], " ".join(bare[:-1]))
    return (first, last)


def _by_birth_and_marriage(birth: list[str], used: list[str]) -> Names | None:
    """Return the names of ``birth``, married ``used``; the given names stand on one side."""
    mine, other = _side(birth), _side(used)
    if mine is None or other is None:
        return None
    given = mine.given or other.given
    if mine.given and other.given and fold(mine.given) != fold(other.given):
        return None
    return Names(mine.birth, given, other.birth)


def _side(words: list[str]) -> Names | None:
    words = _without_titles(words)
    if len(words) == 1 or (words and all(_capitals(words))):
        return Names(" ".join(words))
    return _by_case(words)


def _by_case(words: list[str]) -> Names | None:
    """Split where capitals begin or end; None where they do not tell."""
    capitals = _capitals(words)
    if all(capitals) or not any(capitals):
        return None
    first, last = capitals.index(True), len(capitals) - capitals[::-1].index(True)
    if not all(capitals[first:last]) or (first > 0 and last < len(words)):
        return None
    rest = words[:first] or words[last:]
    if not _are_given(_without_commas(rest)):
        return None
    given = " ".join(rest).strip(" ,").replace(" ,", ",")
    return Names(" ".join(words[first:last]), given) if any(map(str.isalpha, given)) else None


def _is_one_part(words: list[str]) -> bool:
    """Return whether words on one side of a comma may be a name, or first names, alone."""
    capitals = _capitals(words)
    alike = all(capitals) or not any(capitals)
    return alike and (_are_given(words) or all(capitals)) and len(words) <= _MOST_IN_A_PART


def _are_given(words: list[str]) -> bool:
    """Return whether these words may be first names: no "hospitalisé" beside a name."""
    small = [word for word in words if word.islower() and word not in _PARTICLES]
    if any(fold(word) in _NOT_GIVEN for word in words):
        return False
    return not small or len(words) == 1


def _capitals(words: list[str]) -> list[bool]:
    """Mark the words of the name; a particle before capitals belongs to them."""
    marks = [_is_capital(word) for word in words]
    for at in range(len(words) - 2, -1, -1):
        if words[at].lower().replace("’", "'") in _PARTICLES and words[at].islower():
            marks[at] = marks[at + 1]
    return marks


def _is_capital(word: str) -> bool:
    bare = re.sub(r"^(?:[dl]['’]|Mc|Mac|O['’])(?=[^\W\d_]{2})", "", word).strip(",")
    letters = sum(map(str.isalpha, bare))
    # One letter alone is an initial, which may stand on either side.
    return (
        letters > 1 and bare.upper() == bare and bare != bare.lower() and not _is_initials(bare)
    )


def _is_initials(word: str) -> bool:
    return "." in word and all(len(piece) <= 1 for piece in re.split(r"[.\-]", word))


def _one_case(words: list[str]) -> bool:
    return not words or all(_is_capital(word) == _is_capital(words[0]) for word in words)
