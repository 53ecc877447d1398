"""The log handed over to another key: entry and checkpoint by both together, once, for good."""

import os
import shutil
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import lmdb
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from keeper_case import NOW, ORIGIN, desk_of, event, raw_leaves
from openpgp.composed import SignedSecretKey

from rmp_milter.audit.verify import verify
from rmp_milter.audit.writing import export
from rmp_milter.calls.protocol.leaves import Checkpoint, Checkpointed
from rmp_milter.keeper.desk.answer import answer
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.keeper.log import head as log_head
from rmp_milter.keeper.log import journal, signing
from rmp_milter.keeper.log.copying import verify_copy
from rmp_milter.keeper.log.handovers import KEY
from rmp_milter.keeper.log.head import verifier_key
from rmp_milter.keeper.log.journal import Journal, JournalError
from rmp_milter.tlog.checkpoints import read_checkpoint
from rmp_milter.tlog.notes import NoteError

FIRST, SECOND, THIRD = (
    Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2, 3)
)
PUBLIC = {key: verifier_key(key, ORIGIN) for key in (FIRST, SECOND, THIRD)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    journal.create(tmp_path / "log", ORIGIN)
    return tmp_path / "log"


def write(log: Journal, count: int) -> None:
    for _ in range(count):
        log.append(event("dossier", len(log).to_bytes(4)), 5)


def exported(log: Journal, key: Ed25519PrivateKey, out: Path) -> Path:
    note = log.checkpoint(key)
    beside = [(each.path, each.proof.encode()) for each in log.handovers()]
    with log.snapshot() as snapshot:
        export(snapshot, note, out, beside)
    return out


def handing(log: Journal) -> list[bytes]:
    return [leaf for leaf in raw_leaves(log) if b"former_vkey" in leaf]


def test_an_entry_names_the_new_key_and_both_sign_the_tree_up_to_it(folder: Path) -> None:
    with Journal(folder) as log:
        write(log, 3)
        log.checkpoint(FIRST)
        write(log, 2)
        assert log.handovers() == []
        log.hand_over(FIRST, SECOND, NOW)
        (leaf,), (handover,) = handing(log), log.handovers()
        said = msgspec.json.decode(leaf)
        assert (said["action"], said["proof"], said["at"]) == (
            "nouvelle clé du journal",
            "host",
            NOW,
        )
        assert (said["former_vkey"], said["vkey"]) == (str(PUBLIC[FIRST]), str(PUBLIC[SECOND]))
        assert (handover.number, handover.head.size, len(log)) == (5, 6, 6)
        for key in (FIRST, SECOND):
            assert read_checkpoint(log.last_checkpoint(), PUBLIC[key]) == handover.head
        assert log.latest() == NOW


def test_from_then_on_the_new_key_signs_alone(folder: Path) -> None:
    with Journal(folder) as log:
        write(log, 3)
        log.hand_over(FIRST, SECOND, NOW)
        both = log.last_checkpoint()
        assert log.checkpoint(SECOND) == both  # nothing new: what both signed is given again
        for size in (4, 5):
            with pytest.raises(JournalError, match="handed over to another key than this one"):
                log.checkpoint(FIRST)
            write(log, size - 3)
        note = log.checkpoint(SECOND)
        assert read_checkpoint(note, PUBLIC[SECOND]).size == len(log)
        with pytest.raises(NoteError):
            read_checkpoint(note, PUBLIC[FIRST])
        log.check_signer(SECOND)
        with pytest.raises(JournalError, match="handed over to another key"):
            log.check_signer(FIRST)


def test_a_key_is_handed_over_to_once_and_by_the_one_in_force(folder: Path) -> None:
    with Journal(folder) as log:
        with pytest.raises(JournalError, match="was the log's before"):
            log.hand_over(FIRST, FIRST, NOW)
        log.checkpoint(FIRST)
        with pytest.raises(JournalError, match="not by this key"):
            log.hand_over(SECOND, THIRD, NOW)
        log.hand_over(FIRST, SECOND, NOW)
        log.hand_over(FIRST, SECOND, NOW + 5)  # done: nothing is written
        with pytest.raises(JournalError, match="another key"):
            log.hand_over(FIRST, THIRD, NOW)
        assert (len(log), len(handing(log)), len(log.handovers())) == (1, 1, 1)
        log.hand_over(SECOND, THIRD, NOW)
        with pytest.raises(JournalError, match="was the log's before"):
            log.hand_over(THIRD, FIRST, NOW)
        assert [each.number for each in log.handovers()] == [0, 1]


def test_several_verify_from_any_of_the_keys(folder: Path, tmp_path: Path) -> None:
    kept, receipts = [], []
    with Journal(folder) as log:
        for former, present in ((FIRST, SECOND), (SECOND, THIRD)):
            write(log, 130)
            kept.append(log.checkpoint(former))
            receipts.append(PUBLIC[former])
            log.hand_over(former, present, NOW)
            kept.append(log.last_checkpoint())
            write(log, 1)
        out = exported(log, THIRD, tmp_path / "out")
    for key in PUBLIC.values():
        for old in kept:
            assert verify(out, key, old).findings == []


def test_whoever_is_killed_before_the_end_has_handed_over_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def died(*_: object) -> None:
        raise MemoryError

    with Journal(folder) as log:
        write(log, 3)
        log.checkpoint(FIRST)
        for name in ("handover_entry", "sign_head", "sign_too", "note_another"):
            with monkeypatch.context() as patch:
                patch.setattr(signing, name, died)
                with pytest.raises(MemoryError):
                    log.hand_over(FIRST, SECOND, NOW)
            assert (len(log), log.handovers()) == (3, [])
            log.check_signer(SECOND)  # nobody was named: any key may be tried
            assert read_checkpoint(log.checkpoint(FIRST), PUBLIC[FIRST]).size == 3


def test_killed_behind_the_commit_the_state_file_follows(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A state file ahead of the log would keep the keeper from starting, for ever."""

    def died(*_: object) -> None:
        raise MemoryError

    with Journal(folder) as log:
        write(log, 3)
        before = log.checkpoint(FIRST)
        with monkeypatch.context() as patch:
            patch.setattr(log_head, "write_state", died)
            with pytest.raises(MemoryError):
                log.hand_over(FIRST, SECOND, NOW)
        assert log_head.state_file(folder).read_bytes() == before
    with Journal(folder) as log:
        assert log.is_handed_to(SECOND)
        with pytest.raises(JournalError):
            log.checkpoint(FIRST)
        log.hand_over(FIRST, SECOND, NOW)
        assert log_head.state_file(folder).read_bytes() == log.last_checkpoint()
        assert len(handing(log)) == 1


@pytest.mark.promise(number=13)
def test_an_older_copy_from_before_the_handover_stops_the_keeper(folder: Path) -> None:
    with Journal(folder) as log:
        write(log, 3)
    before = (folder / "data.mdb").read_bytes()
    with Journal(folder) as log:
        log.hand_over(FIRST, SECOND, NOW)
    (folder / "data.mdb").write_bytes(before)
    with pytest.raises(JournalError, match="holds 3 leaves, but 4 were signed"):
        Journal(folder)


def copied(folder: Path) -> Path:
    copy = Path(shutil.copytree(folder, folder.with_name("copy")))
    shutil.copy(log_head.state_file(folder), log_head.state_file(copy))
    return copy


def test_a_copy_is_verified_with_the_keys_of_before(folder: Path) -> None:
    with Journal(folder) as log:
        write(log, 3)
        old = log.checkpoint(FIRST)
        log.hand_over(FIRST, SECOND, NOW)
        write(log, 2)
        late = log_head.sign_head(
            read_checkpoint(log.checkpoint(SECOND)), PUBLIC[FIRST], FIRST.sign
        )
    copy = copied(folder)
    for key in (FIRST, SECOND):
        for kept in (old, b""):
            assert verify_copy(copy, lambda *_: None, str(PUBLIC[key]), kept).size == 6
        with pytest.raises(JournalError, match="what it signs behind that is worth nothing"):
            verify_copy(copy, lambda *_: None, str(PUBLIC[key]), late)
    with pytest.raises(JournalError, match="does not lead from or to the key"):
        verify_copy(copy, lambda *_: None, str(PUBLIC[THIRD]))


def edit(folder: Path, value: bytes) -> None:
    with (
        closing(lmdb.open(str(folder), max_dbs=4)) as env,
        env.begin(db=env.open_db(b"meta"), write=True) as transaction,
    ):
        transaction.put(KEY, value)


def test_what_is_damaged_among_the_handovers_is_not_gone_over(folder: Path) -> None:
    with Journal(folder) as log:
        write(log, 3)
        single = log.checkpoint(FIRST)
        log.hand_over(FIRST, SECOND, NOW)
    for value in (
        b"noise",
        msgspec.msgpack.encode([b"noise"]),
        msgspec.msgpack.encode([single]),
    ):
        edit(folder, value)
        with Journal(folder) as log:
            with pytest.raises(JournalError):
                log.handovers()
            with pytest.raises(JournalError):
                log.checkpoint(SECOND)
        with pytest.raises(JournalError):
            verify_copy(copied(folder), lambda *_: None, str(PUBLIC[SECOND]))
        shutil.rmtree(folder.with_name("copy"))


def test_two_that_hand_over_at_once_do_it_once(folder: Path) -> None:
    with Journal(folder) as log:
        write(log, 3)
    children = []
    for _ in range(4):
        child = os.fork()
        if not child:
            status = 1
            try:
                with Journal(folder) as log:
                    log.hand_over(FIRST, SECOND, NOW)
                status = 0
            finally:
                os._exit(status)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
    with Journal(folder) as log:
        assert (len(log), len(log.handovers())) == (4, 1)


def test_auditors_are_told_for_a_month(service: SignedSecretKey, tmp_path: Path) -> None:
    desk = desk_of(service, tmp_path)
    with desk.journal as log:
        assert told(desk, NOW) == ()
        log.hand_over(desk.keys.log, SECOND, NOW)
        desk = replace(desk, keys=replace(desk.keys, log=SECOND))
        log.hand_over(SECOND, THIRD, NOW + 86_400)
        desk = replace(desk, keys=replace(desk.keys, log=THIRD))
        both = tuple(each.proof.encode() for each in log.handovers())
        assert told(desk, NOW + 31 * 86_400) == both
        assert told(desk, NOW + 32 * 86_400) == both[1:]
        assert told(desk, NOW + 33 * 86_400) == ()


def told(desk: Desk, now: int) -> tuple[bytes, ...]:
    reply, _ = answer(desk, Checkpoint(), None, now)
    assert isinstance(reply, Checkpointed)
    return reply.handovers
