"""The milter's intruder with genuine mails: whose dossier opens, by which right, to whom."""

import pytest
from intruded_calls import CALLS, releasing, slot_of
from intruded_house import JEAN, LISE, SERVICE, House
from msgspec.structs import replace

from rmp_milter.calls.protocol.releasing import DECOY_SLOT, ByCode, ByCustody, Release, Released
from rmp_milter.certificates import read_certificate
from rmp_milter.dossier.emergency import EMERGENCY, reference_of
from rmp_milter.dossier.model import Dossier
from testbed.doctor import Doctor
from testbed.intruder import candidates, leaf

pytestmark = [pytest.mark.integration, pytest.mark.promise(number=2)]

URGENT = f"Demande : urgence\n{JEAN}Motif : Il est inconscient devant moi.\n"


def custody(house: House, mail: bytes, dossier: Dossier, action: str = "depot") -> Release:
    """Return the call by which custody is to open a dossier for a mail, to the intruder."""
    intruder = house.intruder
    return Release(
        by=intruder.by(intruder.ticket(mail), dossier),
        way_in=ByCustody(dossier.slots.custody),
        items=intruder.items(dossier),
        readers=(intruder.certificate,),
        event=leaf(action, dossier),
        dossier_id=dossier.dossier_id,
    )


def to(request: Release, *readers: bytes) -> Release:
    return replace(request, readers=readers)


@pytest.mark.parametrize(
    ("verb", "more"),
    [
        ("dossier", ""),
        ("dossier", "code"),
        ("copie", ""),
        ("renvoi", ""),
        ("liste", ""),
        ("aide", ""),
        ("fiche", ""),
        ("accès", "code"),
        ("masquage", "code"),
        ("clôture", "code"),
        ("médecin traitant", "code"),
        ("dépôt", ""),
    ],
)
def test_custody_opens_nothing_that_a_mail_does_not_ask_for(
    house: House, verb: str, more: str
) -> None:
    """Neither to the intruder nor to who wrote: by whatever right else he would read."""
    code = f"Code : {house.code}\n" if more else ""
    text = f"Demande : {verb}\n{SERVICE}{JEAN}{code}Consentement : oui\nNuméros : 1\n"
    with house.unchanged():
        for writer in (house.paul, house.anne):
            request = custody(house, writer.pgp_mime(text), house.jean)
            own = house.intruder.doctor(writer.mail).certificate
            house.in_vain(request)
            house.in_vain(to(request, own))


def test_custody_for_one_dossier_opens_no_other(house: House) -> None:
    """Not with its card, not with its slot beside the card of the one that is meant."""
    mail = house.paul.pgp_mime(f"Demande : nouveau code\n{SERVICE}{JEAN}")
    request = custody(house, mail, house.jean, "code")
    lise = house.lise
    with house.unchanged():
        house.in_vain(replace(request, way_in=ByCustody(lise.slots.custody)))
        house.in_vain(replace(request, by=replace(request.by, dossier=lise.card)))
        house.in_vain(custody(house, mail, lise, "code"))


def test_a_code_opens_nothing_to_another_reader_than_who_wrote(house: House) -> None:
    """His own key, an enrolled accomplice's, the médecin traitant's, the sender's beside one."""
    intruder, request = house.intruder, releasing(house)
    own = request.readers
    eve, paul = (intruder.doctor(each.mail).certificate for each in (house.eve, house.paul))
    with house.unchanged():
        for readers in ((intruder.certificate,), (eve,), (paul,), (*own, eve), (eve, *own)):
            house.in_vain(to(request, *readers))
    released = house.done(request)
    assert isinstance(released, Released)
    (packets,), (item,) = released.packets, request.items
    assert intruder.reads(packets[0], item.document_id, house.anne.keyring)
    assert not intruder.reads(packets[0], item.document_id)


def test_a_key_that_a_mail_encloses_is_no_reader_but_where_it_asks_for_a_key(
    house: House,
) -> None:
    intruder = house.intruder
    mail = house.anne.pgp_mime(
        f"Demande : dossier\n{JEAN}Code : {house.code}\n",
        {"cle.asc": intruder.keyring.export()},
    )
    request = releasing(house)
    enclosing = replace(request, by=intruder.by(intruder.ticket(mail), house.jean))
    with house.unchanged():
        house.in_vain(to(enclosing, intruder.certificate))


def test_a_certificate_under_the_senders_card_is_not_the_senders(house: House) -> None:
    """A card counts with the very certificate whose digest it holds, or what that prolonged."""
    intruder = house.intruder
    request = releasing(house)
    anne = intruder.doctor(house.anne.mail)
    other = replace(candidates(anne)[0], certificate=intruder.certificate)
    newer = replace(candidates(anne)[0], newer=intruder.certificate)
    with house.unchanged():
        for person in (other, newer):
            by = replace(request.by, persons=(person,))
            house.in_vain(replace(to(request, intruder.certificate), by=by))


def urgent(house: House, mail: bytes, dossier: Dossier) -> Release:
    """Return an emergency's call, under the reference that is its own."""
    request = custody(house, mail, dossier, EMERGENCY)
    reference = reference_of(house.intruder.opened(mail).once)
    return replace(request, event=replace(request.event, reference=reference))


def test_an_emergency_opens_one_dossier_and_to_who_wrote_alone(house: House) -> None:
    mail = house.anne.pgp_mime(URGENT)
    intruder = house.intruder
    anne = intruder.doctor(house.anne.mail).certificate
    request, other = (urgent(house, mail, each) for each in (house.jean, house.lise))
    without_card = replace(other, by=replace(other.by, dossier=b""))
    crossed = replace(other, dossier_id=house.jean.dossier_id, by=request.by)
    with house.unchanged():
        house.in_vain(request)
        assert isinstance(house.done(to(request, anne)), Released)
        for second in (other, without_card, crossed):
            house.in_vain(to(second, anne))


def test_an_emergencys_ticket_serves_for_nothing_else(house: House) -> None:
    ticket = house.intruder.ticket(house.paul.pgp_mime(URGENT))
    with house.unchanged():
        for name, make in CALLS.items():
            if name != "Release":
                request = make(house)
                house.in_vain(replace(request, by=replace(request.by, ticket=ticket)))
        coded = replace(releasing(house), way_in=slot_of(house.jean))
        house.in_vain(replace(coded, by=replace(coded.by, ticket=ticket)))


def test_a_patients_key_opens_to_the_key_that_the_mail_encloses_and_to_no_other(
    house: House,
) -> None:
    """Not even to the accomplice who is enrolled, nor to the médecin traitant who wrote."""
    intruder = house.intruder
    lines = f"{SERVICE}{LISE}Courriel : lise@freemail.test\n"
    with Doctor("Lise AUTRE", "lise@freemail.test") as lise:
        mail = house.paul.pgp_mime(
            f"Demande : clé du patient\n{lines}", {"cle.asc": lise.certificate}
        )
        request = custody(house, mail, house.lise, "cle du patient")
        eve = intruder.doctor(house.eve.mail).certificate
        with house.unchanged():
            house.in_vain(request)
            house.in_vain(to(request, eve))
            house.in_vain(to(request, read_certificate(lise.certificate).binary, eve))


def test_a_new_key_opens_to_the_key_that_the_mail_states(house: House) -> None:
    intruder = house.intruder
    with Doctor("Dr Paul DEMO", "paul@cabinet.test") as again:
        text = f"Demande : nouvelle clé\n{SERVICE}Empreinte : {again.fingerprint}\n"
        files = {"neuve.asc": again.certificate, "autre.asc": intruder.keyring.export()}
        mail = house.paul.pgp_mime(text, files)
        request = custody(house, mail, house.jean, "cle")
        eve = intruder.doctor(house.eve.mail).certificate
        with house.unchanged():
            house.in_vain(request)  # though it is enclosed
            house.in_vain(to(request, eve))
        # Nor does another doctor's mail open what Paul treats.
        text = f"Demande : nouvelle clé\n{SERVICE}Empreinte : {again.fingerprint}\n"
        of_eve = house.eve.pgp_mime(text, {"neuve.asc": again.certificate})
        own = read_certificate(again.certificate).binary
        with house.unchanged():
            house.in_vain(to(custody(house, of_eve, house.jean, "cle"), own))


def test_the_decoys_open_nothing(house: House) -> None:
    request = replace(releasing(house), way_in=ByCode(DECOY_SLOT))
    with house.unchanged():
        assert house.wrong(request)["action"] == "consultation"
        house.wrong(replace(request, by=replace(request.by, dossier=b"")))
    house.done(releasing(house))


@pytest.mark.parametrize("verb", ["masquage", "opposition", "accès", "fiche", "nouveau code"])
def test_documents_go_with_no_mail_that_asks_for_none(house: House, verb: str) -> None:
    """Not by its code, and not to its sender: he would hold what nobody told him of."""
    lines = f"{SERVICE}{JEAN}Code : {house.code}\nNuméros : 1\nMédecin : Dr Eve MALINE\n"
    ticket = house.intruder.ticket(house.anne.pgp_mime(f"Demande : {verb}\n{lines}"))
    by = house.intruder.by(ticket, house.jean)
    action = "code" if verb == "nouveau code" else verb.replace("è", "e")
    with house.unchanged():
        house.in_vain(replace(releasing(house), by=by, event=leaf(action)))
