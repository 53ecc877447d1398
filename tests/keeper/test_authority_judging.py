"""What somebody is to a dossier, and which one a mail means: by ticket and cards alone."""

import msgspec
import pytest
from cards_case import person
from judged_case import DOSSIER, LOCUM, OTHER, PATIENT_CARD, PRINCIPAL, SEALER, ground
from keeper_case import NOW
from little_host import OTHER_PATIENT, asking

from rmp_milter.dossier.cards import DossierCard, PersonCard
from rmp_milter.dossier.rules import Relation
from rmp_milter.keeper.authority.host_rules import AS_SHIPPED, DAY
from rmp_milter.keeper.authority.judging import (
    GRACE,
    meant_dossier,
    relation_to,
)
from rmp_milter.keeper.authority.refusals import Unentitled

pytestmark = pytest.mark.promise(number=21)


def relation(
    sender: PersonCard, dossier: DossierCard = DOSSIER, *others: PersonCard, **more: int
) -> Relation:
    given = ground(asking("dossier"), sender, dossier, *others, **more)
    return relation_to(AS_SHIPPED, given, dossier)


# What somebody is to a dossier


def test_a_sender_is_what_the_cards_say() -> None:
    assert relation(PRINCIPAL) is Relation.TREATING
    assert relation(person(LOCUM), DOSSIER, PRINCIPAL) is Relation.LOCUM
    assert relation(PATIENT_CARD) is Relation.PATIENT
    assert relation(person(OTHER)) is Relation.OTHER
    opposed = msgspec.structs.replace(DOSSIER, opposed=(OTHER, LOCUM))
    assert relation(person(OTHER), opposed) is Relation.OPPOSED
    assert relation(person(LOCUM), opposed, PRINCIPAL) is Relation.OPPOSED


def test_a_locum_is_one_only_where_his_principals_card_is_shown() -> None:
    assert relation(person(LOCUM)) is Relation.OTHER
    elsewhere = msgspec.structs.replace(PRINCIPAL, person=OTHER)
    assert relation(person(LOCUM), DOSSIER, elsewhere) is Relation.OTHER


MIDNIGHT = NOW - NOW % DAY + DAY


@pytest.mark.parametrize(
    ("at", "signed", "is_locum"),
    [
        (MIDNIGHT - 1, MIDNIGHT - 1, True),
        (MIDNIGHT, MIDNIGHT - 1, True),
        (MIDNIGHT + GRACE - 1, MIDNIGHT - 1, True),
        (MIDNIGHT + GRACE, MIDNIGHT - 1, False),
        (MIDNIGHT + 1, MIDNIGHT + 1, False),
        (MIDNIGHT + GRACE - 1, MIDNIGHT, False),
        (MIDNIGHT + 1, 0, False),  # an unsigned mail says of no time that it is its own
        (NOW - 2 * DAY, NOW - 2 * DAY, False),
    ],
)
def test_a_locums_last_midnight(at: int, signed: int, *, is_locum: bool) -> None:
    found = relation(person(LOCUM), DOSSIER, PRINCIPAL, at=at, signed=signed)
    assert found is (Relation.LOCUM if is_locum else Relation.OTHER)


def test_a_patients_own_key_is_so_only_in_his_own_dossier_and_not_while_suspended() -> None:
    replaced = msgspec.structs.replace(DOSSIER, patient=OTHER)
    suspended = msgspec.structs.replace(DOSSIER, suspended=True)
    elsewhere = msgspec.structs.replace(PATIENT_CARD, patient_of=b"another--dossier")
    assert relation(PATIENT_CARD, replaced) is Relation.FOREIGN
    assert relation(PATIENT_CARD, suspended) is Relation.FOREIGN
    assert relation(elsewhere) is Relation.FOREIGN


# Which dossier a mail means


def test_a_mail_means_the_dossier_of_whom_it_names() -> None:
    named = ground(asking("dossier"), person(OTHER))
    assert meant_dossier(SEALER, named) == DOSSIER
    other = ground(asking("dossier", patient=OTHER_PATIENT), person(OTHER))
    closed = msgspec.structs.replace(DOSSIER, closed_at=NOW)
    for given in (other, ground(asking("dossier"), person(OTHER), closed), named):
        shown = given._replace(dossier=None) if given is named else given
        with pytest.raises(Unentitled):
            meant_dossier(SEALER, shown)


def test_two_numbers_are_two_patients_and_one_alone_is_none() -> None:
    numbered = msgspec.structs.replace(DOSSIER, number=SEALER.number("159013456789082"))
    same = asking("dossier", "NIR : 1 59 01 34 567 890 82")
    other = asking("dossier", "NIR : 1 59 01 75 116 001 08")
    assert meant_dossier(SEALER, ground(same, person(OTHER), numbered))
    assert meant_dossier(SEALER, ground(asking("dossier"), person(OTHER), numbered))
    assert meant_dossier(SEALER, ground(same, person(OTHER)))
    with pytest.raises(Unentitled):
        meant_dossier(SEALER, ground(other, person(OTHER), numbered))


def test_a_patient_need_not_name_himself_and_means_nobody_elses() -> None:
    text = "Demande : dossier\r\nService : rmp@x.fr\r\n"
    assert meant_dossier(SEALER, ground(text, PATIENT_CARD))
    with pytest.raises(Unentitled):
        meant_dossier(SEALER, ground(text, person(OTHER)))
    other = asking("dossier", patient=OTHER_PATIENT)
    with pytest.raises(Unentitled):
        meant_dossier(SEALER, ground(other, PATIENT_CARD))
