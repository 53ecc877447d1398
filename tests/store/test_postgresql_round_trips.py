"""How often a commit and a search wait for the server: what is asked for comes in one go."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace
from postgresql_case import made_on, place_on
from store_case import (
    KEYS,
    NOW,
    a_deposit,
    a_doctor,
    a_dossier,
    a_mail,
    a_new_dossier,
    a_strike,
    new_id,
    with_dossier,
)

from rmp_milter.dossier.changes import Changes, Once
from rmp_milter.engine.postgresql import exchange
from rmp_milter.engine.postgresql.exchange import Exchange
from rmp_milter.engine.postgresql.reading import PostgresqlReads
from rmp_milter.handlers.people.choice import choose
from rmp_milter.mail.header.routing import parse
from rmp_milter.store.format.codecs import Codec
from rmp_milter.store.outbox import OutboxView
from rmp_milter.store.postgresql_engine import PostgresqlEngine
from testbed.exchanges import waits
from testbed.postgres import PrivatePostgres

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rmp_milter.dossier.changes import NewDossier
    from rmp_milter.engine.transaction import Value


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


def test_a_deposit_waits_for_the_server_twice(server: PrivatePostgres) -> None:
    """For its turn with what it is judged by, and for what it writes with its COMMIT."""
    with made_on(server) as store:
        entry = a_deposit(with_dossier(store), b"body", b"another")
        with waits() as waited:
            store.commit(
                Changes(digest=new_id() * 2, entries=(entry,), outbox=(a_mail(),)), NOW
            )
        assert len(waited) == 2


def test_whoever_wrote_is_found_in_one_look(server: PrivatePostgres) -> None:
    with made_on(server) as store:
        store.commit(Changes(doctors=(doctor := a_doctor(),)), NOW)
        with waits() as waited:
            with store.snapshot(late=True) as view:
                assert view.doctor_by_mail(doctor.mail) == doctor
            assert len(waited) == 2  # the other one gives the moment back


def test_who_asks_one_thing_has_nothing_begun_or_ended_for_it(server: PrivatePostgres) -> None:
    with made_on(server) as store:
        store.commit(Changes(doctors=(doctor := a_doctor(),)), NOW)
        with waits() as waited, store.looking() as view:
            assert view.doctor_by_mail(doctor.mail) == doctor
            assert len(waited) == 1
            left = server.run_sql("SELECT 1 FROM pg_stat_activity WHERE state LIKE 'idle in %'")
            assert left == ""
            store.commit(Changes(doctors=(another := a_doctor(2),)), NOW)
            assert view.doctor(another.doctor_id) == another


def test_a_mail_seen_before_is_told_by_one_statement(server: PrivatePostgres) -> None:
    with made_on(server) as store:
        store.commit(Changes(digest=b"d" * 32), NOW)
        with waits() as waited:
            assert store.has_seen(b"d" * 32)
            assert not store.has_seen(b"e" * 32)
        assert len(waited) == 2
        left = server.run_sql("SELECT 1 FROM pg_stat_activity WHERE state LIKE 'idle in %'")
        assert left == ""


def test_marks_that_are_asked_for_come_in_one_look(server: PrivatePostgres) -> None:
    with made_on(server) as store:
        store.commit(Changes(digest=b"d" * 32, once=(Once(b"first", NOW + 60),)), NOW)
        with waits() as waited, store.snapshot(late=True) as view:
            view.marks_ahead(b"d" * 32, [b"first", b"second"])
            assert view.seen(b"d" * 32)
            assert [view.happened(each) for each in (b"first", b"second")] == [True, False]
            assert len(waited) == 1
            assert not view.seen(b"e" * 32)
            assert len(waited) == 2


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


def test_a_search_asks_no_more_where_more_bear_the_name(
    server: PrivatePostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = parse("Demande : urgence\nPatient : WACKENHEIM Ludivine\nÂge : 76 ans\n", 2026)
    asked, opened = list[int](), list[int]()
    for count in (2, 60):
        with made_on(server) as store:
            new = tuple(map(born_in, range(count)))
            store.commit(Changes(dossiers=new), NOW)
            with noted(monkeypatch, PostgresqlReads, "_ask") as said, store.snapshot() as view:
                with noted(monkeypatch, Codec, "open") as records:
                    listed = choose(header, view, 2026).listed
                assert len(listed.found) == min(count, 10)
        asked.append(len(said))
        opened.append(len(records))
    assert opened[1] - opened[0] > 15
    assert asked[1] - asked[0] <= 2


def test_a_list_is_not_read_line_by_line(
    server: PrivatePostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    with made_on(server) as store:
        new = tuple(map(born_in, range(60)))
        store.commit(Changes(dossiers=new), NOW)
        with noted(monkeypatch, PostgresqlReads, "_ask") as said, store.snapshot() as view:
            assert len([*view.dossiers_of(new[0].dossier.treating)]) == 60
    assert len(said) < 6


def born_in(number: int) -> NewDossier:
    """Make a dossier like others, of another year and day."""
    dossier = a_dossier()
    born = f"{1946 + number % 9}-02-{1 + number // 9:02}"
    patient = replace(dossier.patient, birth_date=born)
    return a_new_dossier(f"trait {number}", dossier=replace(dossier, patient=patient))


@contextmanager
def noted(
    monkeypatch: pytest.MonkeyPatch, kind: type[object], name: str
) -> Iterator[list[object]]:
    """Note each call of a method meanwhile, by its first argument."""
    said, method = list[object](), getattr(kind, name)

    def noting(self: object, *arguments: object) -> object:
        said.append(arguments[0])
        return method(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(kind, name, noting)
        yield said


def test_all_that_a_deposit_writes_is_one_statement_beside_its_bodies(
    server: PrivatePostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """BEGIN, the lock, what is judged by; two bodies, everything else, COMMIT."""
    with made_on(server) as store:
        entry = a_deposit(with_dossier(store), b"body", b"another")
        with noted(monkeypatch, Exchange, "execute") as said:
            store.commit(
                Changes(digest=new_id() * 2, entries=(entry,), outbox=(a_mail(),)), NOW
            )
    assert len(said) == 7


def test_what_is_written_together_seldom_is_not_remembered_for_ever(
    server: PrivatePostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "MOST_PREPARED", 0)
    with made_on(server) as store:
        entry = a_deposit(with_dossier(store), b"body", b"another")
        changes = Changes(digest=b"d" * 32, entries=(entry,), outbox=(a_mail(),))
        with noted(monkeypatch, Exchange, "execute") as said:
            store.commit(changes, NOW)
        assert len(said) > 7
        assert store.has_seen(b"d" * 32)
        assert store.stats()["entries"] == 1


def test_a_row_that_changed_between_two_looks_is_not_due_where_it_was(
    server: PrivatePostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = PostgresqlEngine(place_on(server, "rmp", 30))
    with made_on(server) as store, engine.outbox(KEYS.outbox, clock=lambda: NOW) as outbox:
        for _ in range(3):
            store.commit(Changes(outbox=(a_mail(),)), NOW)
        read = OutboxView._states

        def late(view: OutboxView, keys: Sequence[bytes]) -> Sequence[Value | None]:
            outbox.sent(1)
            outbox.failed(2, "greylisted", NOW + 300)
            return read(view, keys)

        monkeypatch.setattr(OutboxView, "_states", late)
        with outbox.looking() as view:
            assert [row.row for row in view.due(NOW, 9)] == [3]


def test_what_is_due_is_two_looks(server: PrivatePostgres) -> None:
    engine = PostgresqlEngine(place_on(server, "rmp", 30))
    with made_on(server) as store, engine.outbox(KEYS.outbox, clock=lambda: NOW) as outbox:
        store.commit(Changes(outbox=(a_mail(),)), NOW)
        with waits() as waited, outbox.looking() as view:
            assert [row.row for row in view.due(NOW, 9)] == [1]
        assert len(waited) == 2
