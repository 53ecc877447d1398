"""Words of a name as somebody said them, and how well they fit a name that is known.

Accents, hyphens, capitals and the words beside names ("épouse", "environ 65 ans") do not
count; a beginning and a slip of the hand fit less well than the whole word.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from rmp_milter.dossier.identity import fold
from rmp_milter.dossier.nearness import is_near

_WORD = 3  # letters from which on the beginning of a word counts
_TYPED, _LONG = 4, 9  # letters from which on one slip is forgiven, and two are
_WHOLE, _BEGUN, NEAR = 3, 2, 1
"""How well a word fits one that is known; 0 stands for not at all."""
_MOST_WORDS = 16  # that are looked at: a line's, not a letter's
_KEPT = 65_536  # answers kept during one search: names repeat
_JOINED = 3  # words that may be one name: DE LA TOUR, Delatour
_NO_NAMES = frozenset(
    {
        *("M", "MR", "MME", "MLLE", "MONSIEUR", "MADAME", "MADEMOISELLE", "DR", "DOCTEUR"),
        *("NE", "NEE", "EPOUSE", "EPOUX", "EP", "VEUVE", "VEUF", "VVE", "DIVORCEE", "DIT"),
        *("HOMME", "FEMME", "BEBE", "ENFANT", "FILS", "FILLE", "PATIENT", "PATIENTE"),
        *("AGE", "AGEE", "ANS", "AN", "MOIS", "ENVIRON", "VERS", "INCONNU", "INCONNUE", "X"),
        *("NOM", "PRENOM", "NOM", "USAGE", "NAISSANCE", "LE", "OU", "ET", "BORN", "MRS"),
    }
)
"""Words that stand beside names; one of them that is all of a name counts all the same."""
_PARTICLES = frozenset(
    {
        *("D", "DE", "DU", "DES", "L", "LA", "LE", "LES", "VON", "VAN", "DER", "DEN", "TEN"),
        *(
            "DOS",
            "DA",
            "DO",
            "DI",
            "DEL",
            "DELLA",
            "BEN",
            "BIN",
            "EL",
            "AL",
            "Y",
            "ZU",
            "SAINT",
        ),
    }
)
"""Words of family names that alone make nobody alike."""


class NamesSaid:
    """The words of one search; what was asked of a name once is not looked at again."""

    def __init__(self, names: str) -> None:
        self.words = tuple(_words(names))
        self._forms = frozenset(_forms(self.words))
        self.family = lru_cache(_KEPT)(self._family)
        self.given = lru_cache(_KEPT)(self._given)

    def _family(self, known: str) -> int:
        """Return how well a word, or neighbours as one, fits a word of a family name."""
        names = tuple(_forms(fold(known).split()))
        return max((_fit(form, name) for form in self._forms for name in names), default=0)

    def _given(self, known: str) -> int:
        """Return how well a word fits one of the given names."""
        names = fold(known).split()
        return max((_fit(word, name) for word in self.words for name in names), default=0)

    def points(self, known: str) -> int:
        """Return how well all the words fit those of all the names together."""
        names = fold(known).split()
        return sum(max((_fit(word, name) for name in names), default=0) for word in self.words)


def _words(names: str) -> list[str]:
    words = [word for word in fold(names).split() if not any(map(str.isdigit, word))]
    return ([word for word in words if word not in _NO_NAMES] or words)[:_MOST_WORDS]


def _forms(words: Sequence[str]) -> Iterator[str]:
    """Yield the words, and neighbours written as one; particles by themselves are none."""
    alone = _PARTICLES.issuperset(words)
    for count in range(1, _JOINED + 1):
        for start in range(len(words) - count + 1):
            some = words[start : start + count]
            if alone or not _PARTICLES.issuperset(some):
                yield "".join(some)


def _fit(word: str, known: str) -> int:
    """Return how well a word that was said fits one that is known, 0 if not at all."""
    if word == known:
        return _WHOLE
    if len(word) >= _WORD and known.startswith(word):
        return _BEGUN
    slips = (len(word) >= _TYPED) + (len(word) >= _LONG)
    return NEAR if slips and is_near(word, known, slips) else 0
