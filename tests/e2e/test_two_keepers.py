"""Two keepers on one database: one is killed or stands still, the other goes on with its log."""

from __future__ import annotations

import json
import random
import re
import signal
import threading
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from clinic import Clinic, clinic_on
from keeper_pair import SERVED, KeeperPair, host_on
from test_change_points import check_sound, filed_for

from rmp_milter.linux.hosts import short_name
from testbed.command import run_rmp
from testbed.postgres import PrivatePostgres
from testbed.sending import send

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from keeper_pair import OneKeeper

    from testbed.doctor import Doctor
    from testbed.sending import Reply

pytestmark = pytest.mark.integration

HELD = 150
"""Longer than a mail is held: a client that gives up before does not know what became of it."""


@pytest.fixture(scope="module")
def house() -> Iterator[tuple[Clinic, KeeperPair]]:
    with ExitStack() as stack:
        server = stack.enter_context(PrivatePostgres({"fsync": "on"}))
        server.run_sql("CREATE ROLE root LOGIN")
        host = host_on(server)
        stack.callback(host.close)
        pair = KeeperPair(host)
        stack.callback(pair.close)
        pair.a.start()
        pair.a.wait_leads()
        pair.b.start()
        pair.b.wait_stands_by()
        host.service.start(*SERVED)
        host.service.wait_ready()
        host.postfix.start()
        yield clinic_on(host), pair


@pytest.fixture
def clinic(house: tuple[Clinic, KeeperPair]) -> Clinic:
    return house[0]


@pytest.fixture
def pair(house: tuple[Clinic, KeeperPair]) -> KeeperPair:
    return house[1]


class Sending(threading.Thread):
    """A mail that is sent while something happens to a keeper."""

    def __init__(self, clinic: Clinic, doctor: Doctor, text: str) -> None:
        super().__init__()
        mail = doctor.pgp_mime(text)
        port = clinic.host.postfix.smtp_port
        self._send = lambda: send(port, mail, doctor.mail, [doctor.service], timeout=HELD)
        self.reply: Reply | None = None
        self.start()

    def run(self) -> None:
        self.reply = self._send()

    def accepted(self) -> bool:
        self.join()
        return self.reply is not None and self.reply.accepted


def deposit(clinic: Clinic, lines: str, text: str) -> Sending:
    return Sending(clinic, clinic.lab, f"{lines}Document : biologie\n\n{text}\n")


def read_back(clinic: Clinic, lines: str, code: str, *texts: str) -> None:
    """Have another doctor read all of the dossier, by the code."""
    before = len(texts) + 1
    answers = clinic.host.ask(
        clinic.anne, clinic.anne.pgp_mime(f"Demande : dossier\n{lines}Code : {code}\n"), before
    )
    said = " ".join(answer.text for answer in answers)
    assert all(text in said for text in texts), said


def one_history(pair: KeeperPair, folder: Path, lines: int) -> None:
    """See that the log has every deposit's leaf, once, and is what checkpoints were made of."""
    deposits = [each for each in pair.verify(folder) if each["action"] == "depot"]
    requests = {(each["request"], str(each["documents"])) for each in deposits}
    assert len(requests) == len(deposits) >= lines


def overtaken(pair: KeeperPair, first: OneKeeper) -> OneKeeper:
    second = pair.other(first)
    second.wait_leads()
    return second


@pytest.mark.promise(number=7)
@pytest.mark.promise(number=8)
@pytest.mark.promise(number=13)
def test_the_other_keeper_goes_on_when_one_is_killed(
    clinic: Clinic, pair: KeeperPair, tmp_path: Path
) -> None:
    lines = clinic.patient()
    code = clinic.create(lines)
    pair.keep_checkpoint()
    first = pair.leader()
    first.kill()
    sending = deposit(clinic, lines, "Hémoglobine 14,1 g/dl.")
    overtaken(pair, first)
    assert sending.accepted()
    first.start()
    first.wait_stands_by()
    clinic.host.settle()
    assert filed_for(clinic, lines) == [1]
    read_back(clinic, lines, code, "Hémoglobine 14,1 g/dl.")
    pair.keep_checkpoint()
    one_history(pair, tmp_path / "export", 1)


def test_the_host_sees_which_keeper_has_the_log_and_which_stands_by(
    pair: KeeperPair,
) -> None:
    for each in (pair.a, pair.b):
        said = run_rmp(["--config", str(each.config), "status", "--json"], check=False)
        status = json.loads(said.stdout)
        assert (status["log"]["led"], status["log"]["waiting"]) == (True, [short_name()])
        assert status["log"]["epoch"] == pair.epoch()
        assert not any("keeper" in need["line"] for need in status["needs"])
        shown = run_rmp(["--config", str(each.config), "status"], check=False).stdout.decode()
        keeper = "answers" if each is pair.leader() else "stands by"
        assert re.search(rf"^keeper +{keeper}$", shown, re.MULTILINE)


@pytest.mark.soak
@pytest.mark.promise(number=7)
@pytest.mark.promise(number=8)
@pytest.mark.promise(number=13)
def test_a_keeper_that_stands_still_is_overtaken_and_ends_when_it_wakes(
    clinic: Clinic, pair: KeeperPair, tmp_path: Path
) -> None:
    lines = clinic.patient()
    code = clinic.create(lines)
    first = pair.leader()
    first.signal(signal.SIGSTOP)
    sending = deposit(clinic, lines, "Potassium 4,1 mmol/l.")
    overtaken(pair, first)
    assert sending.accepted()
    pair.keep_checkpoint()
    first.signal(signal.SIGCONT)
    assert first.ended() != 0
    assert "another keeper has taken over" in first.log
    assert not first.socket.exists() or pair.leader() is not first
    first.start()
    first.wait_stands_by()
    clinic.host.settle()
    assert filed_for(clinic, lines) == [1]
    read_back(clinic, lines, code, "Potassium 4,1 mmol/l.")
    pair.keep_checkpoint()
    one_history(pair, tmp_path / "export", 1)


ROUNDS = 12


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.promise(number=7)
@pytest.mark.promise(number=8)
@pytest.mark.promise(number=13)
def test_keepers_that_go_at_any_time_lose_no_mail_and_fork_no_log(
    clinic: Clinic, pair: KeeperPair, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 -- when who goes
    patients = [clinic.patient() for _ in range(3)]
    for lines in patients:
        clinic.create(lines)
    filed, emergencies = dict.fromkeys(patients, 0), 0
    for number in range(ROUNDS):
        sent = {lines: deposit(clinic, lines, f"Lettre {number}.") for lines in patients}
        urgent = f"Demande : urgence\n{patients[0]}Motif : coma {number}\n"
        asked = Sending(clinic, clinic.anne, urgent)
        time.sleep(chance.uniform(0, 1.5))
        first, stands_still = pair.leader(), chance.random() < 0.5
        if stands_still:
            first.signal(signal.SIGSTOP)
        else:
            first.kill()
        overtaken(pair, first)
        for lines, each in sent.items():
            filed[lines] += each.accepted()
        emergencies += asked.accepted()
        if stands_still:
            first.signal(signal.SIGCONT)
            assert first.ended() != 0
        first.start()
        first.wait_stands_by()
        pair.keep_checkpoint()
    clinic.host.settle(60)
    if pair.leader() is not pair.a:  # whose socket the host's commands know
        pair.b.kill()
        pair.a.wait_leads()
        pair.b.start()
        pair.b.wait_stands_by()
    assert {lines: sum(filed_for(clinic, lines)) for lines in patients} == filed
    assert emergencies > ROUNDS / 2
    check_sound(clinic)
    leaves = pair.verify(tmp_path / "export")
    granted = [each for each in leaves if each["action"] == "urgence"]
    # One that began anew has another leaf where a letter was filed meanwhile: it read that, too.
    what_was_read = {(each["request"], str(each["documents"])) for each in granted}
    assert len(what_was_read) == len(granted), granted
    assert len({each["request"] for each in granted}) >= emergencies
