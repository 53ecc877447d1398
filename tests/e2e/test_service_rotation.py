"""The service's key gains a subkey while mails come in: none is lost or refused for good."""

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rotating_case import WritingOn, restart_keeper, without_chores

from rmp_milter.certificates import bound_key_ids
from testbed.command import CommandError
from testbed.host import Host

pytestmark = pytest.mark.integration

HELP = "Demande : aide\n\n"


@pytest.fixture
def host() -> Iterator[Host]:
    with without_chores() as host:
        yield host


def handed_out(host: Host) -> bytes:
    return (host.service.folder / "public" / "service.asc").read_bytes()


def test_the_service_key_gains_a_subkey_while_mails_come_in(host: Host) -> None:
    anne = host.doctor("Dr Anne ROTATION", "anne@cabinet.test")
    paul = host.doctor("Dr Paul ROTATION", "paul@cabinet.test")
    before = handed_out(host)
    assert json.loads(host.service.rmp("chores", "--json").stdout)["service_letters"] == 0
    writing = WritingOn(host, anne, lambda _number: anne.pgp_mime(HELP))
    writing.start()
    try:
        time.sleep(1.1)  # who is enrolled in the second in which it is handed out has it
        host.service.rmp("key", "rotate", "service")
        host.service.rmp("key", "rotate", "service")  # given again, it makes no other one
        assert handed_out(host) == before
        with pytest.raises(CommandError, match="start the keeper anew first"):
            host.service.rmp("key", "rotate", "service", "--publish")
        assert handed_out(host) == before
        restart_keeper(host)
        host.service.rmp("key", "rotate", "service", "--publish")
        after = handed_out(host)
        assert len(bound_key_ids(after)) == len(bound_key_ids(before)) + 1
        with pytest.raises(CommandError, match="no new subkey waits"):
            host.service.rmp("key", "rotate", "service", "--publish")
        writing.go_on()
    finally:
        writing.ended.set()
        writing.join()
    assert writing.refused == []
    assert len(host.answers(anne, writing.taken, timeout=60)) == writing.taken

    paul.import_key(after)
    (answer,) = host.ask(paul, paul.pgp_mime(HELP))  # to whichever subkey his gpg prefers
    assert "mode d'emploi" in answer.subject

    assert json.loads(host.service.rmp("chores", "--json").stdout)["service_letters"] == 2
    assert json.loads(host.service.rmp("chores", "--json").stdout)["service_letters"] == 0
    letter = host.answers(paul, 1, after=1)[0]
    assert "importez la clé renouvelée" in letter.subject
    found = [*letter.files.values(), *letter.keys]
    assert any(bound_key_ids(each) == bound_key_ids(after) for each in found)
    check = host.service.rmp("check", "--no-postfix", check=False).stdout.decode()
    assert "service.asc" not in check


def test_what_was_killed_between_the_steps_goes_on(host: Host, tmp_path: Path) -> None:
    keeper = host.service.folder / "keeper"
    host.service.rmp("key", "rotate", "service")
    made = (keeper / "service.key").read_bytes()
    (keeper / "service.key.new").write_bytes(b"half")
    shutil.copy(host.service.folder / "public" / "service.asc", tmp_path)
    host.service.rmp("key", "rotate", "service")
    assert (keeper / "service.key").read_bytes() == made
    restart_keeper(host)
    (host.service.folder / "public" / "service.asc.new").write_bytes(b"half")
    host.service.rmp("key", "rotate", "service", "--publish")
    assert handed_out(host) != (tmp_path / "service.asc").read_bytes()
