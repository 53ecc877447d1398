"""Deposits that wait for a dossier, and the events of a dossier as its patient may ask."""

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from dossier_case import DOCUMENT, Deposit, leaves, patient_of
from keeper_case import DIGEST, DOSSIER, NOW, ask, desk_of, event
from keeper_gpg import Gpg
from openpgp.composed import SignedSecretKey

from rmp_milter.calls.protocol import (
    Adopt,
    ByCode,
    ByCustody,
    Event,
    History,
    PastEvent,
    Record,
    Released,
    Resealed,
    SealedDocument,
    Told,
    ToReseal,
    Wait,
    Why,
)
from rmp_milter.dossier.model import Container
from rmp_milter.keeper.desk import answer as calls
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.keeper.keys.sealing import SealError, open_session_key, open_waiting_key
from rmp_milter.keeper.log.journal import Journal, JournalError

WAITING = b"waiting-16-bytes"
OTHER = b"another--dossier"


@pytest.fixture
def desk(service: SignedSecretKey, tmp_path: Path) -> Iterator[Desk]:
    made = desk_of(service, tmp_path)
    yield made
    made.journal.close()


class Waiting(Deposit):
    """The deposit's key sealed to wait, beside the dossier that will take it in."""

    def __init__(self, gpg: Gpg, desk: Desk, readers: tuple[bytes, ...] = ()) -> None:
        super().__init__(gpg, desk)
        reply = ask(desk, self.wait(readers)).reply
        assert isinstance(reply, Resealed)
        (self.waiting,) = reply.items

    def wait(self, readers: tuple[bytes, ...] = ()) -> Wait:
        body = self.body
        held = ToReseal(DOCUMENT, body.container, body.digest, body.held)
        said = msgspec.structs.replace(event("attente"), dossier_id=b"")
        return Wait(DIGEST, WAITING, (held,), readers, said)

    def adopt(self, readers: tuple[bytes, ...] = ()) -> Adopt:
        body = self.body
        item = SealedDocument(DOCUMENT, body.container, body.digest, self.waiting.sealed_key)
        key = self.created.public_key
        return Adopt(DIGEST, WAITING, DOSSIER, key, (item,), readers, event("adoption"))


def test_a_prescriber_reads_at_once_what_waits(gpg: Gpg, desk: Desk) -> None:
    deposit = Waiting(gpg, desk, (gpg.public("bob@x.fr"),))
    text, status = gpg.verdict(deposit.message(deposit.waiting.packets[0]))
    assert text == deposit.plain
    assert "GOODSIG" in status
    last = leaves(desk)[-1]
    assert (last["action"], last["patient"]) == ("attente", "")


def test_what_waited_is_adopted_and_read_like_any_document(gpg: Gpg, desk: Desk) -> None:
    deposit = Waiting(gpg, desk)
    reply = ask(desk, deposit.adopt((gpg.public("bob@x.fr"),))).reply
    assert isinstance(reply, Resealed)
    assert gpg.verdict(deposit.message(reply.items[0].packets[0]))[0] == deposit.plain
    assert leaves(desk)[-1]["action"] == "adoption"
    deposit.item = reply.items[0]
    way = ByCode(deposit.created.slots.code, deposit.held_code)
    released = ask(desk, deposit.release(gpg.public("alice@x.fr"), b"", way_in=way)).reply
    assert isinstance(released, Released)
    assert gpg.verdict(deposit.message(released.packets[0][0]))[0] == deposit.plain


@pytest.mark.promise(number=1)
def test_a_waiting_seal_and_a_dossiers_never_open_as_each_other(gpg: Gpg, desk: Desk) -> None:
    deposit = Waiting(gpg, desk)
    waiting = msgspec.structs.replace(deposit.sealed, sealed_key=deposit.waiting.sealed_key)
    private = desk.keys.waiting
    assert open_waiting_key(private, WAITING, waiting).algorithm == 9
    with pytest.raises(SealError):
        open_session_key(private, WAITING, waiting)
    with pytest.raises(SealError):
        open_waiting_key(private, WAITING, deposit.sealed)
    with pytest.raises(SealError):
        open_waiting_key(desk.keys.custody, WAITING, waiting)


@pytest.mark.parametrize(
    "changed",
    [
        {"document_id": b"another-document"},
        {"digest": bytes(32)},
        {"container": Container.FILE},
        {"sealed_key": bytes(81)},
        {"sealed_key": b""},
        {"waiting_id": b"another--waiting"},
        {"waiting_id": b"short"},
    ],
)
def test_what_does_not_fit_is_not_adopted_and_leaves_a_refusal(
    gpg: Gpg, desk: Desk, changed: dict[str, object]
) -> None:
    deposit = Waiting(gpg, desk)
    request = deposit.adopt()
    if "waiting_id" in changed:
        request = msgspec.structs.replace(request, **changed)
    else:
        item = msgspec.structs.replace(request.items[0], **changed)
        request = msgspec.structs.replace(request, items=(item,))
    assert ask(desk, request).failed.why is Why.UNAVAILABLE
    last = leaves(desk)[-1]
    assert (last["action"], last["outcome"]) == ("adoption", "refused")


def test_a_wrong_key_or_reader_adopts_nothing(gpg: Gpg, desk: Desk) -> None:
    deposit = Waiting(gpg, desk)
    before = len(desk.journal)
    request = msgspec.structs.replace(deposit.adopt(), dossier_key=b"short")
    assert ask(desk, request).failed.why is Why.UNAVAILABLE
    assert ask(desk, deposit.adopt((b"noise",))).failed.why is Why.BAD_KEY
    assert ask(desk, deposit.wait((b"noise",))).failed.why is Why.BAD_KEY
    short = msgspec.structs.replace(deposit.wait(), waiting_id=b"short")
    assert ask(desk, short).failed.why is Why.UNAVAILABLE
    assert len(desk.journal) == before


@pytest.mark.promise(number=8)
def test_nothing_waits_or_is_told_where_the_leaf_cannot_be_written(
    gpg: Gpg, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    deposit = Waiting(gpg, desk)

    def full(_: Journal, __: Event, ___: int, ____: bytes) -> int:
        raise JournalError("disk full")

    monkeypatch.setattr(Journal, "append", full)
    for request in (deposit.wait(), deposit.adopt(), History(DOSSIER, event("acces"))):
        with pytest.raises(JournalError):
            calls.answer(desk, request, None, NOW)


def told(desk: Desk, dossier_id: bytes = DOSSIER, limit: int = 1000) -> list[PastEvent]:
    asking = event("acces", bytes((len(desk.journal),)) * 32)
    reply = ask(desk, History(dossier_id, asking, limit)).reply
    assert isinstance(reply, Told)
    return list(reply.events)


def test_a_dossiers_events_are_told_granted_and_refused_with_the_asking(
    gpg: Gpg, desk: Desk
) -> None:
    deposit = Deposit(gpg, desk)
    said = msgspec.structs.replace(
        event("clé perdue", bytes(32)),
        proof="custody",
        acting_for="10003456786",
        entries=(3, 1),
    )
    reader = gpg.public("bob@x.fr")
    way = ByCustody(deposit.created.slots.custody)
    ask(desk, deposit.release(reader, b"", way_in=way, event=said))
    ask(desk, deposit.release(reader, b"", way_in=ByCustody(b"")))
    ask(desk, Record(msgspec.structs.replace(event("liste"), dossier_id=b"")))
    ask(desk, Record(msgspec.structs.replace(event("depot"), dossier_id=OTHER)))
    events = told(desk)
    assert [(each.action, each.outcome) for each in events] == [
        ("creation", "granted"),
        ("depot", "granted"),
        ("clé perdue", "granted"),
        ("dossier", "refused"),
        ("acces", "granted"),
    ]
    assert [each.number for each in events] == [0, 1, 2, 3, 6]
    urgent = PastEvent(2, NOW, "clé perdue", "granted", "10001234567", "custody")
    urgent = msgspec.structs.replace(urgent, acting_for="10003456786", entries=(3, 1))
    assert events[2] == urgent
    assert [each.action for each in told(desk, OTHER)] == ["depot", "acces"]


@pytest.mark.promise(number=14)
def test_deposits_and_attachments_are_told_with_their_documents(gpg: Gpg, desk: Desk) -> None:
    """So that who lists accesses knows the entry that came of them; a reading names entries."""
    deposit = Waiting(gpg, desk)
    ask(desk, deposit.adopt())
    reading = msgspec.structs.replace(event("dossier", bytes(32)), entries=(1,))
    way = ByCustody(deposit.created.slots.custody)
    ask(desk, deposit.release(gpg.public("bob@x.fr"), b"", way_in=way, event=reading))
    assert [(each.action, each.documents) for each in told(desk)] == [
        ("creation", ()),
        ("depot", (DOCUMENT,)),
        ("adoption", (DOCUMENT,)),
        ("dossier", ()),
        ("acces", ()),
    ]


def test_the_newest_are_told_where_there_are_many(desk: Desk) -> None:
    for at in range(9):
        ask(desk, Record(event("dossier", bytes((at,)))))
    assert [each.number for each in told(desk, limit=3)] == [7, 8, 9]
    assert told(desk, limit=0) == []
    assert [each.action for each in told(desk, b"unknown--dossier")] == ["acces"]


@pytest.mark.promise(number=8)
def test_the_leaf_names_the_dossier_that_was_opened(gpg: Gpg, desk: Desk) -> None:
    deposit = Deposit(gpg, desk)
    lie = msgspec.structs.replace(event("dossier"), dossier_id=OTHER)
    way = ByCustody(deposit.created.slots.custody)
    ask(desk, deposit.release(gpg.public("bob@x.fr"), b"", way_in=way, event=lie))
    assert leaves(desk)[-1]["patient"] == patient_of(desk)
    assert json.dumps(leaves(desk)).count(OTHER.hex()) == 0
