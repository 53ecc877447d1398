"""The list of accesses with proofs: asked by mail, opened with gpg, verified by command."""

import json
import re
from functools import cache
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from clinic import PDF, Clinic

from testbed.doctor import Doctor
from testbed.reading import Opened
from testbed.service import Service

pytestmark = pytest.mark.integration

LINE = re.compile(r"^n° (\d{4,})  \d\d/\d\d/\d{4} \d\d:\d\d  (.*)$", re.MULTILINE)


def read_once(clinic: Clinic, by: Doctor, lines: str = "") -> tuple[str, str]:
    """Return a new patient's lines and code; his dossier was filed in and read once."""
    lines = lines or clinic.patient()
    code = clinic.create(lines, by=by)
    text = f"{lines}Document : Résumé médical\n\nVoici.\n"
    clinic.host.ask(clinic.lab, clinic.lab.pgp_mime(text, {"Radio.pdf": PDF}))
    clinic.host.ask(
        clinic.anne, clinic.anne.pgp_mime(f"Demande : dossier\n{lines}Code : {code}\n"), 2
    )
    return lines, code


def with_proofs(clinic: Clinic, by: Doctor, lines: str) -> Opened:
    mail = by.pgp_mime(f"Demande : accès\n{lines}Preuves : oui\n")
    (answer,) = clinic.host.ask(by, mail)
    return answer


@cache
def verifier_key(service: Service) -> str:
    return service.rmp("access", "key").stdout.decode().strip()


def verify(clinic: Clinic, file: Path, *options: str) -> CompletedProcess[bytes]:
    """Verify a file as its receiver does: without configuration, with the log's key."""
    vkey = verifier_key(clinic.host.service)
    command = ("access", "verify", str(file), "--vkey", vkey, *options)
    return clinic.host.service.rmp(*command, check=False, config=False)


def fields(clinic: Clinic, file: Path) -> dict[str, object]:
    done = verify(clinic, file, "--json")
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout)["event"])


def numbered(answer: Opened) -> list[tuple[str, str]]:
    """Return the number and the words of each line, put together where it was wrapped."""
    return LINE.findall(re.sub(r"\n {4}(?=\S)", " ", answer.text))


@pytest.fixture(scope="module")
def proven(clinic: Clinic) -> Opened:
    """The list of a dossier that was read once."""
    lines, _ = read_once(clinic, clinic.paul)
    return with_proofs(clinic, clinic.paul, lines)


def test_each_line_has_a_file_that_verifies_alone(
    clinic: Clinic, proven: Opened, tmp_path: Path
) -> None:
    answer, said = proven, numbered(proven)
    assert [what for _, what in said] == [
        "Dr Paul DEMO a créé le dossier",
        "Laboratoire CENTRAL a fait un dépôt (document 1)",
        "Dr Anne AUTRE a consulté le dossier (document 1), avec le code du patient",
        "Dr Paul DEMO a demandé la liste des accès",
    ]
    assert sorted(answer.files) == [f"acces-{number}.tlog-proof" for number, _ in said]
    assert f"rmp-audit receipt acces-{said[-1][0]}.tlog-proof --vkey" in answer.text
    actions = []
    for name, data in sorted(answer.files.items()):
        file = tmp_path / name
        file.write_bytes(data)
        actions.append(fields(clinic, file))
    assert [each["action"] for each in actions] == [
        "creation",
        "depot",
        "consultation",
        "acces",
    ]
    assert len({each["patient"] for each in actions}) == 1


def test_a_file_changed_by_one_byte_is_refused(
    clinic: Clinic, proven: Opened, tmp_path: Path
) -> None:
    name, data = sorted(proven.files.items())[1]
    file = tmp_path / name
    file.write_bytes(data)
    assert verify(clinic, file).returncode == 0
    for place in (40, data.index(b"index") + 6, data.index(b"\n\n") - 5, len(data) - 10):
        changed = bytearray(data)
        changed[place] ^= 1
        file.write_bytes(changed)
        assert verify(clinic, file).returncode == 1, place


@pytest.mark.promise(number=13)
def test_an_auditor_holds_the_log_to_the_checkpoint_of_a_patients_file(
    clinic: Clinic, proven: Opened, tmp_path: Path
) -> None:
    checkpoint = tmp_path / "point.txt"
    checkpoint.write_bytes([*proven.files.values()][-1].partition(b"\n\n")[2])
    clinic.create(clinic.patient())
    export = tmp_path / "export"
    clinic.host.service.rmp("access", "export", str(export))
    done = verify(clinic, export, "--checkpoint", str(checkpoint))
    assert (done.returncode, done.stderr) == (0, b"")


def test_in_the_partitioned_form_too(clinic: Clinic, tmp_path: Path) -> None:
    lines, _ = read_once(clinic, clinic.eudora)
    answer = with_proofs(clinic, clinic.eudora, lines)
    numbers = [number for number, _ in numbered(answer)]
    for place, number in enumerate(numbers, 1):
        neutral = f"document-{place:02}.tlog-proof"
        assert f"{neutral}.pgp — acces-{number}.tlog-proof" in answer.text
        file = tmp_path / neutral
        file.write_bytes(answer.files[neutral])
        assert verify(clinic, file).returncode == 0
    assert len(answer.files) == len(numbers) == 4


@pytest.mark.promise(number=19)
def test_nothing_in_a_file_is_of_another_patient(clinic: Clinic, tmp_path: Path) -> None:
    """Also where one act was about several: an emergency's list names two patients."""
    twins = [f"Patient : JUMEAU {given}\nNé le : 03/02/1961\n" for given in ("Luc", "Marc")]
    for lines in twins:
        read_once(clinic, clinic.paul, lines)
    urgent = "Demande : urgence\nPatient : jumeau\nMotif : coma\n"
    (listed,) = clinic.host.ask(clinic.anne, clinic.anne.pgp_mime(urgent))
    assert all(f"JUMEAU {given}" in listed.text for given in ("Luc", "Marc"))
    proven = []
    for lines in twins:
        leaves = []
        for name, data in with_proofs(clinic, clinic.paul, lines).files.items():
            file = tmp_path / name
            file.write_bytes(data)
            leaves.append(fields(clinic, file))
        assert "urgence liste" in {leaf["action"] for leaf in leaves}
        proven.append({leaf["patient"] for leaf in leaves})
    assert [len(patients) for patients in proven] == [1, 1]
    assert proven[0] != proven[1]


def test_with_the_code_alone_the_list_comes_without_proofs(clinic: Clinic) -> None:
    lines, code = read_once(clinic, clinic.paul)
    answer = with_proofs(clinic, clinic.anne, f"{lines}Code : {code}\n")
    assert answer.files == {}
    assert "Aucun fichier de preuve n'est joint" in answer.text
    assert not numbered(answer)
