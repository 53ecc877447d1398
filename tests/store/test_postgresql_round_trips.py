"""How often a commit waits for the server: what it is judged by comes in one go."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from postgresql_case import made_on
from store_case import NOW, a_deposit, a_mail, a_strike, new_id, with_dossier

from rmp_milter.dossier.changes import Changes
from rmp_milter.engine.postgresql.exchange import Exchange
from rmp_milter.engine.postgresql.reading import PostgresqlReads
from testbed.postgres import PrivatePostgres

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def server() -> Iterator[PrivatePostgres]:
    with PrivatePostgres() as server:
        yield server


def test_a_deposit_asks_for_nothing_while_the_turn_is_held(
    server: PrivatePostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    with made_on(server) as store:
        dossiers = [with_dossier(store, f"trait {number}") for number in range(3)]
        asked = list[object]()
        monkeypatch.setattr(
            PostgresqlReads, "_ask", lambda _self, statement, *_values: asked.append(statement)
        )
        for dossier_id in dossiers:
            entry = a_deposit(dossier_id, b"body", b"another")
            store.commit(
                Changes(digest=new_id() * 2, entries=(entry,), outbox=(a_mail(),)), NOW
            )
        assert asked == []


def test_a_deposit_waits_for_the_server_twice(
    server: PrivatePostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For its turn with what it is judged by, and for what it writes with its COMMIT."""
    with made_on(server) as store:
        entry = a_deposit(with_dossier(store), b"body", b"another")
        waits, done = list[Exchange](), Exchange.done

        def counted(exchange: Exchange, until: float = math.inf, least: float = 0.0) -> None:
            waits.append(exchange)
            done(exchange, until, least)

        monkeypatch.setattr(Exchange, "done", counted)
        store.commit(Changes(digest=new_id() * 2, entries=(entry,), outbox=(a_mail(),)), NOW)
        assert len(waits) == 2


def test_a_late_moment_begins_with_its_first_look(server: PrivatePostgres) -> None:
    with made_on(server) as store, store.snapshot(late=True) as late, store.snapshot() as now:
        store.commit(Changes(digest=b"d" * 32), NOW)
        assert late.seen(b"d" * 32)
        assert not now.seen(b"d" * 32)
        store.commit(Changes(digest=b"e" * 32), NOW)
        assert not late.seen(b"e" * 32)


def test_what_was_not_foreseen_is_asked_for(server: PrivatePostgres) -> None:
    with made_on(server) as store:
        for number in range(40):
            store.commit(Changes(digest=bytes([number]) * 32, strikes=(a_strike(),)), NOW)
        store.commit(Changes(), NOW + 90 * 86_400)  # more is over than the first keys show
        assert store.stats()["duplicate_digests"] == store.stats()["tallies"] == 0
