"""Who somebody is, changed by mail: keys, prolonged keys, locums, a patient's own key."""

import msgspec
import pytest
from dossier_case import Deposit, acts
from keeper_case import NOW, SERVICE, ask, event, hosts_event
from keeper_gpg import Gpg
from little_host import ALICE, BOB, Kept, LittleHost, Mail, Member, asking

from rmp_milter.calls.authority import Candidate, Locums, NewKey, PatientKey, Prolong, Wish
from rmp_milter.calls.protocol.answering import Seal, Sealed
from rmp_milter.calls.protocol.cards import Amend, Amended, Relearn
from rmp_milter.calls.protocol.leaves import Recorded
from rmp_milter.calls.protocol.message import Why
from rmp_milter.certificates import prolonged
from rmp_milter.dossier.cards import LocumDays, person_card
from rmp_milter.dossier.days import UNIVERSAL, day_of
from rmp_milter.keeper.authority.cards import tag_of
from rmp_milter.keeper.desk.doors import Door

pytestmark = pytest.mark.promise(number=21)

DAY = 86_400
TODAY, TOMORROW = (day_of(NOW + days * DAY, UNIVERSAL) for days in (0, 1))
PLACE = b"patient-16-bytes"


def french(day: str) -> str:
    return "/".join(reversed(day.split("-")))


def with_key(host: LittleHost, text: str, key: str, who: str = ALICE) -> tuple[Mail, bytes]:
    """Open a mail that encloses somebody's certificate; return it too."""
    armored = host.gpg.run("--armor", "--export", key)
    return host.mail(who, text, files=[("cle.asc", armored)]), host.gpg.public(key)


@pytest.fixture
def jean(gpg: Gpg) -> str:
    """Return the address of a patient who has a key."""
    name = "jean@x.fr"
    if name.encode() not in gpg.run("--list-keys", "--with-colons"):
        gpg.make(name)
    return name


def patients_key(host: LittleHost, jean: str, who: str = ALICE) -> tuple[Mail, bytes]:
    return with_key(host, asking("clé du patient", f"Courriel : {jean}"), jean, who)


def refused(host: LittleHost, mail: Mail, wish: Wish, *others: Kept | Member) -> str:
    """Ask for a change that nothing entitles to; return why it is none."""
    kept = next((each for each in others if isinstance(each, Kept)), b"")
    members = [each for each in others if isinstance(each, Member)]
    failed = host.ask(host.amended(mail, wish, kept, *members)).failed
    assert failed.why is Why.UNENTITLED
    return failed.detail


# A patient's key


def test_a_patient_gets_a_place_of_his_own(host: LittleHost, jean: str) -> None:
    kept = host.create()
    mail, key = patients_key(host, jean)
    made = host.amend(mail, PatientKey(PLACE, key), kept)
    kept.card, place = made.dossier, person_card(made.person)
    assert (kept.said.patient, place.person, place.revision) == (PLACE, PLACE, 0)
    assert (place.patient_of, place.mail) == (kept.dossier_id, jean)


@pytest.mark.promise(number=1)
def test_a_patients_key_takes_no_professionals_place(host: LittleHost, jean: str) -> None:
    """Else who treats, and is written to as the patient, were for the milter to say."""
    kept, bob = host.create(), host.member(BOB)
    host.mail(BOB, "Demande : liste\r\nNom : DU\r\n")  # so that he is known
    mail, key = patients_key(host, jean)
    why = "somebody else's place"
    assert refused(host, mail, PatientKey(bob.person, key), kept) == why
    assert refused(host, mail, PatientKey(bob.person, key), kept, bob) == why
    alice = host.member(ALICE)
    assert refused(host, mail, PatientKey(alice.person, key), kept) == why


def test_a_patients_key_is_enclosed_and_nobody_elses(host: LittleHost, jean: str) -> None:
    kept, bob = host.create(), host.member(BOB)
    host.mail(BOB, "Demande : liste\r\nNom : DU\r\n")
    mail, _ = patients_key(host, jean)
    why = "a key that the mail does not enclose"
    assert refused(host, mail, PatientKey(PLACE, bob.certificate), kept) == why
    bobs, key = patients_key(host, BOB)
    assert refused(host, bobs, PatientKey(PLACE, key), kept) == "a key that is somebody else's"


def test_nobody_but_the_medecin_traitant_gives_a_patient_a_key(
    host: LittleHost, jean: str
) -> None:
    kept = host.create()
    mail, key = patients_key(host, jean, BOB)
    assert refused(host, mail, PatientKey(PLACE, key), kept, host.member(ALICE))


def test_an_answer_goes_to_whom_a_card_names_or_to_the_key_that_the_mail_is_about(
    host: LittleHost, jean: str
) -> None:
    mail, key = patients_key(host, jean)
    eves = host.gpg.public("eve@x.fr")
    other, _ = with_key(host, asking("droits"), jean)
    sealed = host.ask(Seal((Candidate(b"", key),), mail.ticket, b"x")).reply
    assert isinstance(sealed, Sealed)
    for reader, ticket in ((eves, mail.ticket), (key, b""), (key, other.ticket)):
        request = Seal((Candidate(b"", reader),), ticket, b"x")
        assert host.ask(request).failed.why is Why.UNENTITLED
    alice = host.member(ALICE)
    forged = Candidate(alice.card, eves)
    assert host.ask(Seal((forged,), mail.ticket, b"x")).failed.why is Why.UNENTITLED


# Keys of one's own


def new_key(host: LittleHost, gpg: Gpg, name: str) -> tuple[Mail, bytes]:
    fingerprint = gpg.fingerprint(name)
    text = f"Demande : nouvelle clé\r\nService : {SERVICE}\r\nEmpreinte : {fingerprint}\r\n"
    return with_key(host, text, name)


def test_a_new_key_takes_the_old_ones_place_and_the_old_one_signs_no_more(
    host: LittleHost, gpg: Gpg
) -> None:
    fingerprint = gpg.make("alice-neuve@x.fr")
    mail, key = new_key(host, gpg, "alice-neuve@x.fr")
    made = host.amend(mail, NewKey(key))
    before = host.members[ALICE]
    host.members[ALICE] = Member(ALICE, made.person, key)
    assert person_card(made.person).fingerprint == fingerprint.lower()
    assert host.mail(ALICE, asking("dossier")).ticket == b""
    host.members[ALICE] = before  # which the milter still has
    assert host.mail(ALICE, asking("dossier")).ticket == b""


def test_a_new_key_is_the_stated_one_and_nobody_elses(host: LittleHost, gpg: Gpg) -> None:
    host.mail(BOB, "Demande : liste\r\nNom : DU\r\n")
    mail, key = new_key(host, gpg, BOB)
    assert refused(host, mail, NewKey(key)) == "a key that is somebody else's"
    eves = gpg.public("eve@x.fr")
    assert refused(host, mail, NewKey(eves)) == "another key than the mail states"
    deposit = host.mail(ALICE, asking("dossier"))
    assert refused(host, deposit, NewKey(key)) == "the mail does not ask for this"


def test_a_key_is_prolonged_by_its_own_key_alone(host: LittleHost, gpg: Gpg) -> None:
    name, listed = "prolongee@x.fr", "Demande : liste\r\nNom : DU\r\n"
    fingerprint = gpg.make(name)
    member, before = host.member(name), gpg.public(name)
    gpg.run("--faked-system-time", f"{NOW - DAY}!", "--quick-set-expire", fingerprint, "9y")
    later = prolonged(before, gpg.public(name), NOW) or b""
    mail = host.mail(name, listed)
    why = "a copy that its own key did not prolong"
    for other in (gpg.public(BOB), gpg.public(BOB) + later, b"noise"):
        assert refused(host, mail, Prolong(other)) == why
    made = person_card(host.amend(mail, Prolong(later)).person)
    assert (made.fingerprint, made.revision) == (fingerprint.lower(), 1)
    assert made.signed_at > member.said.signed_at
    host.members[name] = Member(name, host.amend(mail, Prolong(later)).person, later)
    again = host.mail(name, listed)
    assert refused(host, again, Prolong(before)) == why
    host.members[name].certificate = before
    assert host.mail(name, listed).ticket == b""  # another certificate than the card's


# Locums


def days(member: Member, first: str = TODAY, last: str = TOMORROW) -> LocumDays:
    return LocumDays(member.person, first, last)


def locum_mail(host: LittleHost, request: str = "remplacement", named: str = BOB) -> Mail:
    said = host.member(named).said.name
    lines = [f"Remplaçant : {said}", f"Du : {french(TODAY)}", f"Au : {french(TOMORROW)}"]
    if request != "remplacement":
        lines = lines[:1]
    return host.mail(ALICE, asking(request, *lines, patient=""))


def test_a_locum_is_whom_the_mail_names_for_its_days(host: LittleHost) -> None:
    bob, eve = host.member(BOB), host.member("eve@x.fr")
    mail = locum_mail(host)
    wrong = (
        Locums((days(eve),)),
        Locums((days(bob, last="2999-12-31"),)),
        Locums((days(bob), days(eve))),
        Locums((days(bob, first="2000-01-01"),)),
    )
    for wish in wrong:
        assert refused(host, mail, wish, bob, eve)
    assert refused(host, mail, Locums((days(bob),))) == "a locum whom the mail does not name"
    made = host.amend(mail, Locums((days(bob),)), b"", bob)
    assert person_card(made.person).locums == (days(bob),)


def test_an_end_of_days_ends_the_named_ones_and_begins_none(host: LittleHost) -> None:
    bob, eve = host.member(BOB), host.member("eve@x.fr")
    host.enrol(ALICE, locums=[days(bob), days(eve)])
    mail = locum_mail(host, "fin de remplacement")
    assert refused(host, mail, Locums((days(bob),)), bob, eve)  # eve's were not named
    assert refused(host, mail, Locums((days(eve), days(bob, last="2999-12-31"))), bob, eve)
    made = host.amend(mail, Locums((days(eve),)), b"", bob)
    assert person_card(made.person).locums == (days(eve),)


# Who was removed


def removed(host: LittleHost, member: Member) -> None:
    request = Relearn((), hosts_event("radiation"), gone=(member.person,))
    assert isinstance(ask(host.desk, request, door=Door.OPERATOR).reply, Recorded)


def test_who_was_removed_is_nobody_and_may_be_enrolled_again(host: LittleHost) -> None:
    deposit = Deposit(host)
    bob = host.member(BOB)
    assert deposit.is_read(deposit.consultation())
    removed(host, bob)
    assert host.mail(BOB, asking("dossier")).ticket == b""
    del host.members[BOB]
    again = host.enrol(BOB, place=b"another-16-bytes")
    assert tag_of(again.card) != tag_of(bob.card)
    assert deposit.is_read(deposit.consultation())


@pytest.mark.promise(number=8)
def test_a_change_of_who_somebody_is_has_its_leaf(host: LittleHost) -> None:
    bob = host.member(BOB)
    mail = locum_mail(host)
    before = acts(host.desk)
    request = Amend(Locums((days(bob),)), event("depot"), mail.by(b"", bob))
    assert host.ask(request).failed.why is Why.UNENTITLED
    request = msgspec.structs.replace(request, event=event("remplacement"))
    assert isinstance(host.ask(request).reply, Amended)
    assert acts(host.desk)[len(before) :] == [
        ("sans titre", "refused"),
        ("remplacement", "granted"),
    ]
