"""Create, reseal, release, record and seal: who gets which key, and the leaf before it."""

import base64
import hashlib

import msgspec
import pytest
from dossier_case import Deposit, acts, leaves, patient_of
from keeper_case import DIGEST, HEADER, NOW, PDF, event, raw_leaves
from keeper_gpg import Gpg, packets_of
from little_host import (
    ALICE,
    BOB,
    CODE,
    DOCUMENT,
    LIST,
    OTHER_PATIENT,
    Kept,
    LittleHost,
    Mail,
    asking,
)

from rmp_milter.calls.protocol.answering import CODE_MARK, Seal, Sealed
from rmp_milter.calls.protocol.calls import Request
from rmp_milter.calls.protocol.filing import Create, Resealed
from rmp_milter.calls.protocol.leaves import Record, Recorded
from rmp_milter.calls.protocol.message import Failed, Why
from rmp_milter.calls.protocol.releasing import DECOY_SLOT, ByCode, Prove, Proven, Released
from rmp_milter.dossier.model import CodeSlot, Container, Patient
from rmp_milter.dossier.spoken import ALPHABET, spoken
from rmp_milter.dossier.weak_codes import guessable
from rmp_milter.keeper.desk import answer as calls
from rmp_milter.keeper.keys import sealing
from rmp_milter.keeper.keys.held import LIFETIME
from rmp_milter.keeper.keys.sealing import open_custody_slot, open_session_key
from rmp_milter.keeper.log.journal import Journal, JournalError

NO_SLOT = CodeSlot(b"", b"", b"", folded=False)


@pytest.mark.promise(number=8)
def test_a_leaf_says_what_the_keeper_did_whatever_the_milter_says(host: LittleHost) -> None:
    deposit = Deposit(host)
    lie = msgspec.structs.replace(
        event("dossier"),
        dossier_id=b"another-dossier!",
        outcome="refused",
        request=DIGEST,
        actor_rpps="10009999999",
        proof="vitale",
    )
    mail = deposit.consultation()
    assert isinstance(host.ask(deposit.release(mail, event=lie)).reply, Released)
    created, resealed, released = (
        leaf for leaf in leaves(host.desk) if leaf["action"] != "inscription"
    )
    named = patient_of(host.desk, deposit.kept.dossier_id)
    assert created["patient"] == resealed["patient"] == released["patient"] == named
    assert created["documents"] == []
    assert resealed["documents"] == released["documents"] == [DOCUMENT.hex()]
    assert released["request"] == mail.opened.once.hex()
    assert released["outcome"] == "granted"
    assert (released["rpps"], released["proof"]) == (mail.sender.said.rpps, "signature+code")


def test_a_standing_reader_gets_the_authors_bytes_and_signature(host: LittleHost) -> None:
    deposit = Deposit(host, BOB)
    text, status = host.gpg.verdict(deposit.message(deposit.item.packets[0]))
    assert text == deposit.plain
    assert "GOODSIG" in status
    assert len(deposit.item.sealed_key) > 81


def test_another_doctor_with_the_code_gets_the_same_bytes(host: LittleHost) -> None:
    deposit = Deposit(host)
    reply = host.ask(deposit.release(deposit.consultation())).reply
    assert isinstance(reply, Released)
    text, status = host.gpg.verdict(deposit.message(reply.packets[0][0]))
    assert text == deposit.plain
    assert "GOODSIG" in status


def test_every_valid_key_of_a_reader_gets_a_packet(gpg: Gpg, host: LittleHost) -> None:
    fingerprint = gpg.make("two@x.fr", sub="rsa2048")
    gpg.run("--quick-add-key", fingerprint, "cv25519", "encr", "never")
    deposit = Deposit(host, "two@x.fr")
    assert [tag for tag, _ in packets_of(deposit.item.packets[0])] == [1, 1]
    for _, packet in packets_of(deposit.item.packets[0]):
        assert gpg.verdict(deposit.message(packet))[0] == deposit.plain


def test_a_wrong_code_gives_nothing_and_leaves_a_refusal(host: LittleHost) -> None:
    deposit = Deposit(host)
    request = deposit.release(deposit.consultation("JzbW-7kQ2"))
    assert host.ask(request).failed.why is Why.WRONG_CODE
    last = leaves(host.desk)[-1]
    assert (last["action"], last["outcome"], last["documents"]) == ("dossier", "refused", [])


def created(host: LittleHost, code: str = "") -> tuple[Mail, Kept]:
    """Return the mail that creates a dossier, and the dossier."""
    lines = ["Consentement : oui", *([f"Code : {code}"] if code else [])]
    mail = host.mail(ALICE, asking("création", *lines))
    return mail, host.made(mail)


def told(host: LittleHost, mail: Mail, kept: Kept) -> str:
    """Return the code as the answer says it."""
    held = kept.created.held_code
    request = Seal((mail.sender.candidate,), mail.ticket, CODE_MARK.encode(), held)
    sealed = host.ask(request).reply
    assert isinstance(sealed, Sealed), sealed
    return host.gpg.verdict(sealed.data)[0].decode()


@pytest.mark.parametrize(
    "typed", ["jzb-V7kq2", "13572468", "ＪｚｂＶ７ｋＱ２", "Jzbv 7kq2.", "a-bxd_efgh"]
)
def test_a_chosen_code_is_told_as_it_counts(host: LittleHost, typed: str) -> None:
    said = told(host, *created(host, typed))
    assert said.replace(" ", "") == spoken(typed)
    assert said[4] == " "


@pytest.mark.promise(number=6)
def test_a_made_up_slot_answers_as_a_wrong_code_does(host: LittleHost) -> None:
    deposit = Deposit(host)
    wrong = host.ask(deposit.release(deposit.consultation("wrong"))).failed
    for slot in (DECOY_SLOT, CodeSlot(b"", b"", b"", folded=False)):
        request = deposit.release(deposit.consultation(), ByCode(slot), items=())
        assert host.ask(request).failed == wrong


@pytest.mark.promise(number=6)
def test_each_refusal_costs_one_hash_and_says_the_same(
    host: LittleHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    deposit = Deposit(host)
    right = deposit.by_code.slot
    unfolded = msgspec.structs.replace(right, folded=False)
    nobodys = host.mail(BOB, asking("dossier", f"Code : {CODE}", patient=OTHER_PATIENT))
    tried = [
        *((deposit.consultation(), slot) for slot in (NO_SLOT, unfolded, DECOY_SLOT)),
        (deposit.consultation("JzbW-7kQ2"), right),
        (deposit.consultation("x" * 80), right),
        (deposit.consultation("x" * 80), DECOY_SLOT),
    ]
    orders = [deposit.release(mail, ByCode(slot)) for mail, slot in tried]
    orders += [deposit.release(nobodys, ByCode(right), by=nobodys.by())]
    computed: list[str] = []
    real = sealing._slot_key

    def counting(code: str, salt: bytes, pepper: bytes) -> bytes:
        computed.append(code)
        return real(code, salt, pepper)

    monkeypatch.setattr(sealing, "_slot_key", counting)
    replies = []
    for order in orders:
        computed.clear()
        replies.append(host.ask(order).failed)
        assert len(computed) == 1
    assert set(map(str, replies)) == {str(Failed(Why.WRONG_CODE))}


@pytest.mark.parametrize(
    "typed",
    [
        *("JzbV7kQ2", "  jzbv 7kq2 ", "JZBV–7KQ2", "j z b v 7 k q 2", "JzbV7kQ2."),
        "ＪｚｂＶ７ｋｑ２",
    ],
)
def test_a_code_is_read_as_it_is_said(host: LittleHost, typed: str) -> None:
    deposit = Deposit(host)
    assert isinstance(host.ask(deposit.release(deposit.consultation(typed))).reply, Released)


@pytest.mark.parametrize("typed", ["jzbv7kq", "JZBV7KQ2X", "JZBV7KQ+2", "JZBV7KQé"])
def test_another_code_is_wrong(host: LittleHost, typed: str) -> None:
    deposit = Deposit(host)
    request = deposit.release(deposit.consultation(typed))
    assert host.ask(request).failed.why is Why.WRONG_CODE


@pytest.mark.parametrize(
    "typed",
    [
        *("abc", "1357 246", "été-2026-x", "code+12345", "пароль-пароль", "x7k" * 22),
        *("11111111", "12121212", "12345678", "hgfedcba", "azertyuiop"),
        *("dupont-x7k", "30011959", "x-300159-y"),
    ],
)
def test_a_code_that_is_easily_guessed_or_cannot_be_printed_everywhere_is_weak(
    host: LittleHost, typed: str
) -> None:
    mail = host.mail(ALICE, asking("création", "Consentement : oui", f"Code : {typed}"))
    known = guessable(Patient("Dupont", "Jean", "1959-01-30"))
    request = Create(mail.by(), event("creation"), guessable=known)
    assert host.ask(request).failed.why is Why.WEAK_CODE
    assert acts(host.desk) == []


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
    host: LittleHost, changed: dict[str, object]
) -> None:
    deposit = Deposit(host)
    item = msgspec.structs.replace(deposit.sealed, **changed)
    request = deposit.release(deposit.consultation(), items=(item,))
    assert host.ask(request).failed.why is Why.UNENTITLED


@pytest.mark.promise(number=1)
def test_a_slot_does_not_open_another_dossier(host: LittleHost) -> None:
    """Neither where the mail names another patient, nor under the other dossier's card."""
    deposit = Deposit(host)
    other = host.create(ALICE, patient=OTHER_PATIENT)
    mail = host.mail(BOB, asking("dossier", f"Code : {CODE}", patient=OTHER_PATIENT))
    assert host.ask(deposit.release(mail)).failed.why is Why.UNENTITLED
    request = deposit.release(mail, by=mail.by(other))
    assert host.ask(request).failed.why is Why.WRONG_CODE


def test_the_custody_slot_opens_the_dossier_too(host: LittleHost) -> None:
    deposit = Deposit(host)
    kept, custody = deposit.kept, host.desk.keys.all_custody
    private = open_custody_slot(custody, kept.dossier_id, kept.slots.custody)
    assert private.public_key().public_bytes_raw() == kept.created.public_key
    assert open_session_key(private, kept.dossier_id, deposit.sealed).algorithm == 9


def test_a_drawn_code_is_eight_signs_in_two_groups_and_opens_as_it_is_said(
    host: LittleHost,
) -> None:
    asked, made = created(host)
    said = told(host, asked, made)
    first, second = said.split(" ")
    assert len(first) == len(second) == 4
    assert set(first + second) <= set(ALPHABET)
    assert made.slots.code is not None
    for typed in (said, said.lower(), f"{first}-{second}", first + second):
        mail = host.mail(BOB, asking("dossier", f"Code : {typed}"))
        request = Prove(mail.by(made), ByCode(made.slots.code), event("dossier"))
        assert isinstance(host.ask(request).reply, Proven)


def test_a_readers_key_that_is_not_usable_is_refused_before_anything(
    gpg: Gpg, host: LittleHost
) -> None:
    gpg.make("signs-only@x.fr", sub="")
    deposit, bad = Deposit(host), host.member("signs-only@x.fr")
    own = deposit.consultation(who="signs-only@x.fr")
    named = host.mail(ALICE, HEADER + f"Prescripteur : {bad.said.name}\r\n")
    before = raw_leaves(host.desk.journal)
    for request in (
        deposit.release(own),
        host.reseal(named, deposit.kept, [bad.certificate], bad),
        Seal((bad.candidate,), text=b"x"),
        Seal((), text=b"x"),
    ):
        assert host.ask(request).failed.why is Why.BAD_KEY
    assert raw_leaves(host.desk.journal) == before


@pytest.mark.promise(number=2)
def test_a_ticket_serves_one_mail_for_a_quarter_of_an_hour(host: LittleHost) -> None:
    deposit = Deposit(host)
    request = deposit.reseal()
    assert isinstance(host.ask(request, now=NOW + LIFETIME).reply, Resealed)
    assert host.ask(request, now=NOW + LIFETIME + 1).failed.why is Why.UNENTITLED
    held = deposit.kept.created.held_code
    for ticket in (b"noise", bytes(200), held, deposit.mail.ticket[:-1]):
        by = msgspec.structs.replace(request.by, ticket=ticket)
        changed = msgspec.structs.replace(request, by=by)
        assert host.ask(changed).failed.why is Why.UNENTITLED


@pytest.mark.promise(number=2)
def test_a_code_is_told_in_the_answer_to_its_own_mail_alone(host: LittleHost) -> None:
    asked, kept = created(host)
    other, bobs = host.mail(ALICE, asking("droits")), host.mail(BOB, asking("droits"))
    held = kept.created.held_code
    for readers, ticket in (
        ((asked.sender,), other.ticket),
        ((bobs.sender,), bobs.ticket),
        ((bobs.sender,), asked.ticket),
        ((asked.sender, bobs.sender), asked.ticket),
        ((asked.sender,), b""),
    ):
        candidates = tuple(each.candidate for each in readers)
        request = Seal(candidates, ticket, CODE_MARK.encode(), held)
        assert host.ask(request).failed.why is Why.UNENTITLED
    late = Seal((asked.sender.candidate,), asked.ticket, CODE_MARK.encode(), held)
    assert host.ask(late, now=NOW + LIFETIME + 1).failed.why is Why.UNENTITLED


def reading(mail: Mail) -> Record:
    return Record(msgspec.structs.replace(event("liste"), dossier_id=b""), mail.by())


@pytest.mark.promise(number=8)
def test_no_key_leaves_where_the_leaf_cannot_be_written(
    host: LittleHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    deposit = Deposit(host)
    other = asking("création", "Consentement : oui", patient=OTHER_PATIENT)
    requests: list[Request] = [
        Create(host.mail(ALICE, other).by(), event("creation")),
        deposit.reseal(),
        deposit.release(deposit.consultation()),
        reading(host.mail(ALICE, LIST)),
    ]

    def full(*_: object, **__: object) -> int:
        raise JournalError("disk full")

    monkeypatch.setattr(Journal, "append", full)
    for request in requests:
        with pytest.raises(JournalError):
            calls.answer(host.desk, request, None, NOW)


@pytest.mark.promise(number=8)
def test_each_call_that_gives_a_key_has_its_leaf(host: LittleHost) -> None:
    deposit = Deposit(host)
    host.ask(deposit.release(deposit.consultation()))
    host.ask(reading(host.mail(ALICE, LIST)))
    found = [(action, "granted") for action in ("creation", "depot", "dossier", "liste")]
    assert acts(host.desk) == found


def test_the_same_mail_tried_again_finds_its_leaf(host: LittleHost) -> None:
    mail = host.mail(ALICE, LIST)
    first = host.ask(reading(mail)).reply
    assert isinstance(first, Recorded)
    assert host.ask(reading(mail), now=NOW + 60).reply == first
    another = host.ask(reading(host.mail(ALICE, LIST))).reply
    assert another == Recorded(first.number + 1)


def test_split_documents_open_for_gpg_under_their_own_name(host: LittleHost) -> None:
    text = asking("création", "Consentement : oui", f"Code : {CODE}")
    mail = host.mail(ALICE, text, files=[("été.pdf", PDF)])
    assert mail.opened.bodies[0].fresh
    request = host.reseal(mail, host.made(mail), [mail.sender.certificate])
    resealed = host.ask(request).reply
    assert isinstance(resealed, Resealed)
    text, status = host.gpg.verdict(resealed.items[0].packets[0] + mail.data())
    assert text == PDF
    assert "PLAINTEXT" in status
    assert "été.pdf" in status


@pytest.mark.parametrize("size", [10, 1_000_000])
@pytest.mark.promise(number=9)
def test_an_answer_is_signed_by_the_service_and_read_by_the_reader(
    host: LittleHost, size: int
) -> None:
    text = base64.b64encode(hashlib.sha256(b"x").digest() * (size // 32 + 1))
    request = Seal((host.member(BOB).candidate,))
    inline = host.ask(msgspec.structs.replace(request, text=text))
    shared = host.ask(request, memory=text)
    for answered in (inline, shared):
        assert isinstance(answered.reply, Sealed)
        assert bool(answered.reply.data) is (size == 10)
        clear, status = host.gpg.verdict(answered.reply.data or answered.memory)
        assert clear == text
        assert "GOODSIG" in status
