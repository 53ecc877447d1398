"""The whole circuit with the keeper behind a tunnel; its ends die in each phase of a mail."""

import os
import re
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from clinic import Clinic
from keeper_proxy import KeeperProxy
from test_change_points import check_sound, filed_for
from test_large_mail import memory_of
from test_lost_keepers import POINTS, Way, check_filed_once, deposit
from tunnel_house import TUNNEL, begin, tunnelled

from rmp_milter.calls.protocol.calls import Reply, Request
from testbed.service import Part

pytestmark = pytest.mark.integration

DIRECT = "run/way.sock"
PARTS = (Part.CONNECT, Part.LISTEN, Part.KEEPER)

# Before anything is asked, behind the leaf, and last of all: between them nothing else is begun.
SHORT = {"asked to open", "sealed", "the answer made"}
SOME_POINTS = [
    pytest.param(point, marks=() if point in SHORT else pytest.mark.soak) for point in POINTS
]


@pytest.fixture(scope="module")
def alone() -> Iterator[Clinic]:
    """A milter to which the tunnel is the only way."""
    with tunnelled(TUNNEL) as clinic:
        yield clinic


@pytest.fixture(scope="module")
def tunnel_first() -> Iterator[Clinic]:
    with tunnelled(TUNNEL, "run/keeper.sock") as clinic:
        yield clinic


@pytest.fixture(scope="module")
def tunnel_second() -> Iterator[Clinic]:
    with tunnelled(DIRECT, TUNNEL) as clinic:
        yield clinic


def test_a_day_behind_a_tunnel(alone: Clinic) -> None:
    lines, host = alone.patient(), alone.host
    code = alone.create(lines)
    for doctor in (alone.lab, alone.paul):
        host.ask(doctor, doctor.pgp_mime(f"{lines}Document : biologie\n\nVoici.\n"))
    ask = alone.anne.pgp_mime(f"Demande : dossier\n{lines}Code : {code}\n")
    assert len(host.exchange(alone.anne, ask)) == 3  # the index and two letters
    emergency = alone.anne.pgp_mime(f"Demande : urgence\n{lines}Motif : coma\n")
    assert len(host.exchange(alone.anne, emergency)) == 3
    check_sound(alone)


@pytest.mark.promise(number=2)
def test_the_ends_write_nothing_of_what_they_carry(alone: Clinic) -> None:
    lines = alone.patient()
    alone.create(lines)
    service = alone.host.service
    name = lines.split()[2]
    for part in (Part.CONNECT, Part.LISTEN):
        assert "ready on" in service.log(part)
        assert name not in service.log(part)
    files = [each for each in service.temporary.rglob("*") if each.is_file()]
    assert files == []


def killed_at(clinic: Clinic, point: str, part: Part, *, again: bool) -> None:
    """Send a deposit, kill the part at that point; it is filed once, by the one try."""
    lines, service = clinic.patient(), clinic.host.service
    clinic.create(lines)
    mail, message_id = deposit(clinic, lines)
    killed = threading.Event()

    def passing(request: Request, reply: Reply | None) -> bool:
        if killed.is_set() or not POINTS[point](request, reply):
            return True
        killed.set()
        service.kill(part)
        if again:
            restart(service_part=part)
        return True

    def restart(service_part: Part) -> None:
        begin(service, service_part)

    with closing(KeeperProxy(service.keeper_socket)) as proxy:
        proxy.passing = passing
        assert clinic.host.send(clinic.lab, mail).code == 250
    assert killed.is_set()
    check_filed_once(clinic, lines, message_id)


@pytest.mark.parametrize("point", SOME_POINTS)
@pytest.mark.parametrize("part", [Part.CONNECT, Part.LISTEN])
@pytest.mark.promise(number=7)
def test_a_mail_outlives_the_death_of_an_end(part: Part, point: str, alone: Clinic) -> None:
    killed_at(alone, point, part, again=True)


@pytest.mark.parametrize("point", ["opened", "the answer made"])
@pytest.mark.parametrize("part", [Part.CONNECT, Part.LISTEN])
@pytest.mark.promise(number=7)
def test_without_its_tunnel_a_mail_goes_on_at_the_keeper_beside(
    part: Part, point: str, tunnel_first: Clinic
) -> None:
    killed_at(tunnel_first, point, part, again=False)
    begin(tunnel_first.host.service, part)


@pytest.mark.parametrize("point", SOME_POINTS)
@pytest.mark.promise(number=7)
def test_without_the_keeper_beside_a_mail_goes_on_by_the_tunnel(
    point: str, tunnel_second: Clinic
) -> None:
    clinic, lines = tunnel_second, tunnel_second.patient()
    way = Way(clinic.host.service, DIRECT)
    try:
        way.wait_until_thought_there()
        clinic.create(lines)
        way.goes_at = POINTS[point]
        mail, message_id = deposit(clinic, lines)
        assert clinic.host.send(clinic.lab, mail).code == 250
        assert way.went.is_set()
    finally:
        way.go()
    check_filed_once(clinic, lines, message_id)


def test_the_keepers_death_behind_the_tunnel_is_a_pause(alone: Clinic) -> None:
    lines, service = alone.patient(), alone.host.service
    alone.create(lines)
    service.kill(Part.KEEPER)
    mail, message_id = deposit(alone, lines)
    replies = []
    sending = threading.Thread(target=lambda: replies.append(alone.host.send(alone.lab, mail)))
    sending.start()
    sending.join(0.5)
    assert not replies
    service.start(Part.KEEPER)
    sending.join(20)
    assert [reply.code for reply in replies] == [250]
    check_filed_once(alone, lines, message_id)


SIZE = int(os.environ.get("RMP_TUNNEL_MAIL", "6000000"))
LARGE = {
    ("limits", "message_bytes"): "80000000",
    ("limits", "plaintext_bytes"): "90000000",
}


def test_a_large_mail_takes_no_room_of_the_ends_own() -> None:
    """What they pass on lies in memory that both sides share, and goes when the call is over."""
    with tunnelled(TUNNEL, more=LARGE) as clinic:
        host, lines = clinic.host, clinic.patient()
        host.postfix.use_milter(host.service.milter_socket, message_size_limit="90000000")
        clinic.create(lines)
        mail = clinic.paul.pgp_mime(f"{lines}\nVoici.\n", {"scan.bin": os.urandom(SIZE)})
        before = {}
        for part in (Part.CONNECT, Part.LISTEN):
            (pid,) = host.service.pids_of(part)
            before[pid] = memory_of(pid, "VmRSS")
            Path(f"/proc/{pid}/clear_refs").write_text("5")  # resets the peak, proc(5)
        assert host.send(clinic.paul, mail).code == 250
        for pid, size in before.items():
            taken = memory_of(pid, "VmHWM") - size
            print(f"{len(mail)} bytes of mail: {taken} more at the peak")  # noqa: T201 -- the figure of the documents
            assert taken < 4_000_000
            links = [str(each.readlink()) for each in Path(f"/proc/{pid}/fd").iterdir()]
            assert not [each for each in links if re.match("/memfd:", each)]
        assert filed_for(clinic, lines) == [1]
