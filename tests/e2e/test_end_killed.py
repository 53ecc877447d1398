"""The end of a rotation, killed as a process at any of its steps: the next call goes on."""

import signal
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from ending_case import end
from rotating_case import as_if_long_ago, restart_keeper, without_chores
from test_kills import assert_sound

from testbed.doctor import Doctor
from testbed.host import Host

pytestmark = [pytest.mark.integration, pytest.mark.slow]

DOSSIERS = 3
APART = pytest.mark.parametrize(
    "apart", [7, *(pytest.param(each, marks=pytest.mark.soak) for each in (5, 1))]
)
"""Steps from one kill to the next: what was done before is looked at again, but not done.

A long campaign has other ones, and every one.
"""


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with without_chores(by_library=True) as host:
        yield host


@pytest.fixture(scope="module")
def paul(host: Host) -> Doctor:
    """Somebody who reads in the form ``lisible``: what comes for him is sealed to be translated."""
    paul = host.doctor("Dr Paul GARDE", "paul@cabinet.test", reply_form="lisible")
    lab = host.doctor("Laboratoire", "labo@labo.test", "laboratoire")
    for number in range(DOSSIERS):
        host.ask(
            paul, paul.pgp_mime(f"Demande : création\n{patient(number)}Consentement : oui\n")
        )
        host.ask(lab, lab.pgp_mime(f"{patient(number)}\nVoici.\n"))
    return paul


@pytest.fixture(scope="module")
def anne(host: Host) -> Doctor:
    return host.doctor("Dr Anne URGENCE", "anne@samu.test")


def patient(number: int) -> str:
    return f"Patient : TEST{'ABC'[number]} Jean\nNé le : 30/01/1959\n"


def ended(host: Host, which: str, step: int) -> str:
    """End the rotation; return what was said, nothing where the process was killed."""
    with tempfile.TemporaryFile("w+") as said:
        status = end(host.service.config, which, step, said)
        said.seek(0)
        words = said.read()
    if status == -signal.SIGKILL:
        return ""
    assert status == 0, words
    return words


def begun(host: Host, which: str) -> Path:
    """Have the keeper seal to another key; return the former one's file."""
    keeper = host.service.folder / "keeper"
    host.service.rmp("key", "rotate", which)
    restart_keeper(host)
    as_if_long_ago(host, keeper / f"{which}.key")
    (former,) = keeper.glob(f"{which}-*.key")
    return former


def kill_again_and_again(host: Host, which: str, former: Path, apart: int) -> int:
    """End it at last; return how often it was killed before."""
    for kills in count():
        if ended(host, which, apart * kills):
            return kills
        assert_sound(host)
        if not former.exists():  # killed behind its last step
            return kills + 1
    raise AssertionError


@APART
@pytest.mark.promise(number=7)
def test_the_end_of_a_custody_key_killed_at_any_step_goes_on(
    host: Host, paul: Doctor, anne: Doctor, apart: int
) -> None:
    assert paul
    former = begun(host, "custody")
    assert kill_again_and_again(host, "custody", former, apart) > DOSSIERS
    assert not former.exists()
    restart_keeper(host)
    for number in range(DOSSIERS):
        question = f"Demande : urgence\n{patient(number)}Motif : coma\n"
        index, _letter = host.ask(anne, anne.pgp_mime(question), more=2)
        assert "Cet accès en urgence" in index.text
    assert "custody-" not in host.service.rmp("key", "list").stdout.decode()


@APART
def test_the_end_of_a_waiting_key_killed_at_any_step_goes_on(
    host: Host, paul: Doctor, apart: int
) -> None:
    former = begun(host, "waiting")
    assert kill_again_and_again(host, "waiting", former, apart) > DOSSIERS
    assert not former.exists()
    restart_keeper(host)
    for number in range(DOSSIERS):
        question = f"Demande : consultation\n{patient(number)}"
        answers = host.ask(paul, paul.pgp_mime(question), more=2)
        assert any("Voici." in each.text for each in answers)
    assert "Traceback" not in host.service.all_logs()
