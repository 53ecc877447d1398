"""Who may have what done: by ticket and cards alone, whatever else somebody says."""

from typing import Any

import msgspec
import pytest
from cards_case import person
from judged_case import (
    ACCOUNT,
    DOSSIER,
    LOCUM,
    OTHER,
    PATIENT_CARD,
    PRINCIPAL,
    SEALER,
    SIGNED,
    TREATS,
    ground,
)
from keeper_case import NOW
from little_host import PATIENT, asking

from rmp_milter.dossier.cards import PersonCard
from rmp_milter.dossier.model import Takeover, Verb
from rmp_milter.dossier.rules import Act, Proof, Relation, Way
from rmp_milter.keeper.authority.host_rules import AS_SHIPPED, DAY
from rmp_milter.keeper.authority.judging import (
    ACTS,
    dossier_grant,
    granted,
    opens,
    proofs_of,
)
from rmp_milter.keeper.authority.refusals import Unentitled
from rmp_milter.keeper.authority.tickets import Attestation
from rmp_milter.mail.header.routing import parse

pytestmark = pytest.mark.promise(number=21)


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
