"""The Vitale card in the code's place: attestations by mail, and each way they can be wrong."""

import time
from collections.abc import Iterator

import pytest
from clinic import PDF, Clinic, small_clinic

from testbed.doctor import Doctor
from testbed.reading import Opened, code_told
from testbed.service import rpps
from testbed.vitale import CardSoftware, header_line

pytestmark = pytest.mark.integration

NO_ACCESS = "L'accès n'est pas accordé."
NOT_TAKEN = "L'attestation de carte Vitale n'a pas compté : "
ANNE, LAB = rpps(1), rpps(3)  # in the order in which the small clinic enrols


@pytest.fixture(scope="module")
def clinic() -> Iterator[Clinic]:
    with small_clinic({("rules", "sender_codes"): "500"}) as made:
        yield made


@pytest.fixture(scope="module")
def software(clinic: Clinic) -> CardSoftware:
    made = CardSoftware()
    made.register(clinic.host.service)
    return made


def nir(serial: int) -> str:
    body = 1_590_175_116_000 + serial
    return f"{body}{97 - body % 97:02}"


@pytest.fixture
def patient(clinic: Clinic) -> tuple[str, str]:
    """Return the header lines and the number of a patient with one document."""
    lines = clinic.patient()
    number = nir(next(clinic.names))
    clinic.create(f"{lines}NIR : {number}\n", summary="Résumé.", files={"r.pdf": PDF})
    return lines, number


def mail_with(doctor: Doctor, lines: str, token: str, wrapped: int = 0) -> bytes:
    text = f"Demande : dossier\n{lines}{header_line(token, wrapped=wrapped)}"
    return doctor.pgp_mime(text)


def refused(clinic: Clinic, lines: str, token: str) -> Opened:
    """Send a consultation that is refused; nothing but the letter may come."""
    before = clinic.host.postfix.collected.count(clinic.anne.mail)
    letter = clinic.refusal(clinic.anne, mail_with(clinic.anne, lines, token))
    clinic.host.settle()
    assert clinic.host.postfix.collected.count(clinic.anne.mail) == before + 1
    assert token[:40] not in letter.text
    return letter


@pytest.mark.parametrize("wrapped", [0, 76, 60])
def test_another_doctor_reads_with_the_card(
    clinic: Clinic, software: CardSoftware, patient: tuple[str, str], wrapped: int
) -> None:
    lines, number = patient
    mail = mail_with(clinic.anne, lines, software.token(number, ANNE), wrapped)
    index, entry = clinic.host.ask(clinic.anne, mail, 2)
    assert "Dossier de" in index.text
    assert entry.files["r.pdf"] == PDF


def test_an_account_and_the_card_do_without_a_signature(
    clinic: Clinic, software: CardSoftware, patient: tuple[str, str]
) -> None:
    lines, number = patient
    text = f"Demande : dossier\n{lines}{header_line(software.token(number, ANNE))}"
    mail = clinic.anne.pgp_mime(text, sign=False)
    login = {"login": "anne", "password": "secret of anne"}
    assert clinic.host.ask(clinic.anne, mail, 2, **login)[1].files["r.pdf"] == PDF


@pytest.mark.promise(number=6)
def test_another_patients_card_is_refused_as_an_unknown_patient_is(
    clinic: Clinic, software: CardSoftware, patient: tuple[str, str]
) -> None:
    lines, _ = patient
    other = nir(next(clinic.names))
    letters = [
        refused(clinic, asked, software.token(other, ANNE))
        for asked in (lines, clinic.patient())
    ]
    assert NO_ACCESS in letters[0].text
    assert letters[0].text == letters[1].text


def test_a_card_that_was_shown_to_another_doctor(
    clinic: Clinic, software: CardSoftware, patient: tuple[str, str]
) -> None:
    lines, number = patient
    letter = refused(clinic, lines, software.token(number, LAB))
    text = letter.text.replace("\n", " ")
    assert "Le code du patient manque." in text
    assert f"{NOT_TAKEN}elle est établie pour un autre professionnel" in text


def test_each_fault_of_an_attestation_is_told_in_french(
    clinic: Clinic, software: CardSoftware, patient: tuple[str, str]
) -> None:
    lines, number = patient
    long_ago = int(time.time()) - 7200
    good = software.token(number, ANNE)
    far = {**software.claims(number, ANNE), "exp": int(time.time()) + 9 * 86_400}
    head, body, signature = good.split(".")
    forged = "A" if signature[10] != "A" else "B"
    tokens = {
        "elle n'est plus valable": software.token(number, ANNE, now=long_ago),
        "ne connaît pas le logiciel": CardSoftware("Inconnu").token(number, ANNE),
        "pour un autre service": software.token(number, ANNE, audience="rmp@ailleurs.test"),
        "plus longtemps que": software.sign(far),
        "sa signature n'est pas valable": f"{head}.{body}.{signature[:10]}{forged}"
        + signature[11:],
        "recopiée en entier": f"{head}.{body[:20]}.{signature}",
        "incomplète ou abîmée": software.sign({"iss": software.name}),
    }
    for said, token in tokens.items():
        for asked in (lines, clinic.patient()):
            text = refused(clinic, asked, token).text.replace("\n", " ")
            assert f"{NOT_TAKEN}" in text
            assert said in text, (said, text)


def test_an_attestation_serves_once(
    clinic: Clinic, software: CardSoftware, patient: tuple[str, str]
) -> None:
    lines, number = patient
    token = software.token(number, ANNE)
    clinic.host.ask(clinic.anne, mail_with(clinic.anne, lines, token), 2)
    again = refused(clinic, lines, token)
    assert "a déjà servi" in again.text
    assert again.text == refused(clinic, clinic.patient(), token).text


def test_an_attestation_that_was_refused_serves_no_more(
    clinic: Clinic, software: CardSoftware, patient: tuple[str, str]
) -> None:
    lines, number = patient
    token = software.token(number, ANNE)
    assert NO_ACCESS in refused(clinic, clinic.patient(), token).text
    assert "a déjà servi" in refused(clinic, lines, token).text


def test_a_key_that_is_trusted_no_more_opens_nothing(
    clinic: Clinic, patient: tuple[str, str]
) -> None:
    lines, number = patient
    withdrawn = CardSoftware("Retiré", "ES256")
    withdrawn.register(clinic.host.service)
    token = withdrawn.token(number, ANNE)
    clinic.host.ask(clinic.anne, mail_with(clinic.anne, lines, token), 2)
    clinic.host.service.rmp("trust", "remove", "Retiré")
    text = refused(clinic, lines, withdrawn.token(number, ANNE)).text.replace("\n", " ")
    assert "ne connaît pas le logiciel" in text


def test_the_text_of_a_mail_with_an_attestation_is_not_kept(
    clinic: Clinic, software: CardSoftware
) -> None:
    lines, number = clinic.patient(), nir(next(clinic.names))
    token = software.token(number, rpps(2))
    text = f"Demande : création\n{lines}NIR : {number}\nConsentement : oui\n"
    mail = clinic.paul.pgp_mime(f"{text}{header_line(token)}\nLettre.\n", {"r.pdf": PDF})
    clinic.host.ask(clinic.paul, mail)
    asked = clinic.paul.pgp_mime(f"Demande : dossier\n{lines}")
    index, entry = clinic.host.ask(clinic.paul, asked, 2)
    assert entry.files["r.pdf"] == PDF
    assert token[:40] not in index.text + entry.text
    assert "Lettre." not in entry.text


def test_a_host_that_demands_the_card_for_a_creation_gets_it() -> None:
    with small_clinic({}) as clinic:
        service = clinic.host.service
        text = service.config.read_text()
        row = '[policy]\ncreation_autre = ["signature+vitale"]\n'
        service.config.write_text(text.replace("[policy]\n", row, 1))
        service.stop()
        service.start()
        service.wait_ready()
        software = CardSoftware()
        software.register(service)
        number, lines = nir(7), clinic.patient()
        wish = f"Demande : création\n{lines}NIR : {number}\nConsentement : oui\n"

        def create(more: str) -> Opened:
            return clinic.host.ask(clinic.paul, clinic.paul.pgp_mime(wish + more))[0]

        for more in ("", "Code : JzbV7kQ2\n", header_line(software.token(nir(8), rpps(2)))):
            assert "Le dossier n'a pas été créé" in create(more).text
        assert clinic.host.stored()["dossiers"] == 0
        made = create(header_line(software.token(number, rpps(2))))
        assert code_told(made.text)
        assert clinic.host.stored()["dossiers"] == 1
