"""How often a leaf and a look at the keeper's tables wait for the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from keeper_case import ORIGIN, event
from log_places import server_place

from rmp_milter.keeper.log import journal
from rmp_milter.keeper.log.journal import Journal
from rmp_milter.keeper.log.known import Known, Stand, of_dossier
from rmp_milter.keeper.log.own import OwnAhead
from rmp_milter.keeper.log.postgresql_log import PostgresqlLog
from testbed.exchanges import waits
from testbed.postgres import PrivatePostgres

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rmp_milter.keeper.log.own import Own

NOW = 1_700_000_000
ACT, DOSSIER, CARD = b"a" * 32, b"d" * 16, Known(0, b"t" * 16)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Journal]:
    with PrivatePostgres() as server:
        place = PostgresqlLog(tmp_path / "log", server_place(str(server.folder)))
        journal.create(place, ORIGIN)
        with Journal(place) as log:
            yield log


def deposit(log: Journal, number: int) -> None:
    """Write a leaf with what a deposit notes besides."""
    act = bytes([number]) + ACT[1:]

    def note(own: Own, _is_new: bool) -> None:  # noqa: FBT001 -- as the journal calls it
        assert own.known.look(of_dossier(DOSSIER), 0, CARD.tag) is Stand.CURRENT
        assert own.acts.note(act, "depot", DOSSIER, NOW + 60)

    asked = OwnAhead(known=[of_dossier(DOSSIER)], acts=[(act, 0)])
    log.append(event("depot", act), NOW, with_it=note, asked=asked)


def test_a_leaf_waits_twice_and_once_more_for_the_tree(log: Journal) -> None:
    log.change(lambda own: own.known.learn(of_dossier(DOSSIER), CARD))
    took = list[int]()
    for number in range(8):
        with waits() as waited:
            deposit(log, number)
        took.append(len(waited))
    # Every other leaf completes no subtree, and needs none of the tree.
    assert took == [2, 3] * 4


def test_a_look_at_the_tables_waits_for_the_look_and_for_its_end(log: Journal) -> None:
    with waits() as waited, log.own():
        pass
    assert waited == []
    with waits() as waited, log.own() as own:
        assert own.known.read(of_dossier(DOSSIER)) is None
    assert len(waited) == 2


def test_known_cards_that_are_named_beforehand_come_in_one_look(log: Journal) -> None:
    log.change(lambda own: own.known.learn(of_dossier(DOSSIER), CARD))
    asked = [of_dossier(DOSSIER), of_dossier(bytes(16)), b"no key"]
    with waits() as waited, log.looking(asked) as own:
        assert own.known.read(of_dossier(DOSSIER)) == CARD
        assert own.known.read(of_dossier(bytes(16))) is None
    assert len(waited) == 1


def test_when_a_leaf_was_written_last_is_one_look(log: Journal) -> None:
    log.append(event("depot", ACT), NOW)
    assert log.latest() == NOW
    with waits() as waited:
        assert log.latest() == NOW
        assert len(waited) == 1
    log.append(event("depot", b"b" * 32), NOW + 60)
    assert log.latest() == NOW + 60
