"""What a verification found, and the words for how two sequences of entries differ."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from rmp_milter.phrases.phrase import Phrase

MOST_NAMED = 20
"""So many stretches of altered entries are named one by one."""


_LINES = {
    "missing": (
        Phrase("entry {first} is missing"),
        Phrase("entries {first} to {last} are missing"),
    ),
    "truncated": (
        Phrase("entry {first} is missing at the end"),
        Phrase("entries {first} to {last} are missing at the end"),
    ),
    "inserted": (
        Phrase("entry {first} is inserted: the log never had what stands there"),
        Phrase("entries {first} to {last} are inserted: the log never had what stands there"),
    ),
    "replaced": (
        Phrase("entry {first} is replaced by {others} other(s)"),
        Phrase("entries {first} to {last} are replaced by {others} other(s)"),
    ),
    "reordered": (
        Phrase("entry {first} is in another order"),
        Phrase("entries {first} to {last} are in another order"),
    ),
    "altered": (
        Phrase("entry {first} is altered"),
        Phrase("entries {first} to {last} are altered"),
    ),
}
"""What is said of one entry, and of several."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: ``kind`` for programs, ``line`` for people.

    ``first`` and ``last`` are the entries concerned, where they are known.
    """

    kind: str
    line: str
    first: int | None = None
    last: int | None = None


def differences(
    expected: Sequence[bytes], actual: Sequence[bytes], start: int
) -> list[Finding]:
    """Name how the leaf hashes that are there differ from those that should be.

    Both begin with entry number ``start``.
    """
    head = _common(expected, actual)
    tail = _common(expected[head:][::-1], actual[head:][::-1])
    gone = expected[head : len(expected) - tail]
    come = actual[head : len(actual) - tail]
    at = start + head
    if len(gone) == len(come):
        return _exchanged(gone, come, at)
    if not come:
        return [_finding("missing" if tail else "truncated", at, len(gone))]
    if not gone:
        return [_finding("inserted", at, len(come))]
    return [_finding("replaced", at, len(gone), others=len(come))]


def _common(left: Sequence[bytes], right: Sequence[bytes]) -> int:
    """Return how many elements are the same from the beginning on."""
    for count, (one, other) in enumerate(zip(left, right, strict=False)):
        if one != other:
            return count
    return min(len(left), len(right))


def _exchanged(gone: Sequence[bytes], come: Sequence[bytes], at: int) -> list[Finding]:
    places = [at + n for n in range(len(gone)) if gone[n] != come[n]]
    if not places:
        return []
    first, last = places[0], places[-1]
    if sorted(gone) != sorted(come):
        return list(_altered(places))
    if len(places) == 2:  # noqa: PLR2004 -- a swap is of two
        line = Phrase("entries {first} and {last} are swapped", first=first, last=last)
        return [Finding("swapped", line, first, last)]
    return [_finding("reordered", first, last - first + 1)]


def _altered(places: list[int]) -> Iterator[Finding]:
    runs = groupby(enumerate(places), key=lambda pair: pair[1] - pair[0])
    stretches = [[place for _, place in run] for _, run in runs]
    for stretch in stretches[:MOST_NAMED]:
        yield _finding("altered", stretch[0], len(stretch))
    if rest := stretches[MOST_NAMED:]:
        line = Phrase(
            "and {count} more are altered, up to entry {last}",
            count=sum(map(len, rest)),
            last=places[-1],
        )
        yield Finding("altered", line, rest[0][0], places[-1])


def _finding(kind: str, first: int, count: int, **facts: int) -> Finding:
    last = first + count - 1
    one, several = _LINES[kind]
    line = Phrase(one if count == 1 else several, first=first, last=last, **facts)
    return Finding(kind, line, first, last)


def and_more(count: int, last: str) -> Phrase:
    """Return the line for findings that are not named one by one; ``last`` is their last."""
    return Phrase("and {count} more like that, up to {last}", count=count, last=last)
