"""Every shape for every kind of act: letter, files, signature and secrecy of the code."""

import re
from collections.abc import Callable

import pytest
from clinic import PDF, Clinic

from testbed import gateway
from testbed.doctor import Doctor
from testbed.gpg import Standing, Verdict
from testbed.reading import Opened, code_told

pytestmark = pytest.mark.integration

FILES = {"échographie d'Hélène.pdf": PDF, "suivi.txt": b"a\nb\r\nc d\xc3\xa9j\xc3\xa0"}
LETTER = "Chère consœur,\n\nvoici l'échographie : « sans particularité » à 38 °C.\n"
Compose = Callable[[Doctor, str], bytes]
SHAPES: dict[str, Compose] = {
    "pgp-mime": lambda doctor, text: doctor.pgp_mime(text, FILES),
    "signed-inside": lambda doctor, text: doctor.signed_inside(text, FILES),
    "mixed-up": lambda doctor, text: doctor.mixed_up(text, FILES),
    "partitioned": lambda doctor, text: doctor.partitioned(text, FILES),
    "inline": lambda doctor, text: doctor.inline(text),
    "inline-html": lambda doctor, text: doctor.inline_html(text),
    "smime-signed": lambda doctor, text: gateway.smime_signed(doctor.pgp_mime(text, FILES)),
    "smime-opaque": lambda doctor, text: gateway.smime_opaque(doctor.pgp_mime(text, FILES)),
    "logo-footer": lambda doctor, text: gateway.beside(
        doctor.pgp_mime(text, FILES), gateway.logo_footer(), gateway.antivirus_note()
    ),
    "winmail": lambda doctor, text: doctor.packed(text, FILES),
    "text-alone": lambda doctor, text: doctor.pgp_mime(text),
}
WITH_FILES = [
    *("pgp-mime", "signed-inside", "mixed-up", "partitioned"),
    *("smime-signed", "smime-opaque", "logo-footer", "winmail"),
]
INLINE = {"inline", "inline-html"}
FURTHER = re.compile(r"Document \d+-\d+/")
DROPPED = {
    "smime-signed": "(signature S/MIME)",
    "smime-opaque": "(signature S/MIME)",
    "logo-footer": "(texte ou pied de page, logo)",
}


def files_of(answers: list[Opened]) -> dict[str, bytes]:
    return {name: data for opened in answers for name, data in opened.files.items()}


def words_of(answers: list[Opened]) -> str:
    """Return all that can be read, a letter that came as a file included."""
    files = [data.decode(errors="replace") for data in files_of(answers).values()]
    return "\n".join([*(opened.text for opened in answers), *files]).replace("\r\n", "\n")


def letter_in(shape: str) -> str:
    return f"{LETTER}Ceci est « {shape} ».\n"


def entries(answers: list[Opened]) -> list[list[Opened]]:
    """Return the mails of each entry; a second one of it says so, as in "Document 10-2/11"."""
    found = list[list[Opened]]()
    for opened in answers:
        if found and FURTHER.match(opened.text):
            found[-1].append(opened)
        else:
            found.append([opened])
    return found


@pytest.fixture(scope="module")
def clinic(gpg_clinic: Clinic) -> Clinic:
    """What gpg writes and reads is looked at."""
    return gpg_clinic


@pytest.fixture(scope="module")
def read(clinic: Clinic) -> dict[str, list[Opened]]:
    """Have every shape filed in one dossier; return what each of two readers is sent of it."""
    lines = clinic.patient()
    clinic.create(lines, code="JzbV7kQ2")
    for shape, compose in SHAPES.items():
        text = f"{lines}Document : écho\n\n{letter_in(shape)}"
        clinic.host.ask(clinic.lab, compose(clinic.lab, text))
    sent = {}
    for reader, code in ((clinic.paul, ""), (clinic.anne, "Code : JzbV7kQ2\n")):
        reader.import_key(clinic.lab.certificate)
        asked = reader.pgp_mime(f"Demande : dossier\n{lines}{code}\n")
        sent[reader.mail] = clinic.host.exchange(reader, asked)
    return sent


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.promise(number=1)
def test_a_deposit_comes_out_as_its_author_sent_it(
    shape: str, clinic: Clinic, read: dict[str, list[Opened]]
) -> None:
    author = Verdict(Standing.GOOD, clinic.lab.fingerprint)
    for answers in (read[reader.mail] for reader in (clinic.paul, clinic.anne)):
        (own,) = (each for each in entries(answers) if letter_in(shape) in words_of(each))
        assert author in [verdict for opened in own for verdict in opened.verdicts]
        if shape in WITH_FILES:
            assert files_of(own).items() >= FILES.items()
        if shape in INLINE:
            (letter,) = files_of(own)
            assert letter.endswith("-lettre.txt")


@pytest.mark.parametrize("shape", DROPPED)
def test_the_receipt_says_what_came_in_clear_and_was_dropped(
    shape: str, clinic: Clinic
) -> None:
    lines = clinic.patient()
    clinic.create(lines)
    mail = SHAPES[shape](clinic.lab, f"{lines}Document : écho\n\n{LETTER}")
    (receipt,) = clinic.host.exchange(clinic.lab, mail)
    said = receipt.text.replace("\r\n", "\n").replace("\n", " ")
    assert f"Ce qui accompagnait le message en clair {DROPPED[shape]}" in said
    assert "n'a pas été conservé." in said


@pytest.mark.parametrize("shape", SHAPES)
def test_a_creation_keeps_the_files_and_never_the_code(shape: str, clinic: Clinic) -> None:
    lines = clinic.patient()
    text = f"Demande : création\n{lines}Consentement : oui\nCode : SecretDuPatient\n\n"
    (answer,) = clinic.host.ask(clinic.paul, SHAPES[shape](clinic.paul, text))
    assert code_told(answer.text) == "SECR ETDU PATI ENT"
    asked = clinic.paul.pgp_mime(f"Demande : dossier\n{lines}\n")
    answers = clinic.host.exchange(clinic.paul, asked)
    assert "secretdupatient" not in words_of(answers).lower().replace(" ", "")
    if shape in WITH_FILES:
        assert files_of(answers).items() >= FILES.items()


def test_the_newest_resume_comes_before_all(clinic: Clinic) -> None:
    lines = clinic.patient()
    clinic.create(lines)
    for letter in ("ancien résumé", "nouveau résumé"):
        text = f"{lines}Document : Résumé médical\n\n{letter}\n"
        clinic.host.ask(clinic.paul, clinic.paul.pgp_mime(text))
    clinic.host.ask(clinic.lab, clinic.lab.pgp_mime(f"{lines}Document : Biologie\n\nbilan\n"))
    asked = clinic.paul.pgp_mime(f"Demande : dossier\n{lines}\n")
    index, first, *rest = clinic.host.exchange(clinic.paul, asked)
    assert index.text.index("SYNTHÈSE") < index.text.index("BIOLOGIE")
    assert "nouveau résumé" in first.text
    assert ["ancien résumé" in opened.text for opened in rest] == [True, False]


@pytest.mark.promise(number=6)
def test_the_code_is_asked_for_alike_whether_the_patient_is_known_or_not(
    clinic: Clinic,
) -> None:
    known, unknown = clinic.patient(), clinic.patient()
    clinic.create(known)
    letters = [
        clinic.refusal(clinic.anne, clinic.anne.pgp_mime(f"Demande : dossier\n{lines}\n"))
        for lines in (known, unknown)
    ]
    assert "Le code du patient manque" in letters[0].text
    assert letters[0].text == letters[1].text


def test_a_generated_code_opens_the_dossier(clinic: Clinic) -> None:
    lines = clinic.patient()
    code = clinic.create(lines)
    clinic.host.ask(clinic.paul, clinic.paul.pgp_mime(f"{lines}\nVoici.\n", FILES))
    asked = clinic.anne.pgp_mime(f"Demande : dossier\n{lines}Code : {code}\n\n")
    assert files_of(clinic.host.exchange(clinic.anne, asked)).items() >= FILES.items()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Né le : 30/01/1959\n\nbonjour", "« Patient » manque"),
        ("Patient : DURAND Luc\nNé le : 31/02/1959\n\n", "« Né le » n'est pas comprise"),
        ("Bonjour, merci de ranger ceci.\n", "« Patient » manque"),
        ("Patient : A B\nPatient : C D\nNé le : 30/01/1959\n\n", "À corriger"),
    ],
)
def test_a_header_that_is_not_understood_is_explained(
    text: str, words: str, clinic: Clinic
) -> None:
    before = clinic.host.stored()
    letter = clinic.refusal(clinic.lab, clinic.lab.pgp_mime(text, FILES))
    assert words in letter.text
    assert "Modèle à recopier" in letter.text
    assert clinic.host.stored() == before


@pytest.mark.promise(number=10)
def test_an_answer_names_nobody_outside_its_encryption(clinic: Clinic) -> None:
    lines = clinic.patient()
    clinic.create(lines)
    raw = clinic.host.postfix.mailbox(clinic.paul.mail)[-1]
    head = raw.split(b"\n\n")[0]
    assert b"Auto-Submitted: auto-replied" in head
    assert b"DKIM-Signature: " in head
    assert b"TEST" not in head
