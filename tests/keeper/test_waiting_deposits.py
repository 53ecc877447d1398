"""Deposits that wait for a dossier, and the events of a dossier as its patient may ask."""

import json

import msgspec
import pytest
from dossier_case import Deposit, leaves, patient_of
from keeper_case import HEADER, LETTER, NOW, PDF, event
from little_host import (
    ALICE,
    BOB,
    DOCUMENT,
    OTHER_PATIENT,
    Kept,
    LittleHost,
    asking,
)

from rmp_milter.calls.authority import Authority
from rmp_milter.calls.protocol.filing import Adopt, Resealed, ToReseal, Wait
from rmp_milter.calls.protocol.leaves import History, PastEvent, Record, Told
from rmp_milter.calls.protocol.message import Why
from rmp_milter.calls.protocol.releasing import SealedDocument
from rmp_milter.dossier.model import Container
from rmp_milter.keeper.desk import answer as calls
from rmp_milter.keeper.desk.without_title import WITHOUT_TITLE
from rmp_milter.keeper.keys.sealing import SealError, open_session_key, open_waiting_key
from rmp_milter.keeper.log.journal import Journal, JournalError
from rmp_milter.keeper.log.known import of_dossier

WAITING = b"waiting-16-bytes"
OTHER = b"another--dossier"


class Waiting(Deposit):
    """Bob's deposit, sealed to wait, beside the dossier that will take it in."""

    def __init__(self, host: LittleHost) -> None:
        super().__init__(host)
        alice = host.member(ALICE)
        text = f"{HEADER}Prescripteur : {alice.said.name}\r\n{LETTER}"
        self.mail = host.mail(BOB, text, files=[("été.pdf", PDF)])
        self.plain = self.mail.plain
        reply = host.ask(self.wait(alice.certificate)).reply
        assert isinstance(reply, Resealed), reply
        (self.waiting,), self.card = reply.items, reply.card

    def wait(self, *readers: bytes) -> Wait:
        said = msgspec.structs.replace(event("attente"), dossier_id=b"")
        by = self.mail.by(b"", self.host.member(ALICE))
        return Wait(by, WAITING, (ToReseal(DOCUMENT, 0),), readers, said)

    def adopt(self, *readers: bytes) -> Adopt:
        item = self.mail.sealed(self.waiting.sealed_key, DOCUMENT)
        by = Authority(b"", self.kept.card, (self.host.member(ALICE).candidate,))
        return Adopt(by, self.card, (item,), readers, event("rattachement"))


def test_a_prescriber_reads_at_once_what_waits(host: LittleHost) -> None:
    deposit = Waiting(host)
    text, status = host.gpg.verdict(deposit.message(deposit.waiting.packets[0]))
    assert text == deposit.plain
    assert "GOODSIG" in status
    last = leaves(host.desk)[-1]
    assert (last["action"], last["patient"]) == ("depot", "")


def test_what_waited_is_adopted_and_read_like_any_document(host: LittleHost) -> None:
    deposit = Waiting(host)
    reply = host.ask(deposit.adopt(host.member(ALICE).certificate)).reply
    assert isinstance(reply, Resealed)
    assert host.gpg.verdict(deposit.message(reply.items[0].packets[0]))[0] == deposit.plain
    last = leaves(host.desk)[-1]
    assert (last["action"], last["rpps"]) == ("rattachement", deposit.mail.sender.said.rpps)
    assert last["request"] == deposit.mail.opened.once.hex()
    deposit.item = reply.items[0]
    assert deposit.is_read(deposit.consultation())


@pytest.mark.promise(number=1)
def test_a_waiting_seal_and_a_dossiers_never_open_as_each_other(host: LittleHost) -> None:
    deposit = Waiting(host)
    waiting = deposit.mail.sealed(deposit.waiting.sealed_key, DOCUMENT)
    private, keys = host.desk.keys.waiting, host.desk.keys
    own = (private,)
    assert open_waiting_key(own, WAITING, waiting).algorithm == 9
    with pytest.raises(SealError):
        open_session_key(private, WAITING, waiting)
    with pytest.raises(SealError):
        open_waiting_key(own, WAITING, deposit.sealed)
    with pytest.raises(SealError):
        open_waiting_key((keys.custody,), WAITING, waiting)


@pytest.mark.parametrize(
    "changed",
    [
        {"digest": bytes(32)},
        {"container": Container.FILE},
        {"sealed_key": bytes(81)},
        {"sealed_key": b""},
    ],
)
def test_what_does_not_fit_is_not_adopted(host: LittleHost, changed: dict[str, object]) -> None:
    deposit = Waiting(host)
    request = deposit.adopt()
    item = msgspec.structs.replace(request.items[0], **changed)
    request = msgspec.structs.replace(request, items=(item,))
    assert host.ask(request).failed.why is Why.UNENTITLED
    assert leaves(host.desk)[-1]["action"] == WITHOUT_TITLE


def test_the_deposits_card_says_which_deposit_it_is_and_of_which_documents(
    host: LittleHost,
) -> None:
    deposit = Waiting(host)
    request = deposit.adopt()
    (item,) = request.items
    other = msgspec.structs.replace(item, document_id=b"another-document")
    for changed in (
        {"items": (other,)},
        {"items": (item, other)},
        {"items": ()},
        {"card": b""},
        {"card": deposit.card[:-1] + b"x"},
        {"card": deposit.card.replace(WAITING, b"another--waiting")},
        {"card": deposit.kept.card},
    ):
        failed = host.ask(msgspec.structs.replace(request, **changed)).failed
        assert failed.why is Why.UNENTITLED


def test_a_wrong_key_or_reader_adopts_nothing(host: LittleHost) -> None:
    deposit = Waiting(host)
    bob = host.member(BOB)
    for reader in (bob.certificate, b"noise"):
        assert host.ask(deposit.adopt(reader)).failed.why is Why.UNENTITLED
        by = msgspec.structs.replace(deposit.adopt().by, persons=(bob.candidate,))
        request = msgspec.structs.replace(deposit.adopt(reader), by=by)
        assert host.ask(request).failed.why is Why.UNENTITLED
    assert host.ask(deposit.wait(b"noise")).failed.why is Why.UNENTITLED
    short = msgspec.structs.replace(deposit.wait(), waiting_id=b"short")
    assert host.ask(short).failed.why is Why.UNAVAILABLE
    assert [leaf["action"] for leaf in leaves(host.desk)].count("rattachement") == 0


@pytest.mark.promise(number=8)
def test_nothing_waits_or_is_told_where_the_leaf_cannot_be_written(
    host: LittleHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    deposit = Waiting(host)
    asked = host.mail(ALICE, asking("accès"))

    def full(*_: object, **__: object) -> int:
        raise JournalError("disk full")

    monkeypatch.setattr(Journal, "append", full)
    history = History(asked.by(deposit.kept), event("acces"))
    for request in (deposit.wait(), deposit.adopt(), history):
        with pytest.raises(JournalError):
            calls.answer(host.desk, request, None, NOW)


def told(host: LittleHost, kept: Kept, limit: int = 1000, patient: str = "") -> list[PastEvent]:
    mail = host.mail(ALICE, asking("accès", **({"patient": patient} if patient else {})))
    reply = host.ask(History(mail.by(kept), event("acces"), limit)).reply
    assert isinstance(reply, Told), reply
    return list(reply.events)


def test_a_dossiers_events_are_told_granted_and_refused_with_the_asking(
    host: LittleHost,
) -> None:
    deposit = Deposit(host)
    mail = deposit.consultation()
    said = msgspec.structs.replace(event("dossier"), entries=(3, 1))
    host.ask(deposit.release(mail, event=said))
    host.ask(deposit.release(deposit.consultation("Faux-code")))
    other = host.create(ALICE, patient=OTHER_PATIENT)
    host.ask(Record(event("liste"), host.mail(BOB, "Demande : liste\r\nNom : DU\r\n").by()))
    events = told(host, deposit.kept)
    assert [(each.action, each.outcome) for each in events] == [
        ("creation", "granted"),
        ("depot", "granted"),
        ("dossier", "granted"),
        ("dossier", "refused"),
        ("acces", "granted"),
    ]
    read = PastEvent(
        events[2].number, NOW, "dossier", "granted", mail.sender.said.rpps, "signature+code"
    )
    assert events[2] == msgspec.structs.replace(read, entries=(3, 1))
    assert [each.action for each in told(host, other, patient=OTHER_PATIENT)] == [
        "creation",
        "acces",
    ]


@pytest.mark.promise(number=14)
def test_deposits_and_attachments_are_told_with_their_documents(host: LittleHost) -> None:
    """So that who lists accesses knows the entry that came of them; a reading names entries."""
    deposit = Waiting(host)
    reply = host.ask(deposit.adopt()).reply
    assert isinstance(reply, Resealed)
    (deposit.item,) = reply.items
    reading = msgspec.structs.replace(event("dossier"), entries=(1,))
    host.ask(deposit.release(deposit.consultation(), event=reading))
    assert [(each.action, each.documents) for each in told(host, deposit.kept)] == [
        ("creation", ()),
        ("depot", (DOCUMENT,)),
        ("rattachement", (DOCUMENT,)),
        ("dossier", ()),
        ("acces", ()),
    ]


def test_the_newest_are_told_where_there_are_many(host: LittleHost) -> None:
    kept = host.create()
    for _ in range(6):
        mail = host.mail(ALICE, asking("dossier"))
        host.ask(Record(event("dossier"), mail.by(kept)))
    assert [each.action for each in told(host, kept, limit=3)] == ["dossier"] * 2 + ["acces"]
    numbers = [each.number for each in told(host, kept, limit=3)]
    assert numbers == sorted(numbers)
    assert told(host, kept, limit=0) == []


@pytest.mark.promise(number=8)
def test_the_leaf_names_the_dossier_that_was_opened(host: LittleHost) -> None:
    deposit = Deposit(host)
    lie = msgspec.structs.replace(event("dossier"), dossier_id=OTHER)
    host.ask(deposit.release(deposit.consultation(), event=lie))
    assert leaves(host.desk)[-1]["patient"] == patient_of(host.desk, deposit.kept.dossier_id)
    assert json.dumps(leaves(host.desk)).count(OTHER.hex()) == 0


def test_the_same_deposit_waits_again_under_the_same_card(host: LittleHost) -> None:
    deposit = Waiting(host)
    before = len(host.desk.journal)
    again = host.ask(deposit.wait(host.member(ALICE).certificate)).reply
    assert isinstance(again, Resealed)
    assert (again.card, len(host.desk.journal)) == (deposit.card, before)


def waiting_for_nobody(host: LittleHost) -> tuple[str, bytes, SealedDocument]:
    """Have a deposit wait for somebody without a dossier; return for whom, and what waits."""
    patient = "Patient : MARTIN Zoé\r\nNé le : 02/03/1970\r\n"
    mail = host.mail(BOB, f"{patient}Document : CR\r\n{LETTER}", files=[("a.pdf", PDF)])
    said = msgspec.structs.replace(event("depot"), dossier_id=b"")
    request = Wait(mail.by(), WAITING, (ToReseal(DOCUMENT, 0),), (), said)
    reply = host.ask(request).reply
    assert isinstance(reply, Resealed), reply
    return patient, reply.card, mail.sealed(reply.items[0].sealed_key, DOCUMENT)


def test_a_dossier_adopts_for_the_mail_that_creates_it_before_it_is_committed(
    host: LittleHost,
) -> None:
    """A conflict may still undo the creation: nothing of its card is learnt by that."""
    patient, card, item = waiting_for_nobody(host)
    mail = host.mail(ALICE, asking("création", "Consentement : oui", patient=patient))
    kept = host.made(mail)
    adopt = Adopt(mail.by(kept), card, (item,), (mail.sender.certificate,), event("x"))
    assert isinstance(host.ask(adopt).reply, Resealed)
    with host.desk.journal.own() as own:
        assert own.known.read(of_dossier(kept.dossier_id)) is None
    unasked = msgspec.structs.replace(adopt, by=msgspec.structs.replace(adopt.by, ticket=b""))
    assert isinstance(host.ask(unasked).reply, Resealed)
    with host.desk.journal.own() as own:
        assert own.known.read(of_dossier(kept.dossier_id)) is not None


@pytest.mark.promise(number=1)
def test_a_deposit_goes_to_no_other_patient_and_to_no_closed_dossier(host: LittleHost) -> None:
    patient, card, item = waiting_for_nobody(host)
    other = host.create(ALICE, patient=OTHER_PATIENT)
    alice = host.member(ALICE).candidate

    def adopted(dossier: bytes) -> Why | None:
        by = Authority(b"", dossier, (alice,))
        request = Adopt(by, card, (item,), (), event("rattachement"))
        return getattr(host.ask(request).reply, "why", None)

    assert adopted(other.card) is Why.UNENTITLED
    kept = host.create(ALICE, patient=patient)
    closed = msgspec.structs.replace(kept.said, closed_at=NOW, revision=1)
    assert adopted(host.desk.sealer.sealed(closed)) is Why.UNENTITLED
    assert adopted(b"") is Why.UNENTITLED
    assert adopted(kept.card) is None
