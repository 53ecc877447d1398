"""kill -9 of random processes under load: nothing acknowledged is lost or doubled."""

import random
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

import pytest

from rmp_milter.cli.stores import store_keys
from rmp_milter.config import load
from rmp_milter.store.check.whole import check
from testbed.doctor import Doctor
from testbed.host import Host
from testbed.service import Part
from testbed.waiting import wait_until

pytestmark = pytest.mark.integration

LINES = "Patient : CHARGE Jean\nNé le : 30/01/1959\n"
SENDERS = 3
VICTIMS = (Part.KEEPER, Part.MILTER, Part.COURIER)


@dataclass
class Load:
    """Senders that come again until each mail is acknowledged, as mail servers do.

    Each mail is encrypted anew: the same encrypted text under another Message-ID would be
    a replay to the service.
    """

    host: Host
    doctor: Doctor
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    acknowledged: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while not self.stop.wait(0.05):
            number = next(self.numbers)
            message_id = f"<{number}@load.test>"
            mail = self.doctor.pgp_mime(f"{LINES}\nLettre {number}.\n")
            self._until_acknowledged(with_message_id(mail, message_id), message_id)

    def _until_acknowledged(self, mail: bytes, message_id: str) -> None:
        while True:
            reply = self.host.send(self.doctor, mail)
            if reply.accepted:
                self.acknowledged.append(message_id)
                return
            if 500 <= reply.code < 600:
                self.refused.append(str(reply))
                return
            time.sleep(0.05)


def with_message_id(mail: bytes, message_id: str) -> bytes:
    return re.sub(
        rb"(?m)^Message-ID: .*$", f"Message-ID: {message_id}\r".encode(), mail, count=1
    )


def campaign(kills: int, seed: int) -> int:
    """Kill so often under load; return how many mails were acknowledged meanwhile."""
    chance = random.Random(seed)  # noqa: S311 -- chooses victims, no secrets
    with Host(by_library=True) as host:
        doctor = host.doctor("Dr Paul DEMO", "paul@cabinet.test")
        host.ask(doctor, doctor.pgp_mime(f"Demande : création\n{LINES}Consentement : oui\n"))
        load = Load(host, doctor)
        threads = [threading.Thread(target=load.run) for _ in range(SENDERS)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(kills):
                host.service.wait_ready()
                time.sleep(chance.uniform(0.02, 0.4))
                kill_and_restart(host, chance)
                assert_sound(host)
        finally:
            load.stop.set()
            for thread in threads:
                thread.join(120)
        assert not [thread for thread in threads if thread.is_alive()]
        assert not load.refused
        assert_each_once(host, doctor, load)
        return len(load.acknowledged)


def assert_sound(host: Host) -> None:
    """What ``rmp store check`` does, again and again: without a process for each."""
    config = load(host.service.config)
    assert check(config.paths.store, store_keys(config)).findings == ()


def kill_and_restart(host: Host, chance: random.Random) -> None:
    victim = chance.choice(VICTIMS)
    host.service.kill(victim)
    host.service.start(victim)


def assert_each_once(host: Host, doctor: Doctor, load: Load) -> None:
    """Every acknowledged mail is stored once, and answered under one Message-ID."""
    stats = host.service.rmp("store", "stats", "--json").stdout.decode()
    entries = re.search(r'"entries": *(\d+)', stats)
    assert entries
    assert int(entries[1]) == len(load.acknowledged) == len(set(load.acknowledged))
    wanted = set(load.acknowledged)
    wait_until(lambda: wanted <= answers_by_request(host, doctor).keys(), 120, "all answers")
    answers = answers_by_request(host, doctor)
    assert not {request: ids for request, ids in answers.items() if len(ids) != 1}


def answers_by_request(host: Host, doctor: Doctor) -> dict[str, set[str]]:
    """Return the Message-IDs of the answers to each request (a repeated one counts once)."""
    found: dict[str, set[str]] = {}
    for raw in host.postfix.mailbox(doctor.mail):
        headers = raw.split(b"\n\n", 1)[0].decode("ascii", "replace")
        request = re.search(r"^In-Reply-To: (\S+)", headers, re.MULTILINE)
        answer = re.search(r"^Message-ID: (\S+)", headers, re.MULTILINE)
        if request and answer:
            found.setdefault(request[1], set()).add(answer[1])
    return found


@pytest.mark.promise(number=7)
def test_some_kills_lose_nothing() -> None:
    assert campaign(kills=12, seed=20261123) >= 6  # a load, on slow machines too


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.promise(number=7)
def test_a_long_campaign_loses_nothing(seed: int) -> None:
    assert campaign(kills=400, seed=seed) >= 100
