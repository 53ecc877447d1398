"""What the disk, the logs and the milter's own files give away (promises 1 to 4)."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from attacker import Attacker
from clinic import PDF, Clinic, whole_clinic_on

from testbed.host import Host
from testbed.processes import descendants
from testbed.service import Part
from testbed.written import WriteWatch

pytestmark = pytest.mark.integration

SECRETS = [
    word.encode(encoding)
    for word in (
        "SECRETNOM",
        "Zéphyrin",
        "maladie-rare",
        "Konfidentiel",
        "KONFIDENTIEL",
        "KONF IDEN",
        "radio-intime",
    )
    for encoding in ("utf-8", "latin-1", "utf-16-le")
]


@pytest.fixture(scope="module")
def clinic() -> Iterator[Clinic]:
    """A host whose processes are ``rmp`` itself: what they show and write is looked at."""
    with Host(by_command=True) as host:
        yield whole_clinic_on(host)


@pytest.fixture(scope="module")
def watch(clinic: Clinic) -> Iterator[WriteWatch]:
    """Watch what the processes of the service and of Postfix write to."""
    master = clinic.host.postfix.master_pid
    assert master
    with WriteWatch([*clinic.host.service.pids(), master, *descendants(master)]) as watch:
        yield watch


@pytest.fixture(scope="module")
def whole_circuit(clinic: Clinic, watch: WriteWatch) -> Clinic:  # noqa: ARG001 -- watches
    """Send every kind of mail about a patient whose every word is a secret."""
    lines = "Patient : SECRETNOM Zéphyrin\nNé le : 01/02/1933\n"
    files = {"radio-intime.pdf": b"Konfidentiel " + PDF}
    clinic.create(lines, code="Konfidentiel")
    text = f"{lines}Document : compte rendu\n\nUne maladie-rare.\n"
    clinic.host.ask(clinic.lab, clinic.lab.pgp_mime(text, files))
    clinic.host.ask(clinic.lab, clinic.lab.partitioned(text, files))
    asked = "Demande : dossier\n" + lines
    clinic.host.ask(clinic.paul, clinic.paul.pgp_mime(asked), 3)
    code = "Code : Konfidentiel\n"
    clinic.host.ask(clinic.anne, clinic.anne.pgp_mime(asked + code), 3)
    clinic.host.ask(clinic.eudora, clinic.eudora.partitioned(asked + code))
    clinic.refusal(clinic.anne, clinic.anne.pgp_mime(asked + "Code : maladie-rare\n"))
    clinic.refusal(clinic.lab, clinic.lab.pgp_mime("Patient : SECRETNOM Zéphyrin\n\nRien\n"))
    listed = clinic.paul.pgp_mime("Demande : liste\nNom : SECRET\n")
    assert "SECRETNOM" in clinic.host.ask(clinic.paul, listed)[0].text
    return clinic


def files_below(*folders: Path) -> Iterator[Path]:
    for folder in folders:
        for path, _, names in os.walk(folder):
            yield from (Path(path) / name for name in names)


def found_in(data: bytes) -> list[bytes]:
    return [secret for secret in SECRETS if secret in data]


@pytest.mark.promise(number=1)
@pytest.mark.promise(number=3)
@pytest.mark.promise(number=4)
def test_no_file_of_the_service_or_of_postfix_holds_a_word(whole_circuit: Clinic) -> None:
    host = whole_circuit.host
    looked_at = 0
    for file in files_below(host.service.root, host.postfix.queue_dir, host.postfix.config_dir):
        if file.is_file():
            assert not found_in(file.read_bytes()), file
            looked_at += 1
    assert looked_at > 20


@pytest.mark.promise(number=10)
def test_no_answer_holds_a_word_outside_its_encryption(whole_circuit: Clinic) -> None:
    mails = whole_circuit.host.postfix.collected.everything()
    assert len(mails) > 5
    assert not [found for mail in mails for found in found_in(mail)]


@pytest.mark.promise(number=4)
def test_no_log_holds_a_word(whole_circuit: Clinic) -> None:
    logs = whole_circuit.host.postfix.log() + whole_circuit.host.service.all_logs()
    assert "depot done" in logs
    assert not found_in(logs.encode())


def test_no_log_of_ours_names_a_doctor(whole_circuit: Clinic) -> None:
    logs = "".join(whole_circuit.host.service.log(part) for part in Part)
    for doctor in (whole_circuit.paul, whole_circuit.anne, whole_circuit.lab):
        assert doctor.name not in logs
        assert doctor.mail not in logs


@pytest.mark.promise(number=4)
def test_no_process_shows_a_word_or_a_key(whole_circuit: Clinic) -> None:
    keys = [
        file.read_bytes().strip() for file in whole_circuit.host.service.folder.rglob("*.key")
    ]
    short = [key for key in keys if len(key) < 100]
    assert len(short) >= 5
    for pid in whole_circuit.host.service.pids():
        for name in ("cmdline", "environ"):
            shown = Path(f"/proc/{pid}/{name}").read_bytes()
            assert not found_in(shown)
            assert not [key for key in short if key in shown]


@pytest.mark.promise(number=4)
def test_no_temporary_file_holds_a_word(whole_circuit: Clinic, watch: WriteWatch) -> None:
    """All that the processes wrote meanwhile, wherever it lies; nothing elsewhere is gone."""
    host = whole_circuit.host
    written = watch.stop()
    folders = (host.service.root, host.postfix.plan.root)
    inside = {file for file in written if any(folder in file.parents for folder in folders)}
    assert host.service.folder / "store" / "data.mdb" in inside
    assert any(host.postfix.queue_dir in file.parents for file in inside)
    for file in written - inside:
        assert file.exists(), file
        assert not file.is_file() or not found_in(file.read_bytes()), file
    for file in filter(Path.is_file, inside):
        assert not found_in(file.read_bytes()), file


@pytest.mark.promise(number=1)
@pytest.mark.promise(number=2)
def test_the_milter_and_the_courier_cannot_open_a_document(whole_circuit: Clinic) -> None:
    attacker = Attacker(whole_circuit.host.service.folder, without={"keeper"})
    assert attacker.documents() >= 2
    assert attacker.opened() == 0


@pytest.mark.promise(number=1)
@pytest.mark.promise(number=2)
def test_the_same_attack_with_the_custody_key_opens_them_all(whole_circuit: Clinic) -> None:
    attacker = Attacker(whole_circuit.host.service.folder, without=set())
    assert attacker.opened() == attacker.documents()


@pytest.mark.promise(number=3)
def test_a_copy_of_the_disk_without_the_keys_gives_no_record(whole_circuit: Clinic) -> None:
    data = (whole_circuit.host.service.folder / "store" / "data.mdb").read_bytes()
    for word in (b"laboratoire", whole_circuit.lab.mail.encode(), b"Laboratoire CENTRAL"):
        assert word not in data
