"""Create, reseal, release, record and seal: who gets which key, and the leaf before it."""

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from dossier_case import DOCUMENT, Deposit, create, held_code, leaves, patient_of
from keeper_case import (
    DIGEST,
    DOSSIER,
    HEADER,
    NOW,
    PDF,
    ask,
    desk_of,
    encrypted,
    entity,
    event,
    opening,
)
from keeper_gpg import Gpg, packets_of
from openpgp.composed import SignedSecretKey

from rmp_milter.calls.protocol import (
    CODE_MARK,
    DECOY_SLOT,
    ByCode,
    Create,
    Created,
    Event,
    Failed,
    Opened,
    Prove,
    Proven,
    Record,
    Recorded,
    Released,
    Request,
    Reseal,
    Resealed,
    Seal,
    Sealed,
    ToReseal,
    Why,
)
from rmp_milter.dossier.model import CodeSlot, Container, Patient
from rmp_milter.dossier.spoken import ALPHABET, spoken
from rmp_milter.dossier.weak_codes import guessable
from rmp_milter.keeper.desk import answer as calls
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.keeper.keys import sealing
from rmp_milter.keeper.keys.held import LIFETIME
from rmp_milter.keeper.keys.sealing import open_custody_slot, open_session_key
from rmp_milter.keeper.log.journal import Journal, JournalError

WITH_CODE = HEADER + "Code : JzbV\r\n"


@pytest.fixture
def desk(service: SignedSecretKey, tmp_path: Path) -> Iterator[Desk]:
    made = desk_of(service, tmp_path)
    yield made
    made.journal.close()


@pytest.mark.promise(number=8)
def test_a_leaf_says_what_the_keeper_did_whatever_the_milter_says(gpg: Gpg, desk: Desk) -> None:
    deposit = Deposit(gpg, desk)
    lie = msgspec.structs.replace(
        event("dossier"), dossier_id=b"another-dossier!", outcome="refused", request=bytes(32)
    )
    order = deposit.release(gpg.public("bob@x.fr"), deposit.held_code, event=lie)
    assert isinstance(ask(desk, order).reply, Released)
    created, resealed, released = leaves(desk)
    assert created["patient"] == resealed["patient"] == released["patient"] == patient_of(desk)
    assert created["documents"] == []
    assert resealed["documents"] == released["documents"] == [DOCUMENT.hex()]
    assert released["request"] == DIGEST.hex()
    assert released["outcome"] == "granted"


def test_a_standing_reader_gets_the_authors_bytes_and_signature(gpg: Gpg, desk: Desk) -> None:
    deposit = Deposit(gpg, desk, readers=(gpg.public("bob@x.fr"),))
    text, status = gpg.verdict(deposit.message(deposit.item.packets[0]))
    assert text == deposit.plain
    assert "GOODSIG" in status
    assert len(deposit.item.sealed_key) == 81


def test_another_doctor_with_the_code_gets_the_same_bytes(gpg: Gpg, desk: Desk) -> None:
    deposit = Deposit(gpg, desk)
    reply = ask(desk, deposit.release(gpg.public("bob@x.fr"), held_code(gpg, desk))).reply
    assert isinstance(reply, Released)
    text, status = gpg.verdict(deposit.message(reply.packets[0][0]))
    assert text == deposit.plain
    assert "GOODSIG" in status


def test_every_valid_key_of_a_reader_gets_a_packet(gpg: Gpg, desk: Desk) -> None:
    fingerprint = gpg.make("two@x.fr", sub="rsa2048")
    gpg.run("--quick-add-key", fingerprint, "cv25519", "encr", "never")
    deposit = Deposit(gpg, desk, readers=(gpg.public("two@x.fr"),))
    assert [tag for tag, _ in packets_of(deposit.item.packets[0])] == [1, 1]
    for _, packet in packets_of(deposit.item.packets[0]):
        assert gpg.verdict(deposit.message(packet))[0] == deposit.plain


def test_a_wrong_code_gives_nothing_and_leaves_a_refusal(gpg: Gpg, desk: Desk) -> None:
    deposit = Deposit(gpg, desk)
    request = deposit.release(gpg.public("bob@x.fr"), held_code(gpg, desk, "JzbW-7kQ2"))
    assert ask(desk, request).failed.why is Why.WRONG_CODE
    last = leaves(desk)[-1]
    assert (last["action"], last["outcome"], last["documents"]) == ("dossier", "refused", [])


def told(gpg: Gpg, desk: Desk, made: Created) -> str:
    """Return the code as the answer says it."""
    request = Seal((gpg.public("bob@x.fr"),), DIGEST, CODE_MARK.encode(), made.held_code)
    sealed = ask(desk, request).reply
    assert isinstance(sealed, Sealed)
    return gpg.verdict(sealed.data)[0].decode()


@pytest.mark.parametrize(
    "typed", ["jzb-V7kq2", "13572468", "ＪｚｂＶ７ｋＱ２", "Jzbv 7kq2.", "a-bxd_efgh"]
)
def test_a_chosen_code_is_told_as_it_counts(gpg: Gpg, desk: Desk, typed: str) -> None:
    said = told(gpg, desk, create(desk, held_code(gpg, desk, typed)))
    assert said.replace(" ", "") == spoken(typed)
    assert said[4] == " "


@pytest.mark.promise(number=6)
def test_a_made_up_slot_answers_as_a_wrong_code_does(gpg: Gpg, desk: Desk) -> None:
    deposit = Deposit(gpg, desk)
    reader, held = gpg.public("bob@x.fr"), held_code(gpg, desk)
    wrong = ask(desk, deposit.release(reader, held_code(gpg, desk, "wrong"))).failed
    for slot in (DECOY_SLOT, CodeSlot(b"", b"", b"", folded=False)):
        request = deposit.release(reader, held, way_in=ByCode(slot, held), items=())
        assert ask(desk, request).failed == wrong


@pytest.mark.promise(number=6)
def test_each_refusal_costs_one_hash_and_says_the_same(
    gpg: Gpg, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    deposit = Deposit(gpg, desk)
    held, long = held_code(gpg, desk), held_code(gpg, desk, "x" * 80)
    reader = gpg.public("bob@x.fr")
    computed: list[str] = []
    real = sealing._slot_key

    def counting(code: str, salt: bytes, pepper: bytes) -> bytes:
        computed.append(code)
        return real(code, salt, pepper)

    monkeypatch.setattr(sealing, "_slot_key", counting)
    right = deposit.created.slots.code
    unfolded = msgspec.structs.replace(right, folded=False)
    wrong = held_code(gpg, desk, "JzbW-7kQ2")
    tried = [
        (CodeSlot(b"", b"", b"", folded=False), held),
        (unfolded, held),
        (DECOY_SLOT, held),
        (None, held),
        (right, wrong),
    ]
    tried += [(right, long), (None, long)]
    replies = []
    for slot, code in tried:
        computed.clear()
        request = deposit.release(reader, code, way_in=ByCode(slot, code))
        replies.append(ask(desk, request).failed)
        assert len(computed) == 1
    assert set(map(str, replies)) == {str(Failed(Why.WRONG_CODE))}


@pytest.mark.parametrize(
    "typed",
    [
        *("JzbV7kQ2", "  jzbv 7kq2 ", "JZBV–7KQ2", "j z b v 7 k q 2", "JzbV7kQ2."),
        "ＪｚｂＶ７ｋｑ２",
    ],
)
def test_a_code_is_read_as_it_is_said(gpg: Gpg, desk: Desk, typed: str) -> None:
    deposit = Deposit(gpg, desk)
    request = deposit.release(gpg.public("bob@x.fr"), held_code(gpg, desk, typed))
    assert isinstance(ask(desk, request).reply, Released)


@pytest.mark.parametrize("typed", ["jzbv7kq", "JZBV7KQ2X", "JZBV7KQ+2", "JZBV7KQé"])
def test_another_code_is_wrong(gpg: Gpg, desk: Desk, typed: str) -> None:
    deposit = Deposit(gpg, desk)
    request = deposit.release(gpg.public("bob@x.fr"), held_code(gpg, desk, typed))
    assert ask(desk, request).failed.why is Why.WRONG_CODE


@pytest.mark.parametrize(
    "typed",
    [
        *("abc", "1357 246", "été-2026-x", "code+12345", "пароль-пароль", "x7k" * 22),
        *("11111111", "12121212", "12345678", "hgfedcba", "azertyuiop"),
        *("dupont-x7k", "30011959", "x-300159-y"),
    ],
)
def test_a_code_that_is_easily_guessed_or_cannot_be_printed_everywhere_is_weak(
    gpg: Gpg, desk: Desk, typed: str
) -> None:
    held = held_code(gpg, desk, typed)
    known = guessable(Patient("Dupont", "Jean", "1959-01-30"))
    request = Create(DIGEST, DOSSIER, event("creation"), held, guessable=known)
    assert ask(desk, request).failed.why is Why.WEAK_CODE
    assert leaves(desk) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"document_id": b"another-document"},
        {"digest": bytes(32)},
        {"container": Container.FILE},
        {"sealed_key": bytes(81)},
        {"digest": b"short"},
    ],
)
@pytest.mark.promise(number=1)
def test_a_sealed_key_opens_only_in_its_own_place(
    gpg: Gpg, desk: Desk, changed: dict[str, object]
) -> None:
    deposit = Deposit(gpg, desk)
    item = msgspec.structs.replace(deposit.sealed, **changed)
    request = deposit.release(gpg.public("bob@x.fr"), held_code(gpg, desk), items=(item,))
    assert ask(desk, request).failed.why is Why.UNAVAILABLE


@pytest.mark.promise(number=1)
def test_a_slot_does_not_open_another_dossier(gpg: Gpg, desk: Desk) -> None:
    deposit = Deposit(gpg, desk)
    request = deposit.release(
        gpg.public("bob@x.fr"), held_code(gpg, desk), dossier_id=b"another--dossier"
    )
    assert ask(desk, request).failed.why is Why.WRONG_CODE


def test_the_custody_slot_opens_the_dossier_too(gpg: Gpg, desk: Desk) -> None:
    deposit = Deposit(gpg, desk)
    private = open_custody_slot(desk.keys.custody, DOSSIER, deposit.created.slots.custody)
    assert private.public_key().public_bytes_raw() == deposit.created.public_key
    assert open_session_key(private, DOSSIER, deposit.sealed).algorithm == 9


def test_a_drawn_code_is_eight_signs_in_two_groups_and_opens_as_it_is_said(
    gpg: Gpg, desk: Desk
) -> None:
    made = create(desk)
    said = told(gpg, desk, made)
    first, second = said.split(" ")
    assert len(first) == len(second) == 4
    assert set(first + second) <= set(ALPHABET)
    for typed in (said, said.lower(), f"{first}-{second}", first + second):
        way = ByCode(made.slots.code, held_code(gpg, desk, typed))
        request = Prove(DIGEST, DOSSIER, way, event("dossier"))
        assert isinstance(ask(desk, request).reply, Proven)


def test_a_readers_key_that_is_not_usable_is_refused_before_anything(
    gpg: Gpg, desk: Desk
) -> None:
    gpg.make("signs-only@x.fr", sub="")
    deposit = Deposit(gpg, desk)
    bad, before = gpg.public("signs-only@x.fr"), leaves(desk)
    for request in (
        deposit.release(bad, held_code(gpg, desk)),
        deposit.reseal((gpg.public("bob@x.fr"), bad)),
        Seal((bad,), text=b"x"),
        Seal((), text=b"x"),
    ):
        assert ask(desk, request).failed.why is Why.BAD_KEY
    assert leaves(desk) == before


@pytest.mark.promise(number=2)
def test_held_values_serve_one_mail_for_a_quarter_of_an_hour(gpg: Gpg, desk: Desk) -> None:
    deposit = Deposit(gpg, desk)
    request = deposit.reseal()
    assert isinstance(ask(desk, request, now=NOW + LIFETIME).reply, Resealed)
    assert ask(desk, request, now=NOW + LIFETIME + 1).failed.why is Why.UNAVAILABLE
    other_mail = msgspec.structs.replace(request, digest=bytes(32))
    assert ask(desk, other_mail).failed.why is Why.UNAVAILABLE
    as_code = msgspec.structs.replace(
        deposit.release(gpg.public("bob@x.fr"), deposit.body.held)
    )
    assert ask(desk, as_code).failed.why is Why.UNAVAILABLE
    noise = deposit.release(gpg.public("bob@x.fr"), b"noise")
    assert ask(desk, noise).failed.why is Why.UNAVAILABLE


@pytest.mark.promise(number=8)
def test_no_key_leaves_where_the_leaf_cannot_be_written(
    gpg: Gpg, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    deposit = Deposit(gpg, desk)
    requests: list[Request] = [
        Create(DIGEST, DOSSIER, event("creation")),
        deposit.reseal(),
        deposit.release(gpg.public("bob@x.fr"), held_code(gpg, desk)),
        Record(event("liste")),
    ]

    def full(_: Journal, __: Event, ___: int, ____: bytes) -> int:
        raise JournalError("disk full")

    monkeypatch.setattr(Journal, "append", full)
    for request in requests:
        with pytest.raises(JournalError):
            calls.answer(desk, request, None, NOW)


@pytest.mark.promise(number=8)
def test_each_call_that_gives_a_key_has_its_leaf(gpg: Gpg, desk: Desk) -> None:
    deposit = Deposit(gpg, desk)
    ask(desk, deposit.release(gpg.public("bob@x.fr"), held_code(gpg, desk)))
    ask(desk, Record(event("liste")))
    found = [(leaf["action"], leaf["outcome"]) for leaf in leaves(desk)]
    assert found == [
        (action, "granted") for action in ("creation", "depot", "dossier", "liste")
    ]


def test_the_same_mail_tried_again_finds_its_leaf(desk: Desk) -> None:
    first = ask(desk, Record(event("liste"))).reply
    assert first == Recorded(0)
    assert ask(desk, Record(event("liste")), now=NOW + 60).reply == first
    assert ask(desk, Record(event("liste", bytes(32)))).reply == Recorded(1)


def test_split_documents_open_for_gpg_under_their_own_name(gpg: Gpg, desk: Desk) -> None:
    message = encrypted(gpg, entity(WITH_CODE, files=[("été.pdf", PDF)]))
    request, memory = opening([message], entity=True)
    answered = ask(desk, request, memory)
    assert isinstance(answered.reply, Opened)
    (body,) = answered.reply.bodies
    created = create(desk)
    resealed = ask(
        desk,
        Reseal(
            DIGEST,
            DOSSIER,
            created.public_key,
            (ToReseal(DOCUMENT, body.container, body.digest, body.held),),
            (gpg.public("bob@x.fr"),),
            event("depot"),
        ),
    ).reply
    assert isinstance(resealed, Resealed)
    data = answered.memory[body.span.offset :][: body.span.length]
    text, status = gpg.verdict(resealed.items[0].packets[0] + data)
    assert text == PDF
    assert "PLAINTEXT" in status
    assert "été.pdf" in status


@pytest.mark.parametrize("size", [10, 1_000_000])
@pytest.mark.promise(number=9)
def test_an_answer_is_signed_by_the_service_and_read_by_the_reader(
    gpg: Gpg, desk: Desk, size: int
) -> None:
    text = base64.b64encode(hashlib.sha256(b"x").digest() * (size // 32 + 1))
    request = Seal((gpg.public("bob@x.fr"),))
    inline = ask(desk, msgspec.structs.replace(request, text=text))
    shared = ask(desk, request, memory=text)
    for answered in (inline, shared):
        assert isinstance(answered.reply, Sealed)
        assert bool(answered.reply.data) is (size == 10)
        clear, status = gpg.verdict(answered.reply.data or answered.memory)
        assert clear == text
        assert "GOODSIG" in status
