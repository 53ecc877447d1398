"""What holds the store to log and keeper takes no more memory for a store that is larger."""

import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

import pytest
from msgspec.structs import replace

from rmp_milter.calls.protocol.calls import Reply, Request
from rmp_milter.calls.protocol.cards import Compare, Compared
from rmp_milter.cli.both_sides import Differing, StoreRecord, differing
from rmp_milter.cli.leaves import HostKeeper
from rmp_milter.cli.standing import DOSSIER, PERSON, StoredCard
from rmp_milter.cli.vouching import Uncarded
from rmp_milter.dossier.model import (
    CodeSlot,
    Consent,
    Doctor,
    Dossier,
    Patient,
    Slots,
    Waiting,
)
from rmp_milter.host.filed import FiledEntry, held
from rmp_milter.keeper.log.filed import FiledLeaf
from rmp_milter.store.surface import Snapshot

FEW, MANY = 2_000, 8_000
MORE = 40_000
"""Bytes that a store four times as large may cost more: less than any list of it."""

A_PAGE = 500

DOSSIER_OF_ALL = Dossier(
    dossier_id=b"",
    public_key=bytes(32),
    patient=Patient("DUPONT", "Jean", "1959-01-30"),
    treating=b"T" * 16,
    slots=Slots(CodeSlot(bytes(16), bytes(12), bytes(48), folded=True), bytes(80)),
    consent=Consent(b"T" * 16, 1, "1"),
    created_at=1,
)


def numbered(number: int) -> bytes:
    return number.to_bytes(16)


def entries(count: int) -> Iterator[FiledEntry]:
    for number in range(count):
        yield FiledEntry(numbered(number // 2), number, 50, "10003456786", (numbered(number),))


def leaves(count: int) -> Iterator[FiledLeaf]:
    for number in range(count):
        dossier, document = numbered(number // 2), numbered(number)
        yield FiledLeaf(number, dossier, "depot", 50, "10003456786", (document,))


def peak_of(act: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        act()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_entries_are_held_to_their_leaves_in_the_memory_of_a_few() -> None:
    def compared(count: int) -> int:
        return peak_of(lambda: held(entries(count), leaves(count)).findings or None)

    compared(FEW)  # what is made once is made
    few, many = compared(FEW), compared(MANY)
    assert many - few < MORE


def test_a_log_that_says_nothing_of_any_takes_no_more_either() -> None:
    found = held(entries(MANY), iter(()))
    assert found.findings[-1] == "and 7000 more entries of which the access log says otherwise"
    few = peak_of(lambda: held(entries(FEW), iter(())))
    assert peak_of(lambda: held(entries(MANY), iter(()))) - few < MORE


class Keeper:
    """Knows a card of each dossier and each person; ``stand`` is how all of them stand."""

    def __init__(self, count: int, stand: str) -> None:
        self.count, self.stand, self.asked = count, stand, 0

    def ask(self, _kind: type[Reply], request: Request) -> Reply:
        assert isinstance(request, Compare)
        self.asked += len(request.cards)
        if request.behind is None:
            return Compared((self.stand,) * len(request.cards), ())
        return Compared((), tuple(self._page(request.behind)))

    def _page(self, behind: bytes) -> Iterator[bytes]:
        first = 0
        if behind:
            first = int.from_bytes(behind[1:]) + 1 + self.count * (behind[:1] == PERSON)
        for number in range(first, min(first + A_PAGE, 2 * self.count)):
            kind = DOSSIER if number < self.count else PERSON
            yield kind + numbered(number % self.count)


def looked(count: int, stand: str, most: int, without: int = -1) -> tuple[Differing, Keeper]:
    @contextmanager
    def read() -> Iterator[Iterator[StoreRecord]]:
        yield (
            StoreRecord(StoredCard("whose", kind + numbered(number), b"c" * 250))
            for kind in (DOSSIER, PERSON)
            for number in range(count)
            if number != without
        )

    keeper = Keeper(count, stand)
    return differing(cast(HostKeeper, keeper), read, most), keeper


@pytest.mark.parametrize("stand", ["current", "next", "ahead"])
def test_cards_are_held_to_the_keeper_in_the_memory_of_a_few(stand: str) -> None:
    def peak(count: int) -> int:
        return peak_of(lambda: looked(count, stand, most=50))

    peak(FEW)
    few, many = peak(FEW), peak(MANY)
    assert many - few < MORE


def test_every_card_is_shown_and_what_one_side_lacks_is_found() -> None:
    found, keeper = looked(FEW, "current", 50)
    assert found == Differing()
    assert keeper.asked == 2 * FEW
    found, _ = looked(FEW, "current", 50, without=7)
    assert found == Differing(missing=(DOSSIER + numbered(7), PERSON + numbered(7)))
    found, _ = looked(FEW, "ahead", 50)
    assert len(found.faults) == 50


def test_what_has_no_card_yet_is_listed_by_its_ids_alone() -> None:
    """Upgraded from a version without cards, that is all there is."""

    class View:
        def __init__(self, count: int) -> None:
            self.count = count

        def doctors(self) -> Iterator[Doctor]:
            yield from ()

        def waiting(self) -> Iterator[Waiting]:
            yield from ()

        def dossiers(self) -> Iterator[Dossier]:
            for number in range(self.count):
                yield replace(DOSSIER_OF_ALL, dossier_id=numbered(number))

    def peak(count: int) -> int:
        return peak_of(lambda: Uncarded(cast(Snapshot, View(count))))

    peak(FEW)
    few, many = peak(FEW), peak(MANY)
    assert many - few < 2 * 17 * MANY  # a bytearray grows by leaps, and is copied then
    found = Uncarded(cast(Snapshot, View(1234)))
    assert (len(found), found.blessed.dossiers) == (1234, 1234)
    assert [len(keys) for keys in found.keys()] == [50] * 24 + [34]  # noqa: SIM118 -- no mapping's
