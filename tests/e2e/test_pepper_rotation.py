"""Another pepper while mails come in: emergencies, codes and deposits, before, during and after."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rotating_case import WritingOn, as_if_long_ago, restart_keeper, without_chores

from rmp_milter.calls.protocol.rotating import Recard, Recarded, ToRecard
from rmp_milter.cli import recarding
from rmp_milter.cli.leaves import operator
from rmp_milter.cli.recarding import Recarding
from rmp_milter.cli.stores import open_store
from rmp_milter.config import load
from testbed.command import CommandError
from testbed.doctor import Doctor
from testbed.host import ADDRESS, Host
from testbed.sending import send
from testbed.service import Part

pytestmark = [pytest.mark.integration, pytest.mark.slow]

DOSSIERS = 4
LETTERS = "ABCDEFGHIJ"
CODE = "Pgnj3w5z"


@pytest.fixture
def host() -> Iterator[Host]:
    with without_chores(by_library=True) as host:
        yield host


def patient(number: int) -> str:
    return f"Patient : TEST{LETTERS[number]} Jean\nNé le : 30/01/1959\n"


def rotate(host: Host, *options: str) -> str:
    return host.service.rmp("key", "rotate", "pepper", *options).stdout.decode()


def killed_in_between(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave what a command leaves that is killed: half done, not committed, not shown."""
    config, now = load(host.service.config), int(time.time())
    with operator(config) as keeper, open_store(config) as store:
        with store.snapshot() as view:
            first, second, third, *_ = view.dossiers()
            anne = next(each for each in view.doctors() if "URGENCE" in each.name)
        works = Recarding(keeper, store, now, lambda *_: None)
        assert works.dossiers((first.dossier_id,)).count == 1
        with monkeypatch.context() as patch:
            patch.setattr(recarding, "show_committed", lambda *_: None)
            assert works.dossiers((second.dossier_id,)).count == 1
            assert works.persons((anne.doctor_id,)).count == 1
        asked = Recard((ToRecard(third.card),), keeper.event(recarding.ACTION, ""))
        assert all(each.card for each in keeper.ask(Recarded, asked).cards)


def opened_by_code(host: Host, doctor: Doctor, number: int) -> bool:
    text = f"Demande : dossier\n{patient(number)}Code : {CODE}\n"
    (answer,) = host.ask(doctor, doctor.pgp_mime(text))
    return "Ce dossier ne contient encore" in answer.text


def test_everybody_is_answered_while_the_pepper_is_changed(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    paul = host.doctor("Dr Paul GARDE", "paul@cabinet.test")
    anne = host.doctor("Dr Anne URGENCE", "anne@samu.test")
    rene = host.doctor("Dr René CONFRERE", "rene@cabinet.test")
    for number in range(DOSSIERS):
        text = f"Demande : création\n{patient(number)}Consentement : oui\nCode : {CODE}\n"
        host.ask(paul, paul.pgp_mime(text))
    waits = "Patient : ATTENTE Luc\nNé le : 01/02/1960\n"
    host.ask(rene, rene.pgp_mime(f"{waits}Document : bilan\n\nTexte.\n"))
    host.settle()
    keeper, data = host.service.folder / "keeper", host.service.folder / "store" / "data.mdb"
    of_before = data.read_bytes()

    def emergency(number: int) -> bytes:
        return anne.pgp_mime(f"Demande : urgence\n{patient(number % DOSSIERS)}Motif : coma\n")

    emergencies = WritingOn(host, anne, emergency)
    emergencies.start()
    try:
        emergencies.go_on(2)
        rotate(host)
        (former,) = keeper.glob("pepper-*.key")
        with pytest.raises(CommandError, match="seals to the former key still"):
            rotate(host, "--end")
        restart_keeper(host)
        emergencies.go_on(2)  # all cards are of the former pepper
        assert opened_by_code(host, rene, 0)
        as_if_long_ago(host, keeper / "pepper.key")
        killed_in_between(host, monkeypatch)
        emergencies.go_on(2)  # some are, some are not
        said = rotate(host, "--end")
        emergencies.go_on(2)
        restart_keeper(host)
        emergencies.go_on(2)
    finally:
        emergencies.ended.set()
        emergencies.join()
    assert emergencies.refused == []
    made = re.search(r"(\d) of dossiers, (\d) of persons, (\d) of deposits", said)
    assert made
    assert [int(each) for each in made.groups()] == [DOSSIERS - 2, 2, 1]
    assert f"{former.name} is gone" in said
    assert f"by a former pepper still: {DOSSIERS}" in said
    assert not former.exists()
    answers = host.answers(anne, emergencies.taken, timeout=60)
    assert len(answers) == emergencies.taken
    assert all("Cet accès en urgence" in each.text for each in answers)
    assert opened_by_code(host, rene, 1)
    what_waited_is_attached(host, paul, waits)
    codes_end_at_a_second_word(host, rene)
    an_older_store_is_told_from_a_stranger(host, data, of_before, emergency(0))
    assert "Traceback" not in host.service.all_logs()


def what_waited_is_attached(host: Host, paul: Doctor, waits: str) -> None:
    host.ask(paul, paul.pgp_mime(f"Demande : création\n{waits}Consentement : oui\n"))
    host.service.rmp("chores")
    assert host.service.rmp("pending", "list").stdout.decode().count("ATTENTE") == 0
    assert "the store is sound" in host.service.rmp("store", "check").stdout.decode()


def codes_end_at_a_second_word(host: Host, rene: Doctor) -> None:
    with pytest.raises(CommandError):
        rotate(host, "--end-codes")
    assert f"codes ended: {DOSSIERS}" in rotate(host, "--end-codes", "--yes")
    assert not opened_by_code(host, rene, 2)
    assert "the store is sound" in host.service.rmp("store", "check").stdout.decode()


def an_older_store_is_told_from_a_stranger(
    host: Host, data: Path, of_before: bytes, emergency: bytes
) -> None:
    """No card in it counts without the former pepper: who is in a hurry hears that, at once."""
    host.service.stop(Part.COURIER, Part.MILTER)
    data.write_bytes(of_before)
    host.service.start(Part.MILTER, Part.COURIER)
    host.service.wait_ready()
    reply = send(host.postfix.smtp_port, emergency, "anne@samu.test", [ADDRESS])
    assert (reply.code, "n'arrive pas a verifier votre inscription" in reply.text) == (
        550,
        True,
    )
    assert "is keeper or store from an older copy?" in host.service.all_logs()
