"""Emergencies in the keeper: no key without a reason, no reason that anybody else can read."""

import dataclasses
import hashlib

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from dossier_case import URGENCE, Deposit, acts, leaves, patient_of
from keeper_case import (
    AUDITORS,
    NOW,
    PDF,
    ask,
    event,
    hosts_event,
    raw_leaves,
)
from little_host import ALICE, BOB, OTHER_PATIENT, LittleHost, Mail, asking

from rmp_milter.audit.reasons import ReasonError, open_reason
from rmp_milter.calls.protocol.cards import Forget
from rmp_milter.calls.protocol.leaves import History, Record, Recorded, Told
from rmp_milter.calls.protocol.message import Why
from rmp_milter.calls.protocol.releasing import Released
from rmp_milter.dossier.emergency import CLOSED, EMERGENCY_PURPOSE, reference_of
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.keeper.desk.doors import Door
from rmp_milter.keeper.desk.ways import WRONG_CUSTODY
from rmp_milter.keeper.keys.held import LIFETIME
from rmp_milter.keeper.log.journal import Journal, JournalError

REASON = "inconsciente, AVC"
JUSTIFICATION = (
    "Demande : justification\r\nRéférence : U-ABCD\r\n\r\nElle a parlé de son AVC.\r\n"
)
REFERENCE = reference_of(bytes(range(32)))


def sealed_reasons(desk: Desk) -> dict[int, bytes]:
    with desk.journal.snapshot() as log:
        return dict(log.reasons(len(desk.journal)))


def urgencies(desk: Desk) -> list[str]:
    return [str(outcome) for action, outcome in acts(desk) if action == "urgence"]


@pytest.mark.promise(number=18)
def test_the_reason_is_in_the_ticket_and_neither_shown_nor_kept_in_a_document(
    host: LittleHost,
) -> None:
    mail = host.mail(BOB, URGENCE)
    assert "AVC" not in repr(mail.opened)
    assert b"AVC" not in msgspec.msgpack.encode(mail.opened)
    assert (mail.opened.bodies, mail.opened.has_reason) == ((), True)
    ticket = host.ticket(mail)
    assert ticket.reason == REASON
    assert "AVC" not in repr(ticket)


def test_a_justifications_letter_is_its_reason_and_its_documents_may_be_stored(
    host: LittleHost,
) -> None:
    mail = host.mail(BOB, JUSTIFICATION, files=[("bilan.pdf", PDF)])
    (document,) = mail.opened.bodies
    assert document.fresh
    assert b"AVC" not in mail.memory
    assert host.ticket(mail).reason == "Elle a parlé de son AVC."


@pytest.mark.parametrize("shown", [True, False], ids=["card", "no card"])
def test_a_custody_key_that_is_another_ones_puts_an_emergency_off_and_accuses_nobody(
    host: LittleHost, *, shown: bool
) -> None:
    deposit = Deposit(host)
    mail = deposit.urgent()
    before = len(host.desk.journal)
    keys = dataclasses.replace(host.desk.keys, custody=X25519PrivateKey.generate())
    desk = dataclasses.replace(host.desk, keys=keys)
    by = mail.by(deposit.kept.card if shown else b"")
    request = deposit.release(mail, by=by, dossier_id=deposit.kept.dossier_id)
    failed = ask(desk, request).failed
    if shown:
        assert (failed.why, failed.detail) == (Why.UNAVAILABLE, WRONG_CUSTODY)
        assert len(host.desk.journal) == before
    assert failed.why in {Why.UNAVAILABLE, Why.UNENTITLED}  # each of them: come again
    assert deposit.is_read(mail)  # and with the right key it is granted


def test_an_emergency_is_granted_and_its_leaf_says_so_in_fhirs_words(host: LittleHost) -> None:
    deposit = Deposit(host)
    mail = deposit.urgent()
    act = mail.opened.once
    lie = msgspec.structs.replace(
        event("dossier"), reference=reference_of(act), purpose="TREAT", reason=b"x" * 32
    )
    assert isinstance(host.ask(deposit.release(mail, event=lie)).reply, Released)
    leaf = leaves(host.desk)[-1]
    assert (leaf["action"], leaf["outcome"]) == ("urgence", "granted")
    assert leaf["purpose"] == EMERGENCY_PURPOSE == "110113 110127 ETREAT BTG"
    own = patient_of(host.desk, deposit.kept.dossier_id)
    assert (leaf["reference"], leaf["patient"]) == (reference_of(act), own)
    ((index, sealed),) = sealed_reasons(host.desk).items()
    assert index == len(host.desk.journal) - 1
    assert leaf["reason"] == hashlib.sha256(sealed).hexdigest()
    assert open_reason(sealed, AUDITORS, act) == REASON
    with pytest.raises(ReasonError):
        open_reason(sealed, AUDITORS, bytes(32))
    with pytest.raises(ReasonError):
        open_reason(sealed, host.desk.keys.custody, act)


@pytest.mark.promise(number=18)
def test_an_emergency_without_a_reason_or_a_reference_opens_nothing(host: LittleHost) -> None:
    deposit = Deposit(host)
    mail, silent = deposit.urgent(), host.mail(BOB, "Demande : urgence\r\nDUPONT Jean\r\n")
    before = len(host.desk.journal)
    own = msgspec.structs.replace(event("x"), reference=reference_of(silent.opened.once))
    for request in (
        deposit.release(silent, deposit.by_custody, event=own),
        deposit.release(mail, event=event("urgence")),
        deposit.release(mail, event=own),
    ):
        assert host.ask(request).failed.why is Why.UNSUPPORTED
    assert len(host.desk.journal) == before


def test_a_reason_serves_its_own_mail_and_not_for_ever(host: LittleHost) -> None:
    deposit = Deposit(host)
    late = ask(host.desk, deposit.release(deposit.urgent()), now=NOW + LIFETIME + 1)
    assert late.failed.why is Why.UNENTITLED
    plain = deposit.consultation()
    assert host.ask(deposit.release(plain, deposit.by_custody)).failed.why is Why.UNENTITLED


def test_the_same_emergency_tried_again_finds_its_leaf_and_its_reason(
    host: LittleHost,
) -> None:
    deposit = Deposit(host)
    request = deposit.release(deposit.urgent())
    assert isinstance(host.ask(request).reply, Released)
    size, reasons = len(host.desk.journal), sealed_reasons(host.desk)
    again = host.ask(request, now=NOW + 60)
    assert isinstance(again.reply, Released)
    assert (len(host.desk.journal), sealed_reasons(host.desk)) == (size, reasons)


@pytest.mark.promise(number=18)
def test_one_mail_opens_one_dossier_in_an_emergency(host: LittleHost) -> None:
    deposit = Deposit(host)
    other = host.create(ALICE, patient=OTHER_PATIENT)
    mail = deposit.urgent()
    assert isinstance(host.ask(deposit.release(mail)).reply, Released)
    second = deposit.release(mail, by=mail.by(other), items=())
    way = type(deposit.by_custody)(other.slots.custody)
    second = msgspec.structs.replace(second, way_in=way)
    assert host.ask(second).failed.why is Why.UNENTITLED
    assert urgencies(host.desk) == ["granted"]


@pytest.mark.promise(number=8)
@pytest.mark.promise(number=18)
def test_no_key_leaves_where_the_reason_cannot_be_written(
    host: LittleHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    deposit = Deposit(host)
    request = deposit.release(deposit.urgent())

    def full(_: Journal, __: object, ___: int, sealed: bytes, **____: object) -> int:
        assert sealed
        raise JournalError("disk full")

    monkeypatch.setattr(Journal, "append", full)
    with pytest.raises(JournalError):
        host.ask(request)


def justified(host: LittleHost, mail: Mail) -> int:
    said = msgspec.structs.replace(event("justification"), dossier_id=b"", reference=REFERENCE)
    reply = host.ask(Record(said, mail.by(), with_reason=True)).reply
    assert isinstance(reply, Recorded), reply
    return reply.number


@pytest.mark.promise(number=18)
def test_a_justification_and_a_review_have_their_words_sealed(host: LittleHost) -> None:
    mail = host.mail(BOB, JUSTIFICATION)
    first = justified(host, mail)
    closed = msgspec.structs.replace(
        hosts_event("controle", b"q" * 32), reference=REFERENCE, outcome=CLOSED
    )
    review = Record(closed, words="Vu, justifié.")
    assert host.ask(review).failed.why is Why.NOT_HERE
    second = len(host.desk.journal)
    assert ask(host.desk, review, door=Door.OPERATOR).reply == Recorded(second)
    reasons = sealed_reasons(host.desk)
    assert open_reason(reasons[first], AUDITORS, mail.opened.once) == "Elle a parlé de son AVC."
    assert open_reason(reasons[second], AUDITORS, b"q" * 32) == "Vu, justifié."
    long = Record(hosts_event("controle"), words="m" * 2001)
    assert ask(host.desk, long, door=Door.OPERATOR).failed.why is Why.TOO_LARGE


def test_a_mail_without_a_reason_has_none_sealed(host: LittleHost) -> None:
    deposit = Deposit(host)
    mail = host.mail(ALICE, asking("dossier"))
    reply = host.ask(Record(event("dossier"), mail.by(deposit.kept), with_reason=True)).reply
    assert isinstance(reply, Recorded)
    assert "purpose" not in leaves(host.desk)[-1]
    assert sealed_reasons(host.desk) == {}


def test_a_refusal_in_an_emergency_keeps_no_reason(host: LittleHost) -> None:
    deposit = Deposit(host)
    way = type(deposit.by_custody)(b"no slot")
    refused = host.ask(deposit.release(deposit.urgent(), way)).failed
    assert refused.why is Why.UNENTITLED
    assert leaves(host.desk)[-1]["outcome"] == "refused"
    assert sealed_reasons(host.desk) == {}


@pytest.mark.promise(number=19)
def test_the_leaf_holds_a_commitment_and_not_the_dossier(host: LittleHost) -> None:
    dossier_id = Deposit(host).kept.dossier_id
    raw = b"".join(raw_leaves(host.desk.journal))
    assert dossier_id.hex().encode() not in raw
    assert hashlib.sha256(dossier_id).hexdigest().encode() not in raw
    named = {leaf["patient"] for leaf in leaves(host.desk) if leaf["action"] != "inscription"}
    assert named == {patient_of(host.desk, dossier_id)}


@pytest.mark.promise(number=19)
def test_an_erased_dossiers_leaves_stay_and_nobody_can_tell_whose_they_are(
    host: LittleHost,
) -> None:
    deposit = Deposit(host)
    dossier_id = deposit.kept.dossier_id
    asked = host.mail(ALICE, asking("accès"))
    before = patient_of(host.desk, dossier_id)
    leaf = msgspec.structs.replace(hosts_event("effacement"), dossier_id=dossier_id)
    erased, size = Forget(dossier_id, leaf), len(host.desk.journal)
    assert ask(host.desk, erased, door=Door.OPERATOR).reply == Recorded(size)
    assert leaves(host.desk)[-1]["patient"] == before
    assert patient_of(host.desk, dossier_id) == ""
    assert ask(host.desk, erased, door=Door.OPERATOR).reply == Recorded(size)
    assert host.desk.journal.history(dossier_id, 9) == []
    history = History(asked.by(deposit.kept), event("acces"))
    assert host.ask(history).failed.why is Why.UNENTITLED
    assert leaves(host.desk)[-1]["patient"] == ""


def test_forgetting_one_dossier_leaves_the_others(host: LittleHost) -> None:
    first = host.create()
    others = [
        host.create(patient=f"Patient : MARTIN {name}\r\nNé le : 01/02/1960\r\n")
        for name in ("Anne", "Zoé")
    ]
    leaf = msgspec.structs.replace(hosts_event("effacement"), dossier_id=first.dossier_id)
    ask(host.desk, Forget(first.dossier_id, leaf), door=Door.OPERATOR)
    found = [
        [each.action for each in host.desk.journal.history(kept.dossier_id, 9)]
        for kept in (first, *others)
    ]
    assert found == [[], ["creation"], ["creation"]]
    mail = host.mail(ALICE, asking("accès", patient=OTHER_PATIENT))
    told = host.ask(History(mail.by(others[0]), event("acces"))).reply
    assert isinstance(told, Told)
    assert [each.action for each in told.events] == ["creation", "acces"]
