"""Another waiting key while deposits come in: what waits under either is attached, none is lost."""

from collections.abc import Iterator

import pytest
from rotating_case import WritingOn, as_if_long_ago, restart_keeper, without_chores

from testbed.command import CommandError
from testbed.host import Host

pytestmark = [pytest.mark.integration, pytest.mark.slow]

LETTERS = "ABCDEFGHIJ"


@pytest.fixture
def host() -> Iterator[Host]:
    with without_chores(by_library=True) as host:
        yield host


def patient(number: int) -> str:
    word = "".join(LETTERS[int(digit)] for digit in f"{number:03}")
    return f"Patient : TEST{word} Jean\nNé le : 30/01/1959\n"


def deposit(number: int) -> str:
    return f"{patient(number)}\nVoici.\n"


def end(host: Host) -> str:
    return host.service.rmp("key", "rotate", "waiting", "--end").stdout.decode()


def test_deposits_come_in_while_their_key_is_changed(host: Host) -> None:
    paul = host.doctor("Dr Paul ROTATION", "paul@cabinet.test")
    lab = host.doctor("Laboratoire", "labo@labo.test", "laboratoire")
    keeper = host.service.folder / "keeper"
    depositing = WritingOn(host, lab, lambda number: lab.pgp_mime(deposit(number)))
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
    host.ask(lab, lab.pgp_mime(deposit(999)))
    created = f"Demande : création\n{patient(999)}Consentement : oui\n"
    (answer,) = host.ask(paul, paul.pgp_mime(created))
    assert "Ces documents attendaient le dossier" in answer.text
    assert "Traceback" not in host.service.all_logs()
