"""The history of a dossier with proofs: each verifies alone and shows its own leaf only."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from keeper_case import event, patient_in, raw_leaves
from little_host import ALICE, BOB, CODE, OTHER_PATIENT, PATIENT, LittleHost, asking

from rmp_milter.calls.protocol.leaves import (
    MAX_COSIGNED,
    MAX_PROOFS,
    Checkpoint,
    Checkpointed,
    History,
    PastEvent,
    Record,
    Recorded,
    Told,
)
from rmp_milter.calls.protocol.releasing import ByCode, Prove, Proven
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.keeper.log.head import verifier_key
from rmp_milter.tlog import entry_proofs
from rmp_milter.tlog.checkpoints import read_checkpoint, sign_head
from rmp_milter.tlog.notes import parse, with_signatures
from rmp_milter.witness.own_keys import WitnessKeys


class Two:
    """Two dossiers of Alice's, and what she reads in them."""

    def __init__(self, host: LittleHost) -> None:
        self.host = host
        self.own = host.create(ALICE)
        self.other = host.create(ALICE, patient=OTHER_PATIENT)
        self.begun = len(host.desk.journal)
        self.asked = host.mail(ALICE, asking("accès"))

    def written(self, count: int) -> None:
        """Write leaves of both by turns."""
        patients = (PATIENT, OTHER_PATIENT)
        mails = [self.host.mail(ALICE, asking("dossier", patient=each)) for each in patients]
        for number in range(count):
            leaf = msgspec.structs.replace(event("dossier"), entries=(number,))
            kept = (self.own, self.other)[number % 2]
            reply = self.host.ask(Record(leaf, mails[number % 2].by(kept))).reply
            assert isinstance(reply, Recorded), reply

    def told(
        self, proofs: int, limit: int = 1000, cosigned: bytes = b""
    ) -> tuple[PastEvent, ...]:
        """Return the newest events of the first one, always asked for by the same mail."""
        by = self.asked.by(self.own)
        request = History(by, event("acces"), limit, proofs, cosigned)
        reply = self.host.ask(request).reply
        assert isinstance(reply, Told), reply
        return reply.events


@pytest.fixture
def two(host: LittleHost) -> Two:
    return Two(host)


def test_each_proof_verifies_and_holds_its_own_leaf(two: Two, desk: Desk) -> None:
    two.written(20)
    key = verifier_key(desk.keys.log, desk.journal.origin)
    events = two.told(MAX_PROOFS)
    leaves, begun = raw_leaves(desk.journal), two.begun
    created = events[0].number
    assert [past.number for past in events] == [created, *range(begun, begun + 21, 2)]
    for past in events:
        proof = entry_proofs.parse(past.entry_proof)
        assert entry_proofs.check(proof, key).size == begun + 21
        assert (proof.index, proof.entry) == (past.number, leaves[past.number])


@pytest.mark.promise(number=19)
def test_no_proof_holds_a_leaf_of_another_dossier(two: Two, desk: Desk) -> None:
    two.written(20)
    own = patient_in(desk.journal, two.own.dossier_id)
    others = patient_in(desk.journal, two.other.dossier_id)
    assert own != others
    for past in two.told(MAX_PROOFS):
        leaf = entry_proofs.parse(past.entry_proof).entry
        assert msgspec.json.decode(leaf)["patient"] == own
        assert others.encode() not in past.entry_proof + leaf


def test_the_newest_have_proofs_and_never_more_than_the_bound(two: Two) -> None:
    two.written(2 * MAX_PROOFS + 10)
    shown = [bool(past.entry_proof) for past in two.told(2)[-4:]]
    assert shown == [False, False, True, True]
    assert sum(bool(past.entry_proof) for past in two.told(10_000)) == MAX_PROOFS
    assert [bool(past.entry_proof) for past in two.told(5, limit=2)] == [True, True]


def test_without_being_asked_nothing_is_signed(two: Two, tmp_path: Path) -> None:
    two.written(4)
    before = (tmp_path / "log.state").read_bytes()
    assert not any(past.entry_proof for past in two.told(0))
    assert (tmp_path / "log.state").read_bytes() == before


@pytest.mark.promise(number=14)
def test_who_does_not_see_all_of_a_dossier_has_no_proofs(two: Two, host: LittleHost) -> None:
    mail = host.mail(BOB, asking("accès", f"Code : {CODE}"))
    code = two.own.slots.code
    assert code is not None
    proven = host.ask(Prove(mail.by(two.own), ByCode(code), event("acces"))).reply
    assert isinstance(proven, Proven)
    by = mail.by(two.own, ticket=proven.ticket)
    told = host.ask(History(by, event("acces"), proofs=9)).reply
    assert isinstance(told, Told)
    assert len(told.events) == 2
    assert not any(past.entry_proof for past in told.events)


def test_the_log_grows_on_from_the_checkpoint_that_the_proofs_hold(two: Two) -> None:
    two.written(4)
    first = two.told(1)[-1].entry_proof
    two.written(1)
    # The same mail, tried again: its leaf is found, and the proofs are of today's log.
    again, begun = two.told(9), two.begun
    assert [past.number - begun for past in again[1:]] == [0, 2, 4, 5]
    found = [entry_proofs.parse(each) for each in (first, again[3].entry_proof)]
    assert found[0].entry == found[1].entry
    sizes = [entry_proofs.check(each, None).size - begun for each in found]
    assert sizes == [5, 6]
    assert isinstance(two.host.ask(Checkpoint()).reply, Checkpointed)


@pytest.mark.parametrize("place", [30, 80, 200, -40])
def test_a_changed_proof_is_refused(two: Two, desk: Desk, place: int) -> None:
    two.written(8)
    key = verifier_key(desk.keys.log, desk.journal.origin)
    changed = bytearray(two.told(9)[0].entry_proof)
    changed[place] ^= 1
    with pytest.raises(entry_proofs.EntryProofError):
        entry_proofs.check(entry_proofs.parse(bytes(changed)), key)


def test_what_witnesses_cosigned_stands_in_the_proofs_that_it_counts(two: Two) -> None:
    log, keys = two.host.desk, witness_keys()
    two.written(4)
    fresh = log.journal.checkpoint(log.keys.log)
    note = parse(fresh)
    cosigned = with_signatures(note, keys.cosign(note.text, 1_800_000_000)).encode()
    two.written(4)
    size = read_checkpoint(fresh).size
    said = [each for each in two.told(100, cosigned=cosigned) if each.entry_proof]
    key = verifier_key(log.keys.log, log.journal.origin)
    for past in said:
        proof = entry_proofs.parse(past.entry_proof)
        entry_proofs.check(proof, key)
        assert (proof.checkpoint == cosigned) is (past.number < size)
    assert {past.number < size for past in said} == {True, False}


def test_a_note_that_is_not_of_this_log_stands_in_no_proof(two: Two) -> None:
    log = two.host.desk
    two.written(4)
    fresh = log.journal.checkpoint(log.keys.log)
    head = read_checkpoint(fresh)
    key = verifier_key(log.keys.log, log.journal.origin)
    for wrong in (
        replace(head, root=bytes(32)),
        replace(head, size=10**6),
        replace(head, size=head.size - 1),
        replace(head, origin="other.example/rmp"),
    ):
        signer = replace(key, name=wrong.origin)
        forged = sign_head(wrong, signer, log.keys.log.sign)
        assert forged not in checkpoints(two, forged)
    for junk in (b"x", fresh[:-9], fresh.replace(b"rmp", b"rmq"), fresh + b"y" * MAX_COSIGNED):
        assert junk not in checkpoints(two, junk)


def checkpoints(two: Two, cosigned: bytes) -> set[bytes]:
    proofs = [each.entry_proof for each in two.told(100, cosigned=cosigned)]
    return {entry_proofs.parse(each).checkpoint for each in proofs}


def witness_keys() -> WitnessKeys:
    return WitnessKeys("ars.example/temoin", Ed25519PrivateKey.from_private_bytes(bytes(32)))
