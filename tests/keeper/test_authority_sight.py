"""What is hidden, refused or over opens to nobody whom it is hidden from."""

import msgspec
import pytest
from dossier_case import Deposit, leaves
from keeper_case import NOW, PDF, event
from keeper_wishes import changed, why
from little_host import ALICE, BOB, CODE, EVE, LittleHost, asking

from rmp_milter.calls.authority import Close, Masking, Oppose
from rmp_milter.calls.protocol.message import Why
from rmp_milter.calls.protocol.releasing import Prove, Proven
from rmp_milter.dossier.cards import LocumDays, Masked
from rmp_milter.dossier.days import UNIVERSAL, day_of
from rmp_milter.keeper.authority.host_rules import AS_SHIPPED

pytestmark = pytest.mark.promise(number=21)

DAY = 86_400


@pytest.mark.promise(number=14)
def test_a_masked_document_is_given_to_who_treats_and_to_its_author(host: LittleHost) -> None:
    deposit = Deposit(host)
    alice = host.member(ALICE).person
    masked = (Masked(deposit.sealed.document_id, alice),)
    changed(host, deposit.kept, Masking(masked), "masquage", "Numéros : 1")
    assert why(host, deposit.release(deposit.consultation())) is Why.UNENTITLED
    assert why(host, deposit.release(deposit.urgent())) is Why.UNENTITLED
    takes = host.mail(BOB, asking("médecin traitant", "Consentement : oui", f"Code : {CODE}"))
    assert deposit.is_read(takes)


@pytest.mark.promise(number=14)
def test_who_cannot_take_over_sees_nothing_masked_by_asking_to(host: LittleHost) -> None:
    deposit = Deposit(host)
    masked = (Masked(deposit.sealed.document_id, host.member(ALICE).person),)
    changed(host, deposit.kept, Masking(masked), "masquage", "Numéros : 1")
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
    host.enrol(ALICE, locums=[LocumDays(bob.person, day_of(NOW - 9 * DAY, UNIVERSAL), last)])
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
    deposit.kept.card = host.amend(
        mail, Close(NOW + AS_SHIPPED.retention), deposit.kept
    ).dossier
    assert why(host, deposit.release(deposit.consultation())) is Why.UNENTITLED
    later = host.mail(ALICE, asking("dépôt"), files=[("a.pdf", PDF)])
    assert why(host, host.reseal(later, deposit.kept)) is Why.UNENTITLED
