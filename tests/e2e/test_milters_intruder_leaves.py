"""The milter's intruder would write the log, act for the host and call things otherwise."""

import os
import time

import pytest
from intruded_calls import reads, recording, releasing
from intruded_house import EVES_ACCOUNT, JEAN, LISE, House
from msgspec.structs import replace

from rmp_milter.calls.authority import Authority, DossierSaid, PersonSaid
from rmp_milter.calls.client import KeeperDown, KeeperLine
from rmp_milter.calls.protocol.cards import Compare, Compared, Forget, Relearn, Vouch, Wake
from rmp_milter.calls.protocol.leaves import Checkpoint, Checkpointed, Record, Recorded
from rmp_milter.calls.protocol.message import HEARTBEAT, HOST, Event, Why, heartbeat_at
from rmp_milter.calls.protocol.releasing import ByCustody, Release
from rmp_milter.dossier.cards import dossier_card, person_card
from rmp_milter.keeper.desk.doors import HOSTS_ACTS
from testbed.forks import in_a_child
from testbed.intruder import candidates, leaf

pytestmark = [pytest.mark.integration, pytest.mark.promise(number=2)]

NOBODY = 65534
SHUT_OUT, HEARD = 3, 4


@pytest.mark.promise(number=8)
def test_a_leaf_says_who_wrote_when_and_by_what_whatever_the_call_says(house: House) -> None:
    """All of it that the keeper knows; what it does not know is left out."""
    request = recording(house)
    paul = house.intruder.doctor(house.paul.mail)
    said = leaf(
        "consultation",
        house.lise,
        at=1,
        proof="vitale",
        acting_for="10009999999",
        subject="10009999999",
        reference="U-ABCDEFGH",
        purpose="ETREAT",
        witnesses=("10009999999",),
        reason=b"r" * 32,
    )
    assert isinstance(house.done(replace(request, event=said)), Recorded)
    written = house.leaves()[-1]
    assert (written["rpps"], written["key"]) == (paul.rpps, paul.fingerprint)
    assert written["proof"] == "signature+standing"
    assert abs(written["at"] - time.time()) < 300
    assert written["request"] not in {said.request.hex(), ""}
    made_up = {"acting_for", "subject", "reference", "purpose", "witnesses", "reason"}
    assert not made_up & written.keys()
    assert written["patient"] == _patient(house)


def _patient(house: House) -> str:
    """Return what stands for Jean's dossier in its leaves."""
    assert isinstance(house.done(recording(house)), Recorded)
    return str(house.leaves()[-1]["patient"])


@pytest.mark.parametrize(
    "action",
    [
        "depot",
        "creation",
        HEARTBEAT,
        "sans titre",
        "urgence",
        "dossier ",
        "",
        *sorted(HOSTS_ACTS),
    ],
)
@pytest.mark.promise(number=8)
def test_no_leaf_is_written_of_what_the_mail_does_not_ask(house: House, action: str) -> None:
    request = recording(house)
    why = Why.NOT_HERE if action in HOSTS_ACTS else Why.UNENTITLED
    with house.unchanged():
        house.in_vain(replace(request, event=replace(request.event, action=action)), why)


def test_no_reading_is_written_that_was_not_asked_for(house: House) -> None:
    """Nor of a dossier that the mail does not name, nor one that failed, nor the host's."""
    intruder, request = house.intruder, recording(house)
    other = house.paul.pgp_mime(f"Demande : aide\n{JEAN}")
    lise = house.paul.pgp_mime(f"Demande : dossier\n{LISE}")
    without_code = house.anne.pgp_mime(f"Demande : dossier\n{JEAN}")
    unproven = reads(house.anne, house.code)
    with house.unchanged():
        for mail in (other, lise, without_code, unproven):
            house.in_vain(replace(request, by=intruder.by(intruder.ticket(mail), house.jean)))
        for outcome in ("refused", "none", "closed"):
            failed = replace(request.event, outcome=outcome)
            house.in_vain(replace(request, event=failed))
        hosts = replace(request.event, proof=HOST)
        house.in_vain(replace(request, event=hosts), Why.NOT_HERE)
        alone = replace(request, by=replace(request.by, dossier=b""))
        house.in_vain(replace(alone, event=replace(request.event, entries=(1,))))


def test_only_who_signs_justifies_and_under_the_reference_that_he_names(house: House) -> None:
    text = "Demande : justification\nRéférence : U-ABCD-EFGH\nMotif : Il allait mal.\n"
    said = leaf("justification", house.jean, reference="U-OTHR-EFGH", subject="1")
    unsigned = house.intruder.ticket(house.eve.pgp_mime(text, sign=False), EVES_ACCOUNT)
    with house.unchanged():
        house.in_vain(Record(said, house.intruder.by(unsigned, house.jean)))
    signed = house.intruder.ticket(house.eve.pgp_mime(text))
    house.done(Record(said, house.intruder.by(signed, house.jean)))
    written = house.leaves()[-1]
    assert written["action"] == "justification"
    assert written.get("reference") not in {None, "U-OTHR-EFGH", said.reference}
    assert "subject" not in written


def test_a_heartbeat_is_one_and_of_this_moment(house: House) -> None:
    for at in (1, int(time.time()) + 10**7):
        assert isinstance(house.done(Checkpoint(heartbeat_at(at))), Checkpointed)
        written = house.leaves()[-1]
        assert written["action"] == HEARTBEAT
        assert abs(written["at"] - time.time()) < 60
    for event in (leaf(HEARTBEAT, house.jean), replace(heartbeat_at(1), action="depot")):
        house.in_vain(Checkpoint(event), Why.NOT_HERE)


def hosts_leaf(action: str) -> Event:
    return Event(int(time.time()), action, b"h" * 32, "", "", "rmp", proof=HOST)


def hosts_calls(house: House) -> list[object]:
    """Return what only the host does, each for the intruder's own good."""
    jean, intruder = house.jean, house.intruder
    eve = intruder.doctor(house.eve.mail)
    card = replace(dossier_card(jean.card), treating=eve.doctor_id)
    person = PersonSaid(person_card(eve.card), intruder.certificate)
    return [
        Forget(jean.dossier_id, hosts_leaf("effacement")),
        Vouch(DossierSaid(card, jean.patient), hosts_leaf("modification"), jean.card),
        Vouch(person, hosts_leaf("modification"), eve.card),
        Relearn((jean.card,), hosts_leaf("reouverture")),
        Relearn((), hosts_leaf("radiation"), (eve.doctor_id,)),
        Wake(jean.dossier_id, hosts_leaf("code reactive")),
        Compare((jean.card,)),
        Record(hosts_leaf("recherche")),
        Release(
            Authority(b"", jean.card, candidates(eve)),
            ByCustody(jean.slots.custody),
            intruder.items(jean),
            (eve.certificate,),
            hosts_leaf("cle"),
        ),
    ]


def test_the_host_does_nothing_at_the_milters_door(house: House) -> None:
    with house.unchanged():
        for request in hosts_calls(house):
            house.in_vain(request, Why.NOT_HERE)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_the_operators_door_is_shut_to_the_milters_user(house: House) -> None:
    path = house.host.service.folder / "keeper" / "operator.sock"
    request = Compare((house.jean.card,))

    def call() -> int:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        try:
            KeeperLine(path, 5).expect(Compared, request)
        except KeeperDown:
            return SHUT_OUT
        return HEARD

    assert in_a_child(call, -1) == SHUT_OUT
    with KeeperLine(path, 5) as line:
        assert line.expect(Compared, request)


def test_what_a_reading_was_called_it_stays(house: House) -> None:
    """A release under another name is none: the leaf comes before the keys."""
    request = releasing(house)
    for action in ("depot", "liste", "code", "accès"):
        with house.unchanged():
            house.in_vain(replace(request, event=leaf(action, house.jean)))
