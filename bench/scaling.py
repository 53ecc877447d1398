"""The service at a thousand dossiers, and at a million: what grows with them, and what does not."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass

from asking import asked, changed
from by_mail import ByMail, Load, emergencies
from costs import Figure
from filling import Filled, fill_service
from population import Place
from weighing import checked

from rmp_milter.cli.stores import open_store
from rmp_milter.config import load
from testbed.host import Host

SIZES = (1_000, 10_000, 100_000, 1_000_000)
ISLAND = 300_000
"""So many dossiers on the island, where 6,000 have one name; fewer if all sizes are smaller."""
GROWN_FROM = 10_000


@dataclass
class _Found:
    """The figures of one size; ``mail`` only where mails were sent."""

    figures: list[Figure]
    mail: ByMail | None = None


def scale(
    sizes: Sequence[int], *, tries: int = 20, by_mail: bool = True
) -> Iterator[list[str]]:
    """Yield the lines of each size as soon as they are there, then how much each figure grew."""
    found: dict[int, _Found] = {}
    for size in sizes:
        with _stand(size, Place.MAINLAND) as (host, filled):
            yield _weight(host, filled)
            each = found[size] = _Found(list(_asked(host, filled)))
            yield [f"  {figure}" for figure in each.figures]
            yield [f"  {checked(host.service.config)}"]
            each.figures += _changed(host, filled)
            yield [f"  {figure}" for figure in each.figures[-2:]]
            if by_mail:
                each.mail = emergencies(host, filled, tries, Load())
                yield [f"  {line}" for line in each.mail.lines()]
    yield _island(min(ISLAND, max(sizes)))
    yield list(_growth(found))


@contextmanager
def _stand(size: int, place: Place) -> Iterator[tuple[Host, Filled]]:
    """Give a running host whose store is filled."""
    with closing(Host()) as host:
        filled = fill_service(host.service, size, place, Progress())
        host.start()
        yield host, filled


def _asked(host: Host, filled: Filled) -> Iterator[Figure]:
    with open_store(load(host.service.config)) as store:
        yield from asked(store, filled)


def _changed(host: Host, filled: Filled) -> Iterator[Figure]:
    with open_store(load(host.service.config)) as store:
        yield from changed(store, filled)


def _weight(host: Host, filled: Filled) -> list[str]:
    with open_store(load(host.service.config)) as store:
        each = {name: count / filled.amount for name, count in store.stats().items()}
    return [
        f"{filled.amount:,} dossiers ({filled.place}), filled in {filled.seconds:.0f} s:",
        (
            f"  octets a dossier: {each['used_bytes']:.0f}, of it {each['search_term_bytes']:.0f}"
            f" for {each['search_terms']:.1f} search terms"
        ),
    ]


def _island(size: int) -> list[str]:
    """Ask where one name is that of two in a hundred."""
    with _stand(size, Place.ISLAND) as (host, filled):
        figures = list(_asked(host, filled))
        return [*_weight(host, filled), *(f"  {each}" for each in figures[:4])]


def _growth(found: dict[int, _Found]) -> Iterator[str]:
    least, most = (GROWN_FROM if GROWN_FROM in found else min(found)), max(found)
    if least == most:
        return
    yield f"from {least:,} to {most:,} dossiers:"
    few, many = found[least], found[most]
    for small, large in zip(few.figures, many.figures, strict=True):
        yield (
            f"  {small.name}: {large.processor / small.processor:.2f} times the processor time,"
            f" {large.opened / max(small.opened, 1):.2f} times the records opened"
        )
    if few.mail and many.mail:
        yield f"  {many.mail.grown_from(few.mail)}"


class Progress:
    """Says on stderr how far long work is, every few seconds."""

    def __init__(self) -> None:
        self._began = self._told = time.monotonic()

    def __call__(self, what: str, done: int, total: int) -> None:
        """Say so, unless something was said just before."""
        now = time.monotonic()
        if now - self._told > 5:
            self._told = now
            print(f"{what}: {done:,} of {total:,}, {now - self._began:.0f} s", file=sys.stderr)
