"""The state machine of a witness: whatever is submitted, it cosigns one history."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from rmp_milter.tlog.checkpoints import TreeHead, sign_head
from rmp_milter.tlog.hashing import EMPTY_ROOT, leaf_hash, tree_hash
from rmp_milter.tlog.nodes import node_place, nodes_made
from rmp_milter.tlog.notes import VerifierKey
from rmp_milter.tlog.proofs import consistency_proof
from rmp_milter.tlog.witnessing import (
    MOST_HASHES,
    Ruling,
    Submission,
    SubmissionError,
    WatchedLog,
    WitnessReply,
    told_size,
)
from rmp_milter.tlog.witnessing import rule as ruled

NAME = "chu.example/rmp"
SIGNER = Ed25519PrivateKey.from_private_bytes(bytes(32))
KEY = VerifierKey(NAME, SIGNER.public_key().public_bytes_raw())
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes([9]) * 32)
LONGEST = 40


class History:
    """A log that its key can sign at any size."""

    def __init__(self, entries: list[bytes]) -> None:
        self.hashes = [leaf_hash(each) for each in entries]
        self._nodes: list[bytes] = []
        for index, leaf in enumerate(self.hashes):
            self._nodes += nodes_made(self.node, index, leaf)

    def node(self, level: int, index: int) -> bytes:
        return self._nodes[node_place(level, index)]

    def head(self, size: int) -> TreeHead:
        return TreeHead(NAME, size, tree_hash(self.hashes[:size]))

    def note(self, size: int) -> bytes:
        return sign_head(self.head(size), KEY, SIGNER.sign)

    def submission(self, old: int, size: int) -> Submission:
        proof = consistency_proof(self.node, old, size) if old <= size else []
        return Submission(old, tuple(proof), self.note(size))


TRUE = History([b"%d" % n for n in range(LONGEST)])
FORKS = [
    TRUE,
    *(
        History([b"%d" % n if n != at else b"forged" for n in range(LONGEST)])
        for at in (0, 7, 16, 31)
    ),
]
WATCHED = WatchedLog((KEY,))


def knowing(history: History, size: int) -> WatchedLog:
    return WatchedLog((KEY,), history.head(size))


def test_the_first_checkpoint_is_cosigned_whatever_its_size() -> None:
    for size in range(LONGEST + 1):
        ruling = ruled(TRUE.submission(0, size), WATCHED)
        assert (ruling.reply, ruling.head) == (WitnessReply.COSIGNED, TRUE.head(size))


def test_each_proof_of_growth_is_cosigned() -> None:
    for size in range(LONGEST + 1):
        for old in range(size + 1):
            ruling = ruled(TRUE.submission(old, size), knowing(TRUE, old))
            assert (ruling.reply, ruling.head) == (WitnessReply.COSIGNED, TRUE.head(size))


@pytest.mark.promise(number=13)
def test_a_fork_is_never_cosigned() -> None:
    fork = FORKS[2]  # entry 7
    for old in range(8, LONGEST):
        for size in range(old, LONGEST + 1):
            asked = fork.submission(old, size)
            ruling = ruled(asked, knowing(TRUE, old))
            assert (ruling.reply, ruling.head) == (WitnessReply.INCONSISTENT, None)
            assert ruling.contradicts is (size == old)
    # Before the fork both are one history.
    assert ruled(fork.submission(7, 30), knowing(TRUE, 7)).reply is WitnessReply.COSIGNED


def test_a_rollback_is_told_the_size_that_is_known() -> None:
    ruling = ruled(TRUE.submission(10, 20), knowing(TRUE, 30))
    assert (ruling.reply, ruling.known, ruling.head) == (WitnessReply.OTHER_SIZE, 30, None)
    assert ruled(TRUE.submission(0, 20), knowing(TRUE, 30)).reply is WitnessReply.OTHER_SIZE


def test_the_same_checkpoint_is_cosigned_again() -> None:
    assert ruled(TRUE.submission(9, 9), knowing(TRUE, 9)).reply is WitnessReply.COSIGNED
    padded = Submission(9, (bytes(32),), TRUE.note(9))
    assert ruled(padded, knowing(TRUE, 9)).reply is WitnessReply.INCONSISTENT


def test_two_trees_of_one_size_contradict_each_other_whatever_was_asked() -> None:
    forged = FORKS[1].note(9)
    ruling = ruled(Submission(3, (), forged), knowing(TRUE, 9))
    assert (ruling.reply, ruling.contradicts, ruling.head) == (
        WitnessReply.OTHER_SIZE,
        True,
        None,
    )
    assert ruled(Submission(9, (), forged), knowing(TRUE, 9)).reply is WitnessReply.INCONSISTENT


def test_an_old_size_beyond_the_checkpoint_is_malformed() -> None:
    asked = Submission(21, (), TRUE.note(20))
    assert ruled(asked, knowing(TRUE, 21)).reply is WitnessReply.MALFORMED


def test_an_empty_log_has_the_root_of_no_entries() -> None:
    assert ruled(Submission(0, (), TRUE.note(0)), WATCHED).reply is WitnessReply.COSIGNED
    wrong = sign_head(TreeHead(NAME, 0, bytes(32)), KEY, SIGNER.sign)
    assert ruled(Submission(0, (), wrong), WATCHED).reply is WitnessReply.INCONSISTENT
    assert TRUE.head(0).root == EMPTY_ROOT


def test_an_empty_proof_is_asked_of_who_begins() -> None:
    asked = Submission(0, (bytes(32),), TRUE.note(5))
    assert ruled(asked, WATCHED).reply is WitnessReply.INCONSISTENT


def test_a_log_that_is_not_watched_is_unknown() -> None:
    assert ruled(TRUE.submission(0, 5), None).reply is WitnessReply.UNKNOWN_LOG


def test_nobody_but_the_log_is_cosigned() -> None:
    key = VerifierKey(NAME, STRANGER.public_key().public_bytes_raw())
    by_a_stranger = sign_head(TRUE.head(5), key, STRANGER.sign)
    assert ruled(Submission(0, (), by_a_stranger), WATCHED).reply is WitnessReply.NOT_BY_ITS_LOG
    false = TRUE.note(5)[:-8] + b"AAAAAA==\n"
    assert ruled(Submission(0, (), false), WATCHED).reply in {
        WitnessReply.NOT_BY_ITS_LOG,
        WitnessReply.MALFORMED,
    }
    under_its_key = sign_head(TRUE.head(5), KEY, STRANGER.sign)
    assert ruled(Submission(0, (), under_its_key), WATCHED).reply is WitnessReply.NOT_BY_ITS_LOG


def test_a_further_key_of_the_log_may_sign() -> None:
    second = VerifierKey(NAME, STRANGER.public_key().public_bytes_raw())
    log = WatchedLog((KEY, second), TRUE.head(5))
    note = sign_head(TRUE.head(9), second, STRANGER.sign)
    proof = TRUE.submission(5, 9).path
    assert ruled(Submission(5, proof, note), log).reply is WitnessReply.COSIGNED


def test_a_request_is_written_to_the_letter() -> None:
    asked = TRUE.submission(5, 9)
    lines = "".join(f"{base64.b64encode(each).decode()}\n" for each in asked.path)
    assert asked.encode() == f"old 5\n{lines}\n".encode() + TRUE.note(9)
    assert Submission.parse(asked.encode()) == asked
    assert Submission.parse(TRUE.submission(0, 9).encode()) == TRUE.submission(0, 9)


HASH = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    "head",
    [
        "",
        "old 1",
        "old 01\n\n",
        "old -1\n\n",
        "old 1 \n\n",
        "old\n\n",
        "Old 1\n\n",
        "old 1\nAAAA\n\n",
        f"old 1\n{HASH[:-1]}\n\n",
        f"old 1\n {HASH}\n\n",
        "old 1\r\n\r\n",
        "old 99999999999999999999\n\n",
        "old 1\n" + f"{HASH}\n" * (MOST_HASHES + 1) + "\n",
        "old 1\n" + "x" * (1 << 19) + "\n\n",
    ],
)
def test_a_request_of_a_wrong_form_is_refused(head: str) -> None:
    with pytest.raises(SubmissionError):
        Submission.parse(head.encode() + TRUE.note(9))


@given(st.binary(max_size=300))
def test_whatever_comes_is_ruled_on_or_refused(data: bytes) -> None:
    for body in (data, b"old 0\n\n" + data, TRUE.submission(3, 9).encode()[:-20] + data):
        try:
            asked = Submission.parse(body)
        except SubmissionError:
            continue
        if body != TRUE.submission(3, 9).encode():
            assert ruled(asked, knowing(TRUE, 3)).reply is not WitnessReply.COSIGNED


@pytest.mark.parametrize(
    ("body", "size"),
    [(b"12\n", 12), (b"0\n", 0), (b"12", 12), (b"012\n", None), (b"", None), (b"x\n", None)],
)
def test_the_size_that_a_witness_tells_is_read(body: bytes, size: int | None) -> None:
    assert told_size(body) == size


class AnyClient(RuleBasedStateMachine):
    """Somebody who has the log's key, all of its histories, and proofs of whatever he likes."""

    def __init__(self) -> None:
        super().__init__()
        self.log = WATCHED
        self.cosigned: list[TreeHead] = []

    def _submit(self, asked: Submission) -> Ruling:
        ruling = ruled(asked, self.log)
        assert (ruling.head is not None) is (ruling.reply is WitnessReply.COSIGNED)
        if ruling.head is not None:
            self.log = WatchedLog((KEY,), ruling.head)
            self.cosigned.append(ruling.head)
        return ruling

    @rule(history=st.sampled_from(FORKS), size=st.integers(0, LONGEST))
    def grow_as_it_knows(self, history: History, size: int) -> None:
        known = self.log.head.size if self.log.head else 0
        ruling = self._submit(history.submission(known, size))
        if size >= known and (not self.log.head or history.head(known) == self.log.head):
            assert ruling.reply is WitnessReply.COSIGNED

    @rule(
        history=st.sampled_from(FORKS),
        old=st.integers(0, LONGEST),
        size=st.integers(0, LONGEST),
    )
    def submit_anything(self, history: History, old: int, size: int) -> None:
        self._submit(history.submission(old, size))

    @rule(
        history=st.sampled_from(FORKS),
        proof_of=st.sampled_from(FORKS),
        old=st.integers(0, LONGEST),
        size=st.integers(0, LONGEST),
        cut=st.integers(0, 3),
    )
    def bring_the_proof_of_another(
        self, history: History, proof_of: History, old: int, size: int, cut: int
    ) -> None:
        path = proof_of.submission(old, size).path
        self._submit(Submission(old, path[cut:], history.note(size)))

    @invariant()
    def all_that_was_cosigned_is_one_history(self) -> None:
        sizes = [head.size for head in self.cosigned]
        assert sizes == sorted(sizes)
        last = self.cosigned[-1] if self.cosigned else None
        assert any(
            last is None or all(each == history.head(each.size) for each in self.cosigned)
            for history in FORKS
        )


TestAnyClient = AnyClient.TestCase
TestAnyClient.settings = settings(max_examples=150, stateful_step_count=30)
