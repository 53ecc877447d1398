"""A service whose clock is two hours slow: to it a fresh key, and its mail, are of the future."""

import time
from collections.abc import Iterator

import pytest

from testbed import gpg
from testbed.command import CommandError
from testbed.doctor import Doctor
from testbed.host import ADDRESS, Host

pytestmark = pytest.mark.integration

HOUR = 3600


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with Host() as started:
        yield started


def of_the_future(monkeypatch: pytest.MonkeyPatch, seconds: int) -> Doctor:
    """A doctor whose computer is so much later; the service's clock is the one that is wrong."""
    then = ("--faked-system-time", str(int(time.time()) + seconds))
    monkeypatch.setattr(gpg, "_ALWAYS", (*gpg._ALWAYS, *then))
    return Doctor("Dr Anne MOREL", "a.morel@cabinet.test", ADDRESS)


def test_a_key_that_was_made_just_now_is_enrolled_and_answered(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    with of_the_future(monkeypatch, 2 * HOUR) as doctor:
        host.service.enrol(doctor, 1)
        (answer,) = host.ask(doctor, doctor.pgp_mime("Demande : aide\n"))
        assert answer.text


def test_a_key_of_next_week_is_a_matter_of_clocks(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        of_the_future(monkeypatch, 7 * 24 * HOUR) as doctor,
        pytest.raises(CommandError, match="a clock is wrong"),
    ):
        host.service.enrol(doctor, 2)
