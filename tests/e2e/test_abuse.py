"""Too many tries: what is counted, what then rests, who is told, who is never held up."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from clinic import Clinic, small_clinic
from states import doctor_id, forgive, tries_of

from rmp_milter.dossier.model import Fault
from testbed.doctor import Doctor
from testbed.reading import Opened

pytestmark = pytest.mark.integration

NO_ACCESS, TOO_MANY = "L'accès n'est pas accordé.", "Trop de demandes"
WRONG_CODES, SENDER_CODES, LISTS = 3, 8, 4


@pytest.fixture(scope="module")
def strict() -> Iterator[Clinic]:
    settings = {
        ("rules", "wrong_codes"): str(WRONG_CODES),
        ("rules", "sender_codes"): str(SENDER_CODES),
        ("rules", "global_codes"): "60",
        ("rules", "lists"): str(LISTS),
        ("rules", "window_seconds"): "600",
    }
    with small_clinic(settings) as made:
        yield made


@pytest.fixture
def clinic(strict: Clinic) -> Clinic:
    """Forget all tries before each test."""
    forgive(strict.host.service, strict.paul.mail, strict.anne.mail, strict.lab.mail)
    return strict


def ask(clinic: Clinic, doctor: Doctor, lines: str, code: str) -> Opened:
    mail = doctor.pgp_mime(f"Demande : dossier\n{lines}Code : {code}\n")
    return clinic.host.ask(doctor, mail)[0]


def told(clinic: Clinic) -> list[Opened]:
    """Return what the médecin traitant has been told, once everything is out."""
    clinic.host.settle()
    raw = clinic.host.postfix.collected.of(clinic.paul.mail)
    letters = [clinic.paul.read(each) for each in raw]
    return [each for each in letters if "fois sans succès" in each.text]


def test_wrong_codes_let_the_code_rest_and_the_medecin_traitant_is_told(
    clinic: Clinic,
) -> None:
    lines = clinic.patient()
    clinic.create(lines, code="JzbV7kQ2")
    before = len(told(clinic))
    for _ in range(WRONG_CODES):
        assert NO_ACCESS in ask(clinic, clinic.anne, lines, "Faux").text
    assert NO_ACCESS in ask(clinic, clinic.lab, lines, "JzbV7kQ2").text
    notices = told(clinic)
    assert len(notices) == before + 1
    assert lines.split()[2] in notices[-1].text


def test_the_medecin_traitant_reads_while_the_code_rests(clinic: Clinic) -> None:
    lines = clinic.patient()
    clinic.create(lines, code="JzbV7kQ2")
    for _ in range(WRONG_CODES):
        ask(clinic, clinic.anne, lines, "Faux")
    mail = clinic.paul.pgp_mime(f"Demande : dossier\n{lines}")
    assert "Médecin traitant : Dr Paul DEMO" in clinic.host.ask(clinic.paul, mail)[0].text


def test_a_right_code_forgives_the_wrong_ones_before(clinic: Clinic) -> None:
    lines = clinic.patient()
    clinic.create(lines, code="JzbV7kQ2")
    for _ in range(2):
        for _ in range(WRONG_CODES - 1):
            assert NO_ACCESS in ask(clinic, clinic.anne, lines, "Faux").text
        assert "Dossier de" in ask(clinic, clinic.anne, lines, "JzbV7kQ2").text


def test_a_sender_of_wrong_codes_is_throttled_and_nobody_else(clinic: Clinic) -> None:
    lines = clinic.patient()
    clinic.create(lines, code="JzbV7kQ2")
    for _ in range(SENDER_CODES):
        assert NO_ACCESS in ask(clinic, clinic.anne, clinic.patient(), "Faux").text
    assert TOO_MANY in ask(clinic, clinic.anne, lines, "JzbV7kQ2").text
    assert TOO_MANY in ask(clinic, clinic.anne, clinic.patient(), "Faux").text
    assert "Dossier de" in ask(clinic, clinic.lab, lines, "JzbV7kQ2").text


def test_lists_are_throttled(clinic: Clinic) -> None:
    for number in range(LISTS + 1):
        mail = clinic.paul.pgp_mime("Demande : liste\nNom : DU\n")
        answer = clinic.host.ask(clinic.paul, mail)[0]
        assert (TOO_MANY in answer.text) is (number == LISTS)


def test_a_crowd_of_wrong_codes_counts_as_one_after_the_other(clinic: Clinic) -> None:
    lines = clinic.patient()
    clinic.create(lines, code="JzbV7kQ2")
    notices = len(told(clinic))
    texts = [f"Demande : dossier\n{lines}Code : Faux{number}\n" for number in range(20)]
    mails = [clinic.anne.pgp_mime(text) for text in texts]
    before = clinic.host.postfix.collected.count(clinic.anne.mail)
    with ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(lambda mail: clinic.host.send(clinic.anne, mail), mails))
    assert {reply.code for reply in replies} == {250}
    answers = clinic.host.answers(clinic.anne, 20, after=before)
    assert sum(NO_ACCESS in each.text for each in answers) == SENDER_CODES
    assert sum(TOO_MANY in each.text for each in answers) == 20 - SENDER_CODES
    sender = doctor_id(clinic.host.service, clinic.anne.mail)
    assert tries_of(clinic.host.service, Fault.SENDER, sender) == SENDER_CODES
    assert tries_of(clinic.host.service, Fault.GLOBAL, b"") == SENDER_CODES
    assert len(told(clinic)) == notices + 1
