"""The forms in which words of a family name are looked for and compared."""

from collections.abc import Iterator, Sequence

_JOINED = 3  # words that may be one name: DE LA TOUR, Delatour
PARTICLES = frozenset(
    {
        *("D", "DE", "DU", "DES", "L", "LA", "LE", "LES", "VON", "VAN", "DER", "DEN", "TEN"),
        *("DOS", "DA", "DO", "DI", "DEL", "DELLA", "BEN", "BIN", "EL", "AL", "Y", "ZU"),
        "SAINT",
    }
)
"""Words of family names that alone make nobody alike."""


def family_forms(words: Sequence[str]) -> Iterator[str]:
    """Yield folded words, and neighbours written as one; particles by themselves are none.

    Single words come first; where all of a name is particles (LE is a name), they count.
    """
    return map("".join, _neighbours(words))


def likely_forms(words: Sequence[str]) -> Iterator[str]:
    """Yield those of the forms that people do write: of joined ones, what begins so (Leroux)."""
    some = (each for each in _neighbours(words) if len(each) == 1 or each[0] in PARTICLES)
    return map("".join, some)


def _neighbours(words: Sequence[str]) -> Iterator[Sequence[str]]:
    alone = PARTICLES.issuperset(words)
    for count in range(1, _JOINED + 1):
        for start in range(len(words) - count + 1):
            some = words[start : start + count]
            if alone or not PARTICLES.issuperset(some):
                yield some
