"""Another waiting key while deposits come in: what waits under either is attached, none is lost."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.command import CommandError
from testbed.doctor import Doctor
from testbed.host import Host
from testbed.service import Part

pytestmark = [pytest.mark.integration, pytest.mark.slow]

LETTERS = "ABCDEFGHIJ"


@pytest.fixture
def host() -> Iterator[Host]:
    with Host({("milter", "chores_seconds"): "3600"}) as host:
        yield host


def patient(number: int) -> str:
    word = "".join(LETTERS[int(digit)] for digit in f"{number:03}")
    return f"Patient : TEST{word} Jean\nNé le : 30/01/1959\n"


class Depositing(threading.Thread):
    """A laboratory that deposits on and on; what is put off it sends again, as its server does."""

    def __init__(self, host: Host, lab: Doctor) -> None:
        super().__init__()
        self._host, self._lab = host, lab
        self.ended = threading.Event()
        self.taken = 0
        self.refused: list[str] = []

    def run(self) -> None:
        while not self.ended.is_set():
            mail = self._lab.pgp_mime(f"{patient(self.taken)}\nVoici.\n")
            while 400 <= (reply := self._host.send(self._lab, mail)).code < 500:
                time.sleep(0.1)
            if not reply.accepted:
                self.refused.append(str(reply))
                return
            self.taken += 1

    def go_on(self) -> None:
        """Return when three more are taken, or one was refused."""
        wanted = self.taken + 3
        while self.taken < wanted and self.is_alive():
            time.sleep(0.05)


def restart_keeper(host: Host) -> None:
    host.service.stop(Part.KEEPER)
    host.service.start(Part.KEEPER)
    host.service.wait_ready()


def as_if_long_ago(host: Host, key: Path) -> None:
    """Have the key, then the keeper's start, lie so far back that nothing is under way."""
    now = time.time()
    os.utime(key, (now - 1000, now - 1000))
    os.utime(host.service.keeper_socket, (now - 500, now - 500))


def end(host: Host) -> str:
    return host.service.rmp("key", "rotate", "waiting", "--end").stdout.decode()


def test_deposits_come_in_while_their_key_is_changed(host: Host) -> None:
    paul = host.doctor("Dr Paul ROTATION", "paul@cabinet.test")
    lab = host.doctor("Laboratoire", "labo@labo.test", "laboratoire")
    keeper = host.service.folder / "keeper"
    depositing = Depositing(host, lab)
    depositing.start()
    try:
        depositing.go_on()
        host.service.rmp("key", "rotate", "waiting")
        host.service.rmp("key", "rotate", "waiting")  # given again, it makes no other one
        (former,) = keeper.glob("waiting-*.key")
        with pytest.raises(CommandError, match="seals to the former key still"):
            end(host)
        depositing.go_on()  # by the keeper that does not know of it yet
        under_former = depositing.taken
        restart_keeper(host)
        depositing.go_on()
    finally:
        depositing.ended.set()
        depositing.join()
    assert depositing.refused == []
    with pytest.raises(CommandError, match="may not be stored yet"):
        end(host)
    as_if_long_ago(host, keeper / "waiting.key")
    assert f"{former.name} stays" in end(host)

    assert under_former < depositing.taken
    for number in range(depositing.taken):
        text = f"Demande : création\n{patient(number)}Consentement : oui\n"
        host.ask(paul, paul.pgp_mime(text))
    assert host.stored()["entries"] == depositing.taken
    assert (
        "no deposit waits under it any more"
        in host.service.rmp("check", "--no-postfix", check=False).stdout.decode()
    )
    assert f"{former.name} is gone" in end(host)
    assert not former.exists()
    restart_keeper(host)
    host.ask(lab, lab.pgp_mime(f"{patient(999)}\nVoici.\n"))
    created = f"Demande : création\n{patient(999)}Consentement : oui\n"
    (answer,) = host.ask(paul, paul.pgp_mime(created))
    assert "Ces documents attendaient le dossier" in answer.text
    assert "Traceback" not in host.service.all_logs()
