"""Emergencies in the keeper: no key without a reason, no reason that anybody else can read."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from dossier_case import Deposit, leaves, patient_of
from keeper_case import (
    AUDITORS,
    DIGEST,
    DOSSIER,
    NOW,
    PDF,
    Answered,
    ask,
    desk_of,
    encrypted,
    entity,
    event,
    hosts_event,
    opening,
    raw_leaves,
)
from keeper_gpg import Gpg
from openpgp.composed import SignedSecretKey

from rmp_milter.audit.reasons import ReasonError, open_reason
from rmp_milter.calls.protocol import (
    ByCustody,
    Event,
    Forget,
    History,
    Opened,
    Record,
    Recorded,
    Release,
    Released,
    Told,
    Why,
)
from rmp_milter.dossier.emergency import CLOSED, EMERGENCY_PURPOSE, reference_of
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.keeper.desk.doors import Door
from rmp_milter.keeper.keys.held import LIFETIME, HeldKind
from rmp_milter.keeper.log.journal import Journal, JournalError

REASON = "inconsciente, suspicion d'AVC"
URGENCE = f"Demande : urgence\r\nPatient : DUPONT Jean\r\nMotif : {REASON}\r\n"
JUSTIFICATION = (
    "Demande : justification\r\nRéférence : U-ABCD\r\n\r\nElle a parlé de son AVC.\r\n"
)
REFERENCE = reference_of(DIGEST)


@pytest.fixture
def desk(service: SignedSecretKey, tmp_path: Path) -> Iterator[Desk]:
    made = desk_of(service, tmp_path)
    yield made
    made.journal.close()


def opened(gpg: Gpg, desk: Desk, plain: bytes, *, as_entity: bool = False) -> Answered:
    request, memory = opening([encrypted(gpg, plain)], entity=as_entity)
    answered = ask(desk, request, memory)
    assert isinstance(answered.reply, Opened), answered.reply
    return answered


def held_reason(gpg: Gpg, desk: Desk, text: str = URGENCE) -> bytes:
    reply = opened(gpg, desk, text.encode()).reply
    assert isinstance(reply, Opened)
    return reply.held_reason


def emergency(**more: object) -> Event:
    return msgspec.structs.replace(event("urgence"), reference=REFERENCE, **more)


def order(gpg: Gpg, deposit: Deposit, held: bytes, **more: object) -> Release:
    way = ByCustody(deposit.created.slots.custody, held)
    return deposit.release(
        gpg.public("bob@x.fr"), b"", **{"way_in": way, "event": emergency(), **more}
    )


def sealed_reasons(desk: Desk) -> dict[int, bytes]:
    with desk.journal.snapshot() as log:
        return dict(log.reasons(len(desk.journal)))


@pytest.mark.promise(number=18)
def test_the_reason_is_held_and_neither_shown_nor_kept_in_a_document(
    gpg: Gpg, desk: Desk
) -> None:
    reply = opened(gpg, desk, URGENCE.encode()).reply
    assert isinstance(reply, Opened)
    assert "AVC" not in repr(reply)
    assert reply.bodies == ()
    assert desk.holder.open(HeldKind.REASON, reply.held_reason, DIGEST, NOW).decode() == REASON
    with pytest.raises(ValueError, match="not a held value"):
        desk.holder.open(HeldKind.CODE, reply.held_reason, DIGEST, NOW)


def test_a_justifications_letter_is_its_reason_and_its_documents_may_be_stored(
    gpg: Gpg, desk: Desk
) -> None:
    plain = entity(JUSTIFICATION, files=[("bilan.pdf", PDF)])
    answered = opened(gpg, desk, plain, as_entity=True)
    assert isinstance(answered.reply, Opened)
    (document,) = answered.reply.bodies
    assert document.fresh
    assert b"AVC" not in answered.memory
    held = answered.reply.held_reason
    words = desk.holder.open(HeldKind.REASON, held, DIGEST, NOW).decode()
    assert words == "Elle a parlé de son AVC."


def test_an_emergency_is_granted_and_its_leaf_says_so_in_fhirs_words(
    gpg: Gpg, desk: Desk
) -> None:
    deposit = Deposit(gpg, desk)
    lie = emergency(purpose="TREAT", reason=b"x" * 32)
    request = order(gpg, deposit, held_reason(gpg, desk), event=lie)
    assert isinstance(ask(desk, request).reply, Released)
    leaf = leaves(desk)[-1]
    assert (leaf["action"], leaf["outcome"]) == ("urgence", "granted")
    assert leaf["purpose"] == EMERGENCY_PURPOSE == "110113 110127 ETREAT BTG"
    assert (leaf["reference"], leaf["patient"]) == (REFERENCE, patient_of(desk))
    ((index, sealed),) = sealed_reasons(desk).items()
    assert index == len(desk.journal) - 1
    assert leaf["reason"] == hashlib.sha256(sealed).hexdigest()
    assert open_reason(sealed, AUDITORS, DIGEST) == REASON
    with pytest.raises(ReasonError):
        open_reason(sealed, AUDITORS, bytes(32))
    with pytest.raises(ReasonError):
        open_reason(sealed, desk.keys.custody, DIGEST)


@pytest.mark.promise(number=18)
def test_an_emergency_without_a_reason_or_a_reference_opens_nothing(
    gpg: Gpg, desk: Desk
) -> None:
    deposit = Deposit(gpg, desk)
    before = len(desk.journal)
    without = msgspec.structs.replace(emergency(), reference="")
    for request in (
        order(gpg, deposit, b""),
        order(gpg, deposit, held_reason(gpg, desk), event=without),
    ):
        assert ask(desk, request).failed.why is Why.UNSUPPORTED
    assert len(desk.journal) == before


def test_a_reason_serves_its_own_mail_and_not_for_ever(gpg: Gpg, desk: Desk) -> None:
    deposit = Deposit(gpg, desk)
    held = held_reason(gpg, desk)
    other = order(gpg, deposit, held, digest=bytes(32))
    assert ask(desk, other).failed.why is Why.UNAVAILABLE
    late = ask(desk, order(gpg, deposit, held), now=NOW + LIFETIME + 1)
    assert late.failed.why is Why.UNAVAILABLE


def test_the_same_emergency_tried_again_finds_its_leaf_and_its_reason(
    gpg: Gpg, desk: Desk
) -> None:
    deposit = Deposit(gpg, desk)
    assert isinstance(ask(desk, order(gpg, deposit, held_reason(gpg, desk))).reply, Released)
    size, reasons = len(desk.journal), sealed_reasons(desk)
    again = ask(desk, order(gpg, deposit, held_reason(gpg, desk)), now=NOW + 60)
    assert isinstance(again.reply, Released)
    assert (len(desk.journal), sealed_reasons(desk)) == (size, reasons)


@pytest.mark.promise(number=8)
@pytest.mark.promise(number=18)
def test_no_key_leaves_where_the_reason_cannot_be_written(
    gpg: Gpg, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    deposit = Deposit(gpg, desk)
    request = order(gpg, deposit, held_reason(gpg, desk))

    def full(_: Journal, __: Event, ___: int, sealed: bytes) -> int:
        assert sealed
        raise JournalError("disk full")

    monkeypatch.setattr(Journal, "append", full)
    with pytest.raises(JournalError):
        ask(desk, request)


def test_other_ways_by_custody_need_no_reason(gpg: Gpg, desk: Desk) -> None:
    deposit = Deposit(gpg, desk)
    request = order(gpg, deposit, b"", event=event("dossier"))
    assert isinstance(ask(desk, request).reply, Released)
    assert "purpose" not in leaves(desk)[-1]


@pytest.mark.promise(number=18)
def test_a_justification_and_a_review_have_their_words_sealed(gpg: Gpg, desk: Desk) -> None:
    said = msgspec.structs.replace(event("justification"), reference=REFERENCE)
    held = held_reason(gpg, desk, JUSTIFICATION)
    assert ask(desk, Record(said, held_reason=held)).reply == Recorded(0)
    closed = msgspec.structs.replace(
        hosts_event("controle", b"q" * 32), reference=REFERENCE, outcome=CLOSED
    )
    review = Record(closed, words="Vu, justifié.")
    assert ask(desk, review).failed.why is Why.NOT_HERE
    assert ask(desk, review, door=Door.OPERATOR).reply == Recorded(1)
    reasons = sealed_reasons(desk)
    assert open_reason(reasons[0], AUDITORS, DIGEST) == "Elle a parlé de son AVC."
    assert open_reason(reasons[1], AUDITORS, b"q" * 32) == "Vu, justifié."
    assert ask(desk, Record(event("x"), words="m" * 2001)).failed.why is Why.TOO_LARGE


def test_a_refusal_in_an_emergency_keeps_no_reason(gpg: Gpg, desk: Desk) -> None:
    deposit = Deposit(gpg, desk)
    way = ByCustody(b"no slot", held_reason(gpg, desk))
    refused = ask(desk, order(gpg, deposit, b"", way_in=way)).failed
    assert refused.why is Why.WRONG_CODE
    assert leaves(desk)[-1]["outcome"] == "refused"
    assert sealed_reasons(desk) == {}


@pytest.mark.promise(number=19)
def test_the_leaf_holds_a_commitment_and_not_the_dossier(gpg: Gpg, desk: Desk) -> None:
    Deposit(gpg, desk)
    raw = b"".join(raw_leaves(desk.journal))
    assert DOSSIER.hex().encode() not in raw
    assert hashlib.sha256(DOSSIER).hexdigest().encode() not in raw
    assert {leaf["patient"] for leaf in leaves(desk)} == {patient_of(desk)}


@pytest.mark.promise(number=19)
def test_an_erased_dossiers_leaves_stay_and_nobody_can_tell_whose_they_are(
    gpg: Gpg, desk: Desk
) -> None:
    Deposit(gpg, desk)
    before = patient_of(desk)
    erased = Forget(DOSSIER, hosts_event("effacement"))
    size = len(desk.journal)
    assert ask(desk, erased, door=Door.OPERATOR).reply == Recorded(size)
    assert leaves(desk)[-1]["patient"] == before
    assert patient_of(desk) == ""
    assert ask(desk, erased, door=Door.OPERATOR).reply == Recorded(size)
    told = ask(desk, History(DOSSIER, event("acces"))).reply
    assert isinstance(told, Told)
    assert [each.action for each in told.events] == ["acces"]
    assert leaves(desk)[-1]["patient"] not in {"", before}


def test_forgetting_one_dossier_leaves_the_others(desk: Desk) -> None:
    ids = (b"dossier-16-bytez", DOSSIER, b"dossier-16-bytet")
    for each in ids:
        ask(desk, Record(msgspec.structs.replace(event("x"), dossier_id=each)))
    ask(desk, Forget(DOSSIER, hosts_event("effacement")), door=Door.OPERATOR)
    found = [[e.action for e in desk.journal.history(each, 9)] for each in ids]
    assert found == [["x"], [], ["x"]]
