"""What a courier asks of the leases: not at each look for whom another one has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rmp_milter.courier.leases import ASKED_AGAIN_SECONDS, LeasedReaders

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

SECONDS = 30.0


class Book:
    """Leases that were granted to another courier, and what is asked of them."""

    shared = True
    seconds = SECONDS

    def __init__(self, *others: str) -> None:
        self.others = set(others)
        self.now = 1000.0

    def clock(self) -> float:
        return self.now

    def take(self, readers: Sequence[str], most: int) -> frozenset[str]:
        return frozenset([each for each in readers if each not in self.others][:most])

    def renew(self, readers: Collection[str]) -> frozenset[str] | None:
        return frozenset(readers)

    def give_back(self, readers: Collection[str]) -> bool:
        return bool(readers)


def test_who_is_anothers_is_asked_for_again_in_a_moment() -> None:
    book = Book("anne")
    leased = LeasedReaders(book, book.clock)
    assert leased.maybe_free(["anne", "brice"]) == ["anne", "brice"]
    assert leased.take(["anne", "brice"], 9)
    assert leased.holds("brice")
    assert leased.maybe_free(["anne", "carla"]) == ["carla"]
    book.now += ASKED_AGAIN_SECONDS
    book.others.clear()
    assert leased.maybe_free(["anne"]) == ["anne"]
    assert leased.take(["anne"], 9)
    assert leased.holds("anne")


def test_whom_there_was_no_room_for_may_be_free() -> None:
    book = Book()
    leased = LeasedReaders(book, book.clock)
    assert leased.take(["anne", "brice"], 1)
    assert leased.maybe_free(["brice"]) == ["brice"]
