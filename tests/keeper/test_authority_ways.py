"""Ways into a dossier: what a caller cannot make of mails that he did not write."""

import msgspec
import pytest
from dossier_case import Deposit, acts, leaves, patient_of, reader_of_cards, with_card
from keeper_case import NOW, PDF, ask, desk_of, event, hosts_event
from keeper_gpg import Gpg
from little_host import ALICE, BOB, CODE, EVE, OTHER_PATIENT, Kept, LittleHost, Mail, asking
from openpgp.composed import SignedSecretKey

from rmp_milter.calls.authority import Close, Mask, NoCode, Oppose
from rmp_milter.calls.protocol import (
    ByCode,
    Forget,
    Prove,
    Proven,
    Record,
    Recorded,
    Release,
    Released,
    Reseal,
    Why,
)
from rmp_milter.dossier.cards import Days, Masked
from rmp_milter.dossier.days import UNIVERSAL, day_of
from rmp_milter.keeper.authority.host_rules import HostRules
from rmp_milter.keeper.desk import guesses
from rmp_milter.keeper.desk.doors import Door
from rmp_milter.keeper.keys import sealing
from rmp_milter.keeper.log.tries import of_dossier, of_person

DAY = 86_400


def why(host: LittleHost, request: Release | Reseal | Record | Prove) -> Why | None:
    """Return why a call is not done, None where it is."""
    return getattr(host.ask(request).reply, "why", None)


def changed(host: LittleHost, kept: Kept, wish: object, request: str, *lines: str) -> None:
    """Have Alice change something, and the store commit it."""
    others = [host.member(BOB)]
    mail = host.mail(ALICE, asking(request, *lines))
    kept.card = host.amend(mail, wish, kept, *others).dossier  # type: ignore[arg-type]


# One mail's code, another mail's documents


@pytest.mark.promise(number=2)
def test_a_code_opens_for_its_own_mails_sender_and_for_nobody_else(host: LittleHost) -> None:
    deposit = Deposit(host)
    bobs, eve = deposit.consultation(), host.member(EVE)
    for readers in ((eve.certificate,), (bobs.sender.certificate, eve.certificate)):
        request = deposit.release(bobs, readers=readers)
        assert why(host, request) is Why.UNENTITLED
        named = msgspec.structs.replace(request, by=bobs.by(deposit.kept, eve))
        assert why(host, named) is Why.UNENTITLED
    eves = msgspec.structs.replace(
        deposit.release(bobs),
        by=msgspec.structs.replace(bobs.by(deposit.kept), persons=(eve.candidate,)),
        readers=(eve.certificate,),
    )
    assert why(host, eves) is Why.UNENTITLED


@pytest.mark.promise(number=2)
def test_a_mail_that_asks_for_nothing_of_the_kind_opens_nothing(host: LittleHost) -> None:
    deposit = Deposit(host)
    for request in ("liste", "droits", "masquage"):
        mail = host.mail(BOB, asking(request, f"Code : {CODE}"))
        assert why(host, deposit.release(mail)) is Why.UNENTITLED
        assert why(host, deposit.release(mail, deposit.by_custody)) is Why.UNENTITLED
    for way in (deposit.by_custody, deposit.by_vitale):
        assert why(host, deposit.release(deposit.consultation(), way)) is Why.UNENTITLED


# Codes that are in force no more


@pytest.mark.promise(number=6)
def test_an_old_code_does_not_open_its_old_slot_once_it_was_revoked(host: LittleHost) -> None:
    deposit = Deposit(host)
    old = deposit.kept.card
    changed(host, deposit.kept, NoCode(), "révocation du code")
    assert why(host, deposit.release(deposit.consultation())) is Why.WRONG_CODE
    stale = deposit.consultation()
    assert why(host, deposit.release(stale, by=stale.by(old))) is Why.MOVED


def test_a_change_that_was_never_committed_changes_nothing(host: LittleHost) -> None:
    deposit = Deposit(host)
    mail = host.mail(ALICE, asking("révocation du code"))
    host.amend(mail, NoCode(), deposit.kept)
    assert deposit.is_read(deposit.consultation())


# Who tries too often


def tried(deposit: Deposit, code: str = "Faux-code") -> Mail:
    mail = deposit.consultation(code)
    assert why(deposit.host, deposit.release(mail)) is Why.WRONG_CODE
    return mail


@pytest.mark.promise(number=6)
def test_wrong_codes_rest_the_dossiers_code_whatever_the_caller_says(host: LittleHost) -> None:
    deposit = Deposit(host)
    for at in range(5):
        mail = deposit.consultation("Faux-code")
        for action in ("dossier", "dossier", "depot", "x"):
            lie = msgspec.structs.replace(event(action, bytes([at]) * 32), dossier_id=b"")
            host.ask(deposit.release(mail, event=lie))
    subject = of_dossier(deposit.kept.dossier_id)
    with host.desk.journal.own() as own:
        assert own.tries.recent(subject, 0) == 5
    assert why(host, deposit.release(deposit.consultation())) is Why.WRONG_CODE
    hour = NOW + host.desk.rules.window + 1
    assert deposit.is_read(deposit.consultation(now=hour))
    with host.desk.journal.own() as own:
        assert own.tries.recent(subject, 0) == 0


def test_the_host_wakes_a_code_that_rests(host: LittleHost) -> None:
    from rmp_milter.calls.protocol import Wake  # noqa: PLC0415 -- its only use

    deposit = Deposit(host)
    for _ in range(5):
        tried(deposit)
    leaf = hosts_event("code reactive")
    reply = ask(host.desk, Wake(deposit.kept.dossier_id, leaf), door=Door.OPERATOR).reply
    assert isinstance(reply, Recorded)
    assert deposit.is_read(deposit.consultation())


@pytest.mark.promise(number=6)
def test_a_sender_who_tries_too_often_opens_nothing_and_each_try_costs_a_hash(
    host: LittleHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    deposit = Deposit(host)
    bob = host.member(BOB).person
    host.desk.journal.change(
        lambda own: [own.tries.count([of_person(bob)], NOW + at) for at in range(10)]
    )
    orders = [deposit.release(deposit.consultation()), deposit.release(tried(deposit))]
    computed: list[str] = []
    real = sealing._slot_key

    def counting(code: str, salt: bytes, pepper: bytes) -> bytes:
        computed.append(code)
        return real(code, salt, pepper)

    monkeypatch.setattr(sealing, "_slot_key", counting)
    assert [why(host, each) for each in orders] == [Why.WRONG_CODE] * 2
    assert len(computed) == 2
    assert deposit.is_read(deposit.consultation(who=EVE))


def test_everybody_together_tries_so_often_and_no_more(
    gpg: Gpg, service: SignedSecretKey, tmp_path_factory: pytest.TempPathFactory
) -> None:
    rules = HostRules(global_codes=3, sender_codes=100, wrong_codes=100)
    desk = desk_of(service, tmp_path_factory.mktemp("few"), rules=rules)
    deposit = Deposit(LittleHost(gpg, desk))
    for _ in range(3):
        tried(deposit)
    assert why(deposit.host, deposit.release(deposit.consultation())) is Why.WRONG_CODE
    desk.journal.close()


def test_a_short_code_of_before_rests_for_a_month(host: LittleHost) -> None:
    kept = host.create()
    subject, rules = of_dossier(kept.dossier_id), host.desk.rules
    for at in range(rules.old_wrong_codes):
        when = NOW - (at + 1) * rules.window
        host.desk.journal.change(lambda own, when=when: own.tries.count([subject], when))
    assert guesses.is_resting(host.desk, kept.said, NOW, of_before=True)
    assert not guesses.is_resting(host.desk, kept.said, NOW, of_before=False)
    assert not guesses.is_resting(host.desk, kept.said, NOW + 30 * DAY, of_before=True)


# Cards of patients


def test_an_attestation_counts_once(host: LittleHost) -> None:
    deposit, software = Deposit(host), reader_of_cards(host.desk)
    first = with_card(host, software)
    token = software.token("159013456789082", first.sender.said.rpps, "rmp@x.fr", NOW)
    first, again = (with_card(host, software, token=token) for _ in range(2))
    assert deposit.is_read(first, deposit.by_vitale)
    assert deposit.is_read(first, deposit.by_vitale)
    assert why(host, deposit.release(again, deposit.by_vitale)) is Why.REPLAYED


def test_an_attestation_that_was_shown_to_somebody_else_opens_nothing(host: LittleHost) -> None:
    deposit, software = Deposit(host), reader_of_cards(host.desk)
    alice = host.member(ALICE).said.rpps
    token = software.token("159013456789082", alice, "rmp@x.fr", NOW)
    mail = with_card(host, software, token=token)
    assert why(host, deposit.release(mail, deposit.by_vitale)) is Why.UNENTITLED


# What is hidden, refused, over


@pytest.mark.promise(number=14)
def test_a_masked_document_is_given_to_who_treats_and_to_its_author(host: LittleHost) -> None:
    deposit = Deposit(host)
    alice = host.member(ALICE).person
    masked = (Masked(deposit.sealed.document_id, alice),)
    changed(host, deposit.kept, Mask(masked), "masquage", "Numéros : 1")
    assert why(host, deposit.release(deposit.consultation())) is Why.UNENTITLED
    assert why(host, deposit.release(deposit.urgent())) is Why.UNENTITLED
    takes = host.mail(BOB, asking("médecin traitant", "Consentement : oui", f"Code : {CODE}"))
    assert deposit.is_read(takes)


@pytest.mark.promise(number=14)
def test_who_cannot_take_over_sees_nothing_masked_by_asking_to(host: LittleHost) -> None:
    deposit = Deposit(host)
    masked = (Masked(deposit.sealed.document_id, host.member(ALICE).person),)
    changed(host, deposit.kept, Mask(masked), "masquage", "Numéros : 1")
    host.enrol(EVE, is_doctor=False)
    asked = asking("médecin traitant", "Consentement : oui", f"Code : {CODE}")
    assert why(host, deposit.release(host.mail(EVE, asked))) is Why.UNENTITLED


def test_an_opposed_sender_hears_what_a_wrong_code_hears(host: LittleHost) -> None:
    deposit, bob = Deposit(host), host.member(BOB)
    named = f"Médecin : {bob.said.name}"
    changed(host, deposit.kept, Oppose(bob.person), "opposition", named)
    assert why(host, deposit.release(deposit.consultation())) is Why.WRONG_CODE
    assert leaves(host.desk)[-1]["outcome"] == "refused"
    assert deposit.is_read(deposit.consultation(who=EVE))
    changed(host, deposit.kept, Oppose(bob.person, lifted=True), "levée d'opposition", named)
    assert deposit.is_read(deposit.consultation())


@pytest.mark.parametrize(
    ("days", "seconds", "is_read"), [(0, 0, True), (0, -DAY, False), (1, 3600, False)]
)
def test_a_locum_reads_in_his_days(
    host: LittleHost, days: int, seconds: int, *, is_read: bool
) -> None:
    deposit, bob = Deposit(host), host.member(BOB)
    last = day_of(NOW - days * DAY, UNIVERSAL)
    host.enrol(ALICE, locums=[Days(bob.person, day_of(NOW - 9 * DAY, UNIVERSAL), last)])
    mail = host.mail(BOB, asking("dossier"), now=NOW - seconds)
    by = mail.by(deposit.kept, host.member(ALICE))
    assert deposit.is_read(mail, deposit.by_custody, by=by) is is_read
    without = deposit.release(mail, deposit.by_custody, by=mail.by(deposit.kept))
    assert host.ask(without, mail.now).failed.why is Why.UNENTITLED


def test_a_closed_dossier_is_neither_read_nor_added_to(host: LittleHost) -> None:
    deposit = Deposit(host)
    mail = host.mail(ALICE, asking("clôture", f"Code : {CODE}"))
    proof = Prove(mail.by(deposit.kept), deposit.by_code, event("cloture"))
    proven = host.ask(proof).reply
    assert isinstance(proven, Proven)
    mail.opened = msgspec.structs.replace(mail.opened, ticket=proven.ticket)
    deposit.kept.card = host.amend(mail, Close(NOW + DAY), deposit.kept).dossier
    assert why(host, deposit.release(deposit.consultation())) is Why.UNENTITLED
    later = host.mail(ALICE, asking("dépôt"), files=[("a.pdf", PDF)])
    assert why(host, host.reseal(later, deposit.kept)) is Why.UNENTITLED


# Emergencies


@pytest.mark.promise(number=18)
def test_an_emergency_opens_without_a_card_and_with_any(host: LittleHost) -> None:
    """Of a keeper or a store that was restored: nobody waits for that."""
    deposit = Deposit(host)
    old = deposit.kept.card
    changed(host, deposit.kept, NoCode(), "révocation du code")
    host.mail(BOB, asking("dossier"))
    assert why(host, deposit.release(deposit.consultation())) is Why.WRONG_CODE
    for card in (b"", old, old[:-1] + b"x", b"noise"):
        mail = deposit.urgent()
        more = {"by": mail.by(card), "dossier_id": deposit.kept.dossier_id}
        assert deposit.is_read(mail, **more), card
        own = patient_of(host.desk, deposit.kept.dossier_id)
        assert leaves(host.desk)[-1]["patient"] == own


@pytest.mark.promise(number=19)
def test_no_copy_of_an_erased_dossier_is_opened_in_an_emergency(host: LittleHost) -> None:
    deposit = Deposit(host)
    dossier_id = deposit.kept.dossier_id
    erased = Forget(dossier_id, hosts_event("effacement"))
    assert isinstance(ask(host.desk, erased, door=Door.OPERATOR).reply, Recorded)
    for card in (b"", deposit.kept.card):
        mail = deposit.urgent()
        request = deposit.release(mail, by=mail.by(card), dossier_id=dossier_id)
        assert why(host, request) is Why.UNENTITLED


@pytest.mark.promise(number=18)
def test_an_unsigned_mail_is_no_emergency(host: LittleHost) -> None:
    deposit = Deposit(host)
    host.enrol(BOB, account="bob")
    text = "Demande : urgence\r\nPatient : DUPONT Jean\r\nMotif : coma\r\n"
    mail = host.mail(BOB, text, account="bob", signed=False)
    assert mail.ticket
    assert why(host, deposit.release(mail)) is Why.UNENTITLED


# Leaves


@pytest.mark.promise(number=8)
def test_a_mail_writes_no_leaf_of_something_else(host: LittleHost) -> None:
    deposit = Deposit(host)
    other = host.create(ALICE, patient=OTHER_PATIENT)
    bobs = host.mail(BOB, asking("dossier", f"Code : {CODE}"))
    alices = host.mail(ALICE, asking("dossier"))
    false = [
        Record(event("urgence"), alices.by(deposit.kept)),
        Record(event("depot"), alices.by(deposit.kept)),
        Record(event("dossier"), alices.by(other)),
        Record(event("dossier"), alices.by()),
        Record(event("dossier"), bobs.by(deposit.kept)),  # whose way in was not gone
        Record(msgspec.structs.replace(event("dossier"), outcome="refused"), alices.by(other)),
    ]
    before = [each for each in acts(host.desk) if each[0] != "sans titre"]
    assert [why(host, each) for each in false] == [Why.UNENTITLED] * len(false)
    assert [each for each in acts(host.desk) if each[0] != "sans titre"] == before


def test_leaves_of_what_nothing_entitles_to_are_bounded(host: LittleHost) -> None:
    deposit = Deposit(host)
    request = deposit.release(deposit.consultation(), deposit.by_custody)
    for at in range(20):
        lie = event("dossier", bytes([at]) * 32)
        assert why(host, msgspec.structs.replace(request, event=lie)) is Why.UNENTITLED
    untitled = [each for each in leaves(host.desk) if each["action"] == "sans titre"]
    assert [each["proof"] for each in untitled] == ["Release"]
    host.ask(request, NOW + 3600 - NOW % 3600)
    assert acts(host.desk).count(("sans titre", "refused")) == 2


def test_a_way_that_was_proven_is_good_for_its_own_dossier_and_mail(host: LittleHost) -> None:
    deposit = Deposit(host)
    other = host.create(ALICE, patient=OTHER_PATIENT)
    mail = host.mail(BOB, asking("accès", f"Code : {CODE}"))
    proof = Prove(mail.by(deposit.kept), deposit.by_code, event("acces"))
    proven = host.ask(proof).reply
    assert isinstance(proven, Proven)
    reading = Record(event("acces"), mail.by(deposit.kept, ticket=proven.ticket))
    assert isinstance(host.ask(reading).reply, Recorded)
    unproven = msgspec.structs.replace(reading, by=mail.by(deposit.kept))
    elsewhere = msgspec.structs.replace(reading, by=mail.by(other, ticket=proven.ticket))
    for request in (unproven, elsewhere):
        assert why(host, request) is Why.UNENTITLED
    twin = ByCode(other.slots.code) if other.slots.code else deposit.by_code
    assert why(host, msgspec.structs.replace(proof, way_in=twin)) is Why.WRONG_CODE


def test_released_packets_are_in_the_order_of_what_was_asked(host: LittleHost) -> None:
    deposit = Deposit(host)
    request = deposit.release(deposit.consultation(), items=(deposit.sealed, deposit.sealed))
    reply = host.ask(request).reply
    assert isinstance(reply, Released)
    texts = [host.gpg.verdict(deposit.message(packets[0]))[0] for packets in reply.packets]
    assert texts == [deposit.plain] * 2
