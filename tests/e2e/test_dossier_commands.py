"""``rmp dossier`` beside the running service, and a patient who writes by his own mail."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from clinic import PDF, Clinic
from msgspec.structs import replace
from states import named

from rmp_milter.config import load
from rmp_milter.dossier.changes import Changes, DossierUpdate
from rmp_milter.dossier.model import Closure
from rmp_milter.store.format.keys import read_store_keys
from rmp_milter.store.opening import engine_at
from rmp_milter.store.surface import Store
from testbed.command import CommandError, run
from testbed.doctor import Doctor as Person
from testbed.reading import Opened, code_told
from testbed.service import RMP

pytestmark = pytest.mark.integration

FILES = {"Radio.pdf": PDF}
NOW = 1_780_000_000


@contextmanager
def store_of(clinic: Clinic) -> Iterator[Store]:
    config = load(clinic.host.service.config)
    keys = read_store_keys(config.paths.milter, config.paths.outbox_key)
    with engine_at(config.paths.store, config.store).open(keys) as store:
        yield store


def find(clinic: Clinic, lines: str) -> str:
    """Return the reference of the patient, as an admin looks it up."""
    command = [RMP, "--config", clinic.host.service.config, "dossier", "find"]
    return run(command, lines.encode()).stdout.decode().strip()


def rmp(clinic: Clinic, *arguments: str) -> str:
    return clinic.host.service.rmp("dossier", *arguments).stdout.decode()


def reference_of(clinic: Clinic, lines: str) -> str:
    """Return the same without a command's process."""
    with store_of(clinic) as store:
        return named(store, lines.split()[2]).dossier_id.hex()


def filed(
    clinic: Clinic, look_up: Callable[[Clinic, str], str] = reference_of
) -> tuple[str, str, str]:
    """Return a new patient's lines, code and reference; one report is there."""
    lines = clinic.patient()
    code = clinic.create(lines)
    clinic.host.ask(clinic.lab, clinic.lab.pgp_mime(f"{lines}\nVoici.\n", FILES))
    return lines, code, look_up(clinic, lines)


@pytest.mark.promise(number=17)
def test_a_dossier_is_shown_by_reference_without_any_name(clinic: Clinic) -> None:
    lines, _, reference = filed(clinic, find)
    assert reference == reference_of(clinic, lines)
    shown = json.loads(rmp(clinic, "show", reference, "--json"))
    assert (shown["entries"], shown["state"], shown["slots"]) == (1, "open", "code custody")
    listed = rmp(clinic, "list") + rmp(clinic, "show", reference)
    assert reference in listed
    assert lines.split()[2] not in listed
    assert "Radio" not in listed
    answer = clinic.host.ask(clinic.paul, clinic.paul.pgp_mime(f"Demande : accès\n{lines}"))[0]
    assert "L'hébergeur a cherché la référence du dossier" in answer.text


@pytest.mark.promise(number=17)
def test_an_export_is_read_by_the_treating_doctor_and_names_nobody(
    clinic: Clinic, tmp_path: Path
) -> None:
    lines, _, reference = filed(clinic)
    rmp(clinic, "export", reference, str(tmp_path / "out"))
    described = (tmp_path / "out" / "dossier.json").read_text()
    assert lines.split()[2] not in described
    assert "Radio.pdf" not in described
    body = (tmp_path / "out" / "entry-0001-01.pgp").read_bytes()
    assert b"Radio.pdf" not in body
    assert b"Radio.pdf" in clinic.paul.keyring.decrypt(body).data


def test_a_closure_is_undone_by_the_host_until_the_erasure(clinic: Clinic) -> None:
    lines, code, reference = filed(clinic)
    close = f"Demande : clôture\n{lines}Code : {code}\n"
    clinic.host.ask(clinic.paul, clinic.paul.pgp_mime(close))
    assert json.loads(rmp(clinic, "show", reference, "--json"))["state"] == "closed"
    with pytest.raises(CommandError):
        rmp(clinic, "erase", reference)
    rmp(clinic, "reopen", reference)
    clinic.host.ask(clinic.paul, clinic.paul.pgp_mime(f"Demande : dossier\n{lines}"), 2)


@pytest.mark.promise(number=16)
def test_erasure_after_the_legal_period_leaves_no_key(clinic: Clinic) -> None:
    lines, _, reference = filed(clinic)
    with store_of(clinic) as store:
        with store.snapshot() as view:
            dossier = view.dossier(bytes.fromhex(reference))
        assert dossier is not None
        closed = replace(dossier, closure=Closure(NOW, NOW), revision=dossier.revision + 1)
        store.commit(Changes(updates=(DossierUpdate(closed),)), NOW)
    assert f"erased {reference}" in rmp(clinic, "erase", "--due")
    shown = json.loads(rmp(clinic, "show", reference, "--json"))
    assert (shown["state"], shown["slots"]) == ("erased", "")
    mail = clinic.paul.pgp_mime(f"Demande : dossier\n{lines}")
    clinic.refusal(clinic.paul, mail)
    report = json.loads(clinic.host.service.rmp("store", "check", "--json").stdout)
    assert report["sound"]


def test_a_resting_code_is_woken_by_the_host(clinic: Clinic) -> None:
    lines, code, reference = filed(clinic)
    for number in range(5):
        wrong = f"Demande : dossier\n{lines}Code : faux{number}\n"
        sender = (clinic.anne, clinic.lab)[number % 2]
        clinic.host.send(sender, sender.pgp_mime(wrong))
    asked = f"Demande : dossier\n{lines}Code : {code}\n"
    clinic.host.send(clinic.eudora, clinic.eudora.partitioned(asked))
    shown = json.loads(rmp(clinic, "show", reference, "--json"))
    assert shown["wrong_codes"] == 5
    rmp(clinic, "unrest", reference)
    shown = json.loads(rmp(clinic, "show", reference, "--json"))
    assert shown["wrong_codes"] == 0


@pytest.mark.promise(number=14)
def test_the_patient_decides_by_his_own_mail(clinic: Clinic) -> None:
    lines, code, _ = filed(clinic)
    with Person("Jean PATIENT", "jean@patient.test") as patient:
        patient.import_key(clinic.host.service.certificate)
        enrol = f"Demande : clé du patient\n{lines}Courriel : {patient.mail}\n"
        key = {"cle.asc": patient.certificate}
        clinic.host.ask(clinic.paul, clinic.paul.pgp_mime(enrol, key))
        clinic.host.answers(patient)

        def ask(request: str, more: int = 1) -> list[Opened]:
            return clinic.host.ask(patient, patient.pgp_mime(f"Demande : {request}\n"), more)

        assert "Ces documents sont masqués :" in ask("masquage\nNuméros : 1")[0].text
        (index,) = clinic.host.ask(
            clinic.anne, clinic.anne.pgp_mime(f"Demande : dossier\n{lines}Code : {code}\n")
        )
        assert "Laboratoire" not in index.text
        assert ask("copie", 2)[1].files["Radio.pdf"] == PDF
        assert "Le patient a masqué (document 1)" in ask("accès")[0].text
        assert code_told(ask("nouveau code")[0].text)
        ask(f"opposition\nMédecin : {clinic.anne.name}")
        before = clinic.host.postfix.collected.count(clinic.paul.mail)
        assert "est\nclos." in ask("clôture")[0].text
        (notice,) = clinic.host.answers(clinic.paul, after=before)
        assert "clos à la demande de" in notice.text
