"""The milter's intruder wishes: what governs a dossier, and who is who, changes as mails say."""

import pytest
from intruded_calls import masking
from intruded_house import JEAN, LISE, SERVICE, House
from msgspec.structs import replace

from rmp_milter.calls.authority import (
    AddNumber,
    Close,
    Contest,
    Locums,
    Masking,
    NewKey,
    NoCode,
    Oppose,
    PatientKey,
    Prolong,
    TakeOver,
    Wish,
)
from rmp_milter.calls.protocol.cards import Amend, Amended
from rmp_milter.certificates import read_certificate
from rmp_milter.dossier.cards import LocumDays, Masked, dossier_card
from testbed.doctor import Doctor
from testbed.intruder import leaf

pytestmark = [
    pytest.mark.integration,
    pytest.mark.promise(number=2),
    pytest.mark.promise(number=21),
]

VERBS = {
    "fiche": {AddNumber},
    "médecin traitant": {TakeOver},
    "remplacement": {Locums},
    "fin de remplacement": {Locums},
    "nouvelle clé": {NewKey},
    "masquage": {Masking},
    "démasquage": {Masking},
    "opposition": {Oppose},
    "levée d'opposition": {Oppose},
    "nouveau code": set(),
    "révocation du code": {NoCode},
    "clé du patient": {PatientKey},
    "clôture": {Close},
    "contestation": {Contest},
    "dossier": set(),
    "accès": set(),
    "copie": set(),
    "aide": set(),
    "liste": set(),
    "urgence": set(),
}


def wishes(house: House) -> list[Wish]:
    """Return one of every kind, each for the intruder's own good."""
    intruder = house.intruder
    eve = intruder.doctor(house.eve.mail).doctor_id
    return [
        TakeOver(at=0),
        Contest(),
        Oppose(intruder.doctor(house.anne.mail).doctor_id),
        Oppose(eve, lifted=True),
        Masking(()),
        NoCode(),
        Close(0),
        AddNumber(),
        PatientKey(eve, intruder.certificate),
        PatientKey(bytes(16), intruder.certificate),
        NewKey(intruder.certificate),
        Prolong(intruder.certificate),
        Locums((LocumDays(eve, "2020-01-01", "2099-12-31"),)),
    ]


def amending(house: House, mail: bytes, *wishes: Wish, action: str) -> list[Amend]:
    """Return a call for each of the wishes, all for one mail."""
    by = house.intruder.by(house.intruder.ticket(mail), house.jean)
    return [Amend(wish, leaf(action, house.jean), by) for wish in wishes]


OF_OTHERS = frozenset({"médecin traitant", "dossier", "urgence"})
"""What a doctor may ask who does not treat; a long campaign has all the rest as his, too."""


@pytest.mark.parametrize(
    ("name", "verb"),
    [
        *(("paul", verb) for verb in VERBS),
        *(
            pytest.param("anne", verb, marks=() if verb in OF_OTHERS else pytest.mark.soak)
            for verb in VERBS
        ),
    ],
)
def test_no_wish_comes_of_a_mail_that_asks_for_something_else(
    house: House, name: str, verb: str
) -> None:
    writer = {"paul": house.paul, "anne": house.anne}[name]
    said = f"Demande : {verb}\n{SERVICE}{JEAN}Code : {house.code}\nNuméros : 1\n"
    said += "Médecin : Dr Anne AUTRE\nRemplaçant : Dr Eve MALINE\n"
    said += "Du : 01/01/2026\nAu : 02/01/2026\nMotif : Il va mal.\nConsentement : oui\n"
    said += f"Empreinte : {house.intruder.keyring.fingerprint}\n"
    others = [wish for wish in wishes(house) if type(wish) not in VERBS[verb]]
    with house.unchanged():
        for request in amending(house, writer.pgp_mime(said), *others, action=verb):
            house.in_vain(request)


def test_what_is_no_certificate_is_no_key(house: House) -> None:
    noise = (b"", b"\x99\x01", house.intruder.certificate[:-20])
    with house.unchanged():
        for verb, wish in (("nouvelle clé", NewKey), ("dossier", Prolong)):
            text = f"Demande : {verb}\n{SERVICE}{JEAN}Empreinte : {'ab' * 20}\n"
            mail = house.paul.pgp_mime(text)
            for request in amending(house, mail, *map(wish, noise), action="cle"):
                house.in_vain(request)


def test_a_new_key_is_one_that_the_mail_encloses_and_states(house: House) -> None:
    intruder = house.intruder
    with Doctor("Dr Paul DEMO", "paul@cabinet.test") as again:
        enclosed = {"neuve.asc": again.certificate, "autre.asc": intruder.keyring.export()}
        text = f"Demande : nouvelle clé\n{SERVICE}Empreinte : {again.fingerprint}\n"
        mail = house.paul.pgp_mime(text, enclosed)
        other = f"Demande : nouvelle clé\n{SERVICE}Empreinte : {intruder.keyring.fingerprint}\n"
        unenclosed = house.paul.pgp_mime(other)
        of_eve = intruder.doctor(house.eve.mail).certificate
        with house.unchanged():
            wished = (
                NewKey(intruder.certificate),
                NewKey(of_eve),
                Prolong(intruder.certificate),
            )
            for request in amending(house, mail, *wished, action="cle"):
                house.in_vain(request)
            for request in amending(house, unenclosed, *wished, action="cle"):
                house.in_vain(request)
        right = NewKey(read_certificate(again.certificate).binary)
        (request,) = amending(house, mail, right, action="cle")
        assert isinstance(house.done(request), Amended)


def test_a_locum_is_whom_the_mail_names_in_its_days_alone(house: House) -> None:
    intruder = house.intruder
    anne, eve, lab = (
        intruder.doctor(each.mail).doctor_id for each in (house.anne, house.eve, house.lab)
    )
    text = f"Demande : remplacement\n{SERVICE}Remplaçant : Dr Anne AUTRE\n"
    mail = house.paul.pgp_mime(f"{text}Du : 01/12/2026\nAu : 05/12/2026\n")
    days = ("2026-12-01", "2026-12-05")
    wrong = [
        (LocumDays(eve, *days),),
        (LocumDays(lab, *days),),
        (LocumDays(bytes(16), *days),),
        (LocumDays(anne, *days), LocumDays(eve, *days)),
        (LocumDays(anne, "2026-12-01", "2027-12-05"),),
        (LocumDays(anne, "2020-12-01", "2026-12-05"),),
    ]
    with house.unchanged():
        for request in amending(house, mail, *map(Locums, wrong), action="remplacement"):
            house.in_vain(request)
    (request,) = amending(house, mail, Locums((LocumDays(anne, *days),)), action="remplacement")
    assert isinstance(house.done(request), Amended)


def test_an_opposition_is_to_whom_the_mail_names(house: House) -> None:
    intruder = house.intruder
    text = f"Demande : opposition\n{SERVICE}{JEAN}Médecin : Dr Eve MALINE\n"
    mail = house.paul.pgp_mime(text)
    anne, eve, paul = (
        intruder.doctor(each.mail).doctor_id for each in (house.anne, house.eve, house.paul)
    )
    wrong = (Oppose(anne), Oppose(paul), Oppose(bytes(16)), Oppose(eve, lifted=True))
    with house.unchanged():
        for request in amending(house, mail, *wrong, action="opposition"):
            house.in_vain(request)
    (request,) = amending(house, mail, Oppose(eve), action="opposition")
    assert isinstance(house.done(request), Amended)


def test_a_masking_shows_nothing_and_an_unmasking_hides_nothing(house: House) -> None:
    """Of two cards that one mail makes only one comes to anything: neither is committed here."""
    request = masking(house)
    made = house.done(request)
    assert isinstance(made, Amended)
    (masked,) = dossier_card(made.dossier).masked
    other = Masked(b"another document", masked.author)
    shown = replace(request, by=replace(request.by, dossier=made.dossier))
    with house.unchanged():
        for wrong in ((), (other,), (replace(masked, author=bytes(16)),)):
            house.in_vain(replace(shown, wish=Masking(wrong)))
        text = f"Demande : démasquage\n{SERVICE}{JEAN}Numéros : 1\n"
        for request in amending(
            house, house.paul.pgp_mime(text), Masking((other,)), action="demasquage"
        ):
            house.in_vain(request)


def test_a_patients_key_is_the_one_enclosed_and_in_the_patients_place(house: House) -> None:
    """Not in a doctor's, whose dossiers' deposits would be sealed to it from then on.

    Nor does a doctor stand in the patient's place, who would be sealed them himself.
    """
    intruder = house.intruder
    eve, anne = (intruder.doctor(each.mail) for each in (house.eve, house.anne))
    with Doctor("Jean CIBLE", "jean@freemail.test") as jean:
        text = f"Demande : clé du patient\n{SERVICE}{JEAN}Courriel : jean@freemail.test\n"
        mail = house.paul.pgp_mime(text, {"cle.asc": jean.certificate})
        enclosed = read_certificate(jean.certificate).binary
        fresh = b"nobody's place.."
        wrong = (
            PatientKey(fresh, intruder.certificate),
            PatientKey(fresh, eve.certificate),
            PatientKey(anne.doctor_id, enclosed),
            PatientKey(eve.doctor_id, enclosed),
        )
        everybody = amending(house, mail, *wrong, action="cle du patient")
        with house.unchanged():
            for request in everybody:
                house.in_vain(request)
                alone = intruder.by(
                    request.by.ticket, house.jean, intruder.doctor(house.paul.mail)
                )
                house.in_vain(replace(request, by=alone))
        (request,) = amending(house, mail, PatientKey(fresh, enclosed), action="cle du patient")
        assert isinstance(house.done(request), Amended)


def test_what_a_mail_changes_it_changes_in_the_dossier_that_it_names(house: House) -> None:
    text = f"Demande : révocation du code\n{SERVICE}{LISE}"
    with house.unchanged():
        for writer in (house.paul, house.anne):
            (request,) = amending(house, writer.pgp_mime(text), NoCode(), action="code")
            house.in_vain(request)
