"""The ways into a dossier beside the code: attestation, custody; and setting a new code."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from dossier_case import (
    NIR,
    OTHER_NIR,
    RPPS,
    Deposit,
    attested,
    create,
    held_attestation,
    held_code,
    leaves,
    patient_of,
    reader_of_cards,
)
from keeper_case import (
    DIGEST,
    DOSSIER,
    HEADER,
    LETTER,
    NOW,
    PDF,
    SERVICE,
    ask,
    desk_of,
    encrypted,
    entity,
    event,
    opening,
)
from keeper_gpg import Gpg
from openpgp.composed import SignedSecretKey

from rmp_milter.calls.protocol import (
    CODE_MARK,
    ByCode,
    ByCustody,
    ByVitale,
    Create,
    Opened,
    Prove,
    Proven,
    Recode,
    Recoded,
    Released,
    Seal,
    Sealed,
    WayIn,
    Why,
)
from rmp_milter.dossier.model import Container
from rmp_milter.keeper.desk import answer as calls
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.keeper.keys.held import LIFETIME
from rmp_milter.keeper.log.journal import Journal, JournalError
from testbed.vitale import CardSoftware, header_line


@pytest.fixture
def desk(service: SignedSecretKey, tmp_path: Path) -> Iterator[Desk]:
    made = desk_of(service, tmp_path)
    yield made
    made.journal.close()


@pytest.fixture
def software(desk: Desk) -> CardSoftware:
    return reader_of_cards(desk)


def recode(by: WayIn, held: bytes = b"", nir: str = "") -> Recode:
    return Recode(DIGEST, DOSSIER, by, event("code"), held, nir)


def reads(gpg: Gpg, deposit: Deposit, by: WayIn) -> bool:
    """Release to bob by ``by``; return whether gpg reads the author's bytes then."""
    reply = ask(deposit.desk, deposit.release(gpg.public("bob@x.fr"), b"", way_in=by)).reply
    if not isinstance(reply, Released):
        return False
    return gpg.verdict(deposit.message(reply.packets[0][0]))[0] == deposit.plain


def test_an_attestation_opens_its_patients_dossier(
    gpg: Gpg, desk: Desk, software: CardSoftware
) -> None:
    deposit = Deposit(gpg, desk)
    slot = deposit.created.slots.vitale
    assert len(slot) == 80
    assert reads(gpg, deposit, ByVitale(slot, held_attestation(gpg, desk, software)))
    assert leaves(desk)[-1]["outcome"] == "granted"


@pytest.mark.promise(number=8)
def test_an_attestation_opens_no_other_slot_and_each_try_leaves_a_refusal(
    gpg: Gpg, desk: Desk, software: CardSoftware
) -> None:
    deposit = Deposit(gpg, desk)
    slots = deposit.created.slots
    held = held_attestation(gpg, desk, software)
    other = held_attestation(gpg, desk, software, OTHER_NIR)
    for way, dossier in (
        (ByVitale(slots.vitale, other), DOSSIER),
        (ByVitale(slots.vitale, held), b"another--dossier"),
        (ByVitale(slots.custody, held), DOSSIER),
        (ByVitale(b"", held), DOSSIER),
        (ByVitale(bytes(80), held), DOSSIER),
        (ByCustody(slots.vitale), DOSSIER),
        (ByCustody(slots.custody), b"another--dossier"),
        (ByCustody(b""), DOSSIER),
    ):
        before = len(desk.journal)
        request = deposit.release(gpg.public("bob@x.fr"), b"", way_in=way)
        # An action of its own: the same one, tried again in the same mail, finds its leaf.
        request = msgspec.structs.replace(
            request, dossier_id=dossier, event=event(f"dossier {before}")
        )
        failed = ask(desk, request).failed
        assert (failed.why, failed.detail) == (Why.WRONG_CODE, "")
        assert len(desk.journal) == before + 1
        last = leaves(desk)[-1]
        assert (last["outcome"], last["patient"]) == ("refused", patient_of(desk, dossier))


def test_a_way_in_is_proven_without_a_leaf_and_refused_with_one(gpg: Gpg, desk: Desk) -> None:
    deposit = Deposit(gpg, desk)
    slot, before = deposit.created.slots.code, len(desk.journal)
    right = Prove(DIGEST, DOSSIER, ByCode(slot, deposit.held_code), event("dossier"))
    assert ask(desk, right).reply == Proven()
    assert len(desk.journal) == before
    for opening_tried in (ByCode(slot, held_code(gpg, desk, "Faux")), ByCode(None, b"")):
        wrong = msgspec.structs.replace(right, way_in=opening_tried)
        if not opening_tried.held_code:
            wrong = msgspec.structs.replace(
                right, way_in=ByCode(None, deposit.held_code), dossier_id=bytes(16)
            )
        assert ask(desk, wrong).failed.why is Why.WRONG_CODE
        assert leaves(desk)[-1]["outcome"] == "refused"
        assert leaves(desk)[-1]["documents"] == []
    assert len(desk.journal) == before + 2


def test_a_held_attestation_serves_its_mail_only_and_is_nothing_else(
    gpg: Gpg, desk: Desk, software: CardSoftware
) -> None:
    deposit = Deposit(gpg, desk)
    slots = deposit.created.slots
    held = held_attestation(gpg, desk, software)
    request = deposit.release(gpg.public("bob@x.fr"), b"", way_in=ByVitale(slots.vitale, held))
    other_mail = msgspec.structs.replace(request, digest=bytes(32))
    as_code = msgspec.structs.replace(request, way_in=ByCode(slots.code, held))
    by_code = ByVitale(slots.vitale, deposit.held_code)
    for changed in (other_mail, as_code, msgspec.structs.replace(request, way_in=by_code)):
        assert ask(desk, changed).failed.why is Why.UNAVAILABLE
    assert ask(desk, request, now=NOW + LIFETIME + 1).failed.why is Why.UNAVAILABLE


def test_custody_opens_every_dossier(gpg: Gpg, desk: Desk) -> None:
    deposit = Deposit(gpg, desk)
    assert reads(gpg, deposit, ByCustody(deposit.created.slots.custody))


def test_without_a_number_there_is_no_slot_for_attestations(desk: Desk) -> None:
    assert create(desk).slots.vitale == b""


@pytest.mark.parametrize("nir", ["159013456789083", "1 59 01 34 567 890 82", "x"])
def test_a_number_that_is_none_makes_no_dossier(desk: Desk, nir: str) -> None:
    request = Create(DIGEST, DOSSIER, event("creation"), nir=nir)
    assert ask(desk, request).failed.why is Why.UNAVAILABLE
    assert leaves(desk) == []


def test_what_an_attestation_says_is_told_and_its_text_is_not_kept(
    gpg: Gpg, desk: Desk, software: CardSoftware
) -> None:
    token = software.token(NIR, RPPS, SERVICE, NOW)
    text = HEADER + header_line(token, wrapped=76) + LETTER
    body = encrypted(gpg, entity(text, files=[("été.pdf", PDF)]))
    reply = ask(desk, *opening([body], entity=True)).reply
    assert isinstance(reply, Opened)
    assert reply.attested
    assert (reply.attested.nir, reply.attested.rpps) == (NIR, RPPS)
    assert (reply.attested.issuer, reply.attestation_fault) == (software.name, "")
    assert "Vitale : ••••" in reply.header
    assert token[-40:].encode() not in msgspec.msgpack.encode(reply)
    (fresh,) = reply.bodies
    assert (fresh.fresh, fresh.container) == (True, Container.FILE)


@pytest.mark.parametrize("forged", [True, False])
def test_one_that_does_not_hold_gives_its_fault_and_nothing_to_hold(
    gpg: Gpg, desk: Desk, software: CardSoftware, *, forged: bool
) -> None:
    posing = CardSoftware(software.name)
    claims = software.claims(NIR, RPPS, SERVICE, NOW)
    token = posing.sign(claims, {"kid": software.kid})
    found = attested(gpg, desk, token if forged else "ey" + "J" * 8192)
    assert (found.attested, found.held_attestation, found.bodies) == (None, b"", ())
    assert found.attestation_fault == ("bad signature" if forged else "malformed")


def test_two_attestations_are_none(gpg: Gpg, desk: Desk, software: CardSoftware) -> None:
    tokens = [software.token(nir, RPPS, SERVICE, NOW) for nir in (NIR, OTHER_NIR)]
    text = HEADER + "".join(header_line(token, wrapped=76) for token in tokens)
    reply = ask(desk, *opening([encrypted(gpg, text.encode())], entity=False)).reply
    assert isinstance(reply, Opened)
    assert (reply.attested, reply.attestation_fault) == (None, "malformed")


@pytest.mark.promise(number=14)
def test_a_new_code_opens_and_the_old_one_does_not_open_the_new_slot(
    gpg: Gpg, desk: Desk
) -> None:
    deposit = Deposit(gpg, desk)
    new = held_code(gpg, desk, "Nouveau-2")
    way = ByCode(deposit.created.slots.code, deposit.held_code)
    reply = ask(desk, recode(way, new)).reply
    assert isinstance(reply, Recoded)
    assert reply.vitale == b""
    assert reads(gpg, deposit, ByCode(reply.code, new))
    assert not reads(gpg, deposit, ByCode(reply.code, deposit.held_code))


def test_a_drawn_code_is_handed_over_for_the_answer(
    gpg: Gpg, desk: Desk, software: CardSoftware
) -> None:
    deposit = Deposit(gpg, desk)
    way = ByVitale(deposit.created.slots.vitale, held_attestation(gpg, desk, software))
    reply = ask(desk, recode(way, nir=OTHER_NIR)).reply
    assert isinstance(reply, Recoded)
    assert reads(gpg, deposit, ByCode(reply.code, reply.held_code))
    assert [leaf["action"] for leaf in leaves(desk)][:3] == ["creation", "depot", "code"]
    request = Seal((gpg.public("bob@x.fr"),), DIGEST, CODE_MARK.encode(), reply.held_code)
    sealed = ask(desk, request).reply
    assert isinstance(sealed, Sealed)
    assert len(gpg.verdict(sealed.data)[0].replace(b" ", b"")) == desk.limits.code_length
    moved = held_attestation(gpg, desk, software, OTHER_NIR)
    assert reads(gpg, deposit, ByVitale(reply.vitale, moved))
    assert not reads(
        gpg, deposit, ByVitale(reply.vitale, held_attestation(gpg, desk, software))
    )


def test_who_cannot_open_sets_no_code_and_leaves_a_refusal(gpg: Gpg, desk: Desk) -> None:
    deposit = Deposit(gpg, desk)
    slots, wrong = deposit.created.slots, held_code(gpg, desk, "wrong")
    for at, way in enumerate((ByCode(slots.code, wrong), ByCode(None, wrong), ByCustody(b""))):
        request = recode(way, held_code(gpg, desk, "Nouveau-3"))
        request = msgspec.structs.replace(request, event=event(f"code {at}"))
        assert ask(desk, request).failed.why is Why.WRONG_CODE
        last = leaves(desk)[-1]
        assert (last["action"], last["outcome"]) == (f"code {at}", "refused")
    assert len(desk.journal) == 5


def test_a_weak_new_code_or_a_wrong_number_is_refused_before_anything(
    gpg: Gpg, desk: Desk
) -> None:
    deposit = Deposit(gpg, desk)
    way, before = ByCustody(deposit.created.slots.custody), len(desk.journal)
    weak = recode(way, held_code(gpg, desk, "é1234"))
    assert ask(desk, weak).failed.why is Why.WEAK_CODE
    assert ask(desk, recode(way, nir="1")).failed.why is Why.UNAVAILABLE
    assert len(desk.journal) == before


@pytest.mark.promise(number=8)
def test_no_code_is_set_where_the_leaf_cannot_be_written(
    gpg: Gpg, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    deposit = Deposit(gpg, desk)

    def full(_: Journal, __: object, ___: int, ____: bytes) -> int:
        raise JournalError("disk full")

    monkeypatch.setattr(Journal, "append", full)
    for way in (ByCustody(deposit.created.slots.custody), ByCustody(b"")):
        with pytest.raises(JournalError):
            calls.answer(desk, recode(way), None, NOW)


def test_a_key_that_does_not_fit_its_document_leaves_a_refusal(gpg: Gpg, desk: Desk) -> None:
    deposit = Deposit(gpg, desk)
    item = msgspec.structs.replace(deposit.sealed, sealed_key=bytes(81))
    way = ByCustody(deposit.created.slots.custody)
    request = deposit.release(gpg.public("bob@x.fr"), b"", way_in=way, items=(item,))
    assert ask(desk, request).failed.why is Why.UNAVAILABLE
    assert leaves(desk)[-1]["outcome"] == "refused"
