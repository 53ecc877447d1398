"""The keeper's own tables change with the leaf or not at all, and an old log gains them."""

import os
import shutil
import signal
import time
from collections.abc import Iterator
from hashlib import sha256
from itertools import count
from pathlib import Path

import pytest
from keeper_case import ORIGIN, event, raw_leaves
from own_case import ACTS, DIGESTS, DOSSIERS, child, rows

from rmp_milter.keeper.log import file, journal, lmdb_log, own_tables
from rmp_milter.keeper.log.journal import Journal, JournalError, LogFormatError
from rmp_milter.keeper.log.known import Known, Stand, of_dossier
from rmp_milter.keeper.log.own import Own
from rmp_milter.keeper.log.place import LogPlace
from rmp_milter.keeper.log.tables import LogTable, OwnTable
from rmp_milter.keeper.log.tries import EVERYBODY, of_nobody, of_person
from rmp_milter.keeper.log.tries import of_dossier as tries_of
from testbed.past_service import unpack

ACT, DOSSIER = ACTS[0], DOSSIERS[0]
TIME = 2_000_000_000
CARD = Known(0, b"t" * 16)
OTHER = b"o" * 16


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    journal.create(tmp_path / "log", ORIGIN)
    return tmp_path / "log"


@pytest.fixture
def log(place: LogPlace) -> Iterator[Journal]:
    with Journal(place) as log:
        yield log


def tables_in(folder: Path) -> set[str]:
    with file.open_environment(folder) as env, env.begin() as transaction:
        return {bytes(name).decode() for name, _ in transaction.cursor()}


def test_a_log_without_them_gains_them_and_stays_what_it_was(folder: Path) -> None:
    assert not tables_in(folder) & {*OwnTable}
    with Journal(folder) as log:
        assert log.append(event("dossier"), 5) == 0
    assert tables_in(folder) == {*LogTable, *OwnTable}
    with file.open_environment(folder) as env:
        lmdb_log.open_checked(env)


def test_the_log_of_a_past_service_gains_them(tmp_path: Path) -> None:
    folder = unpack(tmp_path).parent / "keeper" / "log"
    before = tables_in(folder)
    assert not before & {*OwnTable}
    with Journal(folder) as log:
        size, leaves = len(log), raw_leaves(log)
        assert log.change(lambda own: own.known.take(of_dossier(DOSSIER), CARD)) is Stand.NEXT
    with Journal(folder) as log:
        assert (len(log), raw_leaves(log)) == (size, leaves)
        with log.own() as own:
            assert own.known.read(of_dossier(DOSSIER)) == CARD


def test_processes_that_open_an_old_log_at_once_make_them_once(place: LogPlace) -> None:
    def note(log: Journal, number: int) -> None:
        assert log.change(lambda own: own.acts.note(bytes([number]) * 32, "aide", b"", TIME))

    children = [child(place, lambda log, n=n: note(log, n)) for n in range(8)]
    assert [os.waitpid(pid, 0)[1] for pid in children] == [0] * 8
    with Journal(place) as log, log.own() as own:
        assert len(rows(own, OwnTable.ACTS)) == 8


def test_those_of_a_later_version_are_left_as_they_are(folder: Path) -> None:
    with Journal(folder) as log:
        mark = b"rmp keeper tables 2"
        log._write(lambda txn: txn.put(LogTable.META, own_tables.FORMAT_KEY, mark))
    before = (folder / file.DATA).read_bytes()
    with pytest.raises(LogFormatError, match="its tables is of format 2"):
        Journal(folder)
    assert (folder / file.DATA).read_bytes() == before


def test_one_that_is_gone_is_missed(folder: Path) -> None:
    Journal(folder).close()
    with file.open_environment(folder) as env, env.begin(write=True) as transaction:
        transaction.drop(env.open_db(b"known", transaction))
    with pytest.raises(JournalError):
        Journal(folder)
    assert "known" not in tables_in(folder)


def test_a_folder_that_was_copied_has_them_all(folder: Path, tmp_path: Path) -> None:
    with Journal(folder) as log:
        log.change(lambda own: own.known.learn(of_dossier(DOSSIER), CARD))
        (tmp_path / "copy").mkdir()
    with file.open_environment(folder) as env:
        env.copy(str(tmp_path / "copy"), compact=True)
    shutil.copytree(folder, tmp_path / "files")
    for name in ("copy", "files"):
        shutil.copy(tmp_path / "log.state", tmp_path / f"{name}.state")
        with Journal(tmp_path / name) as log, log.own() as own:
            assert dict(own.known.entries()) == {of_dossier(DOSSIER): CARD}


def note_and_learn(own: Own, _new: bool) -> None:  # noqa: FBT001 -- as it is called
    assert own.acts.note(ACT, "dossier", DOSSIER, TIME)
    own.known.take(of_dossier(DOSSIER), CARD)


def test_what_comes_with_a_leaf_is_there_with_it(log: Journal) -> None:
    assert log.append(event("dossier"), 5, with_it=note_and_learn) == 0
    with log.own() as own:
        assert own.acts.read(ACT)
        assert own.known.read(of_dossier(DOSSIER)) == CARD


def write_one_of_each(own: Own) -> None:
    own.known.learn(b"D" + b"d" * 16, Known(258, b"t" * 16))
    own.known.learn(b"P" + b"p" * 16, Known(0, b"t" * 16, b"c" * 32))
    own.known.forget(b"D" + b"e" * 16)
    own.acts.note(b"a" * 32, "depot", b"d" * 16, 86_400, share=258)
    own.acts.mark_done(b"a" * 32, share=258)
    own.acts.note_attestation("reader", "id", b"a" * 32, 86_401)
    own.tries.count((tries_of(b"d" * 16), of_person(b"p" * 16), of_nobody(b"n" * 32)), 86_399)
    own.tries.count((EVERYBODY,), 1)
    own.tries.count((EVERYBODY,), 2)
    own.traits.put(b"d" * 16, [b"u" * 16, b"t" * 16], b"n" * 16)
    own.owners.claim(b"f" * 20, b"p" * 16)


ATTESTED = sha256(b"\0\x0frmp attestation\0\x06reader\0\x02id").digest()
AS_WRITTEN = {
    "known": {
        b"D" + b"d" * 16: b"\0\0\0\0\0\0\1\2" + b"t" * 16,
        b"P" + b"p" * 16: bytes(8) + b"t" * 16 + b"c" * 32,
        b"D" + b"e" * 16: b"",
    },
    "acts": {
        b"a" * 32 + b"\1\2": b"\0\0\0\0\0\1\x51\x80\1\5depot" + b"d" * 16,
        ATTESTED + b"\0\0": b"\0\0\0\0\0\1\x51\x81\0\x0battestation" + b"a" * 32,
    },
    "acts_due": {
        b"\0\0\0\1" + b"a" * 32 + b"\1\2": b"",
        b"\0\0\0\1" + ATTESTED + b"\0\0": b"",
    },
    "tries": {
        b"D" + b"d" * 16: b"\0\1\x51\x7f",
        b"P" + b"p" * 16: b"\0\1\x51\x7f",
        b"N" + b"n" * 32: b"\0\1\x51\x7f",
        b"*": b"\0\0\0\1\0\0\0\2",
    },
    "tries_due": {
        b"\0\0\0\x1eD" + b"d" * 16: b"",
        b"\0\0\0\x1eP" + b"p" * 16: b"",
        b"\0\0\0\x1eN" + b"n" * 32: b"",
        b"\0\0\0\x1e*": b"",
    },
    "traits": {
        b"t" * 16 + b"d" * 16: b"n" * 16,
        b"u" * 16 + b"d" * 16: b"n" * 16,
    },
    "traits_of": {b"d" * 16: b"t" * 16 + b"u" * 16},
    "owners": {b"f" * 20: b"p" * 16},
}


def test_rows_are_written_as_their_format_has_them(log: Journal) -> None:
    """What differs needs another number (``own_tables.FORMAT``) and a way to it."""
    log.change(write_one_of_each)
    with log.own() as own:
        there = {table.value: rows(own, table) for table in OwnTable}
    assert there == AS_WRITTEN
    assert own_tables.FORMAT.mark == b"rmp keeper tables 1"


class Refused(Exception):  # noqa: N818 -- what a caller may raise
    pass


@pytest.mark.parametrize("fault", [Refused(), OSError(5, "x"), KeyboardInterrupt()])
def test_what_is_raised_passes_and_leaves_neither(log: Journal, fault: BaseException) -> None:
    def refuse(own: Own, new: bool) -> None:  # noqa: FBT001 -- as it is called
        note_and_learn(own, new)
        raise fault

    with pytest.raises(type(fault)) as raised:
        log.append(event("dossier"), 5, b"sealed", with_it=refuse)
    assert raised.value is fault
    with pytest.raises(type(fault)):
        log.change(lambda own: refuse(own, new=True))
    assert len(log) == 0
    with log.own() as own:
        assert [rows(own, table) for table in OwnTable] == [{}] * len(OwnTable)
    assert log.append(event("dossier"), 5, with_it=note_and_learn) == 0


def test_a_repeated_refusal_is_told_apart_and_counted_once(log: Journal) -> None:
    told = []

    def count(own: Own, new: bool) -> None:  # noqa: FBT001 -- as it is called
        told.append(new)
        if new:
            own.tries.count((EVERYBODY,), TIME)

    for request in (ACT, ACT, ACTS[1]):
        log.append(event("dossier", request), TIME, with_it=count)
    assert told == [True, False, True]
    with log.own() as own:
        assert own.tries.recent(EVERYBODY, 0) == 2


def test_what_is_expired_goes_with_the_next_leaf(log: Journal) -> None:
    log.change(lambda own: own.acts.note(ACT, "aide", b"", TIME))
    log.append(event("dossier"), TIME + 2 * 86_400)
    with log.own() as own:
        assert own.acts.read(ACT)
    log.append(event("liste"), TIME + 2 * 86_400, with_it=lambda _own, _new: None)
    with log.own() as own:
        assert own.acts.read(ACT) is None


def test_what_is_read_is_of_one_moment_and_cannot_be_written(log: Journal) -> None:
    with log.own() as own:
        assert own.known.read(of_dossier(DOSSIER)) is None  # its moment is that of this look
        log.change(lambda own: own.known.learn(of_dossier(OTHER), CARD))
        assert own.known.read(of_dossier(OTHER)) is None
    with pytest.raises(JournalError, match="Readonly"), log.own() as own:
        own.known.forget(of_dossier(DOSSIER))


def test_an_erased_dossier_leaves_a_tombstone_and_nothing_else(log: Journal) -> None:
    def fill(own: Own, new: bool) -> None:  # noqa: FBT001 -- as it is called
        note_and_learn(own, new)
        own.traits.put(DOSSIER, DIGESTS[:2])
        own.tries.count((tries_of(DOSSIER),), TIME)

    log.append(event("dossier"), 5, with_it=fill)
    log.forget(DOSSIER, with_it=lambda own: own.erase(DOSSIER))
    with log.own() as own:
        there = {table.value: rows(own, table) for table in OwnTable}
        assert own.known.look(of_dossier(DOSSIER), 1, b"t" * 16) is Stand.GONE
    assert there.pop("known") == {of_dossier(DOSSIER): b""}
    assert not any(
        DOSSIER in key + value for table in there.values() for key, value in table.items()
    )


def test_a_full_disk_leaves_neither(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Journal(folder).close()
    monkeypatch.setattr(file, "MAP_SIZE", 1 << 20)

    def note(own: Own, _new: bool) -> None:  # noqa: FBT001 -- as it is called
        for number in range(100):
            own.acts.note(os.urandom(32), "aide", bytes(16) * 10, TIME + number)

    def fill(log: Journal) -> None:
        for number in range(1000):
            log.append(event("dossier", number.to_bytes(32)), 5, with_it=note)

    with Journal(folder) as log:
        with pytest.raises(JournalError, match="MapFull"):
            fill(log)
        with log.own() as own:
            assert len(rows(own, OwnTable.ACTS)) == 100 * len(log) > 0


def die_in_it(own: Own, new: bool) -> None:  # noqa: FBT001 -- as it is called
    note_and_learn(own, new)
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_kill_in_it_leaves_neither_and_behind_it_both(place: LogPlace) -> None:
    def die_behind_it(log: Journal) -> None:
        log.append(event("dossier"), 5, with_it=note_and_learn)
        os.kill(os.getpid(), signal.SIGKILL)

    works = (lambda log: log.append(event("dossier"), 5, with_it=die_in_it), die_behind_it)
    for leaves, work in enumerate(works):
        _, status = os.waitpid(child(place, work), 0)
        assert os.WTERMSIG(status) == signal.SIGKILL
        with Journal(place) as log, log.own() as own:
            assert len(log) == leaves
            assert len(rows(own, OwnTable.ACTS)) == len(list(own.known.entries())) == leaves


def write_without_end(log: Journal) -> None:
    for number in count():
        act = os.getpid().to_bytes(16) + number.to_bytes(16)

        def note(own: Own, _new: bool, act: bytes = act) -> None:  # noqa: FBT001 -- as above
            assert own.acts.note(act, "dossier", DOSSIER, TIME)

        log.append(event("dossier", act), 5, with_it=note)


def test_kills_at_any_time_leave_as_many_acts_as_leaves(place: LogPlace) -> None:
    Journal(place).close()
    for step in range(12):
        pids = [child(place, write_without_end) for _ in range(2)]
        with Journal(place) as log:  # behind the forks
            size = len(log)
            while len(log) < size + 10:
                time.sleep(0.001)
            time.sleep(step * 0.0007)
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
                assert os.WIFSIGNALED(os.waitpid(pid, 0)[1])
            log.append(event("dossier", ACTS[1]), 5)
            with log.own() as own:
                assert len(rows(own, OwnTable.ACTS)) == len(log) - 1 > size


def test_acts_that_two_processes_note_at_once_are_granted_to_one(place: LogPlace) -> None:
    Journal(place).close()

    def note_all(log: Journal, mine: int) -> None:
        won = [
            number
            for number in range(200)
            if log.change(
                lambda own, n=number: own.acts.note(
                    n.to_bytes(32), "urgence", DOSSIERS[mine], TIME
                )
            )
        ]
        (place.folder.parent / f"won-{mine}").write_text(" ".join(map(str, won)))

    children = [child(place, lambda log, n=n: note_all(log, n)) for n in (0, 1)]
    assert [os.waitpid(pid, 0)[1] for pid in children] == [0, 0]
    won = [{*(place.folder.parent / f"won-{n}").read_text().split()} for n in (0, 1)]
    assert not won[0] & won[1]
    assert len(won[0] | won[1]) == 200
