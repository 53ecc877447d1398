"""Each verb through a real Postfix, its answer read by a real gpg as the doctor would."""

from collections.abc import Callable

import pytest
from clinic import PDF, Clinic

from testbed.doctor import Doctor
from testbed.gpg import Standing

pytestmark = pytest.mark.integration

FILES = {"Radio déjà vue.pdf": PDF}


def test_creation_gives_the_doctor_a_code_of_the_services_making(clinic: Clinic) -> None:
    code = clinic.create(clinic.patient())
    assert len(code.replace(" ", "")) == 8


def test_creation_takes_the_code_that_the_doctor_gives(clinic: Clinic) -> None:
    assert clinic.create(clinic.patient(), code="JzbV7kQ2") == "JZBV 7KQ2"


@pytest.mark.parametrize(
    "change", [str, str.lower, lambda code: code.replace(" ", "-").lower()]
)
def test_the_code_opens_as_people_type_it(clinic: Clinic, change: Callable[[str], str]) -> None:
    lines = clinic.patient()
    code = clinic.create(lines)
    asked = f"Demande : index\n{lines}Code : {change(code)}\n"
    (index,) = clinic.host.ask(clinic.anne, clinic.anne.pgp_mime(asked))
    assert index.subject.startswith("RMP : dossier de TEST")


def test_creation_files_the_documents_that_came_with_the_code(clinic: Clinic) -> None:
    lines = clinic.patient()
    text = (
        f"Demande : création\n{lines}Consentement : oui\nCode : JzbV7kQ2\n\nLettre secrète.\n"
    )
    clinic.host.ask(clinic.paul, clinic.paul.pgp_mime(text, FILES))
    index, document = clinic.host.ask(
        clinic.paul, clinic.paul.pgp_mime("Demande : dossier\n" + lines), 2
    )
    assert document.files["Radio déjà vue.pdf"] == PDF
    assert "JzbV7kQ2" not in index.text + document.text
    assert "Lettre secrète" not in document.text


def test_a_deposit_is_receipted_and_comes_back_as_its_author_sent_it(clinic: Clinic) -> None:
    lines = clinic.patient()
    clinic.create(lines)
    text = f"{lines}Document : Compte-rendu radiologie\n\nCher confrère, voici la radio.\n"
    (receipt,) = clinic.host.ask(clinic.lab, clinic.lab.pgp_mime(text, FILES))
    assert "Radio déjà vue.pdf" in receipt.text
    assert "« Imagerie »" in receipt.text
    clinic.paul.import_key(clinic.lab.certificate)
    index, entry = clinic.host.ask(
        clinic.paul, clinic.paul.pgp_mime("Demande : dossier\n" + lines), 2
    )
    assert "IMAGERIE" in index.text
    assert "Laboratoire CENTRAL" in index.text
    assert entry.files["Radio déjà vue.pdf"] == PDF
    assert "Cher confrère, voici la radio." in entry.text
    assert [verdict.standing for verdict in entry.verdicts] == [Standing.GOOD]
    assert entry.verdicts[0].signer == clinic.lab.fingerprint


@pytest.mark.promise(number=9)
@pytest.mark.promise(number=10)
def test_an_answer_is_signed_by_the_service_and_its_subject_is_protected(
    clinic: Clinic,
) -> None:
    (answer,) = clinic.host.ask(clinic.paul, clinic.paul.pgp_mime("Demande : aide\n"))
    assert answer.outer_subject == "Réponse du service RMP"
    assert answer.subject == "RMP : mode d'emploi"
    assert [verdict.standing for verdict in answer.verdicts] == [Standing.GOOD]


@pytest.mark.promise(number=9)
def test_an_answer_goes_to_the_directorys_address_whatever_the_mail_claims(
    clinic: Clinic,
) -> None:
    """Who catches a signed mail on its way may write another sender around it."""
    collected, thief = clinic.host.postfix.collected, clinic.outsider.mail
    before = [collected.count(each) for each in (clinic.paul.mail, thief)]
    mail = clinic.paul.pgp_mime("Demande : aide\n").replace(
        f"From: {clinic.paul.name} <{clinic.paul.mail}>".encode(),
        f"From: <{thief}>\r\nReply-To: <{thief}>".encode(),
        1,
    )
    assert thief.encode() in mail
    port = clinic.host.postfix.smtp_port
    assert clinic.paul.send(port, mail, mail_from=thief).accepted
    (answer,) = clinic.host.answers(clinic.paul, after=before[0])
    assert answer.subject == "RMP : mode d'emploi"
    # Rows of other tests may wait for their hour: those to the thief are looked for.
    assert thief not in {row["recipient"] for row in clinic.host.outbox()}
    assert collected.count(thief) == before[1]


def test_another_doctor_reads_with_the_code(clinic: Clinic) -> None:
    lines = clinic.patient()
    code = clinic.create(lines)
    clinic.host.ask(clinic.paul, clinic.paul.pgp_mime(f"{lines}\nRésumé.\n", FILES))
    asked = f"Demande : dossier\n{lines}Code : {code}\n"
    _, entry = clinic.host.ask(clinic.anne, clinic.anne.pgp_mime(asked), 2)
    assert entry.files["Radio déjà vue.pdf"] == PDF


def test_a_reader_can_check_signatures_with_the_keys_beside_the_index(clinic: Clinic) -> None:
    lines = clinic.patient()
    clinic.create(lines, code="JzbV7kQ2")
    for author in (clinic.lab, clinic.paul):
        clinic.host.ask(author, author.partitioned(f"{lines}\nVoici.\n"))
    asked = clinic.anne.pgp_mime(f"Demande : dossier\n{lines}Code : JzbV7kQ2\n")
    index, *_ = clinic.host.ask(clinic.anne, asked, 3)
    with Doctor("Dr Neuf", "neuf@x.test") as newcomer:
        newcomer.import_key(*index.keys)
        known = newcomer.keyring.fingerprints()
    assert {clinic.lab.fingerprint, clinic.paul.fingerprint} <= set(known)


def test_the_partitioned_form_for_an_old_client(clinic: Clinic) -> None:
    lines = clinic.patient()
    clinic.create(lines, code="JzbV7kQ2")
    clinic.host.ask(clinic.lab, clinic.lab.partitioned(f"{lines}\nVoici.\n", FILES))
    asked = f"Demande : dossier\n{lines}Code : JzbV7kQ2\n"
    (answer,) = clinic.host.ask(clinic.eudora, clinic.eudora.partitioned(asked))
    assert answer.files["01-document.pdf"] == PDF
    assert "Voici." in answer.files["01-lettre.txt"].decode()
    assert "01-document.pdf.pgp — " in answer.text


def test_a_list_holds_his_own_patients_only(clinic: Clinic) -> None:
    mine, other = clinic.patient(), clinic.patient()
    clinic.create(mine)
    clinic.create(other, by=clinic.anne)
    (answer,) = clinic.host.ask(
        clinic.paul, clinic.paul.pgp_mime("Demande : liste\nNom : test\n")
    )
    name = mine.splitlines()[0].removeprefix("Patient : ")
    assert f"{name}, né(e) le 30/01/1959" in answer.text
    assert other.splitlines()[0].removeprefix("Patient : ") not in answer.text


def test_an_account_and_its_password_do_where_there_is_no_signature(clinic: Clinic) -> None:
    lines = clinic.patient()
    clinic.create(lines)
    before = clinic.documents()
    mail = clinic.anne.pgp_mime(f"{lines}\nSans signature.\n", sign=False)
    assert clinic.host.send(clinic.anne, mail, "anne", "secret of anne").accepted
    assert clinic.documents() == before + 1


@pytest.mark.promise(number=7)
def test_the_same_mail_twice_does_its_work_once(clinic: Clinic) -> None:
    lines = clinic.patient()
    clinic.create(lines)
    before = clinic.documents()
    mail = clinic.lab.pgp_mime(f"{lines}\nUne fois.\n")
    clinic.host.ask(clinic.lab, mail)
    assert clinic.host.send(clinic.lab, mail).accepted
    assert clinic.documents() == before + 1


def test_only_the_services_recipient_is_taken_out(clinic: Clinic) -> None:
    lines = clinic.patient()
    clinic.create(lines)
    mail = clinic.lab.pgp_mime(f"{lines}\nAvec copie.\n")
    before = clinic.documents()
    recipients = ("copie@ailleurs.test", "rmp@rmp.test")
    reply = clinic.lab.send(clinic.host.postfix.smtp_port, mail, recipients=recipients)
    assert reply.accepted
    (copy,) = clinic.host.postfix.wait_mail("copie@ailleurs.test", 1)
    assert b"BEGIN PGP MESSAGE" in copy
    assert clinic.documents() == before + 1


def test_mail_for_others_passes_untouched(clinic: Clinic) -> None:
    mail = clinic.outsider.clear("Bonjour")
    port = clinic.host.postfix.smtp_port
    assert clinic.outsider.send(port, mail, recipients=("ami@ailleurs.test",)).accepted
    (copy,) = clinic.host.postfix.wait_mail("ami@ailleurs.test", 1)
    assert clinic.outsider.read(copy).text == "Bonjour"


def test_answers_are_split_where_they_are_too_large(clinic: Clinic) -> None:
    lines = clinic.patient()
    clinic.create(lines, code="JzbV7kQ2")
    for number in range(3):
        mail = clinic.lab.pgp_mime(f"{lines}\nNuméro {number}.\n", FILES)
        clinic.host.ask(clinic.lab, mail)
    asked = clinic.anne.pgp_mime(f"Demande : dossier\n{lines}Code : JzbV7kQ2\n")
    index, *entries = clinic.host.ask(clinic.anne, asked, 4)
    assert "dans 3 message(s)" in index.text
    assert [f"Numéro {2 - place}." in each.text for place, each in enumerate(entries)] == [
        True
    ] * 3
