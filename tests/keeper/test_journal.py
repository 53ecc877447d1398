"""The access log: durable, found again, never made by accident, shared by processes."""

import json
import os
import signal
from pathlib import Path

import msgspec
import pytest
from keeper_case import ORIGIN, event, raw_leaves

from rmp_milter.keeper.log import journal
from rmp_milter.keeper.log.journal import LOOKED_BACK, Journal, JournalError
from rmp_milter.keeper.log.leaves import DOCUMENTS_PER_LEAF, MAX_LEAF, LeafError, leaves
from rmp_milter.keeper.log.place import LogPlace


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    journal.create(tmp_path / "log", ORIGIN)
    return tmp_path / "log"


def test_a_log_is_made_once(place: LogPlace) -> None:
    with pytest.raises(JournalError, match="not overwritten"):
        journal.create(place, ORIGIN)


def test_a_missing_log_is_an_error_and_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="no access log"):
        Journal(tmp_path / "log")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"noise" * 5000])
def test_an_emptied_or_foreign_log_is_an_error(folder: Path, content: bytes) -> None:
    (folder / "data.mdb").write_bytes(content)
    with pytest.raises(JournalError, match="not an access log"):
        Journal(folder)


def test_leaves_are_canonical_and_hold_who_what_when(place: LogPlace) -> None:
    with Journal(place) as log:
        log.append(event("dossier"), 5)
        (raw,) = raw_leaves(log)
    leaf = json.loads(raw)
    assert raw == json.dumps(leaf, sort_keys=True, separators=(",", ":")).encode()
    assert leaf["action"] == "dossier"
    assert leaf["rpps"] == "10001234567"
    assert leaf["logged"] == 5
    assert len(leaf["patient"]) == 64


def test_a_change_of_the_directory_says_whom_it_concerns_and_who_answers_for_it(
    place: LogPlace,
) -> None:
    change = msgspec.structs.replace(
        event("cle"), subject="10009876543", witnesses=("Jeanne ROY", "Luc SAND")
    )
    with Journal(place) as log:
        assert log.append(event("cle"), 5) != log.append(change, 5)
        plain, raw = map(json.loads, raw_leaves(log))
    assert (raw["subject"], raw["witnesses"]) == ("10009876543", ["Jeanne ROY", "Luc SAND"])
    assert not {"subject", "witnesses"} & plain.keys()


def test_leaves_survive_and_go_on_counting(place: LogPlace) -> None:
    with Journal(place) as log:
        assert [log.append(event(word), 5) for word in ("aide", "liste")] == [0, 1]
    with Journal(place) as log:
        assert len(log) == 2
        assert log.append(event("liste"), 9) == 1
        assert log.append(event("depot"), 9) == 2


def test_what_differs_in_outcome_or_documents_is_another_access(place: LogPlace) -> None:
    first = event("dossier")
    with Journal(place) as log:
        indexes = [
            log.append(changed, 5)
            for changed in (
                first,
                msgspec.structs.replace(first, outcome="refused"),
                msgspec.structs.replace(first, documents=(b"x" * 16,)),
                msgspec.structs.replace(first, actor_fingerprint="cd"),
                first,
            )
        ]
    assert indexes == [0, 1, 2, 3, 0]


def test_an_event_without_a_request_is_always_new(place: LogPlace) -> None:
    with Journal(place) as log:
        assert [log.append(event("key", b""), 5) for _ in range(3)] == [0, 1, 2]


def test_many_documents_take_several_leaves_none_too_long(place: LogPlace) -> None:
    documents = tuple(number.to_bytes(16) for number in range(2 * DOCUMENTS_PER_LEAF + 1))
    many = msgspec.structs.replace(event("dossier"), documents=documents)
    made = leaves(many, 5)
    assert len(made) == 3
    assert max(map(len, made)) <= MAX_LEAF
    named = [document for leaf in made for document in json.loads(leaf)["documents"]]
    assert named == [document.hex() for document in documents]
    with Journal(place) as log:
        assert log.append(many, 5) == 2
        assert log.append(many, 6) == 2
        assert len(log) == 3


def test_fields_without_end_are_refused(place: LogPlace) -> None:
    long = msgspec.structs.replace(event("dossier"), sender="x" * 100_000)
    with Journal(place) as log, pytest.raises(LeafError):
        log.append(long, 5)


def test_processes_share_the_log_and_one_killed_leaves_it_usable(place: LogPlace) -> None:
    started = [_writer(place, number) for number in range(3)]
    with Journal(place) as log:
        while len(log) < 20:
            pass
        os.kill(started[0], signal.SIGKILL)
        for child in started:
            os.waitpid(child, 0)
        assert log.append(event("after"), 5) == len(log) - 1
        raw = raw_leaves(log)
    requests = [json.loads(leaf)["request"] for leaf in raw]
    assert len(set(requests)) == len(requests)


def _writer(place: LogPlace, number: int) -> int:
    child = os.fork()
    if child:
        return child
    try:
        with Journal(place) as log:
            for at in range(100):
                log.append(event("dossier", bytes((number, at))), 5)
    finally:
        os._exit(0)


def test_what_is_said_more_of_an_access_is_in_its_leaf_only_where_it_is_set(
    place: LogPlace,
) -> None:
    more = msgspec.structs.replace(event("dossier"), proof="code", entries=(2, 7))
    with Journal(place) as log:
        assert [log.append(each, 5) for each in (event("dossier"), more, more)] == [0, 1, 1]
        plain, said = (json.loads(leaf) for leaf in raw_leaves(log))
    assert set(said) - set(plain) == {"proof", "entries"}
    assert (said["proof"], said["entries"]) == ("code", [2, 7])


def test_many_entries_take_several_leaves(place: LogPlace) -> None:
    entries = tuple(range(1, 2 * DOCUMENTS_PER_LEAF + 2))
    many = msgspec.structs.replace(event("dossier"), entries=entries)
    with Journal(place) as log:
        assert log.append(many, 5) == 2
        found = log.history(many.dossier_id, 1000)
    assert tuple(entry for each in found for entry in each.entries) == entries


@pytest.mark.parametrize("field", ["proof", "acting_for"])
def test_new_fields_are_bounded_too(place: LogPlace, field: str) -> None:
    long = msgspec.structs.replace(event("dossier"), **{field: "x" * 41})
    with Journal(place) as log, pytest.raises(LeafError):
        log.append(long, 5)


def test_dossiers_whose_ids_begin_alike_are_kept_apart(place: LogPlace) -> None:
    ids = (b"a", b"ab", b"\xff" * 16, b"")
    with Journal(place) as log:
        for at, dossier_id in enumerate(ids):
            log.append(msgspec.structs.replace(event("x"), dossier_id=dossier_id), at)
        found = [[each.number for each in log.history(each_id, 9)] for each_id in ids]
    assert found == [[0], [1], [2], []]


def test_the_latest_time_is_not_hidden_by_what_is_written_by_a_clock_that_is_behind(
    place: LogPlace,
) -> None:
    with Journal(place) as log:
        assert log.latest() == 0
        log.append(event("dossier"), 900)
        assert log.latest() == 900
        log.append(event("urgence"), 500)
        assert log.latest() == 900
        log.append(event("liste"), 1200)
        assert log.latest() == 1200
    with Journal(place) as log:
        assert log.latest() == 1200


def test_the_latest_time_is_looked_for_among_the_last_leaves_only(place: LogPlace) -> None:
    with Journal(place) as log:
        log.append(event("dossier", bytes(32)), 900)
        for number in range(1, LOOKED_BACK + 1):
            log.append(event("liste", number.to_bytes(32)), 500)
        assert log.latest() == 500
