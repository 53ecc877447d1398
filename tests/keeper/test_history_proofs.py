"""The history of a dossier with proofs: each verifies alone and shows its own leaf only."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from keeper_case import DOSSIER, ask, desk_of, event, patient_in, raw_leaves
from openpgp.composed import SignedSecretKey

from rmp_milter.calls.protocol import (
    MAX_PROOFS,
    Checkpoint,
    Checkpointed,
    History,
    PastEvent,
    Record,
    Told,
)
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.keeper.log.head import verifier_key
from rmp_milter.tlog import entry_proofs

OTHER_DOSSIER = b"dossier-16-bytez"


@pytest.fixture
def desk(service: SignedSecretKey, tmp_path: Path) -> Iterator[Desk]:
    made = desk_of(service, tmp_path)
    yield made
    made.journal.close()


def written(desk: Desk, count: int) -> None:
    """Write leaves of two dossiers by turns."""
    for number in range(count):
        leaf = event("depot", number.to_bytes(32))
        dossier_id = OTHER_DOSSIER if number % 2 else DOSSIER
        ask(desk, Record(msgspec.structs.replace(leaf, dossier_id=dossier_id)))


def told(desk: Desk, proofs: int, limit: int = 1000) -> tuple[PastEvent, ...]:
    reply = ask(desk, History(DOSSIER, event("acces"), limit=limit, proofs=proofs)).reply
    assert isinstance(reply, Told)
    return reply.events


def test_each_proof_verifies_and_holds_its_own_leaf(desk: Desk) -> None:
    written(desk, 20)
    key = verifier_key(desk.keys.log, desk.journal.origin)
    leaves = raw_leaves(desk.journal)
    events = told(desk, MAX_PROOFS)
    assert [past.number for past in events] == [*range(0, 20, 2), 20]
    leaves.append(raw_leaves(desk.journal)[-1])
    for past in events:
        proof = entry_proofs.parse(past.entry_proof)
        assert entry_proofs.check(proof, key).size == 21
        assert (proof.index, proof.entry) == (past.number, leaves[past.number])


@pytest.mark.promise(number=19)
def test_no_proof_holds_a_leaf_of_another_dossier(desk: Desk) -> None:
    written(desk, 20)
    own = patient_in(desk.journal, DOSSIER)
    others = patient_in(desk.journal, OTHER_DOSSIER)
    assert own != others
    for past in told(desk, MAX_PROOFS):
        leaf = entry_proofs.parse(past.entry_proof).entry
        assert msgspec.json.decode(leaf)["patient"] == own
        assert others.encode() not in past.entry_proof + leaf


def test_the_newest_have_proofs_and_never_more_than_the_bound(desk: Desk) -> None:
    written(desk, 2 * MAX_PROOFS + 10)
    assert [bool(past.entry_proof) for past in told(desk, 2)[-4:]] == [False, False, True, True]
    assert sum(bool(past.entry_proof) for past in told(desk, 10_000)) == MAX_PROOFS
    assert [bool(past.entry_proof) for past in told(desk, 5, limit=2)] == [True, True]


def test_without_being_asked_nothing_is_signed(desk: Desk, tmp_path: Path) -> None:
    written(desk, 4)
    before = (tmp_path / "log.state").read_bytes()
    assert not any(past.entry_proof for past in told(desk, 0))
    assert (tmp_path / "log.state").read_bytes() == before


def test_the_log_grows_on_from_the_checkpoint_that_the_proofs_hold(desk: Desk) -> None:
    written(desk, 4)
    first = told(desk, 1)[-1].entry_proof
    ask(desk, Record(event("depot", b"another mail, after that one....")))
    # The same mail, tried again: its leaf is found, and the proofs are of today's log.
    again = told(desk, 9)
    assert [past.number for past in again] == [0, 2, 4, 5]
    found = [entry_proofs.parse(each) for each in (first, again[2].entry_proof)]
    assert found[0].entry == found[1].entry
    assert [entry_proofs.check(each, None).size for each in found] == [5, 6]
    assert isinstance(ask(desk, Checkpoint()).reply, Checkpointed)


@pytest.mark.parametrize("place", [30, 80, 200, -40])
def test_a_changed_proof_is_refused(desk: Desk, place: int) -> None:
    written(desk, 8)
    key = verifier_key(desk.keys.log, desk.journal.origin)
    changed = bytearray(told(desk, 9)[0].entry_proof)
    changed[place] ^= 1
    with pytest.raises(entry_proofs.EntryProofError):
        entry_proofs.check(entry_proofs.parse(bytes(changed)), key)
