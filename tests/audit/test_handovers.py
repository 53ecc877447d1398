"""The log's key handed over: verified from any of its keys, and whatever is forged about it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from access_case import ORIGIN, MadeLog, copied, made_entries
from handed_case import FIRST, SECOND, THIEF, THIRD, HandedLog, Signer, naming
from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import Vkey
from tlog_scales.tlog import Checkpoint

from rmp_milter.audit.folder import CHECKPOINT, FolderError
from rmp_milter.audit.handovers import (
    HandOverError,
    LogHandOver,
    handovers_in,
    keys_in,
    read_all,
)
from rmp_milter.audit.recount import Roots
from rmp_milter.audit.signers import Signers, signers_of
from rmp_milter.audit.verify import LogReport, verify
from rmp_milter.audit.writing import export
from rmp_milter.tlog.entry_proofs import EntryProof, entry_proof_of
from rmp_milter.tlog.hashing import leaf_hashes, tree_hash
from rmp_milter.tlog.notes import NoteError, VerifierKey

pytestmark = pytest.mark.slow

ONE, TWO, SIZE = 40, 270, 300
"""Entries that hand over, and how many there are."""
LOG = HandedLog(made_entries(SIZE - 2), [(0, FIRST), (ONE, SECOND), (TWO, THIRD)])
ALL_KEYS = (FIRST, SECOND, THIRD)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return LOG.export(tmp_path_factory.mktemp("handed") / "log")


@pytest.fixture
def folder(sound: Path, tmp_path: Path) -> Path:
    return copied(sound, tmp_path / "log")


def text(report: LogReport) -> str:
    return "\n".join(finding.line for finding in report.findings)


def kinds(report: LogReport) -> set[str]:
    return {finding.kind for finding in report.findings}


@pytest.mark.parametrize("known", [*ALL_KEYS, None])
def test_from_any_of_the_keys_all_of_it_verifies(sound: Path, known: Signer | None) -> None:
    key = known.public if known else None
    for size in (0, 1, ONE, ONE + 1, ONE + 2, TWO, TWO + 1, TWO + 2, SIZE):
        report = verify(sound, key, LOG.checkpoint(size))
        assert report.findings == []
        assert [each.number for each in report.signers.handovers] == [ONE, TWO]
    assert verify(sound, key, LOG.proofs()[0].checkpoint).findings == []
    assert verify(sound, key, None, LOG.handovers()).findings == []


def test_which_key_signs_which_size() -> None:
    signers, found = signers_of(SECOND.public, reversed(LOG.handovers()))
    wanted = {0: FIRST, ONE: FIRST, ONE + 1: SECOND, TWO: SECOND, TWO + 1: THIRD, 10**18: THIRD}
    assert ({size: signers.at(size) for size in wanted}, found) == (
        {size: signer.public for size, signer in wanted.items()},
        [],
    )
    assert Signers().at(5) is None
    assert signers_of(FIRST.public, [])[0].at(5) == FIRST.public


def test_an_older_export_verifies_from_a_later_key_with_the_handover_that_was_kept(
    tmp_path: Path,
) -> None:
    old = LOG.export(tmp_path / "old", 30)
    assert not (old / "handovers").exists()
    assert "not signed by the expected key" in text(verify(old, THIRD.public))
    report = verify(old, THIRD.public, LOG.checkpoint(20), LOG.handovers())
    assert report.findings == []
    assert f"the hand-over of entry {ONE} came after this export" in "\n".join(report.notes)


def test_others_read_the_checkpoint_of_both_keys_by_either(tmp_path: Path) -> None:
    (proof, _) = LOG.proofs()
    export(LOG, proof.checkpoint, tmp_path)
    read = TilesReader(LocalBackend(tmp_path)).get_checkpoint()
    for signer in (FIRST, SECOND):
        read.verify(Vkey.from_string(str(signer.public)))
    assert read.size == ONE + 1
    assert isinstance(read, Checkpoint)


@pytest.mark.parametrize("size", [ONE + 1, ONE + 2, SIZE])
@pytest.mark.parametrize("known", ALL_KEYS)
@pytest.mark.promise(number=13)
def test_what_a_former_key_signs_behind_its_handover_is_worth_nothing(
    folder: Path, size: int, known: Signer
) -> None:
    """Though the tree be the right one: else who has the former key could take entries away."""
    said = f"by the key {FIRST.public.short}, which was handed over at entry {ONE}"
    report = verify(folder, known.public, FIRST.sign(LOG, size))
    assert (kinds(report), said in text(report)) == ({"signature"}, True)
    LOG.export(folder.with_name("shorter"), size)
    shorter = folder.with_name("shorter")
    (shorter / CHECKPOINT).write_bytes(FIRST.sign(LOG, size))
    report = verify(shorter, known.public, None, LOG.handovers())
    assert (kinds(report), said in text(report)) == ({"signature"}, True)


def test_what_a_later_key_signs_before_its_handover_is_worth_nothing(folder: Path) -> None:
    report = verify(folder, FIRST.public, SECOND.sign(LOG, 20))
    assert (kinds(report), f"signs from entry {ONE} on only" in text(report)) == (
        {"signature"},
        True,
    )


def test_a_key_that_nobody_handed_over_to_is_said_to_be_none_of_them(folder: Path) -> None:
    (folder / CHECKPOINT).write_bytes(THIEF.sign(LOG, SIZE))
    report = verify(folder, FIRST.public)
    assert (kinds(report), "no other one that the hand-overs lead to" in text(report)) == (
        {"signature"},
        True,
    )


def without(number: int) -> Callable[[Path], object]:
    return lambda folder: (folder / f"handovers/{number}.tlog-proof").unlink()


def put(number: int, proof: Callable[[], EntryProof]) -> Callable[[Path], object]:
    path = f"handovers/{number}.tlog-proof"
    return lambda folder: (folder / path).write_bytes(proof().encode())


def renamed(folder: Path) -> None:
    (folder / f"handovers/{ONE}.tlog-proof").rename(folder / "handovers/7.tlog-proof")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (without(ONE), f"entry {ONE} hands the log over, without a checkpoint by both keys"),
        (without(TWO), f"entry {TWO} hands the log over, without a checkpoint by both keys"),
        (put(ONE, lambda: LOG.proof(ONE, FIRST)), "by the key that it names"),
        (put(ONE, lambda: LOG.proof(ONE, SECOND)), "by the key before"),
        (put(ONE, lambda: LOG.proof(ONE, FIRST, THIEF)), "by the key that it names"),
        (put(ONE, lambda: LOG.proof(ONE - 1, FIRST, SECOND)), "hands the log over to no key"),
        (renamed, "handovers/7.tlog-proof: is of another entry"),
        (put(7, lambda: LOG.proof(ONE, FIRST, SECOND)), "7.tlog-proof: is of another entry"),
    ],
)
@pytest.mark.parametrize("known", ALL_KEYS)
@pytest.mark.promise(number=13)
def test_a_handover_that_lacks_a_signature_or_its_place_is_named(
    folder: Path, change: Callable[[Path], object], said: str, known: Signer
) -> None:
    change(folder)
    report = verify(folder, known.public)
    assert "handover" in kinds(report)
    assert said in text(report)


@pytest.mark.parametrize("place", range(0, 1200, 61))
def test_a_handover_with_a_byte_changed_is_named(folder: Path, place: int) -> None:
    file = folder / f"handovers/{ONE}.tlog-proof"
    changed = bytearray(file.read_bytes())
    changed[place % len(changed)] ^= 1
    file.write_bytes(changed)
    assert "handover" in kinds(verify(folder, FIRST.public))


def other_log(change: Callable[[list[bytes]], object]) -> MadeLog:
    entries = [*LOG.all]
    change(entries)
    return MadeLog(entries)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda entries: entries.__setitem__(ONE, naming(FIRST, THIEF)), "or to another key"),
        (
            lambda entries: entries.__setitem__(ONE, b'{"action":"dossier"}'),
            "hands nothing over",
        ),
        (lambda entries: entries.pop(ONE), "hands nothing over"),
        (lambda entries: entries.__setitem__(9, b"forged"), "are not those that it was signed"),
        (lambda entries: entries.insert(9, b"forged"), "hands nothing over"),
    ],
)
@pytest.mark.promise(number=13)
def test_a_log_rebuilt_under_its_handover_by_who_has_the_last_key_is_named(
    tmp_path: Path, change: Callable[[list[bytes]], object], said: str
) -> None:
    """Without any old checkpoint: what two keys signed binds all that came before it."""
    log = other_log(change)
    beside = [(f"handovers/{each.index}.tlog-proof", each.encode()) for each in LOG.proofs()]
    folder = tmp_path / "log"
    export(log, THIRD.sign(log, len(log.all)), folder, beside)
    for known in ALL_KEYS:
        assert said in text(verify(folder, known.public))


def test_an_entry_of_a_handover_altered_in_an_export_is_named(folder: Path) -> None:
    file = folder / "tile/entries/000"
    data = file.read_bytes()
    for old, new in ((SECOND, THIEF), (FIRST, THIEF)):
        file.write_bytes(data.replace(str(old.public).encode(), str(new.public).encode()))
        report = verify(folder, FIRST.public)
        assert {"altered", "handover"} <= kinds(report)
        assert f"entry {ONE} is altered" in text(report)


class Forked:
    """What a thief of the first key makes: a fork, handed over to a key of his own."""

    def __init__(self, common: int, number: int, size: int) -> None:
        entries = [*LOG.all[:common], *(b'{"action":"forged"}' for _ in range(size))][
            : size - 1
        ]
        self.log = HandedLog(entries, [(0, FIRST), (number, THIEF)])

    def export(self, folder: Path) -> Path:
        return self.log.export(folder)


@pytest.mark.promise(number=13)
def test_a_fork_that_a_thief_hands_over_to_himself_contradicts_what_is_kept(
    tmp_path: Path,
) -> None:
    folder = Forked(20, 30, 60).export(tmp_path / "log")
    # Who keeps nothing but the first key, or a checkpoint from before the fork, sees nothing.
    assert verify(folder, FIRST.public).findings == []
    assert verify(folder, FIRST.public, LOG.checkpoint(20)).findings == []
    # A checkpoint from between fork and hand-over, the hand-over, a later one, a later key:
    assert kinds(verify(folder, FIRST.public, LOG.checkpoint(25))) == {"forked"}
    twice = verify(folder, FIRST.public, None, LOG.handovers())
    assert "handed the log over twice" in text(twice)
    assert f"at entry {ONE} to {SECOND.public.short}, at entry 30 to" in text(twice)
    assert {"forked", "signature"} <= kinds(twice)
    later = verify(folder, FIRST.public, LOG.checkpoint(50))
    assert {"signature", "forked"} <= kinds(later)
    for known in (SECOND, THIRD):
        report = verify(folder, known.public)
        assert "does not lead from or to the key that is known" in text(report)
        assert "signature" in kinds(report)


@pytest.mark.promise(number=13)
def test_a_fork_without_any_handover_contradicts_what_is_kept(tmp_path: Path) -> None:
    log = MadeLog([*LOG.all[:20], *made_entries(50)])
    folder = tmp_path / "log"
    export(log, FIRST.sign(log, 70), folder)
    assert verify(folder, FIRST.public).findings == []
    report = verify(folder, FIRST.public, None, LOG.handovers())
    assert {"forked", "signature"} <= kinds(report)
    assert f"which was handed over at entry {ONE}" in text(report)


def test_a_thief_cannot_add_a_second_handover_to_the_true_log(folder: Path) -> None:
    """Not behind the true one either: the key that it comes from does not sign there any more."""
    log = HandedLog(LOG.all[: SIZE - 10], [(0, FIRST), (SIZE - 10, THIEF)])
    folder = log.export(folder.with_name("second"))
    beside = [(f"handovers/{each.index}.tlog-proof", each.encode()) for each in LOG.proofs()]
    export(log, log.checkpoint(SIZE - 9), folder, [*beside])
    report = verify(folder, FIRST.public)
    assert "handed the log over twice" in text(report)
    assert "signature" in kinds(report)


def test_a_handover_of_another_log_leads_nowhere(folder: Path) -> None:
    other = VerifierKey("other.example/log", FIRST.public.public)
    report = verify(folder, other)
    assert "does not lead from or to the key that is known" in text(report)
    assert f"of the log {ORIGIN}, not of other.example/log" in text(report)


def test_keys_that_name_each_other_end(tmp_path: Path) -> None:
    log = HandedLog(
        made_entries(50), [(0, FIRST), (10, SECOND), (20, FIRST), (30, SECOND), (40, FIRST)]
    )
    report = verify(log.export(tmp_path / "log"), FIRST.public)
    assert "handed the log over twice" in text(report)


@pytest.mark.parametrize(
    "proof",
    [
        lambda: LOG.proof(ONE - 1, FIRST, SECOND),
        lambda: LOG.proof(ONE, FIRST),
        lambda: replace(LOG.proofs()[0], index=ONE - 1),
        lambda: HandedLog([b"a"], [(0, FIRST), (1, FIRST)]).proof(1, FIRST),
    ],
)
def test_what_hands_nothing_over_is_refused(proof: Callable[[], EntryProof]) -> None:
    with pytest.raises(HandOverError):
        LogHandOver.of(proof())


def test_a_checkpoint_that_goes_further_than_its_entry_hands_nothing_over() -> None:
    """Else entries behind it were under both keys, and a former one's word would count there."""
    note = SECOND.sign_too(FIRST.sign(LOG, ONE + 3))
    longer = entry_proof_of(LOG.node, LOG.all[ONE], ONE, note)
    with pytest.raises(HandOverError, match=f"does not end with entry {ONE}"):
        LogHandOver.of(longer)


def test_only_an_entry_of_its_kind_names_keys() -> None:
    entry = naming(FIRST, SECOND)
    assert keys_in(entry) == (FIRST.public, SECOND.public)
    assert handovers_in([b"{}", entry], 7) == {8: entry}
    for other in (
        entry.replace("nouvelle clé du journal".encode(), b"dossier"),
        entry.replace(b'"vkey":', b'"vkex":'),
        entry.replace(str(SECOND.public).encode(), b"no key"),
        b'{"sender":"\\"former_vkey\\":\\"","former_vkey":"',
        b"",
    ):
        assert keys_in(other) is None


def test_what_was_kept_is_read_from_files_and_from_exports(folder: Path) -> None:
    file = folder / f"handovers/{TWO}.tlog-proof"
    assert [each.number for each in read_all([file, folder])] == [TWO, ONE, TWO]
    file.write_bytes(b"noise")
    with pytest.raises(HandOverError, match=str(file)):
        [*read_all([file])]
    with pytest.raises(FolderError, match="no hand-over is there"):
        [*read_all([folder / "tile"])]


def test_a_signature_that_is_wrong_is_said_to_be(sound: Path) -> None:
    signers, _ = signers_of(FIRST.public, LOG.handovers())
    note = THIRD.sign(LOG, SIZE).decode()
    head, _, tail = note.rpartition(" ")
    wrong = f"{head} {tail[:20]}{'B' if tail[20] == 'A' else 'A'}{tail[21:]}".encode()
    with pytest.raises(NoteError, match=f"the signature of {ORIGIN} is wrong"):
        signers.read(wrong)
    assert signers.read(note.encode()) == LOG.head(SIZE)
    assert sound.exists()


@pytest.mark.parametrize("step", [1, 7, 256, 300])
def test_roots_at_several_sizes_are_those_of_the_tree(step: int) -> None:
    hashes = leaf_hashes(made_entries(SIZE))
    wanted = {0, 1, 5, 255, 256, 257, SIZE, SIZE + 1}
    roots = Roots(wanted)
    for at in range(0, SIZE, step):
        roots.add(hashes[at : at + step])
    assert roots.kept == {size: tree_hash(hashes[:size]) for size in wanted - {SIZE + 1}}
    assert roots.root() == tree_hash(hashes)
