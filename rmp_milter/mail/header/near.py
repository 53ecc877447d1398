"""Words one slip of the finger apart: a sign too few, too many, another, or two swapped."""

from collections.abc import Iterable

_SHORTEST = 4  # letters below which every word is near some other
_SHORTEST_IN_PHRASE = 3


def is_near(word: str, known: str) -> bool:
    """Return whether one slip makes ``word`` of ``known``; both folded, and not the same."""
    if word == known or abs(len(word) - len(known)) > 1:
        return False
    first = _common(word, known)
    last = _common(word[first:][::-1], known[first:][::-1])
    mine, other = word[first : len(word) - last], known[first : len(known) - last]
    return max(len(mine), len(other)) <= 1 or (len(mine) == 2 and mine == other[::-1])  # noqa: PLR2004 -- two swapped


def nearest(folded: str, known: Iterable[str]) -> str:
    """Return the first known phrase each word of which is the same or near; ``""`` if none.

    A phrase of one word must not be too short: every word of three letters is near another.
    """
    words = folded.split()
    if not words or (len(words) == 1 and len(folded) < _SHORTEST):
        return ""
    return next((phrase for phrase in known if _phrase_is_near(folded, words, phrase)), "")


def _phrase_is_near(folded: str, words: list[str], phrase: str) -> bool:
    if len(phrase) >= _SHORTEST and is_near(folded, phrase):
        return True
    others = phrase.split()
    if len(words) != len(others) or len(words) == 1:
        return False
    return all(
        mine == other or (len(other) >= _SHORTEST_IN_PHRASE and is_near(mine, other))
        for mine, other in zip(words, others, strict=True)
    )


def _common(one: str, other: str) -> int:
    """Return how many signs both begin with."""
    for at, (mine, its) in enumerate(zip(one, other, strict=False)):
        if mine != its:
            return at
    return min(len(one), len(other))
