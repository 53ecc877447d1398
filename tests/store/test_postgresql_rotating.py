"""Another key of a store on a server: prepared beside it, and both old, or both new in the end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import psycopg
import pytest
from found_case import filled_throughout, found_in
from migration_case import silent
from postgresql_case import place_on
from prepared_case import BETWEEN, CHANGES, change
from rotation_case import KEY_FILE, keys_in, lay_keys, set_trap, succession_in
from store_case import KEYS, NOW, a_new_dossier

from rmp_milter.dossier.changes import Changes
from rmp_milter.engine.postgresql import following
from rmp_milter.engine.postgresql.connecting import connect
from rmp_milter.engine.postgresql.moving import PostgresqlLeaving, TablesFilled
from rmp_milter.store import StoreError, postgresql_rotating, preparing
from rmp_milter.store.engines import PreparedRotation
from rmp_milter.store.format.failures import InUseError, StoreFailed, UnknownEndError
from rmp_milter.store.format.keys import StoreKeyError
from rmp_milter.store.format.succession import Rotated, Succession
from rmp_milter.store.lmdb_engine import LmdbEngine
from rmp_milter.store.postgresql_engine import PostgresqlEngine
from testbed.forks import is_killed
from testbed.postgres import PrivatePostgres

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from found_case import Found

    from rmp_milter.store.engines import Rotation

pytestmark = pytest.mark.slow

MILTER, COURIER = "rmp milter", "rmp-courier"
SCHEMAS = ("rmp", "rmp_next", "rmp_before")
ANY_KEY = [
    Rotated.OUTBOX,
    *(pytest.param(each, marks=pytest.mark.soak) for each in (Rotated.METADATA, Rotated.INDEX)),
]
"""One for what is the same with each; the campaigns have all."""


@pytest.fixture(scope="module")
def server() -> Iterator[PrivatePostgres]:
    with PrivatePostgres() as server:
        server.run_sql(*(f'CREATE ROLE "{role}" LOGIN' for role in (MILTER, COURIER)))
        yield server


class Host(NamedTuple):
    """Key files and what is prepared in ``home``, the store on the server, as who may do what."""

    home: Path
    server: PrivatePostgres

    @property
    def engine(self) -> PostgresqlEngine:
        place = replace(place_on(self.server), user=MILTER)
        return PostgresqlEngine(place, self.home / "store")

    def administered(self) -> None:
        """Give psql what is printed for the administrator."""
        self.server.run_sql(self.engine.rotation_groundwork(MILTER, COURIER))

    def prepare(self, which: Rotated) -> PreparedRotation:
        return self.engine.prepare_rotation(succession_in(self.home, which), silent)

    def finish(self, which: Rotated) -> Rotation:
        succession = succession_in(self.home, which)
        return self.engine.rotate(succession, silent, prepared_only=True)

    def found(self) -> Found:
        return found_in(self.home, self.engine)

    def change(self, *names: str) -> None:
        change(self.home, *names, engine=self.engine)

    def is_as_before(self) -> bool:
        """Whether the store opens by the keys of before, and is sound."""
        return keys_in(self.home) == KEYS and not self.engine.check(KEYS).findings

    def is_under(self, which: Rotated) -> bool:
        """Whether it opens by another one, by which it is sound, and nothing is left beside it."""
        keys = keys_in(self.home)
        left = [*(self.home / "store").iterdir(), *self.home.glob("*.next")]
        is_other = getattr(keys, which) != getattr(KEYS, which)
        return is_other and not left and not self.engine.check(keys).findings

    def is_killed_finishing(self, which: Rotated, moment: str) -> bool:
        def work() -> None:
            set_trap(moment, postgresql_rotating, following, Succession)
            self.finish(which)

        return is_killed(work)


@pytest.fixture
def host(server: PrivatePostgres, tmp_path: Path) -> Host:
    server.run_sql(*(f"DROP SCHEMA IF EXISTS {each} CASCADE" for each in SCHEMAS))
    lay_keys(tmp_path)
    (tmp_path / "store").mkdir()
    host = Host(tmp_path, server)
    server.run_sql(host.engine.groundwork(MILTER, COURIER))
    host.engine.create(KEYS)
    with host.engine.open(KEYS) as store:
        filled_throughout(store)
    return host


@pytest.fixture(params=list(Rotated))
def which(request: pytest.FixtureRequest) -> Rotated:
    return Rotated(request.param)


@pytest.fixture(params=ANY_KEY)
def any_key(request: pytest.FixtureRequest) -> Rotated:
    return Rotated(request.param)


# What is meant to be


def test_all_is_there_under_the_other_key_and_what_came_meanwhile(
    host: Host, which: Rotated
) -> None:
    host.administered()
    with host.engine.open(KEYS) as store:  # the services run
        done = host.prepare(which)
        assert (done.ready, done.which, done.earlier) == (True, which, False)
        store.commit(Changes(dossiers=(a_new_dossier("come meanwhile"),)), NOW)
    host.change(*CHANGES)
    found = host.found()
    assert host.is_as_before()
    done_then = host.finish(which)
    assert (done_then.ended, done_then.nameless) == (False, True)
    assert keys_in(host.home) == replace(KEYS, **{which: getattr(keys_in(host.home), which)})
    with pytest.raises(StoreError, match=r"rmp_next .* waits for its name: rmp key rotate"):
        host.found()
    host.administered()
    assert host.found() == found
    assert host.is_under(which)
    with pytest.raises(StoreKeyError, match=f"{KEY_FILE[which]} is another one"):
        host.engine.open(KEYS)


def test_it_can_be_done_once_more_when_the_former_schema_is_dropped(host: Host) -> None:
    for number, which in enumerate(Rotated):
        host.administered()
        if number:
            with pytest.raises(StoreError, match="rmp_before is there from another time: drop"):
                host.prepare(which)
            host.server.run_sql("DROP SCHEMA rmp_before CASCADE")
        host.prepare(which)
        host.finish(which)
        host.administered()
        assert host.is_under(which)


def test_each_role_can_do_its_work_behind_it(host: Host) -> None:
    host.administered()
    host.prepare(Rotated.OUTBOX)
    host.finish(Rotated.OUTBOX)
    host.administered()
    courier = PostgresqlEngine(replace(place_on(host.server), user=COURIER))
    with courier.outbox(keys_in(host.home).outbox, clock=lambda: NOW) as outbox:
        due = outbox.rows()[0].row
        outbox.failed(due, "busy", NOW + 60)
    host.change(*BETWEEN)
    assert host.is_under(Rotated.OUTBOX)


def test_what_is_prepared_can_be_given_up(host: Host, any_key: Rotated) -> None:
    host.administered()
    assert not host.engine.abandon_rotation(succession_in(host.home, any_key))
    host.prepare(any_key)
    waiting = host.engine.waiting_rotation()
    assert waiting is not None
    assert (waiting.which, waiting.ready) == (any_key, True)
    assert host.engine.abandon_rotation(succession_in(host.home, any_key))
    assert host.engine.waiting_rotation() is None
    assert not list(host.home.glob("*.next"))
    assert host.server.run_sql("SELECT count(*) FROM rmp_next.dossiers").strip() == "0"
    assert host.is_as_before()
    with pytest.raises(StoreError, match="nothing is prepared: give it without --finish"):
        host.finish(any_key)


# Who did not stop


def test_who_has_it_open_writes_nothing_under_the_key_of_before(
    host: Host, any_key: Rotated
) -> None:
    """Neither into the store that was left, nor into the one that has its name then."""
    host.administered()
    host.prepare(any_key)
    late, later = host.engine.open(KEYS), host.engine.open(KEYS)
    with late, later, host.engine.outbox(KEYS.outbox) as outbox:
        row = outbox.rows()[0].row
        host.finish(any_key)
        new = Changes(dossiers=(a_new_dossier("much too late"),))
        with pytest.raises(StoreFailed, match="it was moved away"):
            late.commit(new, NOW)
        host.administered()
        found = host.found()
        with pytest.raises(StoreFailed, match="another one has its name by now"):
            later.commit(new, NOW)
        with pytest.raises(StoreFailed, match="another one has its name by now"):
            outbox.retry(row, NOW)
    assert host.found() == found
    assert host.is_under(any_key)


def test_nothing_is_finished_that_was_not_asked_for(host: Host, any_key: Rotated) -> None:
    """Whether another host has the store open cannot be seen from here."""
    host.administered()
    host.prepare(any_key)
    with pytest.raises(InUseError, match="cannot be seen"):
        host.engine.rotate(succession_in(host.home, any_key), silent)
    assert host.is_as_before()


# Kills


@pytest.mark.parametrize(
    "moment", ["before written_again 1", "behind written_again 1", "before take_place 1"]
)
def test_who_is_killed_before_the_commit_has_changed_nothing(host: Host, moment: str) -> None:
    host.administered()
    host.prepare(Rotated.METADATA)
    host.change(*BETWEEN)
    assert host.is_killed_finishing(Rotated.METADATA, moment)
    assert host.is_as_before()
    host.change("doctors change", "a dossier is erased")
    found = host.found()
    assert not host.finish(Rotated.METADATA).ended
    host.administered()
    assert host.found() == found
    assert host.is_under(Rotated.METADATA)


@pytest.mark.parametrize("named", [False, True], ids=["at once", "after the names"])
@pytest.mark.parametrize(
    "moment", ["behind take_place 1", "before settle 1", "behind settle 1"]
)
def test_who_is_killed_behind_the_commit_is_ended_by_a_second_call(
    host: Host, moment: str, *, named: bool
) -> None:
    which = Rotated.INDEX
    host.administered()
    host.prepare(which)
    host.change(*BETWEEN)
    found = host.found()
    assert host.is_killed_finishing(which, moment)
    if named:
        host.administered()
    if named and moment == "behind settle 1":  # nothing but what was prepared is left
        with pytest.raises(StoreError, match="the next key is not there any more"):
            host.finish(which)
        host.engine.abandon_rotation(succession_in(host.home, which))
    else:
        done = host.engine.rotate(succession_in(host.home, which), silent)
        assert (done.ended, done.nameless) == (True, not named)
    if not named:
        host.administered()
    assert host.found() == found
    assert host.is_under(which)


@pytest.mark.parametrize(
    "put", [5, *(pytest.param(each, marks=pytest.mark.soak) for each in (1, 20))]
)
def test_who_is_killed_filling_the_other_schema_goes_on(host: Host, put: int) -> None:
    host.administered()

    def work() -> None:
        set_trap(f"behind put {put}", TablesFilled)
        host.prepare(Rotated.METADATA)

    assert is_killed(work)
    waiting = host.engine.waiting_rotation()
    assert waiting is not None
    assert not waiting.ready
    host.change(*BETWEEN)
    found = host.found()
    assert host.prepare(Rotated.METADATA).ready
    host.finish(Rotated.METADATA)
    host.administered()
    assert host.found() == found
    assert host.is_under(Rotated.METADATA)


def test_a_commit_of_which_nobody_heard_is_found_out_by_a_second_call(
    host: Host, any_key: Rotated, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.administered()
    host.prepare(any_key)
    found = host.found()
    really = PostgresqlLeaving.settle

    def unheard(left: PostgresqlLeaving) -> None:
        really(left)
        raise StoreFailed("failed", "the connection was lost")

    with monkeypatch.context() as lost:
        lost.setattr(PostgresqlLeaving, "settle", unheard)
        with pytest.raises(UnknownEndError, match=r"is not known, give it again: .*was lost"):
            host.finish(any_key)
    assert host.finish(any_key).ended
    host.administered()
    assert host.found() == found
    assert host.is_under(any_key)


# What does not fit


def fails(*_: object) -> None:
    """Be a server that goes away."""
    raise psycopg.OperationalError("the server closed the connection")


def test_without_the_other_schema_nothing_is_begun(host: Host, any_key: Rotated) -> None:
    with pytest.raises(StoreError, match=f"to be made first: rmp key rotate {any_key} --sql"):
        host.prepare(any_key)
    assert not list(host.home.glob("*.next"))
    assert not host.engine.abandon_rotation(succession_in(host.home, any_key))
    assert host.is_as_before()


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("DELETE FROM rmp_next.bodies", "table bodies would have"),
        ("DELETE FROM rmp_next.meta", "the keys are not those of the store"),
        ("DROP SCHEMA rmp_next CASCADE", "is not made"),
        ("CREATE SCHEMA rmp_before", "drop it first"),
    ],
)
def test_what_was_done_to_the_other_schema_keeps_it_from_being_the_store(
    host: Host, statement: str, why: str
) -> None:
    host.administered()
    host.prepare(Rotated.METADATA)
    host.server.run_sql(statement)
    with pytest.raises(StoreError, match=f"stay as they were, as what is prepared: .*{why}"):
        host.finish(Rotated.METADATA)
    assert host.is_as_before()
    assert (host.home / "store/rotation").exists()


def test_another_host_that_prepares_as_well_takes_the_place_from_the_first(
    host: Host, tmp_path: Path
) -> None:
    """Both fill one schema: only whose key it is under may finish it."""
    host.administered()
    host.prepare(Rotated.METADATA)
    other = Host(tmp_path / "other", host.server)
    (other.home / "store").mkdir(parents=True)
    lay_keys(other.home)
    other.prepare(Rotated.METADATA)
    with pytest.raises(StoreError, match="the keys are not those of the store"):
        host.finish(Rotated.METADATA)
    assert host.is_as_before()
    assert not other.finish(Rotated.METADATA).ended
    other.administered()
    assert other.is_under(Rotated.METADATA)
    with pytest.raises(StoreKeyError):
        host.finish(Rotated.METADATA)


def test_a_place_that_was_taken_is_filled_again(host: Host) -> None:
    host.administered()
    host.prepare(Rotated.METADATA)
    host.server.run_sql("DELETE FROM rmp_next.meta", "DELETE FROM rmp_next.entries")
    assert not host.prepare(Rotated.METADATA).earlier
    host.finish(Rotated.METADATA)
    host.administered()
    assert host.is_under(Rotated.METADATA)


def test_a_server_that_fails_leaves_all_as_it_was(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.administered()
    host.prepare(Rotated.METADATA)

    with monkeypatch.context() as broken:
        broken.setattr(following, "written_again", fails)
        with pytest.raises(StoreError, match=r"stay as they were, .* closed the connection"):
            host.finish(Rotated.METADATA)
    assert host.is_as_before()
    assert not host.finish(Rotated.METADATA).ended
    assert preparing.waiting_in(host.home / "store") is None


@pytest.mark.parametrize(
    ("where", "call"),
    [(following, "is_made"), (postgresql_rotating, "_check_keys")],
    ids=["is it made", "its keys"],
)
def test_a_server_that_is_lost_at_a_look_is_told_in_a_line(
    host: Host, where: object, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.administered()
    host.prepare(Rotated.METADATA)

    with monkeypatch.context() as broken:
        broken.setattr(where, call, fails)
        for act in (host.prepare, host.finish):
            with pytest.raises(StoreError, match="closed the connection"):
                act(Rotated.METADATA)
    assert host.is_as_before()
    assert not host.finish(Rotated.METADATA).ended


def test_a_turn_that_does_not_come_is_told_and_nothing_is_moved(host: Host) -> None:
    """A milter that was stopped in its turn; the same for who moves a store."""
    host.administered()
    host.prepare(Rotated.METADATA)
    place = replace(place_on(host.server), user=MILTER, turn_wait=1)
    hurried = PostgresqlEngine(place, host.home / "store")
    with connect(place) as stopped, stopped.transaction():
        stopped.execute("SELECT 1 FROM rmp.turn FOR UPDATE")
        with pytest.raises(StoreError, match=r"stay as they were, .*lock timeout"):
            hurried.rotate(
                succession_in(host.home, Rotated.METADATA), silent, prepared_only=True
            )
        with pytest.raises(StoreError, match="lock timeout"), hurried.leaving():
            pass
    assert host.is_as_before()
    assert not host.finish(Rotated.METADATA).ended


def test_what_is_prepared_of_a_file_is_laid_down_when_it_has_moved_to_a_server(
    host: Host, server: PrivatePostgres, tmp_path: Path
) -> None:
    """And back: what is prepared is of the store, wherever it is by then."""
    file = LmdbEngine(tmp_path / "store", 0)
    host.administered()
    host.prepare(Rotated.METADATA)
    with host.engine.leaving() as left:
        file.take_over(KEYS, left, silent)
        left.settle()
    found = found_in(host.home, file)
    server.run_sql(*(f"DROP SCHEMA {each} CASCADE" for each in SCHEMAS[:2]))
    server.run_sql(host.engine.groundwork(MILTER, COURIER))
    with file.leaving() as left:
        host.engine.take_over(KEYS, left, silent)
        left.settle()
    with pytest.raises(StoreError, match="is not made"):
        host.finish(Rotated.METADATA)
    host.administered()
    assert not host.prepare(Rotated.METADATA).earlier
    host.finish(Rotated.METADATA)
    host.administered()
    assert host.found() == found
