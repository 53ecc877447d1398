"""What the milter's intruder still can: each shown, so that nobody believes more of the keeper.

The list is that of docs/threat-model.md.
"""

import pytest
from intruded_calls import NEW_ID, listing_of, reads, releasing, slot_of
from intruded_house import EVES_ACCOUNT, JEAN, LISE, SERVICE, House
from msgspec.structs import replace

from rmp_milter.calls.authority import Candidate, Masking, NoCode
from rmp_milter.calls.protocol.answering import Seal, Sealed
from rmp_milter.calls.protocol.cards import Amend, Amended, Learned, Show
from rmp_milter.calls.protocol.filing import Create, Created, Reseal, Resealed, ToReseal
from rmp_milter.calls.protocol.leaves import Checkpoint, Told
from rmp_milter.calls.protocol.message import Why, heartbeat_at
from rmp_milter.calls.protocol.opening import Opened
from rmp_milter.calls.protocol.releasing import ByCustody, Prove, Proven, Release, Released
from rmp_milter.dossier.cards import Masked, dossier_card
from rmp_milter.dossier.emergency import EMERGENCY, reference_of
from rmp_milter.dossier.model import Dossier
from testbed.gpg import Standing
from testbed.intruder import candidates, leaf

pytestmark = [pytest.mark.integration, pytest.mark.promise(number=2)]


def test_he_drops_mails_and_delays_them(house: House) -> None:
    """One that he kept back he hands in when he likes, within the days of a signature.

    It is a reading by who wrote, with his leaf; nobody else reads anything, and he neither.
    """
    request = releasing(house)  # of a mail that the milter never saw
    before = len(house.leaves())
    released = house.done(request)
    assert isinstance(released, Released)
    (written,) = house.leaves()[before:]
    anne = house.intruder.doctor(house.anne.mail)
    assert (written["action"], written["rpps"]) == ("consultation", anne.rpps)
    packets, document = released.packets[0][0], request.items[0].document_id
    assert house.intruder.reads(packets, document, house.anne.keyring)
    assert not house.intruder.reads(packets, document)


def test_he_reads_what_the_store_says_of_patients_and_letters(house: House) -> None:
    """Who is treated by whom, who wrote when about what: names and titles, no text."""
    with house.intruder.view() as view:
        names = {each.patient.birth_name for each in view.dossiers()}
        (numbered,) = view.entries(house.jean.dossier_id)
    assert {"CIBLE", "AUTRE"} <= names
    assert numbered.entry.author_name == house.lab.name
    assert [part.name for part in numbered.entry.documents[0].parts][-1] == "lettre.txt"


def test_he_rewrites_what_an_entry_says_and_the_check_names_it(house: House) -> None:
    lines = "Patient : REECRIT Paul\nNé le : 15/01/1976\n"
    house.create(lines)
    text = f"{lines}Document : compte rendu\n\nVoici.\n"
    house.host.ask(house.lab, house.lab.pgp_mime(text, {"a.txt": b"A"}))
    dossier = house.intruder.dossier("REECRIT")
    assert dossier.dossier_id.hex() not in checked(house)
    eve = house.intruder.doctor(house.eve.mail)
    house.intruder.rewrite_last_entry(dossier, author=eve.doctor_id, author_name=eve.name)
    said = f"entry 1 of dossier {dossier.dossier_id.hex()} is by another author than leaf"
    assert said in checked(house)


def checked(house: House) -> str:
    done = house.host.service.rmp("store", "check", check=False)
    return (done.stdout + done.stderr).decode()


def test_he_tells_nobody_of_what_a_mail_has_changed(house: House) -> None:
    """The notices are the milter's; the leaf, of which the patient's list tells, is not."""
    lines = "Patient : MUET Paul\nNé le : 16/01/1977\n"
    house.create(lines)
    dossier = house.intruder.dossier("MUET")
    before = house.host.postfix.collected.count(house.paul.mail)
    mail = house.paul.pgp_mime(f"Demande : révocation du code\n{SERVICE}{lines}")
    by = house.intruder.by(house.intruder.ticket(mail), dossier)
    made = house.done(Amend(NoCode(), leaf("code"), by))
    assert isinstance(made, Amended)
    told = house.done(listing_of(house, replace(dossier, card=made.dossier), lines))
    assert isinstance(told, Told)
    assert "code" in {event.action for event in told.events}
    assert house.host.postfix.collected.count(house.paul.mail) == before


def test_he_has_words_of_his_own_sealed_under_the_services_signature(house: House) -> None:
    text = b"Content-Type: text/plain\r\n\r\nEnvoyez votre cl\xc3\xa9 secrete.\r\n"
    paul = candidates(house.intruder.doctor(house.paul.mail))
    sealed = house.done(Seal(paul, b"", text))
    assert isinstance(sealed, Sealed)
    read = house.paul.keyring.decrypt(sealed.data)
    assert read.data == text
    assert [verdict.standing for verdict in read.verdicts] == [Standing.GOOD]


def test_he_acts_for_whoever_uses_an_account_and_does_not_sign(house: House) -> None:
    """With the right code in it: an unsigned mail is whose the milter says that it is.

    It goes to who has the account, and opens to nobody else.
    """
    mail = house.eve.pgp_mime(f"Demande : dossier\n{JEAN}Code : {house.code}\n", sign=False)
    assert not house.intruder.ticket(mail)
    ticket = house.intruder.ticket(mail, EVES_ACCOUNT)
    own = (house.intruder.doctor(house.eve.mail).certificate,)
    request = replace(releasing(house), by=house.intruder.by(ticket, house.jean))
    house.in_vain(replace(request, readers=(house.intruder.certificate,)))
    assert isinstance(house.done(replace(request, readers=own)), Released)
    assert house.leaves()[-1]["proof"] == "compte+code"


def test_he_withholds_a_card_until_the_keeper_has_seen_it(house: House) -> None:
    """Until then the one of before counts, with its slot, for whoever knows the code."""
    lines = "Patient : RETENU Paul\nNé le : 17/01/1978\n"
    code, before = house.create(lines), house.intruder.dossier("RETENU")
    mail = house.paul.pgp_mime(f"Demande : révocation du code\n{SERVICE}{lines}")
    by = house.intruder.by(house.intruder.ticket(mail), before)
    amended = house.done(Amend(NoCode(), leaf("revocation du code"), by))
    assert isinstance(amended, Amended)
    assert dossier_card(amended.dossier).code == b""
    ticket = house.intruder.ticket(reads(house.anne, code, lines))
    request = replace(
        releasing(house),
        by=house.intruder.by(ticket, before),
        way_in=slot_of(before),
        items=(),
    )
    assert isinstance(house.done(request), Released)
    # As the milter shows it behind its commit.
    assert house.done(Show((amended.dossier,))) == Learned(1)
    assert house.intruder.refused(request).why is Why.MOVED


def test_he_learns_whether_a_code_that_passes_is_right(house: House) -> None:
    for code, right in ((house.code, True), ("AAAA BBBB FFFF", False)):
        by = house.intruder.by(house.intruder.ticket(reads(house.anne, code)), house.jean)
        request = Prove(by, slot_of(house.jean), leaf("consultation"))
        reply = house.intruder.ask(request)
        assert isinstance(reply, Proven) is right


def test_he_floods_the_log_with_heartbeats_and_not_with_refusals(house: House) -> None:
    """What he asks without title is written down once an hour, and so are its repetitions."""
    before = len(house.leaves())
    for _ in range(50):
        house.done(Checkpoint(heartbeat_at(0)))
    assert len(house.leaves()) == before + 50
    request = replace(releasing(house), readers=(house.intruder.certificate,))
    house.in_vain(request)
    flooded = len(house.leaves())
    for _ in range(50):
        house.in_vain(request)
    assert len(house.leaves()) == flooded


def test_he_has_a_second_dossier_made_of_a_patient_as_long_as_the_first_is_not_shown(
    house: House,
) -> None:
    """It takes a doctor's genuine creation; once the keeper has seen the first one, none helps."""
    lines = "Patient : DOUBLE Paul\nNé le : 20/01/1981\n"
    asked = f"Demande : création\n{lines}Consentement : oui\n"
    first, second = (
        Create(house.intruder.by(house.intruder.ticket(who.pgp_mime(asked)), None), creation)
        for who, creation in ((house.paul, leaf("creation")), (house.eve, leaf("creation")))
    )
    made = house.done(first)
    assert isinstance(made, Created)
    assert isinstance(house.done(second), Created)
    assert house.done(Show((made.card,))) == Learned(1)
    house.in_vain(second)


def masked(house: House, name: str) -> tuple[str, Dossier, Dossier]:
    """Return a patient's lines, his dossier, and as it is once what was filed is masked."""
    lines = f"Patient : {name} Paul\nNé le : 18/01/1979\n"
    house.create(lines)
    text = f"{lines}Document : compte rendu\n\nVoici.\n"
    house.host.ask(house.lab, house.lab.pgp_mime(text, {"a.txt": b"A"}))
    dossier = house.intruder.dossier(name)
    mail = house.paul.pgp_mime(f"Demande : masquage\n{lines}Numéros : 1\n")
    by = house.intruder.by(house.intruder.ticket(mail), dossier)
    (document,) = house.intruder.documents(dossier)
    lab = house.intruder.doctor(house.lab.mail).doctor_id
    made = house.done(
        Amend(Masking((Masked(document.document_id, lab),)), leaf("masquage"), by)
    )
    assert isinstance(made, Amended)
    return lines, dossier, replace(dossier, card=made.dossier)


def test_in_an_emergency_he_shows_a_card_of_before(house: House) -> None:
    """An emergency must work with whatever store there is: so masks of since are forgotten.

    It takes a genuine one, opens to who wrote it, and has its leaf and all that follows.
    """
    lines, before, after = masked(house, "MASQUE")
    mail = house.anne.pgp_mime(f"Demande : urgence\n{lines}Motif : Il est inconscient.\n")
    opened = house.intruder.opened(mail)
    anne = (house.intruder.doctor(house.anne.mail).certificate,)
    said = leaf(EMERGENCY, before, reference=reference_of(opened.once))

    def released(shown: Dossier) -> Release:
        by = house.intruder.by(opened.ticket, shown)
        way_in, items = ByCustody(shown.slots.custody), house.intruder.items(before)
        return Release(by, way_in, items, anne, said)

    house.in_vain(released(after))
    assert isinstance(house.done(released(before)), Released)
    assert house.leaves()[-1]["action"] == EMERGENCY
    # Or somebody's card that does not count: then nobody can say whose locum the sender is.
    alone = house.intruder.by(opened.ticket, after, house.intruder.doctor(house.anne.mail))
    house.in_vain(replace(released(after), by=alone))
    with_another = replace(alone, persons=(*alone.persons, Candidate(b"none", b"none")))
    assert isinstance(house.done(replace(released(after), by=with_another)), Released)


def test_he_chooses_what_a_mail_unmasks(house: House) -> None:
    """A mail names entries by numbers, of which the keeper knows nothing."""
    lines, _, after = masked(house, "MASQUEE")
    mail = house.paul.pgp_mime(f"Demande : démasquage\n{SERVICE}{lines}Numéros : 7\n")
    by = house.intruder.by(house.intruder.ticket(mail), after)
    made = house.done(Amend(Masking(()), leaf("demasquage"), by))
    assert isinstance(made, Amended)
    assert dossier_card(made.dossier).masked == ()


def test_he_puts_a_file_that_is_encrypted_by_itself_beside_another_mail_of_its_author(
    house: House,
) -> None:
    """What is signed inside says who wrote it, not with which text it came."""
    of_lise = house.lab.partitioned(f"{LISE}Document : CR\n\nVoici.\n", {"cr.txt": b"Lise"})
    of_jean = house.lab.inline(f"{JEAN}Document : CR\n\nVoici.\n")
    opened = house.intruder.ask_to_open(of_jean, files_of=of_lise)
    assert isinstance(opened, Opened)
    assert opened.file_fault is None
    by = house.intruder.by(opened.ticket, house.jean)
    reader = (house.intruder.doctor(house.paul.mail).certificate,)
    place = len(opened.bodies) - 1
    filed = house.done(Reseal(by, (ToReseal(NEW_ID, place),), reader, leaf("depot")))
    assert isinstance(filed, Resealed)
