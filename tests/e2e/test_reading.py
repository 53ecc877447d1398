"""Point 6 of the rules: as much of a dossier as is asked for, in the form its reader wants."""

import email
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.header import decode_header, make_header
from email.utils import parsedate_to_datetime

import pytest
from clinic import PARIS, PDF, Clinic

from testbed.doctor import Doctor
from testbed.reading import Opened

pytestmark = pytest.mark.integration

FILES = {"Radio.pdf": PDF}


@pytest.fixture(scope="module")
def lines(clinic: Clinic) -> str:
    """A dossier with two résumés (1, 3), a radiology report (2), a blood test (4)."""
    lines = clinic.patient()
    clinic.create(lines, code="JzbV7kQ2")
    for author, title in (
        (clinic.paul, "résumé médical"),
        (clinic.lab, "Compte-rendu radiologie"),
        (clinic.paul, "résumé médical"),
        (clinic.lab, "biologie"),
    ):
        text = f"{lines}Document : {title}\n\nVoici : {title}.\n"
        clinic.host.ask(author, author.pgp_mime(text, FILES))
    return lines


def asked(
    clinic: Clinic, words: str, more: int, by: Doctor | None = None, code: str = ""
) -> list[Opened]:
    doctor = by or clinic.paul
    return clinic.host.ask(doctor, doctor.pgp_mime(words + code), more)


def numbers(index: Opened) -> list[int]:
    """Return the entries' numbers in the order of the index."""
    shown = (line.strip().partition(".")[0] for line in index.text.splitlines())
    return [int(each) for each in shown if each.isdecimal()]


def test_the_whole_dossier_comes_with_the_newest_summary_first(
    clinic: Clinic, lines: str
) -> None:
    index, *entries = asked(clinic, "Demande : dossier\n" + lines, 5)
    assert numbers(index) == [3, 1, 2, 4]
    assert "dans 4 message(s)" in index.text
    assert "résumé" in entries[0].text
    assert [entry.files["Radio.pdf"] for entry in entries] == [PDF] * 4


def test_the_summary_alone_is_the_newest_one(clinic: Clinic, lines: str) -> None:
    index, entry = asked(clinic, "Demande : résumé\n" + lines, 2)
    assert numbers(index) == [3]
    assert "Voici : résumé médical." in entry.text


def test_one_onglet(clinic: Clinic, lines: str) -> None:
    index, entry = asked(clinic, f"Demande : dossier\n{lines}Onglet : imagerie\n", 2)
    assert numbers(index) == [2]
    assert "radiologie" in entry.text


def test_since_a_day(clinic: Clinic, lines: str) -> None:
    today = datetime.now(PARIS)
    tomorrow = (today + timedelta(1)).strftime("%d/%m/%Y")
    words = f"Demande : dossier\n{lines}Depuis : "
    index, *_ = asked(clinic, words + today.strftime("%d/%m/%Y\n"), 5)
    assert numbers(index) == [3, 1, 2, 4]
    (index,) = asked(clinic, words + tomorrow + "\n", 1)
    assert numbers(index) == []


def test_chosen_numbers(clinic: Clinic, lines: str) -> None:
    index, *entries = asked(clinic, f"Demande : dossier\n{lines}Numéros : 2, 4\n", 3)
    assert numbers(index) == [2, 4]
    assert len(entries) == 2


def test_a_number_that_is_not_there_is_said(clinic: Clinic, lines: str) -> None:
    mail = clinic.paul.pgp_mime(f"Demande : dossier\n{lines}Numéros : 2, 9\n")
    assert "de document n° 9" in clinic.refusal(clinic.paul, mail).text.replace("\n", " ")


def test_the_index_alone_brings_no_document(clinic: Clinic, lines: str) -> None:
    (index,) = asked(clinic, "Demande : index\n" + lines, 1)
    assert numbers(index) == [3, 1, 2, 4]
    assert index.files == {}
    assert "message(s)" not in index.text
    code = "Code : JzbV7kQ2\n"
    (other,) = asked(clinic, "Demande : index\n" + lines, 1, clinic.anne, code)
    assert numbers(other) == [3, 1, 2, 4]


def test_mails_are_numbered_where_there_are_several(clinic: Clinic, lines: str) -> None:
    index, *entries = asked(clinic, f"Demande : dossier\n{lines}Numéros : 1-3\n\n.\n", 4)
    subject = "Réponse du service RMP"
    assert index.outer_subject == subject
    assert [each.outer_subject for each in entries] == [
        f"{subject} (0{number}/04)" for number in numbers(index)
    ]
    assert numbers(index) == [3, 1, 2]


def test_twelve_documents_come_in_the_order_of_the_index_by_number_date_and_arrival(
    clinic: Clinic,
) -> None:
    lines = clinic.patient()
    clinic.create(lines)
    titles = ("Courrier", "Biologie", "Compte-rendu radiologie", "Résumé médical")
    for number in range(12):
        author = clinic.lab if number % 2 else clinic.paul
        text = f"{lines}Document : {titles[number % 4]}\n\nDocument {number + 1:02}.\n"
        clinic.host.ask(author, author.pgp_mime(text, FILES))
    index, *documents = asked(clinic, "Demande : dossier\n" + lines, 13)
    listed = numbers(index)
    assert (listed[0], sorted(listed)) == (12, list(range(1, 13)))  # the résumé before all
    for number, each in zip(listed, documents, strict=True):
        assert f"Document {number:02}." in each.text
    found = [each.outer_subject[-7:] for each in documents]
    assert found == [f"({number:02}/12)" for number in listed]
    # As the service handed them over, and as clients that sort by date show them.
    raw = clinic.host.postfix.collected.of(clinic.paul.mail)[-13:]
    heads = [email.message_from_bytes(each) for each in raw]
    by_date = sorted(heads, key=lambda each: parsedate_to_datetime(each["Date"]))
    subjects = [str(make_header(decode_header(each["Subject"]))) for each in by_date]
    assert subjects == [each.outer_subject for each in (index, *documents)]
    assert len({each["Date"] for each in heads}) == 13


def test_the_list_counts_what_was_not_sent_yet(clinic: Clinic) -> None:
    lines = clinic.patient()
    name = lines.splitlines()[0].removeprefix("Patient : ")
    clinic.create(lines, by=clinic.anne)
    clinic.host.ask(clinic.lab, clinic.lab.pgp_mime(lines + "\nVoici.\n"))

    def listed(again: str) -> str:
        words = f"Demande : liste\nNom : {name.split()[0]}\n\n{again}\n"
        (answer,) = asked(clinic, words, 1, clinic.anne)
        (line,) = [line for line in answer.text.split("\n  - ") if name in line]
        return " ".join(line.split())

    assert "1 document(s) que vous n'avez pas encore reçu(s)" in listed("avant")
    own = f"{lines}Document : résumé médical\n\nRésumé.\n"
    clinic.host.ask(clinic.anne, clinic.anne.pgp_mime(own))
    assert "1 document(s) que vous n'avez pas encore reçu(s)" in listed("de lui-même")
    asked(clinic, "Demande : dossier\n" + lines, 3, clinic.anne)
    assert "pas encore" not in listed("après")


# HPRIM headers


@pytest.fixture
def reader(clinic: Clinic, request: pytest.FixtureRequest) -> Iterator[Doctor]:
    """A doctor whose directory entry asks for HPRIM headers, in the form of the parameter."""
    form = request.param
    mail = f"{form}@logiciel.test"
    doctor = clinic.host.doctor("Dr Éva HPRIM", mail, reply_form=form)
    clinic.host.service.rmp("doctor", "set", mail, "--hprim", "yes")
    yield doctor
    clinic.host.service.rmp("doctor", "set", mail, "--hprim", "no")


@pytest.mark.parametrize("reader", ["separate"], indirect=True)
def test_headers_for_his_software_beside_the_index_and_before_bare_files(
    clinic: Clinic, reader: Doctor
) -> None:
    lines = clinic.patient()
    clinic.create(lines, by=reader)
    report = f"{lines}Document : biologie\n\nVoici.\n"
    clinic.host.ask(clinic.lab, clinic.lab.pgp_mime(report, FILES))
    clinic.host.ask(clinic.lab, clinic.lab.partitioned(report, FILES))
    index, *mails = asked(clinic, "Demande : dossier\n" + lines, 3, reader)
    assert list(index.files) == ["entete-01.hpr"]
    head = index.files["entete-01.hpr"].decode("iso-8859-1").split("\r\n")
    name = lines.splitlines()[0].removeprefix("Patient : ").split()[0]
    assert head[1:3] == [name, "Jean"]
    assert head[6] == "30/01/1959"
    assert head[10:12] == [" " * 10 + "Laboratoire CENTRAL", " " * 10 + "Dr Éva HPRIM"]
    (bare,) = [mail for mail in mails if "entete-02.hpr" in mail.files]
    assert next(iter(bare.files)) == "entete-02.hpr"
    assert bare.files["Radio.pdf"] == PDF


@pytest.mark.parametrize("reader", ["partitioned"], indirect=True)
def test_headers_of_the_partitioned_form_are_encrypted_files(
    clinic: Clinic, reader: Doctor
) -> None:
    lines = clinic.patient()
    clinic.create(lines, by=reader)
    clinic.host.ask(clinic.lab, clinic.lab.partitioned(f"{lines}\nVoici.\n", FILES))
    (answer,) = clinic.host.ask(reader, reader.partitioned("Demande : dossier\n" + lines))
    assert next(iter(answer.files)) == "entete-01.hpr"
    assert b"30/01/1959\r\n" in answer.files["entete-01.hpr"]
