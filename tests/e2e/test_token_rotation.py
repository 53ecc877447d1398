"""The custody key goes over to a token, is pulled out and put back, and goes back into a file."""

import json
from collections.abc import Iterator

import pytest
from rotating_case import WritingOn, as_if_long_ago, restart_keeper

from rmp_milter.config import load
from rmp_milter.host.live import answering
from testbed.host import Host
from testbed.service import Part
from testbed.softhsm import MODULE, SoftToken
from testbed.waiting import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.slow]

PATIENT = "Patient : TESTA Jean\nNé le : 30/01/1959\n"
WAITS_FOR_TOKEN = "cannot open a slot now: custody key on the token"
URGENCE = f"Demande : urgence\n{PATIENT}Motif : coma\n"


@pytest.fixture
def host(soft_token: SoftToken) -> Iterator[Host]:
    settings = {
        ("milter", "chores_seconds"): "3600",
        ("keeper", "token_module"): json.dumps(MODULE),
        ("keeper", "token_pin"): json.dumps(str(soft_token.pin_file)),
    }
    with Host(settings, by_library=True) as host:
        yield host


def rotate(host: Host, *more: str) -> str:
    return host.service.rmp("key", "rotate", "custody", *more).stdout.decode()


def taken_up(host: Host) -> None:
    restart_keeper(host)
    as_if_long_ago(host, host.service.folder / "keeper" / "custody.key")


def live(host: Host) -> list[str]:
    """Return what rmp check --live says of the custody key."""
    return [each.line for each in answering._custody(load(host.service.config))]


def test_emergencies_go_on_beside_a_token_and_wait_for_one_that_is_away(
    host: Host, soft_token: SoftToken
) -> None:
    paul = host.doctor("Dr Paul GARDE", "paul@cabinet.test")
    anne = host.doctor("Dr Anne URGENCE", "anne@samu.test")
    creation = f"Demande : création\n{PATIENT}Code : ABCD2345\nConsentement : oui\n"
    host.ask(paul, paul.pgp_mime(creation))
    log = host.service.log_file(Part.KEEPER)
    emergencies = WritingOn(host, anne, lambda _: anne.pgp_mime(URGENCE))
    emergencies.start()
    try:
        emergencies.go_on(1)
        rotate(host, "--token", soft_token.uri())
        emergencies.go_on(1)
        taken_up(host)
        emergencies.go_on(1)
        assert "under the new key since: 1" in rotate(host, "--end")
        emergencies.go_on(1)
        restart_keeper(host)
        emergencies.go_on(1)  # by the token alone
        assert live(host) == []
        soft_token.take_away()
        before = emergencies.taken
        consultation = f"Demande : dossier\n{PATIENT}Code : ABCD2345\n"
        assert host.send(anne, anne.pgp_mime(consultation)).accepted
        restart_keeper(host)  # it starts without its token
        (line,) = live(host)
        assert soft_token.uri() in line
        wait_until(lambda: WAITS_FOR_TOKEN in log.read_text(), 30, "an emergency's try")
        assert emergencies.taken <= before + 1  # one was on its way
        assert emergencies.refused == []
        soft_token.put_back()
        emergencies.go_on(1)  # by themselves
        assert live(host) == []
        rotate(host)
        taken_up(host)
        rotate(host, "--end")
        soft_token.take_away()
        restart_keeper(host)
        emergencies.go_on(1)  # by the file alone
    finally:
        emergencies.ended.set()
        emergencies.join()
    assert emergencies.refused == []
    logs = log.read_text()
    assert "emergencies, locums, cards and new keys wait for it" in logs
    assert soft_token.pin not in logs
    assert "not entitled" not in logs
    assert "Traceback" not in logs
