"""The patient's rights through a real Postfix: what the doctor reads, what is stored."""

import re

import pytest
from clinic import PDF, Clinic, read_from

from testbed.doctor import Doctor
from testbed.reading import Opened, code_told

pytestmark = pytest.mark.integration

FILES = {"Radio.pdf": PDF}


def ask(clinic: Clinic, by: Doctor, request: str, lines: str, more: int = 1) -> list[Opened]:
    """Send a request about a patient; return the answers."""
    return clinic.host.ask(by, by.pgp_mime(f"Demande : {request}\n{lines}"), more)


def today_of(letter: Opened) -> str:
    """Return the table of today that a letter which asks back shows."""
    found = re.search(
        r"table d'aujourd'hui est ([A-Z][A-Z2-9]{4})", " ".join(letter.text.split())
    )
    assert found, letter.text
    return f"(table {found[1]})"


def filed(clinic: Clinic) -> tuple[str, str]:
    """Return a new patient's lines and code; a résumé and a radiology report are there."""
    lines = clinic.patient()
    code = clinic.create(lines, summary="Voici : Résumé médical.", files=FILES)
    text = f"{lines}Document : Radiologie\n\nVoici : Radiologie.\n"
    clinic.host.ask(clinic.lab, clinic.lab.pgp_mime(text, FILES))
    return lines, code


@pytest.mark.promise(number=14)
def test_a_masked_entry_is_seen_by_its_author_and_the_treating_doctor_only(
    clinic: Clinic,
) -> None:
    lines, code = filed(clinic)
    (answer,) = ask(clinic, clinic.paul, "masquage", f"{lines}Numéros : 2\n")
    assert "Ces documents sont masqués :" in answer.text
    assert re.search(r"- 2\. \d\d/\d\d/\d{4}  Radiologie, Laboratoire CENTRAL", answer.text)
    coded = f"{lines}Code : {code}\n"
    index, _ = ask(clinic, clinic.anne, "dossier", coded, 2)
    assert "Radiologie" not in index.text
    author, *_ = ask(clinic, clinic.lab, "dossier", coded, 3)
    assert "Radiologie" in author.text
    treating, *_ = ask(clinic, clinic.paul, "dossier", lines, 3)
    assert "(masqué : vu de son auteur" in treating.text
    (again,) = ask(clinic, clinic.paul, "masquage", f"{lines}Numéros : 2\n")
    assert "étaient déjà masqués, rien n'a été changé" in again.text
    (shown,) = ask(clinic, clinic.paul, "démasquage", f"{lines}Numéros : 2\n")
    assert "Ces documents sont de nouveau visibles" in shown.text
    index, *_ = ask(clinic, clinic.anne, "dossier", coded, 3)
    assert "Radiologie" in index.text


@pytest.mark.promise(number=14)
def test_masked_entries_show_nowhere_however_they_came(clinic: Clinic) -> None:
    """One had waited for the dossier, the author of the other has left the directory."""
    host, lines = clinic.host, clinic.patient()
    gone = host.doctor("Dr Ad DICTION", "add@psy.test")
    deposit = f"{lines}Document : Lettre\n\nSecret.\n"
    host.ask(clinic.lab, clinic.lab.pgp_mime(deposit))
    code = clinic.create(lines)
    host.ask(gone, gone.pgp_mime(deposit))
    (masked,) = ask(clinic, clinic.paul, "masquage", f"{lines}Numéros : 1, 2\n")
    assert masked.text.count("Lettre") == 2
    host.service.rmp("doctor", "remove", gone.mail)
    (whole,) = ask(clinic, clinic.paul, "accès", lines)
    flat = " ".join(whole.text.split())
    assert "attendaient un dossier (document 1)" in flat
    assert re.search(r"RPPS \d+ a fait un dépôt \(document 2\)", flat)
    for request in ("index", "accès"):
        (letter,) = ask(clinic, clinic.anne, request, f"{lines}Code : {code}\n")
        trait = re.search(
            "Laboratoire|DICTION|RPPS|rattach|dépôt|masqué|document 1", letter.text
        )
        assert trait is None, letter.text
    assert "4 ligne(s)" in letter.text  # the creation, what Paul listed, and her two requests


def test_a_wish_needs_the_code_of_any_other_doctor(clinic: Clinic) -> None:
    lines, code = filed(clinic)
    mail = clinic.anne.pgp_mime(f"Demande : masquage\n{lines}Numéros : 2\n")
    assert "Le code du patient manque" in clinic.refusal(clinic.anne, mail).text
    coded = f"{lines}Code : {code}\n"
    (index,) = ask(clinic, clinic.anne, "index", coded)
    numbered = f"{coded}Numéros : 2 {read_from(index)}\n"
    before = clinic.host.postfix.collected.count(clinic.paul.mail)
    (answer,) = ask(clinic, clinic.anne, "masquage", numbered)
    assert "Ces documents sont masqués" in answer.text
    assert "Radiologie" in answer.text
    (notice,) = clinic.host.answers(clinic.paul, after=before)
    assert "Dr Anne AUTRE a masqué 1 document(s)" in notice.text
    assert "« démasquage »" in notice.text
    assert "Radiologie" not in notice.text


@pytest.mark.promise(number=14)
def test_numbers_that_shifted_are_asked_back_and_nothing_is_done_to_another_entry(
    clinic: Clinic,
) -> None:
    """Anne reads her index; Paul masks entry 2; what she counts as 2 is another one now."""
    lines, code = filed(clinic)
    text = f"{lines}Document : Biologie\n\nVoici : Biologie.\n"
    clinic.host.ask(clinic.lab, clinic.lab.pgp_mime(text, FILES))
    coded = f"{lines}Code : {code}\n"
    (index,) = ask(clinic, clinic.anne, "index", coded)
    assert re.search(r" 2\. \S+  Radiologie", index.text)
    ask(clinic, clinic.paul, "masquage", f"{lines}Numéros : 2\n")
    numbered = f"{coded}Numéros : 2 {read_from(index)}\n"
    for request in ("masquage", "dossier"):
        mail = clinic.anne.pgp_mime(f"Demande : {request}\n{numbered}")
        letter = clinic.refusal(clinic.anne, mail)
        assert "elle a changé depuis" in " ".join(letter.text.split())
        assert re.search(r" 2\. \S+  Biologie", letter.text)
        assert "Radiologie" not in letter.text
        assert read_from(index) not in letter.text
    treating, *_ = ask(clinic, clinic.paul, "dossier", lines, 4)
    assert treating.text.count("(masqué : vu de son auteur") == 1
    again = f"{coded}Numéros : 2 {today_of(letter)}\n"
    _, document = ask(clinic, clinic.anne, "dossier", again, 2)
    assert "Voici : Biologie." in document.text
    assert document.outer_subject == "Réponse du service RMP (02/02)"


@pytest.mark.promise(number=14)
def test_an_opposed_doctor_gets_no_access_until_it_is_lifted(clinic: Clinic) -> None:
    lines, code = filed(clinic)
    (answer,) = ask(clinic, clinic.paul, "opposition", f"{lines}Médecin : Dr Vieux Plugin\n")
    assert "Dr Vieux PLUGIN, RPPS" in answer.text
    asked = f"Demande : dossier\n{lines}Code : {code}\n"
    (refused,) = clinic.host.ask(clinic.eudora, clinic.eudora.partitioned(asked))
    assert "L'accès n'est pas accordé." in " ".join(refused.text.split())
    ask(clinic, clinic.paul, "levée d'opposition", f"{lines}Médecin : vieux@eudora.test\n")
    again = f"{asked}Service : rmp@rmp.test\n"  # a text of its own, within the same second
    (read,) = clinic.host.ask(clinic.eudora, clinic.eudora.partitioned(again))
    assert "Laboratoire CENTRAL" in read.text


def test_the_treating_doctor_cannot_be_opposed_and_an_unknown_one_is_explained(
    clinic: Clinic,
) -> None:
    lines, _ = filed(clinic)
    for named, said in (
        ("paul@cabinet.test", "Ce médecin est le médecin traitant"),
        ("Dr Personne", "« Dr Personne » ne désigne pas un seul professionnel inscrit"),
    ):
        mail = clinic.paul.pgp_mime(f"Demande : opposition\n{lines}Médecin : {named}\n")
        assert said in " ".join(clinic.refusal(clinic.paul, mail).text.split())


@pytest.mark.promise(number=14)
def test_a_new_code_takes_the_old_ones_place(clinic: Clinic) -> None:
    lines, old = filed(clinic)
    (answer,) = ask(clinic, clinic.paul, "nouveau code", lines)
    new = code_told(answer.text)
    assert answer.text.count(new) == 2
    assert new.encode() in answer.files["fiche-code.pdf"]
    mail = clinic.anne.pgp_mime(f"Demande : dossier\n{lines}Code : {old}\n")
    assert "L'accès n'est pas accordé" in clinic.refusal(clinic.anne, mail).text
    ask(clinic, clinic.anne, "dossier", f"{lines}Code : {new}\n", 3)


def test_the_treating_doctor_may_choose_the_new_code(clinic: Clinic) -> None:
    lines, _ = filed(clinic)
    (answer,) = ask(clinic, clinic.paul, "changement de code", f"{lines}Code : JzbV7kQ2\n")
    assert code_told(answer.text) == "JZBV 7KQ2"
    ask(clinic, clinic.anne, "dossier", f"{lines}Code : JzbV7kQ2\n", 3)
    mail = clinic.paul.pgp_mime(f"Demande : nouveau code\n{lines}Code : ab\n")
    assert "Le code n'a pas été changé" in clinic.refusal(clinic.paul, mail).text


def test_another_doctor_renews_it_with_the_old_one_and_the_treating_doctor_is_told(
    clinic: Clinic,
) -> None:
    lines, old = filed(clinic)
    before = clinic.host.postfix.collected.count(clinic.paul.mail)
    (answer,) = ask(clinic, clinic.anne, "nouveau code", f"{lines}Code : {old}\n")
    assert code_told(answer.text) != old
    assert old not in answer.text
    (notice,) = clinic.host.answers(clinic.paul, after=before)
    assert "Dr Anne AUTRE" in notice.text
    assert "a un nouveau code" in notice.text


@pytest.mark.promise(number=14)
def test_a_revoked_code_opens_nothing(clinic: Clinic) -> None:
    lines, code = filed(clinic)
    (answer,) = ask(clinic, clinic.paul, "révocation du code", lines)
    assert "lus aucun code n'ouvre" in answer.text
    mail = clinic.anne.pgp_mime(f"Demande : dossier\n{lines}Code : {code}\n")
    assert "L'accès n'est pas accordé" in clinic.refusal(clinic.anne, mail).text
    ask(clinic, clinic.paul, "dossier", lines, 3)


@pytest.mark.promise(number=8)
@pytest.mark.promise(number=14)
def test_the_list_of_accesses_equals_what_happened(clinic: Clinic) -> None:
    lines, code = filed(clinic)
    coded = f"{lines}Code : {code}\n"
    ask(clinic, clinic.anne, "dossier", coded, 3)
    clinic.refusal(
        clinic.anne, clinic.anne.pgp_mime(f"Demande : dossier\n{lines}Code : faux-code\n")
    )
    ask(clinic, clinic.paul, "masquage", f"{lines}Numéros : 2\n")
    ask(clinic, clinic.paul, "dossier", lines, 3)
    (answer,) = ask(clinic, clinic.paul, "accès", lines)
    unfolded = answer.text.replace("\n    ", " ")
    said = re.findall(r"^\d\d/\d\d/\d{4} \d\d:\d\d  (.*)$", unfolded, re.MULTILINE)
    assert said == [
        "Dr Paul DEMO a créé le dossier",
        "Dr Paul DEMO a fait un dépôt (document 1)",
        "Laboratoire CENTRAL a fait un dépôt (document 2)",
        "Dr Anne AUTRE a consulté le dossier (documents 1, 2), avec le code du patient",
        "Dr Anne AUTRE s'est vu refuser l'accès (code faux)",
        "Dr Paul DEMO a masqué (document 2)",
        "Dr Paul DEMO a consulté le dossier (documents 1, 2)",
        "Dr Paul DEMO a demandé la liste des accès",
    ]
    (others,) = ask(clinic, clinic.anne, "accès", coded)
    assert "masqu" not in others.text


def test_a_copy_holds_masked_and_replaced_entries(clinic: Clinic) -> None:
    lines, code = filed(clinic)
    ask(clinic, clinic.paul, "masquage", f"{lines}Numéros : 2\n")
    text = f"Demande : rectification\n{lines}Numéros : 1\n\nVersion corrigée.\n"
    clinic.host.ask(clinic.paul, clinic.paul.pgp_mime(text, FILES))
    index, *entries = ask(clinic, clinic.paul, "copie", lines, 4)
    assert len(entries) == 3
    assert "VERSIONS REMPLACÉES" in index.text
    assert "(masqué :" in index.text
    index, *entries = ask(clinic, clinic.anne, "copie", f"{lines}Code : {code}\n", 2)
    assert "Version corrigée." in entries[0].text


@pytest.mark.promise(number=15)
def test_a_correction_replaces_an_entry_and_the_old_one_stays(clinic: Clinic) -> None:
    lines, code = filed(clinic)
    (index,) = ask(clinic, clinic.anne, "index", f"{lines}Code : {code}\n")
    numbered = f"{lines}Numéros : 2 {read_from(index)}\nCode : {code}\n"
    text = f"Demande : rectification\n{numbered}\nCorrigé.\n"
    before = clinic.host.postfix.collected.count(clinic.paul.mail)
    (answer,) = clinic.host.ask(
        clinic.anne, clinic.anne.pgp_mime(text, {"corrigé.pdf": PDF + b"neu"})
    )
    assert "est remplacé par (onglet « Imagerie »)" in answer.text
    (notice,) = clinic.host.answers(clinic.paul, after=before)
    assert "Dr Anne AUTRE a remplacé le document 2" in notice.text
    index, *entries = ask(clinic, clinic.paul, "dossier", lines, 4)
    assert "(remplacé par le document 3)" in index.text
    assert any(entry.files.get("corrigé.pdf") == PDF + b"neu" for entry in entries)
    index, *_ = ask(clinic, clinic.eudora, "dossier", f"{lines}Code : {code}\n")
    assert "REMPLACÉES" not in index.text
    text = f"Demande : rectification\n{lines}Numéros : 2\n\nEncore.\n"
    refused = clinic.refusal(clinic.paul, clinic.paul.pgp_mime(text, FILES))
    assert "Le document 2 est déjà remplacé par le document 3" in refused.text


def test_an_author_corrects_his_own_entry_without_a_code(clinic: Clinic) -> None:
    lines, _ = filed(clinic)
    text = f"Demande : rectification\n{lines}Numéros : 1\n\nCorrigé par l'auteur.\n"
    (receipt,) = clinic.host.ask(clinic.lab, clinic.lab.pgp_mime(text, FILES))
    assert "vos seuls dépôts" in receipt.text
    index, *_ = ask(clinic, clinic.paul, "dossier", lines, 4)
    assert "(remplacé par le document 3)" in index.text


def test_a_closed_dossier_is_as_none(clinic: Clinic) -> None:
    lines, code = filed(clinic)
    mail = clinic.anne.pgp_mime(f"Demande : clôture\n{lines}Code : {code}\n")
    assert "par le patient par sa propre clé" not in clinic.refusal(clinic.anne, mail).text
    (answer,) = ask(clinic, clinic.paul, "clôture", f"{lines}Code : {code}\n")
    assert "clos. Plus rien n'y est ajouté ni lu." in answer.text
    for by, request in ((clinic.anne, f"{lines}Code : {code}\n"), (clinic.paul, lines)):
        mail = by.pgp_mime(f"Demande : dossier\n{request}")
        clinic.refusal(by, mail)
    before = clinic.host.stored()["entries"]
    clinic.host.ask(clinic.lab, clinic.lab.pgp_mime(f"{lines}\nTrop tard.\n", FILES))
    assert clinic.host.stored()["entries"] == before


def test_the_page_of_the_rights_comes_by_mail(clinic: Clinic) -> None:
    (answer,) = clinic.host.ask(clinic.lab, clinic.lab.pgp_mime("Demande : droits\n"))
    assert answer.subject == "RMP : les droits du patient"
    assert "« rectification »" in answer.text
