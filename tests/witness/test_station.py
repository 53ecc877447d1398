"""A witness's folder: one history, whatever comes, whoever is killed, however many ask at once."""

import json
import os
import stat
import sys
import threading
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from witness_case import AT, FORK, LOG, NAME, made_station, submission

from rmp_milter.disk import new_files
from rmp_milter.tlog.checkpoints import parse_head, sign_head
from rmp_milter.tlog.cosignatures import cosigned_at
from rmp_milter.tlog.notes import VerifierKey, parse, read_signatures, with_signatures
from rmp_milter.tlog.witnessing import WitnessReply
from rmp_milter.witness.own_keys import KEY_FILE, WitnessKeyError, make_keys, read_keys
from rmp_milter.witness.station import (
    LOGS,
    MOST_REFUSED,
    REFUSED,
    Station,
    StationError,
    WitnessAnswer,
    origin_hash,
)
from testbed.made_log import KEY, ORIGIN, SIGNER

OTHER_SIZE, INCONSISTENT = WitnessReply.OTHER_SIZE, WitnessReply.INCONSISTENT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "witness"
    made_station(place)
    return place


def ask(folder: Path, body: bytes, now: int = AT) -> WitnessAnswer:
    with Station(folder) as station:
        return station.submitted(body, now)


def reply(folder: Path, body: bytes, now: int = AT) -> WitnessReply:
    return ask(folder, body, now).ruling.reply


def known_size(folder: Path) -> int:
    with Station(folder) as station:
        note = station.cosigned(origin_hash(ORIGIN))
    return parse_head(parse(note).text).size if note else 0


def test_a_key_is_for_its_owner_alone_and_never_made_twice(folder: Path) -> None:
    assert stat.S_IMODE((folder / KEY_FILE).stat().st_mode) == 0o600
    keys = read_keys(folder)
    assert [key.kind for key in keys.public] == [b"\x04", b"\x06"]
    with pytest.raises(FileExistsError):
        make_keys(folder, NAME)
    assert read_keys(folder).public == keys.public
    raw = keys.ed25519.private_bytes_raw().hex()
    assert raw not in repr(keys)


@pytest.mark.parametrize(
    "content", [b"", b"rmp-witness-private-key-1 a AAAA\n", b"\xff", b"x y z"]
)
def test_a_key_file_of_another_content_is_refused_without_saying_it(
    folder: Path, content: bytes
) -> None:
    (folder / KEY_FILE).write_bytes(content)
    with pytest.raises(WitnessKeyError) as refused:
        Station(folder)
    assert str(refused.value).endswith("not the key of a witness")


def test_an_old_key_of_ed25519_alone_still_signs(folder: Path) -> None:
    label, name, seeds = (folder / KEY_FILE).read_text().split()
    short = seeds[:42] + "A="  # the first 32 octets, but for the last bits
    (folder / KEY_FILE).write_text(f"{label} {name} {short}\n")
    answer = ask(folder, submission(LOG, 0, 10))
    assert len(read_signatures(answer.body)) == 1


def test_a_log_that_grows_is_cosigned_by_both_keys(folder: Path) -> None:
    keys = read_keys(folder)
    for old, size in ((0, 10), (10, 10), (10, 25), (25, 60)):
        answer = ask(folder, submission(LOG, old, size), AT + size)
        assert answer.ruling.reply is WitnessReply.COSIGNED
        lines = read_signatures(answer.body)
        note = with_signatures(parse(LOG.checkpoint(size)), lines)
        assert [cosigned_at(note, key) for key in keys.public] == [AT + size] * 2
        assert answer.note == note.encode()
    assert known_size(folder) == 60


@pytest.mark.promise(number=13)
def test_a_fork_and_a_rollback_are_refused_and_the_evidence_kept(folder: Path) -> None:
    assert reply(folder, submission(LOG, 0, 25)) is WitnessReply.COSIGNED
    assert reply(folder, submission(FORK, 25, 40)) is INCONSISTENT
    assert reply(folder, submission(FORK, 25, 25)) is INCONSISTENT
    assert reply(folder, submission(LOG, 10, 20)) is OTHER_SIZE
    assert reply(folder, submission(FORK, 3, 25)) is OTHER_SIZE
    assert known_size(folder) == 25
    kept = [json.loads(path.read_text()) for path in (folder / REFUSED).iterdir()]
    assert {parse_head(parse(each["submitted"].encode()).text) for each in kept} == {
        FORK.head(25),
        FORK.head(40),
    }
    for each in kept:
        assert parse_head(parse(each["cosigned"].encode()).text) == LOG.head(25)
    assert reply(folder, submission(LOG, 25, 60)) is WitnessReply.COSIGNED


def test_evidence_has_a_bound(folder: Path) -> None:
    assert reply(folder, submission(LOG, 0, 25)) is WitnessReply.COSIGNED
    for number in range(MOST_REFUSED):
        (folder / REFUSED / str(number)).touch()
    assert reply(folder, submission(FORK, 25, 40)) is INCONSISTENT
    assert len(list((folder / REFUSED).iterdir())) == MOST_REFUSED


def test_what_is_not_watched_is_not_begun(folder: Path) -> None:
    (folder / LOGS / origin_hash(ORIGIN)).unlink()
    assert reply(folder, submission(LOG, 0, 25)) is WitnessReply.UNKNOWN_LOG
    assert list((folder / LOGS).iterdir()) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _data: b"",
        lambda data: data[:-9],
        lambda data: data.replace(b"log 1", b"log 2"),
        lambda data: data.replace(b"\\n25\\n", b"\\n24\\n").replace(b"rmp+", b"rmq+"),
        lambda data: data.replace(b'"note"', b'"mote"'),
        lambda data: data.replace(b'"note": "chu', b'"note": "ch'),
    ],
)
def test_a_state_that_cannot_be_read_signs_nothing(
    folder: Path, spoil: Callable[[bytes], bytes]
) -> None:
    assert reply(folder, submission(LOG, 0, 25)) is WitnessReply.COSIGNED
    path = folder / LOGS / origin_hash(ORIGIN)
    spoiled = spoil(path.read_bytes())
    assert spoiled != path.read_bytes()
    path.write_bytes(spoiled)
    with pytest.raises(StationError):
        ask(folder, submission(LOG, 25, 60))
    assert path.read_bytes() == spoiled


def test_a_clock_that_was_set_back_makes_no_lie(folder: Path) -> None:
    key = read_keys(folder).public[0]
    assert ask(folder, submission(LOG, 0, 25), AT).note
    note = ask(folder, submission(LOG, 25, 30), AT - 10).note
    assert cosigned_at(parse(note), key) == AT
    with pytest.raises(StationError, match="clock is behind"):
        ask(folder, submission(LOG, 30, 40), AT - 1000)
    assert known_size(folder) == 30


def test_a_further_key_of_the_log_is_an_act_of_its_own(folder: Path) -> None:
    second = VerifierKey(ORIGIN, read_keys(folder).public[0].public)
    with Station(folder) as station:
        assert station.watch(second).keys == (KEY, second)
        assert station.watch(second).keys == (KEY, second)
        with pytest.raises(StationError, match="already"):
            station.watch(KEY, LOG.checkpoint(5))


def test_a_witness_that_forgot_begins_with_what_was_kept(folder: Path) -> None:
    (folder / LOGS / origin_hash(ORIGIN)).unlink()
    with Station(folder) as station:
        with pytest.raises(StationError):
            station.watch(KEY, b"no checkpoint")
        stranger = VerifierKey("other.example/rmp", KEY.public)
        with pytest.raises(StationError):
            station.watch(stranger, LOG.checkpoint(25))
        station.watch(KEY, LOG.checkpoint(25))
        assert station.cosigned(origin_hash(ORIGIN)) is None  # it has not cosigned that
    assert reply(folder, submission(FORK, 25, 40)) is INCONSISTENT
    assert reply(folder, submission(LOG, 25, 40)) is WitnessReply.COSIGNED


def test_many_at_once_get_one_history(folder: Path) -> None:
    cosigned: list[tuple[str, int]] = []
    with Station(folder) as one, Station(folder) as two:

        def grow(station: Station, which: str) -> None:
            log = LOG if which == "true" else FORK
            known = 0
            for size in range(20, 60, 3):
                answer = station.submitted(submission(log, known, size), AT)
                if answer.ruling.reply is OTHER_SIZE:
                    known = answer.ruling.known
                    answer = station.submitted(submission(log, known, max(size, known)), AT)
                if answer.ruling.reply is WitnessReply.COSIGNED:
                    known = max(size, known)
                    cosigned.append((which, known))

        threads = [
            threading.Thread(target=grow, args=(station, which))
            for station in (one, two)
            for which in ("true", "forged")
        ]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    assert cosigned
    assert len({which for which, _ in cosigned}) == 1
    assert known_size(folder) == max(size for _, size in cosigned)


def killed_at(folder: Path, point: int, body: bytes, out: Path) -> bool:
    """Have a process answer a submission and die before its ``point``-th step on the disk.

    What it cosigned it writes to ``out``, as a client would get it. Returns whether it died.
    """
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != 0
    steps = count()

    def step() -> None:
        if next(steps) == point:
            os._exit(9)

    fsync, opened, closed = os.fsync, os.open, os.close

    def stepping(function: Callable[..., object]) -> Callable[..., object]:
        def stepped(*arguments: object, **named: object) -> object:
            step()
            return function(*arguments, **named)

        return stepped

    with Station(folder) as station:
        for name, function in (("fsync", fsync), ("open", opened), ("close", closed)):
            setattr(new_files.os, name, stepping(function))
        sys.addaudithook(
            lambda event, _: step() if event in {"os.rename", "os.remove"} else None
        )
        answer = station.submitted(body, AT)
        os.fsync, os.open, os.close = fsync, opened, closed
        if answer.ruling.reply is WitnessReply.COSIGNED:
            out.write_bytes(answer.body)
    os._exit(0)


@pytest.mark.filterwarnings("ignore:This process")  # of forking beside threads: none is needed
def test_killed_at_any_point_it_never_signs_two_histories(tmp_path: Path) -> None:
    died = []
    for point in range(40):
        folder, out = tmp_path / f"{point}", tmp_path / f"{point}.out"
        made_station(folder)
        assert reply(folder, submission(LOG, 0, 15)) is WitnessReply.COSIGNED
        died.append(killed_at(folder, point, submission(LOG, 15, 40), out))
        known = known_size(folder)
        assert known in {15, 40}
        if out.exists():
            assert known == 40
        forged = reply(folder, submission(FORK, known, 50))
        assert forged is (WitnessReply.COSIGNED if known == 15 else INCONSISTENT)
        if forged is WitnessReply.COSIGNED:
            assert not out.exists()
            assert reply(folder, submission(LOG, 50, 60)) is INCONSISTENT
        else:
            assert reply(folder, submission(LOG, known, 60)) is WitnessReply.COSIGNED
        if not died[-1]:
            break
    assert died[-1] is False
    assert len(died) > 5


def test_only_what_the_log_signed_stays_in_the_note(folder: Path) -> None:
    stranger = read_keys(folder).cosign(parse(LOG.checkpoint(10)).text, AT - 5)
    note = with_signatures(parse(LOG.checkpoint(10)), stranger)
    body = b"old 0\n\n" + note.encode()
    kept = parse(ask(folder, body).note)
    assert [line.name for line in kept.signatures] == [ORIGIN, NAME, NAME]
    assert kept.signatures[0] == parse(sign_head(LOG.head(10), KEY, SIGNER.sign)).signatures[0]
    assert cosigned_at(kept, read_keys(folder).public[0]) == AT
