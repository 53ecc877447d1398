"""How likely a figure is by chance, for a colleague who is himself higher than nine in ten.

A score is the power of ten that the chance is one in: 6 for one in a million. Whoever is among
the highest tenth moves the measure by no more than his place, and a service in which some make
many emergencies and most make none has that in its ninth tenth.
"""

import math
from collections.abc import Sequence

_NINTH = 0.9
HIGHEST = 99.0
"""A score above which nothing is told apart."""


def ninth_tenth(values: Sequence[float]) -> float:
    """Return what nine in ten of the values, in ascending order, do not exceed."""
    return values[min(math.ceil(_NINTH * len(values)) - 1, len(values) - 1)]


def score_of_count(count: int, mean: float, spread: float = 0.0) -> float:
    """Return how unlikely ``count`` events or more are where ``mean`` are usual.

    Of events that are independent (Poisson); with a ``spread``, of which what is usual itself
    differs by that part of it, from one month or doctor to another (negative binomial).
    """
    if count <= mean:
        return 0.0
    logs = (_log_chance(n, mean, spread) for n in range(count, 2 * count + 100))
    return _score(list(logs))


def _log_chance(count: int, mean: float, spread: float) -> float:
    if not spread:
        return count * math.log(mean) - mean - math.lgamma(count + 1)
    size = 1 / spread**2
    ways = math.lgamma(count + size) - math.lgamma(size) - math.lgamma(count + 1)
    return ways - size * math.log1p(mean / size) - count * math.log1p(size / mean)


def score_of_share(part: int, whole: int, usual: float) -> float:
    """Return how unlikely ``part`` of ``whole`` or more are at a ``usual`` share (binomial)."""
    if part <= usual * whole:
        return 0.0
    logs = [
        math.lgamma(whole + 1)
        - math.lgamma(n + 1)
        - math.lgamma(whole - n + 1)
        + n * math.log(usual)
        + (whole - n) * math.log1p(-usual)
        for n in range(part, whole + 1)
    ]
    return _score(logs)


def _score(logs: Sequence[float]) -> float:
    """Return the score of a sum of chances, given by their natural logarithms."""
    top = max(logs)
    total = top + math.log(math.fsum(math.exp(each - top) for each in logs))
    return min(max(-total / math.log(10), 0.0), HIGHEST)
