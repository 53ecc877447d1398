"""Which paths there may be from a certificate to an anchor: found by names, within bounds."""

from collections.abc import Iterator
from typing import NamedTuple

from rmp_milter.x509.comparing import comparable
from rmp_milter.x509.reading import X509

MAX_PATHS = 8  # that are walked
MAX_STEPS = 256  # certificates looked at as somebody's issuer, in all
MAX_LENGTH = 10  # certificates, the anchor among them
MAX_STRANGERS = 16  # certificates that came with a mail


class Path(NamedTuple):
    """From the anchor's side: the anchor, whoever stands between, the certificate itself."""

    anchor: X509
    between: tuple[X509, ...]
    leaf: X509

    @property
    def below(self) -> tuple[X509, ...]:
        """All but the anchor, in the order in which each issued the next."""
        return (*self.between, self.leaf)


def candidates(
    leaf: X509, anchors: tuple[X509, ...], between: tuple[X509, ...]
) -> Iterator[Path]:
    """Yield the paths that names allow, short ones first as far as there is a choice.

    Nothing of them is verified. ``between`` are certificates of authorities, those that we
    know before those of strangers; neither can make this take long.
    """
    steps = found = 0
    waiting: list[tuple[X509, ...]] = [(leaf,)]
    while waiting and steps < MAX_STEPS and found < MAX_PATHS:
        way = waiting.pop(0)
        wanted = comparable(way[0].issuer_der)
        for anchor in anchors:
            if comparable(anchor.subject_der) == wanted and found < MAX_PATHS:
                found += 1
                yield Path(anchor, way[:-1], leaf)
        if len(way) >= MAX_LENGTH - 1:
            continue
        for each in between:
            if comparable(each.subject_der) == wanted and each not in way:
                steps += 1
                waiting.append((each, *way))
