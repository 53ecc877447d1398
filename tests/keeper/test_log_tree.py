"""The access log's tree and its signed heads: what stops the keeper, what survives it."""

import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import lmdb
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from keeper_case import NOW, ORIGIN, ask, desk_of, event, raw_leaves
from openpgp.composed import SignedSecretKey
from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import Vkey

from rmp_milter.audit.verify import verify
from rmp_milter.audit.writing import export
from rmp_milter.calls.protocol.leaves import Checkpoint, Checkpointed
from rmp_milter.calls.protocol.message import HEARTBEAT, Event
from rmp_milter.keeper.log import head as log_head
from rmp_milter.keeper.log import journal
from rmp_milter.keeper.log.head import verifier_key
from rmp_milter.keeper.log.journal import Journal, JournalError
from rmp_milter.keeper.log.leaves import DOCUMENTS_PER_LEAF
from rmp_milter.keeper.log.place import LogPlace
from rmp_milter.keeper.log.tree import LogFault
from rmp_milter.tlog.checkpoints import TreeHead, read_checkpoint
from rmp_milter.tlog.hashing import leaf_hashes, tree_hash
from rmp_milter.tlog.notes import VerifierKey

SIGNER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = verifier_key(SIGNER, ORIGIN)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    journal.create(tmp_path / "log", ORIGIN)
    return tmp_path / "log"


def write(log: Journal, count: int, first: int = 0) -> None:
    for number in range(first, first + count):
        log.append(event("dossier", number.to_bytes(4)), 5)


def signed_head(log: Journal) -> TreeHead:
    return read_checkpoint(log.checkpoint(SIGNER), KEY)


def recomputed(log: Journal) -> TreeHead:
    entries = raw_leaves(log)
    return TreeHead(ORIGIN, len(entries), tree_hash(leaf_hashes(entries)))


def test_a_log_has_a_name_that_a_key_can_bear(tmp_path: Path) -> None:
    for name in ("", "two words", "a+b"):
        with pytest.raises(JournalError, match="not a key's name"):
            journal.create(tmp_path / "log", name)
    assert list(tmp_path.iterdir()) == []


def test_every_checkpoint_is_over_the_leaves_that_are_there(place: LogPlace) -> None:
    with Journal(place) as log:
        assert signed_head(log) == recomputed(log)
        for number in range(20):
            write(log, 1, number)
            assert signed_head(log) == recomputed(log)
        assert signed_head(log).size == 20


def test_an_event_of_many_leaves_and_one_tried_again(place: LogPlace) -> None:
    documents = tuple(number.to_bytes(16) for number in range(2 * DOCUMENTS_PER_LEAF + 1))
    many = msgspec.structs.replace(event("dossier"), documents=documents)
    with Journal(place) as log:
        write(log, 2)
        log.append(many, 5)
        log.append(many, 6)
        write(log, 2)
        assert signed_head(log).size == 5
        assert signed_head(log) == recomputed(log)


def test_a_checkpoint_with_nothing_new_is_the_same_one(place: LogPlace) -> None:
    with Journal(place) as log:
        write(log, 3)
        note = log.checkpoint(SIGNER)
        assert log.checkpoint(SIGNER) == note
    with Journal(place) as log:
        assert log.checkpoint(SIGNER) == note


def test_the_heartbeats_leaf_is_in_the_checkpoint_that_comes_back(
    service: SignedSecretKey, tmp_path: Path
) -> None:
    desk = desk_of(service, tmp_path)
    heartbeat = Event(NOW, HEARTBEAT, b"", "", "", "")
    with desk.journal as log:
        sizes = []
        for request in (Checkpoint(heartbeat), Checkpoint(heartbeat), Checkpoint()):
            reply = ask(desk, request).reply
            assert isinstance(reply, Checkpointed)
            head = read_checkpoint(reply.note, verifier_key(desk.keys.log, ORIGIN))
            assert head == recomputed(log)
            sizes.append(head.size)
        assert sizes == [1, 2, 2]
        assert all(b'"action":"heartbeat"' in leaf for leaf in raw_leaves(log))


def test_others_read_what_the_keepers_log_exports(place: LogPlace, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with Journal(place) as log:
        kept = []
        for count in (0, 3, 300, 10):
            write(log, count, len(log))
            note = log.checkpoint(SIGNER)
            write(log, 1, len(log))  # what comes during an export is not in it
            with log.snapshot() as snapshot:
                export(snapshot, note, out)
            kept.append(note)
            assert [verify(out, KEY, old).findings for old in kept] == [[]] * len(kept)
    read = TilesReader(LocalBackend(out))
    checkpoint = read.get_checkpoint()
    checkpoint.verify(Vkey.from_string(str(KEY)))
    assert read.calculate_root_hash() == checkpoint.root_hash


@pytest.fixture
def signed_twice(folder: Path) -> tuple[Path, Path]:
    """A log of 20 leaves that signed 10 and 20, and a copy of all from the time of 10."""
    with Journal(folder) as log:
        write(log, 10)
        log.checkpoint(SIGNER)
        copy = Path(shutil.copytree(folder, folder.with_name("copy")))
        shutil.copy(log_head.state_file(folder), log_head.state_file(copy))
        write(log, 10, 10)
        log.checkpoint(SIGNER)
    return folder, copy


@pytest.mark.promise(number=13)
def test_an_older_copy_that_is_put_back_stops_the_keeper(
    signed_twice: tuple[Path, Path],
) -> None:
    folder, copy = signed_twice
    shutil.copy(copy / "data.mdb", folder / "data.mdb")
    with pytest.raises(JournalError, match=r"holds 10 leaves, but 20 were signed.*older copy"):
        Journal(folder)


@pytest.mark.promise(number=13)
def test_an_older_copy_that_went_on_by_itself_stops_the_keeper(
    signed_twice: tuple[Path, Path],
) -> None:
    folder, copy = signed_twice
    with Journal(copy) as log:
        write(log, 15, 100)
    shutil.copy(copy / "data.mdb", folder / "data.mdb")
    with pytest.raises(JournalError, match="first 20 leaves are not those that were signed"):
        Journal(folder)


def test_an_older_state_file_is_no_reason_to_stop(signed_twice: tuple[Path, Path]) -> None:
    folder, copy = signed_twice
    shutil.copy(log_head.state_file(copy), log_head.state_file(folder))
    with Journal(folder) as log:
        assert signed_head(log).size == 20


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "is missing, which says what was signed"),
        (b"", "cannot be read"),
        (b"noise\n\nnoise\n", "cannot be read"),
        (b"\xff", "cannot be read"),
        (log_head.unsigned("other.example/log").encode(), "that of the log other.example/log"),
    ],
)
def test_a_state_file_that_says_nothing_stops_the_keeper(
    folder: Path, content: bytes | None, said: str
) -> None:
    state = log_head.state_file(folder)
    if content is None:
        state.unlink()
    else:
        state.write_bytes(content)
    with pytest.raises(JournalError, match=said):
        Journal(folder)


@pytest.mark.promise(number=13)
def test_a_log_that_is_gone_is_not_begun_anew(folder: Path) -> None:
    shutil.rmtree(folder)
    with pytest.raises(JournalError, match="no access log there"):
        Journal(folder)
    with pytest.raises(JournalError, match=r"log.state: exists already, is not overwritten"):
        journal.create(folder, ORIGIN)
    assert not folder.exists()


def test_a_crash_between_the_two_records_of_a_head_is_survived(folder: Path) -> None:
    with Journal(folder) as log:
        write(log, 7)
        log.checkpoint(SIGNER)
        write(log, 5, 7)
    before = (folder / "data.mdb").read_bytes()
    with Journal(folder) as log:
        log.checkpoint(SIGNER)
    # The state file says 12, the log's own record still 7.
    (folder / "data.mdb").write_bytes(before)
    with Journal(folder) as log:
        assert signed_head(log) == recomputed(log)
        assert len(log) == 12


@pytest.mark.promise(number=13)
def test_a_file_that_was_cut_stops_the_keeper_or_has_lost_nothing(folder: Path) -> None:
    """Never SIGBUS: what only held free pages may go, any other cut is said."""
    with Journal(folder) as log:
        write(log, 300)
        log.checkpoint(SIGNER)
    whole = (folder / "data.mdb").read_bytes()
    said = {}
    for pages in range(0, len(whole) // 4096, 3):
        (folder / "data.mdb").write_bytes(whole[: pages * 4096])
        said[pages] = _what_opening_says(folder, 300)
    lost = [text for pages, text in said.items() if pages < len(whole) // 4096 // 2]
    assert all("data.mdb was cut" in text or "not an access log" in text for text in lost)
    (folder / "data.mdb").write_bytes(whole)
    assert _what_opening_says(folder, 300) == "all there"


def _what_opening_says(folder: Path, size: int) -> str:
    try:
        with Journal(folder) as log:
            assert len(raw_leaves(log)) == size
            log.append(event("key", b""), 5)
            assert signed_head(log) == recomputed(log)
    except JournalError as error:
        return str(error)
    finally:
        log_head.write_state(folder, log_head.unsigned(ORIGIN))
    return "all there"


def test_another_signing_key_is_refused(place: LogPlace) -> None:
    with Journal(place) as log:
        write(log, 1)
        log.checkpoint(SIGNER)
        write(log, 1, 1)
        with pytest.raises(JournalError, match="not by this key"):
            log.checkpoint(Ed25519PrivateKey.generate())
        assert signed_head(log).size == 2


def edit(folder: Path, table: bytes, change: Callable[[lmdb.Transaction], object]) -> None:
    with (
        closing(lmdb.open(str(folder), max_dbs=4)) as env,
        env.begin(db=env.open_db(table), write=True) as transaction,
    ):
        change(transaction)


def number(value: int) -> bytes:
    return value.to_bytes(8)


@pytest.mark.parametrize(
    ("table", "change", "said"),
    [
        (b"leaves", lambda table: table.delete(number(9)), "9 leaves, and 18 nodes"),
        (b"leaves", lambda table: table.delete(number(3)), "leaves are missing"),
        (b"leaves", lambda table: table.put(number(9), b"x"), "leaf 9 is not the one"),
        (b"leaves", lambda table: table.put(number(10), b"x"), "11 leaves, and 18 nodes"),
        (b"nodes", lambda table: table.delete(number(17)), "10 leaves, and 17 nodes"),
        (
            b"nodes",
            lambda table: table.put(number(14), bytes(32)),
            "not those that were signed",
        ),
        (
            b"meta",
            lambda table: table.put(b"format", b"rmp access log 1"),
            "of format 1, older than format 3 of this version",
        ),
        (
            b"meta",
            lambda table: table.put(b"format", b"rmp access log 4"),
            "of format 4, written by a later version of rmp-milter: this one reads format 3",
        ),
        (b"meta", lambda table: table.put(b"format", b"rmp access log 03"), "unknown format"),
        (b"meta", lambda table: table.delete(b"format"), "unknown format"),
        (b"meta", lambda table: table.delete(b"signed"), "cannot be read"),
    ],
)
def test_what_was_changed_at_the_end_stops_the_keeper(
    folder: Path, table: bytes, change: Callable[[lmdb.Transaction], object], said: str
) -> None:
    with Journal(folder) as log:
        write(log, 10)
        log.checkpoint(SIGNER)
    edit(folder, table, change)
    with pytest.raises(JournalError, match=said):
        Journal(folder)


@pytest.mark.promise(number=13)
def test_a_tree_that_was_changed_under_a_running_keeper_is_not_signed(place: LogPlace) -> None:
    with Journal(place) as log:
        write(log, 10)
        log.checkpoint(SIGNER)
        write(log, 1, 10)
        state = log_head.state_file(place.folder)
        state.write_bytes(state.read_bytes().replace(b"\n10\n", b"\n11\n"))
        with pytest.raises(JournalError, match="first 11 leaves are not those"):
            log.checkpoint(SIGNER)


def test_a_node_that_is_gone_is_a_fault(place: LogPlace) -> None:
    with Journal(place) as log:
        write(log, 2)
        with (
            log.snapshot() as snapshot,
            pytest.raises(LogFault, match="lost node 7 of level 0"),
        ):
            snapshot.node(0, 7)


@pytest.mark.slow
@pytest.mark.parametrize("rounds", [3, pytest.param(8, marks=pytest.mark.soak)])
def test_kills_in_the_middle_leave_leaves_tree_and_heads_that_fit(
    place: LogPlace, rounds: int
) -> None:
    """Writers that append and sign are killed at any moment, again and again."""
    chance = random.Random(3)  # noqa: S311 -- when to kill
    for round_ in range(rounds):
        children = [_worker(place, 10 * round_ + each) for each in range(3)]
        time.sleep(0.05 + chance.random() / 5)
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        with Journal(place) as log:
            assert signed_head(log) == recomputed(log)
    with Journal(place) as log:
        assert len(log) > 8


def _worker(place: LogPlace, name: int) -> int:
    child = os.fork()
    if child:
        return child
    try:
        with Journal(place) as log:
            for at in _forever():
                log.append(event("dossier", bytes((name,)) + at.to_bytes(4)), 5)
                if at % 5 == 0:
                    log.checkpoint(SIGNER)
    finally:
        os._exit(0)


def _forever() -> Iterator[int]:
    at = 0
    while True:
        yield at
        at += 1


def test_a_verifier_key_names_the_log(place: LogPlace) -> None:
    with Journal(place) as log:
        assert log.origin == ORIGIN
        assert VerifierKey.parse(str(verifier_key(SIGNER, log.origin))) == KEY
