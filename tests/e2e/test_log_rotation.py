"""Another key of the access log while a doctor reads on: nothing lost, all of it verified."""

import json
import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from rotating_case import WritingOn, restart_keeper

from testbed.doctor import Doctor
from testbed.host import Host
from testbed.service import Part

pytestmark = [pytest.mark.integration, pytest.mark.slow]

AUDITOR = "dpo@ars.test"
PATIENT = "Patient : RELAIS Jeanne\nNé le : 30/01/1959\n"
HELP = "Demande : aide\n\n"
PROVEN = f"Demande : accès\n{PATIENT}Preuves : oui\n"


@pytest.fixture
def host() -> Iterator[Host]:
    settings = {
        ("milter", "chores_seconds"): "3600",
        ("audit", "addresses"): json.dumps([AUDITOR]),
    }
    with Host(settings, by_library=True) as host:
        yield host


class Auditor:
    """Keeps what he got; verifies without any configuration."""

    def __init__(self, host: Host, folder: Path) -> None:
        self._host, self._folder = host, folder
        folder.mkdir()

    def keep(self, name: str, data: bytes) -> Path:
        file = self._folder / name
        file.write_bytes(data)
        return file

    def key(self) -> str:
        return self._host.service.rmp("access", "key").stdout.decode().strip()

    def export(self) -> Path:
        self._host.service.rmp("access", "export", str(self._folder / "export"))
        return self._folder / "export"

    def verify(self, path: Path, vkey: str, *options: str | Path) -> tuple[int, str]:
        command = ("access", "verify", path, "--vkey", vkey, *options)
        done = self._host.service.rmp(*map(str, command), check=False, config=False)
        return done.returncode, (done.stdout + done.stderr).decode()

    def mailed(self) -> dict[str, bytes]:
        """Have the checkpoint sent, and return the files of the mail that comes."""
        self._host.service.rmp("access", "checkpoint", "--mail")
        (raw, *_) = self._host.postfix.wait_mail(AUDITOR, 1)
        mail = message_from_bytes(raw, policy=policy.default)
        return {
            str(each.get_filename()): bytes(each.get_content())
            for each in mail.iter_attachments()
        }


def receipts(host: Host, doctor: Doctor) -> dict[str, bytes]:
    (answer,) = host.ask(doctor, doctor.pgp_mime(PROVEN))
    return dict(answer.files)


def rotated(host: Host, auditor: Auditor, writing: WritingOn) -> str:
    """Change the key while somebody writes on; return the new one, as auditors hold it."""
    old = auditor.key()
    writing.go_on()
    host.service.rmp("key", "rotate", "log")
    writing.go_on()
    assert auditor.key() == old
    beside = host.service.rmp("keeper", check=False).stderr.decode()
    assert "another keeper listens there" in beside
    restart_keeper(host)
    writing.go_on()
    host.service.kill(Part.KEEPER)
    host.service.start(Part.KEEPER)
    host.service.wait_ready()
    writing.go_on()
    host.service.rmp("key", "rotate", "log", "--end")
    writing.go_on()
    new = auditor.key()
    assert new != old
    return new


def test_the_log_goes_over_to_another_key_while_mails_come_in(
    host: Host, tmp_path: Path
) -> None:
    paul = host.doctor("Dr Paul RELAIS", "paul@cabinet.test")
    anne = host.doctor("Dr Anne RELAIS", "anne@cabinet.test")
    host.ask(paul, paul.pgp_mime(f"Demande : création\n{PATIENT}Consentement : oui\n"))
    auditor = Auditor(host, tmp_path / "auditor")
    old = auditor.key()
    kept = auditor.keep("kept", host.service.rmp("access", "checkpoint").stdout)
    early, *_ = receipts(host, paul).values()
    writing = WritingOn(host, anne, lambda _number: anne.pgp_mime(HELP))
    writing.start()
    try:
        new = rotated(host, auditor, writing)
    finally:
        writing.ended.set()
        writing.join()
    assert writing.refused == []
    assert len(host.answers(anne, writing.taken, timeout=60)) == writing.taken
    late, *_ = receipts(host, paul).values()
    verified(
        auditor, (old, new), kept, (auditor.keep("early", early), auditor.keep("late", late))
    )

    check = host.service.rmp("check", "--no-postfix", check=False).stdout.decode()
    assert "0 errors" in check
    assert "log.key" not in check
    listed = host.service.rmp("key", "list").stdout.decode()
    assert re.findall(r"keeper/log\S*", listed) == ["keeper/log.key"]
    logs = host.service.all_logs()
    assert logs.count(f"the access log is handed over to {new}") == 1
    assert "Traceback" not in logs


def verified(
    auditor: Auditor, keys: tuple[str, str], kept: Path, receipts: tuple[Path, Path]
) -> None:
    """Do what an auditor does on that day, with each of the keys and what he and a patient kept."""
    old, new = keys
    mailed = auditor.mailed()
    (name,) = [each for each in mailed if each.startswith("handover-")]
    relay = auditor.keep("relay", mailed[name])
    newest = auditor.keep("newest", next(data for each, data in mailed.items() if each != name))
    status, said = auditor.verify(relay, old)
    assert (status, new in said) == (0, True)
    export = auditor.export()
    assert (export / "handovers" / name.removeprefix("handover-")).read_bytes() == mailed[name]
    for vkey, checkpoint in ((old, kept), (old, newest), (new, kept), (new, newest)):
        status, said = auditor.verify(export, vkey, "--checkpoint", checkpoint)
        assert (status, new in said) == (0, True), said
    early, late = receipts
    for receipt, vkey, alone in (
        (early, old, 0),
        (early, new, 1),
        (late, old, 1),
        (late, new, 0),
    ):
        assert auditor.verify(receipt, vkey)[0] == alone
        assert auditor.verify(receipt, vkey, "--handover", relay)[0] == 0
