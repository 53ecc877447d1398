"""Another custody key while emergencies come in: each is answered, before, during and after."""

import time
from collections.abc import Iterator

import pytest
from rotating_case import WritingOn, as_if_long_ago, restart_keeper, without_chores

from rmp_milter.calls.protocol.rotating import Reslot, Reslotted
from rmp_milter.cli import reslotting
from rmp_milter.cli.leaves import operator
from rmp_milter.cli.stores import open_store
from rmp_milter.config import load
from testbed.command import CommandError
from testbed.host import Host

pytestmark = [pytest.mark.integration, pytest.mark.slow]

DOSSIERS = 4
"""One for each state in which a command that was killed leaves them."""
LETTERS = "ABCDEFGHIJ"


@pytest.fixture
def host() -> Iterator[Host]:
    with without_chores(by_library=True) as host:
        yield host


def patient(number: int) -> str:
    return f"Patient : TEST{LETTERS[number]} Jean\nNé le : 30/01/1959\n"


def end(host: Host) -> str:
    return host.service.rmp("key", "rotate", "custody", "--end").stdout.decode()


def killed_in_between(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave what a command leaves that is killed: half done, not committed, not shown."""
    config, now = load(host.service.config), int(time.time())
    with operator(config) as keeper, open_store(config) as store:
        with store.snapshot() as view:
            dossiers = [*view.dossiers()]
        first, second, third, *_ = (each.dossier_id for each in dossiers)
        assert reslotting._together(keeper, store, (first,), now).count == 1
        with monkeypatch.context() as patch:
            patch.setattr(reslotting, "show_committed", lambda *_: None)
            assert reslotting._together(keeper, store, (second,), now).count == 1
        wanted = [reslotting._wanted(each) for each in dossiers if each.dossier_id == third]
        asked = Reslot((*wanted,), keeper.event(reslotting.ACTION, ""))
        assert all(each.card for each in keeper.ask(Reslotted, asked).slots)


def test_emergencies_are_answered_while_the_custody_key_is_changed(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    paul = host.doctor("Dr Paul GARDE", "paul@cabinet.test")
    anne = host.doctor("Dr Anne URGENCE", "anne@samu.test")
    for number in range(DOSSIERS):
        text = f"Demande : création\n{patient(number)}Consentement : oui\n"
        host.ask(paul, paul.pgp_mime(text))
    keeper = host.service.folder / "keeper"

    def emergency(number: int) -> bytes:
        return anne.pgp_mime(f"Demande : urgence\n{patient(number % DOSSIERS)}Motif : coma\n")

    emergencies = WritingOn(host, anne, emergency)
    emergencies.start()
    try:
        emergencies.go_on(DOSSIERS)
        host.service.rmp("key", "rotate", "custody")
        (former,) = keeper.glob("custody-*.key")
        with pytest.raises(CommandError, match="seals to the former key still"):
            end(host)
        emergencies.go_on(DOSSIERS)
        restart_keeper(host)
        emergencies.go_on(DOSSIERS)  # all slots are under the former key
        as_if_long_ago(host, keeper / "custody.key")
        killed_in_between(host, monkeypatch)
        emergencies.go_on(DOSSIERS)  # some are, some are not
        said = end(host)
        emergencies.go_on(DOSSIERS)
        restart_keeper(host)
        emergencies.go_on(DOSSIERS)
    finally:
        emergencies.ended.set()
        emergencies.join()
    assert emergencies.refused == []
    assert f"under the new key since: {DOSSIERS - 2}" in said
    assert f"{former.name} is gone" in said
    assert not former.exists()
    answers = host.answers(anne, emergencies.taken, timeout=60)
    assert len(answers) == emergencies.taken
    assert all("Cet accès en urgence" in each.text for each in answers)
    store = host.service.rmp("store", "check").stdout.decode()
    assert "the store is sound" in store
    assert "custody" not in host.service.rmp("key", "list").stdout.decode().replace(
        "keeper/custody.key", ""
    )
    assert "Traceback" not in host.service.all_logs()
