"""Who has several certificates: what he signs by any of them is his, and nobody else's."""

import hashlib

import pytest
from cards_case import DOSSIER, PATIENTS, Given, person
from keeper_case import NOW, SERVICE, ask, hosts_event
from keeper_gpg import Gpg
from little_host import ALICE, BOB, LittleHost, Member, asking
from msgspec.structs import replace

from rmp_milter.calls.authority import NewKey, PatientKey, PersonSaid, Prolong
from rmp_milter.calls.protocol.cards import Vouch
from rmp_milter.calls.protocol.message import Failed, Why
from rmp_milter.dossier.cards import MOST_OTHERS, person_card
from rmp_milter.keeper.authority.amending import amended_dossier
from rmp_milter.keeper.authority.ground import digest_of
from rmp_milter.keeper.authority.next_cards import other_credential
from rmp_milter.keeper.desk.desk import CallFailed
from rmp_milter.keeper.desk.doors import Door
from rmp_milter.keeper.desk.readers import reader_of
from rmp_milter.x509 import Purpose, World, compile_list, read_x509
from rmp_milter.x509.paths import by_issuer
from testbed.x509_maker import Made, Maker

pytestmark = pytest.mark.promise(number=21)

SECOND = "alice-seconde@x.fr"
LISTED = "Demande : liste\r\nService : rmp@x.fr\r\nNom : DU\r\n"


@pytest.fixture
def second(gpg: Gpg) -> bytes:
    """Return another certificate of Alice's."""
    if SECOND.encode() not in gpg.run("--list-keys", "--with-colons"):
        gpg.make(SECOND)
    return gpg.public(SECOND)


@pytest.fixture(scope="module")
def issuer() -> Made:
    return Maker(NOW).authority("AC d'essai")


@pytest.fixture(scope="module")
def smime(issuer: Made) -> Made:
    return Maker(NOW).user(ALICE, issuer)


@pytest.fixture
def alice(host: LittleHost, second: bytes) -> Member:
    return host.enrol(ALICE, more=[second])


def test_a_mail_counts_by_any_certificate_of_its_senders(
    host: LittleHost, alice: Member
) -> None:
    for key in (ALICE, SECOND):
        mail = host.mail(ALICE, LISTED, key=key)
        assert host.ticket(mail).person == alice.person


def test_without_the_cards_word_another_certificate_is_nobodys(
    host: LittleHost, second: bytes
) -> None:
    """As the milter's intruder would have it, who has a key of his own."""
    alice = host.enrol(ALICE)
    host.members[ALICE] = replace_more(alice, second)
    assert host.mail(ALICE, LISTED, key=SECOND).ticket == b""
    assert host.mail(ALICE, LISTED).ticket


def test_a_card_and_an_smime_certificate_are_vouched_for_as_keys_are(
    host: LittleHost, smime: Made
) -> None:
    alice = host.enrol(ALICE, more=[smime.der])
    (other,) = alice.said.credentials
    digest = hashlib.sha256(smime.der)
    assert (other.digest, other.fingerprint) == (digest.digest(), digest.hexdigest())
    assert other.signed_at == int(smime.certificate.not_valid_before_utc.timestamp())
    assert host.mail(ALICE, LISTED).ticket  # a signature by OpenPGP is held against that kind
    failed = refused_at_operators_door(host, said(host, BOB, smime.der))
    assert (failed.why, failed.detail) == (Why.UNENTITLED, "a key that is somebody else's")


def test_what_is_no_certificate_is_not_vouched_for(host: LittleHost, smime: Made) -> None:
    for noise in (b"", b"noise", smime.der[:-1], smime.der + b"\0"):
        assert refused_at_operators_door(host, said(host, BOB, noise)).why is Why.BAD_KEY


def test_nothing_is_sealed_by_openpgp_to_a_certificate_of_the_other_kind(
    gpg: Gpg, smime: Made
) -> None:
    """Not even where its octets hold a key of that kind, as armor is looked for in any text."""
    assert reader_of(smime.der, NOW).is_smime
    armored = b"\x30\x82" + gpg.run("--armor", "--export", ALICE)
    assert reader_of(armored[2:], NOW).keys
    with pytest.raises(CallFailed, match="unreadable"):
        reader_of(armored, NOW)


def replace_more(member: Member, *more: bytes) -> Member:
    return Member(member.name, member.card, member.certificate, more)


def test_a_call_that_brings_one_certificate_more_than_the_card_is_refused(
    host: LittleHost, alice: Member
) -> None:
    mail = host.mail(ALICE, asking("création", "Consentement : oui"))
    mail.sender = replace_more(alice, *alice.more, host.gpg.public(BOB))
    fingerprint = host.gpg.fingerprint(BOB)
    wish = NewKey(host.gpg.public(BOB))
    failed = host.ask(host.amended(mail, wish)).failed
    assert (failed.why, failed.detail) == (
        Why.UNENTITLED,
        "a certificate that the card does not name",
    )
    assert fingerprint.lower() not in str(alice.said)


def test_a_certificate_that_was_taken_away_signs_no_more_even_with_the_card_of_before(
    host: LittleHost, alice: Member
) -> None:
    host.mail(ALICE, LISTED)  # so that the card is in force
    host.enrol(ALICE)
    host.mail(ALICE, LISTED)
    assert host.mail(ALICE, LISTED, key=SECOND).ticket == b""
    host.members[ALICE] = alice  # which the milter still has
    assert host.mail(ALICE, LISTED, key=SECOND).ticket == b""
    urgent = asking("urgence", "Motif : inconsciente")
    assert host.mail(ALICE, urgent, key=SECOND).ticket == b""
    assert host.mail(ALICE, urgent).ticket


def said(host: LittleHost, name: str, *more: bytes) -> Vouch:
    """Return the host's word on somebody who is not enrolled yet."""
    before = host.enrol(ALICE).said
    card = replace(before, person=name.encode().ljust(16)[:16], mail=name, credentials=())
    return Vouch(PersonSaid(card, host.gpg.public(name), more), hosts_event("inscription"), b"")


def refused_at_operators_door(host: LittleHost, request: Vouch) -> Failed:
    return ask(host.desk, request, door=Door.OPERATOR).failed


def test_a_certificate_of_somebodys_is_nobody_elses_in_whichever_place(
    host: LittleHost, alice: Member, second: bytes
) -> None:
    host.mail(ALICE, LISTED)  # so that he is known
    theirs = "a key that is somebody else's"
    for request in (said(host, BOB, second), said(host, BOB, alice.certificate)):
        failed = refused_at_operators_door(host, request)
        assert (failed.why, failed.detail) == (Why.UNENTITLED, theirs)
    failed = refused_at_operators_door(host, said(host, SECOND))
    assert (failed.why, failed.detail) == (Why.UNENTITLED, theirs)


def test_no_certificate_is_vouched_for_twice_nor_more_than_there_may_be(
    host: LittleHost, gpg: Gpg, second: bytes
) -> None:
    for more in ((second, second), (gpg.public(BOB),), (second,) * (MOST_OTHERS + 1)):
        assert refused_at_operators_door(host, said(host, BOB, *more)).why is Why.UNENTITLED


def test_a_new_key_takes_the_place_of_the_first_and_the_others_stay(
    host: LittleHost, gpg: Gpg, alice: Member
) -> None:
    name = "alice-troisieme@x.fr"
    fingerprint = gpg.make(name)
    text = f"Demande : nouvelle clé\r\nService : {SERVICE}\r\nEmpreinte : {fingerprint}\r\n"
    armored = gpg.run("--armor", "--export", name)
    mail = host.mail(ALICE, text, files=[("cle.asc", armored)], key=SECOND)
    made = person_card(host.amend(mail, NewKey(gpg.public(name))).person)
    assert made.fingerprint == fingerprint.lower()
    assert made.credentials == alice.said.credentials


def test_no_other_certificate_takes_the_place_of_the_first_as_a_prolonged_one(
    host: LittleHost, alice: Member, second: bytes
) -> None:
    """What he reads by stays where it is: another key is asked for by name."""
    mail = host.mail(ALICE, LISTED, key=SECOND)
    failed = host.ask(host.amended(mail, Prolong(second))).failed
    assert failed.detail == "a copy that its own key did not prolong"
    made = person_card(host.amend(mail, Prolong(alice.certificate)).person)
    assert (made.certificate, made.credentials) == (
        alice.said.certificate,
        alice.said.credentials,
    )


def trusting(issuer: Made) -> World:
    anchor = read_x509(issuer.der)
    listed = compile_list(Maker(NOW).revocation_list(issuer), anchor, anchor, NOW)
    return World({Purpose.PUBLIC: (anchor,)}, (), by_issuer([listed]))


def test_a_patients_key_takes_the_place_of_all_that_he_had(
    smime: Made, issuer: Made, second: bytes
) -> None:
    """Whoever was the médecin traitant before may have entered one for himself."""
    had = person(PATIENTS, credentials=(other_credential(second),), patient_of=DOSSIER.dossier)
    text = asking("clé du patient", "Courriel : jean@x.fr")
    given = Given(text, others=(had,), keys=(digest_of(smime.der),))
    amending = given.amending()._replace(world=lambda: trusting(issuer))
    made = amended_dossier(amending, PatientKey(PATIENTS, smime.der), DOSSIER).person
    assert made is not None
    digest = hashlib.sha256(smime.der)
    assert (made.certificate, made.fingerprint) == (digest.digest(), digest.hexdigest())
    assert made.credentials == ()


def test_a_new_key_is_none_that_the_sender_has_already(
    host: LittleHost, gpg: Gpg, second: bytes
) -> None:
    host.enrol(ALICE, more=[second])
    fingerprint = gpg.fingerprint(SECOND)
    text = f"Demande : nouvelle clé\r\nService : {SERVICE}\r\nEmpreinte : {fingerprint}\r\n"
    armored = gpg.run("--armor", "--export", SECOND)
    mail = host.mail(ALICE, text, files=[("cle.asc", armored)])
    failed = host.ask(host.amended(mail, NewKey(second))).failed
    assert failed.detail == "a certificate that the sender has already"
