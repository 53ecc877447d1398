"""What a CPS card proves to the keeper: who signed by his card, and nobody else."""

from collections.abc import Callable

import pytest
from cps_case import (
    BOTH_CARDS,
    STALE,
    alike,
    asking_for,
    attested,
    by_card,
    card,
    host_of,
    maker,
    trees,
    trusting,
    world,
)
from dossier_case import NIR, URGENCE, Deposit, leaves, reader_of_cards
from keeper_case import NOW, event
from keeper_gpg import Gpg
from keeper_wishes import why
from little_host import ALICE, BOB, CODE, OTHER_PATIENT, RPPS, LittleHost, Mail, asking

from rmp_milter.calls.authority import TakeOver
from rmp_milter.calls.protocol.calls import Reply
from rmp_milter.calls.protocol.filing import Create, Created
from rmp_milter.calls.protocol.message import Why
from rmp_milter.calls.protocol.opening import Trust
from rmp_milter.dossier.model import Verb
from rmp_milter.keeper.desk.desk import Desk
from testbed.vitale import CardSoftware, header_line
from testbed.x509_maker import DAY, Made

pytestmark = pytest.mark.promise(number=21)

REFUSED = {Why.UNENTITLED, Why.NOT_HERE}  # by its ticket, or because there is none


@pytest.fixture
def clinic(gpg: Gpg, desk: Desk) -> LittleHost:
    """A host that asks for both cards of who creates, or reads another's patient's dossier."""
    made = host_of(gpg, desk)
    asking_for(made, BOTH_CARDS)
    return made


@pytest.fixture
def software(clinic: LittleHost) -> CardSoftware:
    return reader_of_cards(clinic.desk)


@pytest.fixture
def deposit(clinic: LittleHost) -> Deposit:
    """Alice's dossier with a document, from before the host asked for more."""
    asking_for(clinic, {})
    made = Deposit(clinic)
    asking_for(clinic, BOTH_CARDS)
    return made


def created(host: LittleHost, mail: Mail) -> Reply | Why:
    answered = host.ask(Create(mail.by(), event("creation")))
    return answered.reply if isinstance(answered.reply, Created) else answered.failed.why


def creation(*lines: str) -> str:
    return asking("création", "Consentement : oui", *lines, patient=OTHER_PATIENT)


def seen(software: CardSoftware) -> str:
    return header_line(software.token(NIR, RPPS[BOB], "rmp@x.fr", NOW), wrapped=76)


def proof_of_last(host: LittleHost) -> object:
    return leaves(host.desk)[-1]["proof"]


# Under a policy that asks for both cards


def test_both_cards_create_a_dossier_and_one_of_them_does_not(
    clinic: LittleHost, software: CardSoftware
) -> None:
    by_key = clinic.mail(BOB, creation() + seen(software))
    assert created(clinic, by_key) is Why.UNENTITLED
    assert created(clinic, by_card(clinic, creation())) is Why.UNENTITLED
    assert isinstance(created(clinic, by_card(clinic, creation() + seen(software))), Created)
    assert proof_of_last(clinic) == "signature+cps"


def test_both_cards_open_a_dossier_and_one_of_them_does_not(
    clinic: LittleHost, deposit: Deposit, software: CardSoftware
) -> None:
    by_key = clinic.mail(BOB, attested(software, "dossier"))
    assert why(clinic, deposit.release(by_key, deposit.by_vitale)) is Why.UNENTITLED
    by_code = by_card(clinic, asking("dossier", f"Code : {CODE}"))
    assert why(clinic, deposit.release(by_code)) is Why.UNENTITLED
    assert deposit.is_read(by_card(clinic, attested(software, "dossier")), deposit.by_vitale)
    assert proof_of_last(clinic) == "signature+cps+vitale"


def test_an_account_is_no_card(clinic: LittleHost, software: CardSoftware) -> None:
    clinic.enrol(BOB, account="bob", more=[card().der])
    lines = (f"Auteur : {BOB}", "Écrit le : 17/03/2030")
    mail = clinic.mail(BOB, creation(*lines) + seen(software), account="bob", signed=False)
    assert created(clinic, mail) is Why.UNENTITLED


def test_no_policy_asks_for_a_card_in_an_emergency(
    clinic: LittleHost, deposit: Deposit
) -> None:
    assert deposit.is_read(clinic.mail(BOB, URGENCE))
    assert proof_of_last(clinic) == "signature+custody"
    assert deposit.is_read(by_card(clinic, URGENCE))
    assert proof_of_last(clinic) == "signature+cps+custody"


# Under a policy that does not


def test_a_card_may_do_what_a_signature_may(gpg: Gpg, desk: Desk) -> None:
    host = host_of(gpg, desk)
    deposit = Deposit(host)
    assert deposit.is_read(by_card(host, asking("dossier", f"Code : {CODE}")))
    assert proof_of_last(host) == "signature+cps+code"
    mail = by_card(host, creation())
    assert isinstance(created(host, mail), Created)


# What is no card of his


def numbered(number: str, prefix: str = "8", start: int | None = None) -> Made:
    return maker().card(number, trees().igc, prefix=prefix, start=start)


def of_unknown_issuer() -> Made:
    return maker().card(RPPS[BOB], alike(maker().authority("AC RACINE IGC-SANTE FORT")))


def of_public_issuer() -> Made:
    return maker().card(RPPS[BOB], alike(trees().public_root))


STRANGERS: dict[str, tuple[Callable[[], Made], Trust]] = {
    "authentication": (lambda: card(signing=False), Trust.PURPOSE),
    "expired": (lambda: numbered(RPPS[BOB], start=NOW - 400 * DAY), Trust.EXPIRED),
    "not yet": (lambda: numbered(RPPS[BOB], start=NOW + 2 * DAY), Trust.EXPIRED),
    "unknown issuer": (of_unknown_issuer, Trust.ISSUER),
    "public issuer": (of_public_issuer, Trust.GOOD),
    "public certificate": (lambda: maker().user(BOB, trees().public), Trust.GOOD),
    "other number": (lambda: numbered(RPPS[ALICE]), Trust.UNKNOWN),
    "ADELI": (lambda: numbered("123456789", prefix="0"), Trust.GOOD),
    "no person's authority": (
        lambda: maker().card(RPPS[BOB], trees().igc_root),
        Trust.PURPOSE,
    ),
}
"""What is no card of Bob's, though all are enrolled as his; what each is worth."""


@pytest.mark.parametrize("which", STRANGERS)
def test_what_is_no_card_of_his_opens_nothing_where_one_is_asked_for(
    clinic: LittleHost, deposit: Deposit, software: CardSoftware, which: str
) -> None:
    make, worth = STRANGERS[which]
    own = make()
    clinic.enrol(BOB, more=[own.der])
    mail = by_card(clinic, attested(software, "dossier"), own)
    assert (mail.opened.signature.trust, mail.opened.signature.card) == (worth, False)
    assert why(clinic, deposit.release(mail, deposit.by_vitale)) in REFUSED
    assert created(clinic, by_card(clinic, creation() + seen(software), own)) in REFUSED


def test_another_doctors_card_is_not_his(
    clinic: LittleHost, deposit: Deposit, software: CardSoftware
) -> None:
    clinic.enrol(ALICE, more=[card(ALICE).der])
    mail = by_card(clinic, attested(software, "dossier"), card(ALICE))
    assert (mail.opened.signature.trust, mail.ticket) == (Trust.UNKNOWN, b"")
    assert why(clinic, deposit.release(mail, deposit.by_vitale)) in REFUSED


def test_the_patients_card_must_have_been_shown_to_the_cards_holder(
    clinic: LittleHost, deposit: Deposit, software: CardSoftware
) -> None:
    mail = by_card(clinic, attested(software, "dossier", who=ALICE))
    assert mail.opened.signature.card
    assert why(clinic, deposit.release(mail, deposit.by_vitale)) is Why.UNENTITLED


def test_a_revoked_card_proves_nothing_from_when_the_host_knows(
    clinic: LittleHost, deposit: Deposit, software: CardSoftware
) -> None:
    before = by_card(clinic, attested(software, "dossier"))
    assert before.opened.signature.card
    trusting(clinic, world([card()]))
    mail = by_card(clinic, attested(software, "dossier"))
    signature = mail.opened.signature
    assert (signature.trust, signature.card) == (Trust.REVOKED, False)
    assert why(clinic, deposit.release(mail, deposit.by_vitale)) in REFUSED


def test_a_signature_from_the_future_is_no_cards(clinic: LittleHost) -> None:
    mail = by_card(clinic, URGENCE, signed=NOW + 3 * DAY)
    assert (mail.opened.signature.trust, mail.opened.signature.card) == (Trust.FUTURE, False)
    assert not clinic.ticket(mail).card


def test_a_card_that_was_taken_from_him_proves_nothing(
    clinic: LittleHost, software: CardSoftware
) -> None:
    clinic.enrol(BOB)
    mail = by_card(clinic, creation() + seen(software))
    assert (mail.opened.signature.trust, mail.ticket) == (Trust.UNKNOWN, b"")


# An old list


def test_with_an_old_list_a_card_still_reads_and_does_not_become_the_treating_doctors(
    clinic: LittleHost, deposit: Deposit, software: CardSoftware
) -> None:
    host = clinic
    asking_for(host, BOTH_CARDS | {"medecin_traitant_autre": ["cps+code"]})
    trusting(host, world(start=STALE))
    reading = by_card(host, attested(software, "dossier"))
    signature = reading.opened.signature
    assert (signature.trust, signature.card, signature.stale) == (Trust.GOOD, True, True)
    assert deposit.is_read(reading, deposit.by_vitale)
    taking = by_card(host, taken_over())
    assert host.ticket(taking).verb is None
    failed = host.ask(host.amended(taking, TakeOver(NOW), deposit.kept)).failed
    assert failed.why is Why.UNENTITLED
    trusting(host, world())
    assert host.ticket(by_card(host, taken_over())).verb is Verb.MEDECIN_TRAITANT


def taken_over() -> str:
    return asking("médecin traitant", "Consentement : oui", f"Code : {CODE}")
