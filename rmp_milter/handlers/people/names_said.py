"""Words of a name as somebody said them, and how well they fit a name that is known.

Accents, hyphens, capitals and the words beside names ("épouse", "environ 65 ans") do not
count; a beginning fits less well than the whole word, and what is but a slip of the hand away
or sounds alike fits least.
"""

from functools import lru_cache

from rmp_milter.dossier.family_forms import PARTICLES, family_forms, likely_forms
from rmp_milter.dossier.identity import fold
from rmp_milter.dossier.nearness import is_near
from rmp_milter.dossier.phonetics import sound_of

WORD = 3  # letters from which on the beginning of a word counts, and its sound
TYPED, LONG = 4, 9  # letters from which on one slip is forgiven, and two are
_SOUNDS = 2  # signs of a sound from which on it counts: AU, EAU and OH have one
WHOLE, BEGUN, NEAR = 3, 2, 1
"""How well a word fits one that is known; 0 stands for not at all."""
_MOST_WORDS = 16  # that are looked at: a line's, not a letter's
_KEPT = 65_536  # answers kept during one search: names repeat
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


class NamesSaid:
    """The words of one search; what was asked of a name once is not looked at again."""

    def __init__(self, names: str) -> None:
        self.words = tuple(_words(names))
        with_particles = _words(names, PARTICLES)
        self.forms = tuple(dict.fromkeys(family_forms(with_particles)))
        self.likely_forms = tuple(dict.fromkeys(likely_forms(with_particles)))
        self.family = lru_cache(_KEPT)(self._family)
        self.given = lru_cache(_KEPT)(self._given)
        self._fits = lru_cache(_KEPT)(self._fits_of)
        self._form_fits = lru_cache(_KEPT)(self._form_fits_of)
        self._folded = lru_cache(_KEPT)(_folded)

    @property
    def full(self) -> int:
        """The points of who bears every word."""
        return WHOLE * len(self.words)

    def _family(self, known: str) -> int:
        """Return how well a word, or neighbours as one, fits a word of a family name."""
        return max(map(self._form_fits, family_forms(self._folded(known))), default=0)

    def _given(self, known: str) -> int:
        """Return how well a word fits one of the given names."""
        return max(
            (max(self._fits(name), default=0) for name in self._folded(known)), default=0
        )

    def points(self, *known: str) -> int:
        """Return how well all the words fit those of all these names together."""
        names = (name for each in known for name in self._folded(each))
        return sum(map(max, zip(*map(self._fits, names), strict=True)))

    def _fits_of(self, name: str) -> tuple[int, ...]:
        """Return how well each word fits one that is known."""
        return tuple(_fit(word, name) for word in self.words)

    def _form_fits_of(self, name: str) -> int:
        """Return how well the best of the words, or neighbours as one, fits one that is known."""
        return max((_fit(form, name) for form in self.forms), default=0)


def _folded(names: str) -> tuple[str, ...]:
    return tuple(fold(names).split())


def _words(names: str, but: frozenset[str] = frozenset()) -> list[str]:
    """Return the words of names: none of those beside them, ``but`` these may be kept."""
    words = [word for word in fold(names).split() if not any(map(str.isdigit, word))]
    beside = frozenset() if _NO_NAMES.issuperset(words) else _NO_NAMES - but
    return [word for word in words if word not in beside][:_MOST_WORDS]


def _fit(word: str, known: str) -> int:
    """Return how well a word that was said fits one that is known, 0 if not at all."""
    if word == known:
        return WHOLE
    if len(word) >= WORD and known.startswith(word):
        return BEGUN
    slips = (len(word) >= TYPED) + (len(word) >= LONG)
    near = slips and is_near(word, known, slips)
    return NEAR if near or _sounds_alike(word, known) else 0


def _sounds_alike(word: str, known: str) -> bool:
    sound = sound_of(word) if len(word) >= WORD else ""
    return len(sound) >= _SOUNDS and sound == sound_of(known)
