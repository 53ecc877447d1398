"""Who may have what done: by ticket and cards alone, whatever else somebody says."""

from typing import Any

import msgspec
import pytest
from keeper_case import NOW, PEPPER
from little_host import OTHER_PATIENT, PATIENT, asking
from test_authority_amending import DOSSIER as BLANK
from test_authority_amending import person

from rmp_milter.dossier.cards import Days, DossierCard, PersonCard
from rmp_milter.dossier.days import UNIVERSAL, day_of
from rmp_milter.dossier.model import Patient, Takeover, Verb
from rmp_milter.dossier.rules import Act, Proof, Relation, Way
from rmp_milter.keeper.authority.cards import Sealer
from rmp_milter.keeper.authority.ground import Ground, Person
from rmp_milter.keeper.authority.host_rules import AS_SHIPPED, DAY
from rmp_milter.keeper.authority.judging import (
    ACTS,
    GRACE,
    dossier_grant,
    granted,
    meant_dossier,
    opens,
    proofs_of,
    relation_to,
)
from rmp_milter.keeper.authority.refusals import Unentitled
from rmp_milter.keeper.authority.tickets import Attestation, Share, Ticket
from rmp_milter.mail.header.routing import parse

SEALER = Sealer(PEPPER)
JEAN = Patient("DUPONT", "Jean", "1959-01-30")
TREATS, LOCUM, PATIENTS, OTHER = (name * 16 for name in (b"f", b"l", b"p", b"o"))
DOSSIER = msgspec.structs.replace(
    BLANK, treating=TREATS, patient=PATIENTS, traits=SEALER.traits(JEAN)
)
SIGNED, ACCOUNT = Proof.SIGNATURE, Proof.ACCOUNT


def day(at: int) -> str:
    return day_of(at, UNIVERSAL)


PRINCIPAL = person(TREATS, locums=(Days(LOCUM, day(NOW - DAY), day(NOW)),))
PATIENT_CARD = person(PATIENTS, is_doctor=False, patient_of=DOSSIER.dossier)


def ground(
    text: str,
    sender: PersonCard,
    dossier: DossierCard | None = DOSSIER,
    *others: PersonCard,
    **more: Any,  # noqa: ANN401 -- any field of a ticket
) -> Ground:
    header = parse(text, 2030)
    ticket = Ticket(
        act=b"a" * 32,
        at=NOW,
        signed=NOW,
        person=sender.person,
        certificate=bytes(32),
        proof=SIGNED,
        verb=header.verb,
        shares=(Share(header, ()),),
        bodies=(),
        keys=(),
    )
    ticket = msgspec.structs.replace(ticket, **more)
    persons = tuple(Person(each, b"") for each in (sender, *others))
    return Ground(ticket, sender, dossier, persons)


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


# By what right


def test_a_mail_proves_what_is_in_it() -> None:
    text, sender = asking("dossier"), person(OTHER)
    card = Attestation("159013456789082", sender.rpps, "x", "1", NOW)
    assert proofs_of(ground(text, sender)) == {SIGNED}
    assert proofs_of(ground(text, sender, proof=ACCOUNT, code="x")) == {ACCOUNT, Proof.CODE}
    assert proofs_of(ground(text, sender, attestation=card)) == {SIGNED, Proof.VITALE}
    anothers = msgspec.structs.replace(card, rpps="10009999999")
    assert proofs_of(ground(text, sender, attestation=anothers)) == {SIGNED}
    assert proofs_of(ground(text, sender, proof=None)) == set()


@pytest.mark.parametrize(
    ("sender", "more", "way"),
    [
        (PRINCIPAL, {}, Way.STANDING),
        (PATIENT_CARD, {}, Way.STANDING),
        (person(LOCUM), {}, Way.CUSTODY),
        (person(OTHER), {"code": "x"}, Way.CODE),
        (person(OTHER), {"proof": ACCOUNT, "code": "x"}, Way.CODE),
        (PRINCIPAL, {"proof": ACCOUNT, "code": "x"}, Way.CODE),
    ],
)
def test_a_grant_says_how_the_keys_are_come_by(
    sender: PersonCard, more: dict[str, Any], way: Way
) -> None:
    given = ground(asking("dossier"), sender, DOSSIER, PRINCIPAL, **more)
    dossier, _, grant = dossier_grant(AS_SHIPPED, SEALER, given)
    assert (dossier, grant.way) == (DOSSIER, way)
    tried = way is Way.CODE
    assert opens(grant, given, DOSSIER) is not tried
    proven = msgspec.structs.replace(given.ticket, proven=(DOSSIER.dossier,))
    assert opens(grant, given._replace(ticket=proven), DOSSIER)


NOBODYS = [
    ("dossier", person(OTHER), {}),
    ("dossier", PRINCIPAL, {"proof": ACCOUNT}),
    ("dossier", PATIENT_CARD, {"proof": ACCOUNT}),
    ("dossier", person(OTHER), {"proof": None, "code": "x"}),
    ("clé du patient", person(LOCUM), {}),
    ("clé du patient", person(OTHER), {"code": "x"}),
    ("clôture", PRINCIPAL, {}),
    ("clôture", person(OTHER), {"code": "x"}),
    ("fiche", person(OTHER), {"code": "x"}),
    ("médecin traitant", person(OTHER), {"proof": ACCOUNT, "code": "x"}),
    ("médecin traitant", PATIENT_CARD, {"code": "x"}),
    ("aide", PRINCIPAL, {}),
]


@pytest.mark.parametrize(("request_", "sender", "more"), NOBODYS)
def test_without_the_right_there_is_no_grant(
    request_: str, sender: PersonCard, more: dict[str, Any]
) -> None:
    verb = parse(asking(request_), 2030).verb
    given = ground(asking(request_), sender, DOSSIER, PRINCIPAL, **more)
    ticket = msgspec.structs.replace(given.ticket, verb=verb)
    with pytest.raises(Unentitled):
        dossier_grant(AS_SHIPPED, SEALER, given._replace(ticket=ticket))


def test_a_mail_that_is_not_understood_asks_for_nothing() -> None:
    given = ground(asking("dossier"), PRINCIPAL, verb=None)
    with pytest.raises(Unentitled, match="asks nothing"):
        dossier_grant(AS_SHIPPED, SEALER, given)


def test_every_request_that_touches_a_right_is_an_act() -> None:
    apart = {Verb.AIDE, Verb.DROITS, Verb.URGENCE, Verb.JUSTIFICATION}
    assert set(ACTS) == set(Verb) - apart
    assert set(ACTS.values()) == set(Act)


def test_the_former_one_and_a_suspended_patient_are_somebody_to_a_contest_alone() -> None:
    taken = msgspec.structs.replace(
        DOSSIER, treating=OTHER, suspended=True, takeover=Takeover(TREATS, NOW, NOW + DAY)
    )
    for sender in (PRINCIPAL, PATIENT_CARD):
        contest = ground(asking("contestation"), sender, taken)
        assert dossier_grant(AS_SHIPPED, SEALER, contest)
        with pytest.raises(Unentitled):
            dossier_grant(AS_SHIPPED, SEALER, ground(asking("dossier"), sender, taken))
        late = msgspec.structs.replace(contest.ticket, at=NOW + DAY)
        if sender is PRINCIPAL:
            with pytest.raises(Unentitled):
                dossier_grant(AS_SHIPPED, SEALER, contest._replace(ticket=late))
    with pytest.raises(Unentitled):
        dossier_grant(AS_SHIPPED, SEALER, ground(asking("contestation"), person(LOCUM), taken))


def test_the_hosts_own_rows_count() -> None:
    rules = AS_SHIPPED._replace(policy={(Act.LISTE, Relation.OTHER): (frozenset({SIGNED}),)})
    given = ground(asking("dossier"), person(OTHER))
    assert granted(rules, given, Act.LISTE, Relation.OTHER).way is Way.STANDING
    with pytest.raises(Unentitled):
        granted(rules, given, Act.CONSULTATION, Relation.TREATING)
    assert PATIENT in asking("dossier")
