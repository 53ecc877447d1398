"""Emergency access through a real Postfix: what the doctor reads, who is told, what is logged."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from clinic import PDF, Clinic, small_clinic

from testbed.reading import Opened

pytestmark = pytest.mark.integration

FILES = {"Radio.pdf": PDF}
WHY = "Motif : coma, chute dans l'escalier, traitement inconnu\n"


def filed(clinic: Clinic) -> tuple[str, str]:
    """Return a new patient's lines and name; a résumé and a radiology report are there."""
    lines = clinic.patient()
    clinic.create(lines)
    for author, document in ((clinic.paul, "Résumé médical"), (clinic.lab, "Radiologie")):
        text = f"{lines}Document : {document}\n\nVoici : {document}.\n"
        clinic.host.ask(author, author.pgp_mime(text, FILES))
    name = lines.splitlines()[0].removeprefix("Patient : ")
    return lines, name


def urgent(clinic: Clinic, lines: str, more: int = 1) -> list[Opened]:
    return clinic.host.ask(
        clinic.anne, clinic.anne.pgp_mime(f"Demande : urgence\n{lines}{WHY}"), more
    )


def reference_in(answer: Opened) -> str:
    found = re.search(r"U(?:-[A-Z2-9]{4}){3}", answer.text)
    assert found, answer.text
    return found[0]


def test_the_dossier_at_once_without_card_or_code_and_the_treating_doctor_is_told(
    clinic: Clinic,
) -> None:
    lines, name = filed(clinic)
    before = clinic.host.postfix.collected.count(clinic.paul.mail)
    index, summary, _ = urgent(clinic, lines, 3)
    assert "Cet accès en urgence" in index.text
    assert "Voici : Résumé médical." in summary.text
    assert summary.files["Radio.pdf"] == PDF
    (notice,) = clinic.host.answers(clinic.paul, after=before)
    assert "Dr Anne AUTRE (RPPS" in notice.text
    assert name in notice.text
    assert reference_in(index) in notice.text
    assert "Radiologie" not in notice.text


def test_an_unconscious_patient_carries_no_number(clinic: Clinic) -> None:
    """The authority's first finding: the emergency must not ask for an identifier."""
    lines, name = filed(clinic)
    family = name.split()[0]
    (listed,) = urgent(clinic, f"Patient : {family.lower()}\nÂge : environ 67 ans\n")
    found = re.search(rf"(D-[A-Z2-9]{{4}}-[A-Z2-9]{{4}})  {re.escape(name)}", listed.text)
    assert found, listed.text
    said = found[1].lower().replace("-", " ")  # as it is typed from paper
    index, *_ = urgent(clinic, f"Référence : {said}\n", 3)
    assert "Cet accès en urgence" in index.text
    assert name in index.text
    accesses = clinic.host.ask(clinic.paul, clinic.paul.pgp_mime(f"Demande : accès\n{lines}"))
    told = " ".join(accesses[0].text.split())
    assert "a reçu en urgence une liste où le patient figure" in told
    assert "a accédé au dossier en urgence" in told


@pytest.mark.promise(number=14)
def test_what_the_patient_masked_is_not_shown(clinic: Clinic) -> None:
    """The authority's second finding: masked documents stay masked."""
    lines, _ = filed(clinic)
    mask = f"Demande : masquage\n{lines}Numéros : 2\n"
    clinic.host.ask(clinic.paul, clinic.paul.pgp_mime(mask))
    index, summary = urgent(clinic, lines, 2)
    assert "Radiologie" not in index.text
    assert "Voici : Résumé médical." in summary.text


@pytest.mark.promise(number=8)
def test_every_emergency_is_in_the_journal_and_the_patients_list(clinic: Clinic) -> None:
    """The authority's third finding: a systematic journal of such accesses."""
    lines, _ = filed(clinic)
    urgent(clinic, lines, 3)
    (told,) = clinic.host.ask(clinic.paul, clinic.paul.pgp_mime(f"Demande : accès\n{lines}"))
    assert "Dr Anne AUTRE a accédé au dossier en urgence (documents 1, 2)" in " ".join(
        told.text.split()
    )


@pytest.mark.promise(number=4)
@pytest.mark.promise(number=18)
def test_the_reason_leaves_no_trace_in_clear(clinic: Clinic) -> None:
    lines, _ = filed(clinic)
    urgent(clinic, lines, 3)
    folder = clinic.host.service.root
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if b"escalier" in path.read_bytes()]


def test_it_is_justified_by_its_reference(clinic: Clinic) -> None:
    lines, _ = filed(clinic)
    index, *_ = urgent(clinic, lines, 3)
    reference = reference_in(index)
    text = f"Demande : justification\nRéférence : {reference}\nMotif : traumatisme crânien\n"
    (answer,) = clinic.host.ask(clinic.anne, clinic.anne.pgp_mime(text))
    assert f"justification de l'accès {reference} est reçue" in answer.text
    refused = clinic.refusal(clinic.lab, clinic.lab.pgp_mime(text))
    assert "Aucun de vos accès en urgence" in refused.text.replace("\n", " ")


def test_without_a_reason_it_is_asked_for_and_the_form_filled_in_is_answered(
    clinic: Clinic,
) -> None:
    lines, name = filed(clinic)
    before = clinic.host.postfix.collected.count(clinic.paul.mail)
    (asked,) = clinic.host.ask(clinic.anne, clinic.anne.pgp_mime(f"Demande : urgence\n{lines}"))
    assert "Le motif manque" in asked.text
    assert clinic.host.postfix.collected.count(clinic.paul.mail) == before
    form = [line.strip() for line in asked.text.splitlines() if line.startswith("    ")]
    assert form[-1] == "Motif : [pourquoi]"
    sent = "\n".join([*form[:-1], WHY])
    index, *_ = clinic.host.ask(clinic.anne, clinic.anne.pgp_mime(sent), 3)
    assert index.text.startswith(f"Dossier de {name}")


def test_a_reference_with_a_slip_is_answered_with_what_is_close(clinic: Clinic) -> None:
    _, name = filed(clinic)
    (listed,) = urgent(clinic, f"Patient : {name.split()[0]}\n")
    found = re.search(rf"(D-\w{{4}}-\w{{4}})  {re.escape(name)}", listed.text)
    assert found, listed.text
    slip = found[1][:-1] + ("A" if found[1][-1] != "A" else "B")
    (close,) = urgent(clinic, f"Référence : {slip.lower()}\n")
    assert "Référence inconnue" in close.text
    assert f"{found[1]}  {name}" in close.text
    index, *_ = urgent(clinic, f"Référence : {slip}\nPatient : {name.split()[0]}\n", 3)
    assert index.text.startswith(f"Dossier de {name}")


def test_a_refusal_at_the_door_says_the_true_reason(clinic: Clinic) -> None:
    lines, _ = filed(clinic)
    text = f"Demande : urgence\n{lines}{WHY}"
    unsigned = clinic.rejection(clinic.anne, clinic.anne.inline(text, sign=False))
    assert "n'est pas signee" in unsigned.text
    unknown = clinic.rejection(clinic.outsider, clinic.outsider.pgp_mime(text))
    assert "une cle que le service ne connait pas" in unknown.text


def test_a_resting_code_and_throttles_do_not_stop_it() -> None:
    few = {("rules", "wrong_codes"): "3", ("rules", "sender_codes"): "4"}
    with small_clinic(few) as clinic:  # a host of its own: others need their tries
        lines, _ = filed(clinic)
        for number in range(5):
            wrong = f"Demande : dossier\n{lines}Code : faux{number}\n"
            refused = clinic.refusal(clinic.anne, clinic.anne.pgp_mime(wrong))
        assert "Trop de demandes" in refused.text
        index, *_ = urgent(clinic, lines, 3)
        assert "Cet accès en urgence" in index.text


def test_the_doctor_is_reminded_the_host_alerted_and_checkpoints_sent() -> None:
    settings = {
        ("audit", "addresses"): '["dpo@ars.test", "audit@chu.test"]',
        ("audit", "alerts"): '["dsi@chu.test"]',
    }
    with small_clinic(settings) as clinic:
        lines, name = filed(clinic)
        reference = reference_in(urgent(clinic, lines, 3)[0])
        before = clinic.host.postfix.collected.count(clinic.anne.mail)
        chores_in(clinic, hours=13)
        (reminder,) = clinic.host.answers(clinic.anne, after=before)
        assert reference in reminder.text
        assert "n'est pas encore justifié" in reminder.text.replace("\n", " ")
        chores_in(clinic, hours=25)
        chores_in(clinic, hours=26)
        (alert,) = clinic.host.postfix.wait_mail("dsi@chu.test", 1)
        assert reference.encode() in b"".join(alert.split())
        assert name.encode() not in alert
        for keeper in ("dpo@ars.test", "audit@chu.test"):
            checkpoint, *_ = clinic.host.postfix.wait_mail(keeper, 1)
            assert b"checkpoint-" in checkpoint


def chores_in(clinic: Clinic, hours: int) -> None:
    at = datetime.now(UTC) + timedelta(hours=hours)
    clinic.host.service.rmp("chores", "--at", at.strftime("%Y-%m-%dT%H:%M:%SZ"))
    clinic.host.settle()
