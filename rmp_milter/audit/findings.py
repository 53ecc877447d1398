"""What a verification found, and the words for how two sequences of entries differ."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

MOST_NAMED = 20
"""So many stretches of altered entries are named one by one."""


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
        kind, where = ("missing", "") if tail else ("truncated", " at the end")
        return [_finding(kind, at, len(gone), f"missing{where}")]
    if not gone:
        line = f"{_are(at, len(come))} inserted: the log never had what stands there"
        return [Finding("inserted", line, at, at + len(come) - 1)]
    return [_finding("replaced", at, len(gone), f"replaced by {len(come)} other(s)")]


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
        return [Finding("swapped", f"entries {first} and {last} are swapped", first, last)]
    return [_finding("reordered", first, last - first + 1, "in another order")]


def _altered(places: list[int]) -> Iterator[Finding]:
    runs = groupby(enumerate(places), key=lambda pair: pair[1] - pair[0])
    stretches = [[place for _, place in run] for _, run in runs]
    for stretch in stretches[:MOST_NAMED]:
        yield _finding("altered", stretch[0], len(stretch), "altered")
    if rest := stretches[MOST_NAMED:]:
        line = f"and {sum(map(len, rest))} more are altered, up to entry {places[-1]}"
        yield Finding("altered", line, rest[0][0], places[-1])


def _finding(kind: str, first: int, count: int, what: str) -> Finding:
    return Finding(kind, f"{_are(first, count)} {what}", first, first + count - 1)


def _are(first: int, count: int) -> str:
    """Return ``entry 7 is`` or ``entries 7 to 9 are``."""
    return f"entry {first} is" if count == 1 else f"entries {first} to {first + count - 1} are"
