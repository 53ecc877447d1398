"""Creation, the sheet, the slip and the patient's own key, through Postfix and gpg."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from clinic import PDF, Clinic

from rmp_milter.mail.outgoing.spelling import spelled
from testbed.doctor import Doctor
from testbed.vitale import CardSoftware, header_line

pytestmark = pytest.mark.integration

SHEET = (
    "Nom d'usage : Martin\nSexe : M\nAdresse : 1 rue de l'Église, 75011 Paris\n"
    "Régime : général\nMutuelle : MGEN\nTéléphone : 01 23 45 67 89\n"
)


@pytest.fixture
def jean(clinic: Clinic) -> Iterator[Doctor]:
    with Doctor("Jean TEST", "jean@famille.test") as patient:
        patient.import_key(clinic.host.service.certificate)
        yield patient


def create(clinic: Clinic, doctor: Doctor, text: str, shape: str = "pgp_mime"):  # noqa: ANN201 -- what Host.ask returns
    mail = getattr(doctor, shape)("Demande : création\n" + text)
    (answer,) = clinic.host.ask(doctor, mail)
    return answer


def number(serial: int) -> str:
    body = 1_590_175_117_000 + serial
    return f"{body}{97 - body % 97:02}"


def spelled_lines(code: str) -> tuple[str, ...]:
    return spelled(code.replace(" ", ""), "fr")


def words_of(pdf: bytes, folder: Path) -> str:
    file = folder / "fiche.pdf"
    file.write_bytes(pdf)
    done = subprocess.run(
        ["pdftotext", "-layout", file, "-"], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("code", ["", "jzbv-7kq2", "Ab-c7" * 16])
def test_the_slip_of_a_pgp_mime_answer_shows_the_code(
    clinic: Clinic, tmp_path: Path, code: str
) -> None:
    lines = clinic.patient() + "Consentement : oui\n" + (f"Code : {code}\n" if code else "")
    answer = create(clinic, clinic.paul, lines)
    said = re.search(r"à lui remettre.\n\n +(\S.*)\n", answer.text)
    assert said
    assert said[1].replace(" ", "") == code.replace("-", "").upper() or not code
    shown = words_of(answer.files["fiche-code.pdf"], tmp_path)
    assert said[1] in shown
    for line in spelled_lines(said[1]):
        assert line in answer.text
        assert line in shown
    assert "Jean, né(e) le 30/01/1959" in shown
    assert "médecin traitant est Dr Paul DEMO" in shown


def test_the_slip_of_a_partitioned_answer_shows_the_code(
    clinic: Clinic, tmp_path: Path
) -> None:
    lines = clinic.patient() + "Consentement : oui\nCode : JzbV7kQ2\n"
    answer = create(clinic, clinic.eudora, lines, "partitioned")
    shown = words_of(answer.files["document-01.pdf"], tmp_path)
    assert "JZBV 7KQ2" in shown
    assert "J comme Joseph, Z comme Zola, B comme Berthe, V comme Victor" in shown
    assert "document-01.pdf.pgp — fiche-code.pdf" in answer.text


@pytest.mark.promise(number=10)
def test_nothing_outside_the_encryption_says_that_a_code_is_inside(clinic: Clinic) -> None:
    create(clinic, clinic.eudora, clinic.patient() + "Consentement : oui\n", "partitioned")
    raw = clinic.host.postfix.wait_mail(clinic.eudora.mail, 1)[-1]
    assert b"code" not in raw.lower().partition(b"-----begin")[0]
    assert b"fiche" not in raw.lower()


def test_the_sheet_comes_back_and_heads_the_index(clinic: Clinic) -> None:
    lines = clinic.patient()
    text = f"{lines}Consentement : oui\nCode : JzbV7kQ2\nNIR : {number(1)}\n{SHEET}"
    answer = create(clinic, clinic.paul, text)
    assert "Consentement du patient recueilli par Dr Paul DEMO" in answer.text
    asked = "Demande : index\n" + lines
    (own,) = clinic.host.ask(clinic.paul, clinic.paul.pgp_mime(asked))
    (others,) = clinic.host.ask(clinic.anne, clinic.anne.pgp_mime(asked + "Code : JzbV7kQ2\n"))
    for shown in (answer.text, own.text, others.text):
        assert "nom d'usage Martin ; sexe M" in shown
        assert "tél. 01 23 45 67 89" in shown
    for shown in (answer.text, own.text):
        assert "mutuelle MGEN" in shown
        assert "1 rue de l'Église" in shown
        assert "NIR 1 59 01 75 117 001" in shown
    assert not any(word in others.text for word in ("MGEN", "Église", "NIR"))


def test_the_treating_doctor_rewrites_the_sheet(clinic: Clinic) -> None:
    lines = clinic.patient()
    create(clinic, clinic.paul, f"{lines}Consentement : oui\n{SHEET}")
    asked = f"Demande : fiche\n{lines}Adresse : 2 place Neuve\nNIR : {number(2)}\n"
    (answer,) = clinic.host.ask(clinic.paul, clinic.paul.pgp_mime(asked))
    assert answer.subject.startswith("RMP : fiche de TEST")
    assert "2 place Neuve" in answer.text
    assert "mutuelle MGEN" in answer.text
    assert "nouveau code" in answer.text
    before = clinic.documents()
    by_number = f"Patient : {lines.split(' : ')[1].splitlines()[0]}\nNé le : 30/01/1959\n"
    mail = clinic.lab.pgp_mime(f"{by_number}NIR : {number(2)}\n\nVoici.\n")
    clinic.host.ask(clinic.lab, mail)
    assert clinic.documents() == before + 1
    stranger = clinic.refusal(clinic.anne, clinic.anne.pgp_mime(asked))
    assert "L'accès n'est pas accordé" in stranger.text


@pytest.mark.promise(number=6)
def test_a_second_creation_tells_a_stranger_nothing_and_the_treating_doctor_that_it_was_asked(
    clinic: Clinic,
) -> None:
    lines = clinic.patient()
    create(clinic, clinic.paul, lines + "Consentement : oui\n")
    before = clinic.host.stored()
    told = clinic.host.postfix.collected.count(clinic.paul.mail)
    wish = "Demande : création\n" + lines + "Consentement : oui\n"
    there = clinic.refusal(clinic.anne, clinic.anne.pgp_mime(wish))
    parents = "NIR : 1 31 01 75 116 001 22\n"
    nobody = "Demande : création\n" + clinic.patient() + parents + "Consentement : oui\n"
    doubtful = clinic.refusal(clinic.anne, clinic.anne.pgp_mime(nobody))
    assert there.text == doubtful.text
    (notice,) = clinic.host.answers(clinic.paul, 1, after=told)
    assert "Un confrère a demandé un dossier" in notice.text
    assert "AUTRE" not in notice.text
    assert clinic.host.stored() == before


def test_an_attestation_at_creation_lets_the_card_open_the_dossier(clinic: Clinic) -> None:
    software = CardSoftware("Lecteur du cabinet")
    software.register(clinic.host.service)
    lines = clinic.patient()
    create(
        clinic,
        clinic.paul,
        lines
        + "Consentement : oui\n"
        + header_line(software.token(number(3), rpps(clinic, "paul"))),
    )
    asked = "Demande : index\n" + lines + f"NIR : {number(3)}\n"
    token = header_line(software.token(number(3), rpps(clinic, "anne")))
    (index,) = clinic.host.ask(clinic.anne, clinic.anne.pgp_mime(asked + token))
    assert index.subject.startswith("RMP : dossier de TEST")


def rpps(clinic: Clinic, name: str) -> str:
    who = getattr(clinic, name).mail
    shown = clinic.host.service.rmp("doctor", "show", who, "--json").stdout
    return str(json.loads(shown)["rpps"])


def test_a_patient_with_a_key_of_his_own_reads_his_dossier(
    clinic: Clinic, jean: Doctor
) -> None:
    lines = clinic.patient()
    create(clinic, clinic.paul, f"{lines}Consentement : oui\n{SHEET}")
    clinic.host.ask(clinic.lab, clinic.lab.pgp_mime(f"{lines}\nAvant.\n", {"a.pdf": PDF}))
    asked = f"Demande : clé du patient\n{lines}Courriel : {jean.mail}\n"
    keys = {"cle-de-jean.asc": jean.certificate, "cle-du-docteur.asc": clinic.paul.certificate}
    (done,) = clinic.host.ask(clinic.paul, clinic.paul.pgp_mime(asked, keys))
    assert "1 document(s)" in done.text
    assert jean.fingerprint.upper()[:4] in done.text
    (welcome,) = clinic.host.answers(jean)
    assert "Dr Paul DEMO, votre médecin traitant" in welcome.text
    clinic.host.ask(clinic.lab, clinic.lab.pgp_mime(f"{lines}\nAprès.\n", {"b.pdf": PDF}))
    index, *entries = clinic.host.ask(jean, jean.pgp_mime("Demande : dossier\n"), 3)
    assert "mutuelle MGEN" in index.text
    assert sorted(name for each in entries for name in each.files) == ["a.pdf", "b.pdf"]


@pytest.mark.promise(number=6)
def test_a_stranger_can_neither_enrol_a_key_nor_learn_of_a_dossier(
    clinic: Clinic, jean: Doctor
) -> None:
    lines = clinic.patient()
    asked = f"Demande : clé du patient\n{lines}Courriel : {jean.mail}\n"
    keys = {"cle.asc": jean.certificate}
    nobody = clinic.refusal(clinic.anne, clinic.anne.pgp_mime(asked, keys))
    create(clinic, clinic.paul, lines + "Consentement : oui\n")
    known = clinic.refusal(clinic.anne, clinic.anne.pgp_mime(asked, keys))
    assert nobody.text == known.text
    assert "L'accès n'est pas accordé" in known.text
