"""Two keepers on one database, each behind a tunnel: a keeper goes, or its way, or both."""

from __future__ import annotations

import random
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from clinic import Clinic, clinic_on
from keeper_pair import SERVED, host_on
from test_change_points import check_sound, filed_for
from test_two_keepers import Sending, deposit, one_history, overtaken, read_back
from tunnel_pair import TunnelledPair, ways

from testbed.postgres import PrivatePostgres
from testbed.service import Part

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.integration,
    pytest.mark.promise(number=7),
    pytest.mark.promise(number=8),
    pytest.mark.promise(number=13),
]


@pytest.fixture(scope="module")
def hosts() -> Iterator[tuple[Clinic, TunnelledPair]]:
    with ExitStack() as stack:
        server = stack.enter_context(PrivatePostgres({"fsync": "on"}))
        server.run_sql("CREATE ROLE root LOGIN")
        host = host_on(server, ways())
        stack.callback(host.close)
        pair = TunnelledPair(host)
        stack.callback(pair.close)
        for keeper, stands in ((pair.a, pair.a.wait_leads), (pair.b, pair.b.wait_stands_by)):
            pair.end_of(keeper).begin()
            keeper.start()
            stands()
        pair.begin_near()
        host.service.start(*SERVED)
        host.service.wait_ready()
        host.postfix.start()
        yield clinic_on(host), pair


def urgent(clinic: Clinic, lines: str, why: str) -> Sending:
    return Sending(clinic, clinic.anne, f"Demande : urgence\n{lines}Motif : {why}\n")


@pytest.fixture
def clinic(hosts: tuple[Clinic, TunnelledPair]) -> Clinic:
    return hosts[0]


@pytest.fixture
def pair(hosts: tuple[Clinic, TunnelledPair]) -> TunnelledPair:
    return hosts[1]


def test_the_other_keeper_goes_on_behind_its_own_tunnel(
    clinic: Clinic, pair: TunnelledPair, tmp_path: Path
) -> None:
    patients = [clinic.patient() for _ in range(2)]
    codes = [clinic.create(lines) for lines in patients]
    pair.keep_checkpoint()
    first = pair.leader()
    sent = [deposit(clinic, lines, "Hémoglobine 14,1 g/dl.") for lines in patients]
    first.kill()
    sent += [deposit(clinic, lines, "Potassium 4,1 mmol/l.") for lines in patients]
    pair.end_of(first).kill()
    sent.append(urgent(clinic, patients[0], "coma"))
    overtaken(pair, first)
    assert all(each.accepted() for each in sent)
    pair.end_of(first).begin()
    first.start()
    first.wait_stands_by()
    # Its way is open again, and is the one that the milter is told to try first.
    assert deposit(clinic, patients[0], "Ferritine 80 µg/l.").accepted()
    clinic.host.settle()
    assert [filed_for(clinic, lines) for lines in patients] == [[3], [2]]
    texts = ("Hémoglobine 14,1 g/dl.", "Potassium 4,1 mmol/l.")
    read_back(clinic, patients[0], codes[0], *texts, "Ferritine 80 µg/l.")
    read_back(clinic, patients[1], codes[1], *texts)
    pair.keep_checkpoint()
    one_history(pair, tmp_path / "export", 5)


def test_a_mail_waits_for_the_way_to_the_keeper_that_works(
    clinic: Clinic, pair: TunnelledPair
) -> None:
    lines = clinic.patient()
    clinic.create(lines)
    end = pair.end_of(pair.leader())
    end.kill()
    sending = deposit(clinic, lines, "Glycémie 0,9 g/l.")
    sending.join(1)
    assert sending.reply is None
    end.begin()
    assert sending.accepted()
    clinic.host.settle()
    assert filed_for(clinic, lines) == [1]


ROUNDS = 12


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, 2])
def test_ways_and_keepers_that_go_at_any_time_lose_no_mail(
    clinic: Clinic, pair: TunnelledPair, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 -- when what goes
    patients = [clinic.patient() for _ in range(3)]
    for lines in patients:
        clinic.create(lines)
    filed, emergencies = dict.fromkeys(patients, 0), 0
    for number in range(ROUNDS):
        sent = {lines: deposit(clinic, lines, f"Lettre {number}.") for lines in patients}
        asked = urgent(clinic, patients[0], f"coma {number}")
        time.sleep(chance.uniform(0, 1.5))
        chance.choice((keeper_goes, end_goes, host_goes, near_end_goes))(pair)
        for lines, each in sent.items():
            filed[lines] += each.accepted()
        emergencies += asked.accepted()
        pair.keep_checkpoint()
    clinic.host.settle(60)
    if pair.leader() is not pair.a:  # whose socket the host's commands know
        keeper_goes(pair)
    assert {lines: sum(filed_for(clinic, lines)) for lines in patients} == filed
    assert sum(filed.values()) + emergencies > 2 * ROUNDS
    check_sound(clinic)
    leaves = pair.verify(tmp_path / "export")
    granted = [each for each in leaves if each["action"] == "urgence"]
    assert len({each["request"] for each in granted}) == len(granted) >= emergencies


def keeper_goes(pair: TunnelledPair) -> None:
    """Kill the keeper that works, and have it stand by."""
    first = pair.leader()
    first.kill()
    overtaken(pair, first)
    first.start()
    first.wait_stands_by()


def end_goes(pair: TunnelledPair) -> None:
    """Kill the end at the host of the keeper that works."""
    end = pair.end_of(pair.leader())
    end.kill()
    end.begin()


def host_goes(pair: TunnelledPair) -> None:
    """Kill both, as where that host is lost, and have them come back."""
    end = pair.end_of(pair.leader())
    end.kill()
    keeper_goes(pair)
    end.begin()


def near_end_goes(pair: TunnelledPair) -> None:
    """Kill the end at the milter's host."""
    pair.service.kill(Part.CONNECT)
    pair.begin_near()
