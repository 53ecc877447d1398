"""The service's key has leaked: another one signs, both open for a while, doctors are told."""

import json
import time
from collections.abc import Iterator

import pytest
from rotating_case import WritingOn, restart_keeper, without_chores

from rmp_milter.certificates import read_certificate
from testbed.command import CommandError
from testbed.host import Host

pytestmark = [pytest.mark.integration, pytest.mark.slow]

HELP = "Demande : aide\n\n"


@pytest.fixture
def host() -> Iterator[Host]:
    with without_chores() as host:
        yield host


def handed_out(host: Host) -> bytes:
    return (host.service.folder / "public" / "service.asc").read_bytes()


def letters(host: Host) -> int:
    return int(json.loads(host.service.rmp("chores", "--json").stdout)["service_letters"])


def test_the_service_has_another_key_while_mails_come_in(host: Host) -> None:
    anne = host.doctor("Dr Anne FUITE", "anne@cabinet.test")
    paul = host.doctor("Dr Paul FUITE", "paul@cabinet.test")
    before = read_certificate(handed_out(host)).fingerprint
    writing = WritingOn(host, anne, lambda _number: anne.pgp_mime(HELP))
    writing.start()
    try:
        writing.go_on()
        time.sleep(1.1)  # who is enrolled in the second in which it is handed out has it
        host.service.rmp("key", "rotate", "service", "--primary", "--days", "10")
        with pytest.raises(CommandError, match="start the keeper anew first"):
            host.service.rmp("key", "rotate", "service", "--publish")
        restart_keeper(host)
        host.service.rmp("key", "rotate", "service", "--publish")
        writing.go_on()
    finally:
        writing.ended.set()
        writing.join()
    assert writing.refused == []
    assert len(host.answers(anne, writing.taken, timeout=60)) == writing.taken

    after = read_certificate(handed_out(host)).fingerprint
    assert after != before
    assert (letters(host), letters(host)) == (2, 0)
    paul.import_key(handed_out(host))  # as he does once he has telephoned
    letter = host.answers(paul, 1)[0]
    (verdict,) = letter.verdicts
    assert verdict.signer.lower() == after.lower()
    assert letter.subject == "RMP : la clé du service est remplacée"
    assert after.upper()[-4:] in letter.text.upper()
    found = [*letter.files.values(), *letter.keys]
    assert after in {read_certificate(each).fingerprint for each in found}

    del host.service.__dict__["certificate"]  # which is read once in other tests
    luc = host.doctor("Dr Luc NOUVEAU", "luc@cabinet.test")
    (answer,) = host.ask(luc, luc.pgp_mime(HELP))
    assert "mode d'emploi" in answer.subject
    check = host.service.rmp("check", "--no-postfix", check=False).stdout.decode()
    assert "0 errors" in check
    assert "service.asc" not in check

    (former,) = (host.service.folder / "keeper").glob("service-until-*.key")
    former.rename(former.with_name("service-until-20251231.key"))  # as if its day were over
    restart_keeper(host)
    late = host.send(anne, anne.pgp_mime(HELP))
    assert 500 <= late.code < 600
    assert "une ancienne cle du service" in late.text  # SMTP speaks ASCII
    assert host.ask(luc, luc.pgp_mime(HELP))
    assert "Traceback" not in host.service.all_logs()
