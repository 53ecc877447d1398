"""The ways into a dossier beside the code: attestation, custody; and setting a new code."""

import msgspec
import pytest
from dossier_case import (
    NIR,
    OTHER_NIR,
    RPPS_OF_ALICE,
    Deposit,
    acts,
    attested,
    leaves,
    patient_of,
    reader_of_cards,
    with_card,
)
from keeper_case import (
    HEADER,
    LETTER,
    NOW,
    PDF,
    SERVICE,
    ask,
    encrypted,
    entity,
    event,
    opening,
)
from keeper_gpg import Gpg
from little_host import ALICE, BOB, CODE, OTHER_PATIENT, LittleHost, Mail, asking

from rmp_milter.calls.protocol.answering import CODE_MARK, Seal, Sealed
from rmp_milter.calls.protocol.filing import Create
from rmp_milter.calls.protocol.message import Why
from rmp_milter.calls.protocol.opening import Opened
from rmp_milter.calls.protocol.releasing import (
    ByCode,
    ByCustody,
    ByVitale,
    Prove,
    Proven,
    Recode,
    Recoded,
    WayIn,
)
from rmp_milter.dossier.model import Container
from rmp_milter.keeper.desk import answer as calls
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.keeper.desk.without_title import WITHOUT_TITLE
from rmp_milter.keeper.keys.held import LIFETIME
from rmp_milter.keeper.log.journal import Journal, JournalError
from testbed.vitale import CardSoftware, header_line


@pytest.fixture
def software(desk: Desk) -> CardSoftware:
    return reader_of_cards(desk)


def recode(deposit: Deposit, mail: Mail, by: WayIn, **more: object) -> Recode:
    made = Recode(mail.by(deposit.kept), by, event("code"))
    return msgspec.structs.replace(made, **more)


def recoded(deposit: Deposit, mail: Mail, by: WayIn, **more: object) -> Recoded:
    """Have the code renewed, and the store commit it."""
    reply = deposit.host.ask(recode(deposit, mail, by, **more)).reply
    assert isinstance(reply, Recoded), reply
    deposit.kept.card = reply.card
    return reply


def test_an_attestation_opens_its_patients_dossier(
    host: LittleHost, software: CardSoftware
) -> None:
    deposit = Deposit(host)
    assert len(deposit.kept.slots.vitale) == 80
    assert deposit.is_read(with_card(host, software), deposit.by_vitale)
    assert leaves(host.desk)[-1]["outcome"] == "granted"
    assert leaves(host.desk)[-1]["proof"] == "signature+vitale"


@pytest.mark.promise(number=8)
def test_an_attestation_opens_no_other_slot_and_each_try_leaves_a_refusal(
    host: LittleHost, software: CardSoftware
) -> None:
    deposit = Deposit(host)
    slots, own = deposit.kept.slots, patient_of(host.desk, deposit.kept.dossier_id)
    for way, nir in (
        (ByVitale(slots.vitale), OTHER_NIR),
        (ByVitale(slots.custody), NIR),
        (ByVitale(b""), NIR),
        (ByVitale(bytes(80)), NIR),
    ):
        mail, before = with_card(host, software, nir), len(host.desk.journal)
        failed = host.ask(deposit.release(mail, way)).failed
        assert (failed.why, failed.detail) == (Why.WRONG_CODE, "")
        assert len(host.desk.journal) == before + 1
        last = leaves(host.desk)[-1]
        assert (last["outcome"], last["patient"]) == ("refused", own)


@pytest.mark.promise(number=8)
def test_a_custody_slot_opens_its_own_dossier_and_no_other(host: LittleHost) -> None:
    deposit = Deposit(host)
    other = host.create(ALICE, patient=OTHER_PATIENT)
    for slot in (other.slots.custody, deposit.kept.slots.vitale, b""):
        request = deposit.release(deposit.urgent(), ByCustody(slot))
        assert host.ask(request).failed.why is Why.UNENTITLED
    assert [each for each in acts(host.desk) if each[0] == "urgence"] == []


def test_a_way_in_is_proven_without_a_leaf_and_refused_with_one(host: LittleHost) -> None:
    deposit = Deposit(host)
    mail = deposit.consultation()
    before = len(host.desk.journal)
    right = Prove(mail.by(deposit.kept), deposit.by_code, event("dossier"))
    assert isinstance(host.ask(right).reply, Proven)
    assert len(host.desk.journal) == before
    wrong = deposit.consultation("Faux-code")
    nobodys = host.mail(BOB, asking("dossier", f"Code : {CODE}", patient=OTHER_PATIENT))
    for by in (wrong.by(deposit.kept), nobodys.by()):
        failed = host.ask(msgspec.structs.replace(right, by=by)).failed
        assert failed.why is Why.WRONG_CODE
        assert leaves(host.desk)[-1]["outcome"] == "refused"
        assert leaves(host.desk)[-1]["documents"] == []
    assert len(host.desk.journal) == before + 2


def test_an_attestation_serves_its_mail_only_and_is_nothing_else(
    host: LittleHost, software: CardSoftware
) -> None:
    deposit = Deposit(host)
    mail = with_card(host, software)
    request = deposit.release(mail, deposit.by_vitale)
    without = host.mail(BOB, asking("dossier"))
    as_code = msgspec.structs.replace(request, way_in=deposit.by_code)
    other_mail = msgspec.structs.replace(request, by=without.by(deposit.kept))
    by_code = msgspec.structs.replace(request, by=deposit.consultation().by(deposit.kept))
    for changed in (other_mail, as_code, by_code):
        assert host.ask(changed).failed.why is Why.UNENTITLED
    assert host.ask(request, now=NOW + LIFETIME + 1).failed.why is Why.UNENTITLED


def test_custody_opens_every_dossier(host: LittleHost) -> None:
    deposit = Deposit(host)
    assert deposit.is_read(deposit.urgent(), deposit.by_custody)


def test_without_a_number_there_is_no_slot_for_attestations(host: LittleHost) -> None:
    assert host.create().slots.vitale == b""


@pytest.mark.parametrize("nir", ["159013456789083", "x"])
def test_a_number_that_is_none_makes_no_dossier(host: LittleHost, nir: str) -> None:
    mail = host.mail(ALICE, asking("création", "Consentement : oui", f"NIR : {nir}"))
    assert host.ask(Create(mail.by(), event("creation"))).failed.why is not Why.MOVED
    assert [each for each in acts(host.desk) if each[1] == "granted"] == []


def test_what_an_attestation_says_is_told_and_its_text_is_not_kept(
    gpg: Gpg, desk: Desk, software: CardSoftware
) -> None:
    token = software.token(NIR, RPPS_OF_ALICE, SERVICE, NOW)
    text = HEADER + header_line(token, wrapped=76) + LETTER
    body = encrypted(gpg, entity(text, files=[("été.pdf", PDF)]))
    reply = ask(desk, *opening([body], entity=True)).reply
    assert isinstance(reply, Opened)
    assert reply.attested
    assert (reply.attested.nir, reply.attested.rpps) == (NIR, RPPS_OF_ALICE)
    assert (reply.attested.issuer, reply.attestation_fault) == (software.name, "")
    assert "Vitale : ••••" in reply.header
    assert token[-40:].encode() not in msgspec.msgpack.encode(reply)
    (fresh,) = reply.bodies
    assert (fresh.fresh, fresh.container) == (True, Container.FILE)


@pytest.mark.parametrize("forged", [True, False])
def test_one_that_does_not_hold_gives_its_fault_and_opens_nothing(
    gpg: Gpg, host: LittleHost, software: CardSoftware, *, forged: bool
) -> None:
    posing = CardSoftware(software.name)
    claims = software.claims(NIR, RPPS_OF_ALICE, SERVICE, NOW)
    token = posing.sign(claims, {"kid": software.kid}) if forged else "ey" + "J" * 8192
    found = attested(gpg, host.desk, token)
    assert (found.attested, found.bodies) == (None, ())
    assert found.attestation_fault == ("bad signature" if forged else "malformed")
    deposit, mail = Deposit(host), with_card(host, software, token=token)
    assert host.ticket(mail).attestation is None
    request = deposit.release(mail, deposit.by_vitale)
    assert host.ask(request).failed.why is Why.UNENTITLED


def test_two_attestations_are_none(gpg: Gpg, desk: Desk, software: CardSoftware) -> None:
    tokens = [software.token(nir, RPPS_OF_ALICE, SERVICE, NOW) for nir in (NIR, OTHER_NIR)]
    text = HEADER + "".join(header_line(token, wrapped=76) for token in tokens)
    reply = ask(desk, *opening([encrypted(gpg, text.encode())], entity=False)).reply
    assert isinstance(reply, Opened)
    assert (reply.attested, reply.attestation_fault) == (None, "malformed")


@pytest.mark.promise(number=14)
def test_a_new_code_opens_and_the_old_one_does_not_open_the_new_slot(host: LittleHost) -> None:
    deposit = Deposit(host)
    mail = host.mail(ALICE, asking("nouveau code", "Code : Nouveau-2"))
    reply = recoded(deposit, mail, deposit.by_custody, chosen=True)
    assert reply.vitale == b""
    assert deposit.is_read(deposit.consultation("Nouveau-2"), ByCode(reply.code))
    assert not deposit.is_read(deposit.consultation(), ByCode(reply.code))
    assert leaves(host.desk)[-1]["outcome"] == "refused"


def test_a_drawn_code_is_handed_over_for_the_answer(
    host: LittleHost, software: CardSoftware
) -> None:
    deposit = Deposit(host)
    mail = with_card(host, software, request="nouveau code")
    reply = recoded(deposit, mail, deposit.by_vitale, nir=NIR)
    assert acts(host.desk) == [(each, "granted") for each in ("creation", "depot", "code")]
    readers = (mail.sender.candidate,)
    request = Seal(readers, mail.ticket, CODE_MARK.encode(), reply.held_code)
    sealed = host.ask(request).reply
    assert isinstance(sealed, Sealed)
    said = host.gpg.verdict(sealed.data)[0].decode()
    assert len(said.replace(" ", "")) == host.desk.limits.code_length
    assert deposit.is_read(deposit.consultation(said), ByCode(reply.code))


def test_a_number_that_is_not_the_patients_makes_no_slot(
    host: LittleHost, software: CardSoftware
) -> None:
    deposit = Deposit(host)
    mail = with_card(host, software, request="nouveau code")
    request = recode(deposit, mail, deposit.by_vitale, nir=OTHER_NIR)
    assert host.ask(request).failed.why is Why.UNENTITLED


def test_who_cannot_open_sets_no_code_and_leaves_a_refusal(host: LittleHost) -> None:
    deposit, slots = Deposit(host), 0
    for way in (deposit.by_code, ByCode(deposit.by_code.slot)):
        mail = host.mail(BOB, asking("nouveau code", "Code : Nouveau-3"))
        assert host.ask(recode(deposit, mail, way)).failed.why is Why.WRONG_CODE
        slots += 1
        assert acts(host.desk)[-1] == ("code", "refused")
    assert len(acts(host.desk)) == 2 + slots
    mail = host.mail(BOB, asking("nouveau code", f"Code : {CODE}"))
    for way in (deposit.by_custody, ByCustody(b"")):
        assert host.ask(recode(deposit, mail, way)).failed.why is Why.UNENTITLED
    assert ("code", "granted") not in acts(host.desk)


def test_a_weak_new_code_or_a_wrong_number_is_refused_before_anything(host: LittleHost) -> None:
    deposit = Deposit(host)
    weak = host.mail(ALICE, asking("nouveau code", "Code : é1234"))
    before = len(host.desk.journal)
    request = recode(deposit, weak, deposit.by_custody, chosen=True)
    assert host.ask(request).failed.why is Why.WEAK_CODE
    request = recode(deposit, weak, deposit.by_custody, nir="1")
    assert host.ask(request).failed.why is Why.UNAVAILABLE
    assert len(host.desk.journal) == before


@pytest.mark.promise(number=8)
def test_no_code_is_set_where_the_leaf_cannot_be_written(
    host: LittleHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    deposit = Deposit(host)
    right = host.mail(ALICE, asking("nouveau code"))
    wrong = host.mail(BOB, asking("nouveau code", "Code : Nouveau-3"))

    def full(*_: object, **__: object) -> int:
        raise JournalError("disk full")

    monkeypatch.setattr(Journal, "append", full)
    for mail, way in ((right, deposit.by_custody), (wrong, deposit.by_code)):
        with pytest.raises(JournalError):
            calls.answer(host.desk, recode(deposit, mail, way), None, NOW)


def test_a_key_that_does_not_fit_its_document_releases_nothing(host: LittleHost) -> None:
    deposit = Deposit(host)
    item = msgspec.structs.replace(deposit.sealed, sealed_key=bytes(81))
    request = deposit.release(deposit.urgent(), items=(item,))
    assert host.ask(request).failed.why is Why.UNENTITLED
    done = [("creation", "granted"), ("depot", "granted")]
    assert acts(host.desk) == [*done, (WITHOUT_TITLE, "refused")]
