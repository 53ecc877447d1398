"""Every refusal: what the sender sees, in French, and that nothing was kept."""

import pytest
from clinic import PDF, Clinic

from testbed.service import Part

pytestmark = pytest.mark.integration


def test_clear_text(clinic: Clinic) -> None:
    reply = clinic.rejection(clinic.lab, clinic.lab.clear("Patient : DUPONT Jean\n"))
    assert reply.text.startswith("5.7.1 Ce message n'est pas chiffre : ")


def test_a_refusal_is_one_line_in_the_language_of_the_host(clinic: Clinic) -> None:
    reply = clinic.rejection(clinic.lab, clinic.lab.clear("Patient : DUPONT Jean\n"))
    assert reply.text.endswith("demandez-la a l'hebergeur.")
    assert "\n" not in reply.text


@pytest.mark.promise(number=4)
@pytest.mark.parametrize(
    "to", ["rmp+x@rmp.test", '"rmp"@rmp.test', "rmp@rmp.test.", "RMP@rmp.test"]
)
def test_clear_text_to_the_service_under_another_spelling(clinic: Clinic, to: str) -> None:
    host, mail = clinic.host, clinic.lab.clear("Patient : DUPONT Jean\n")
    reply = clinic.lab.send(host.postfix.smtp_port, mail, recipients=[to])
    assert (reply.code, reply.text[:36]) == (550, "5.7.1 Ce message n'est pas chiffre :")
    assert host.postfix.queue_ids() == []


def test_a_request_to_the_service_under_another_spelling(clinic: Clinic) -> None:
    host, mail = clinic.host, clinic.lab.pgp_mime("Demande : aide\n")
    before = host.postfix.collected.count(clinic.lab.mail)
    sent = clinic.lab.send(host.postfix.smtp_port, mail, recipients=["rmp+aide@rmp.test"])
    assert sent.accepted
    (answer,) = host.answers(clinic.lab, 1, after=before)
    assert "URGENCE" in answer.text


NAMED = "DUPONT Jean : radio.pdf"


def test_a_clear_attachment_beside_an_encrypted_text_is_named_by_letter(
    clinic: Clinic,
) -> None:
    before = clinic.documents()
    mail = clinic.lab.files_in_clear(clinic.patient(), {NAMED: PDF})
    letter = clinic.refusal(clinic.lab, mail).text.replace("\r\n", "\n").replace("\n", " ")
    assert "une pièce jointe ne l'est pas (« DUPONT Jean radio.pdf »)" in letter
    assert clinic.documents() == before


def test_a_stranger_hears_no_name_of_his_clear_attachment(clinic: Clinic) -> None:
    mail = clinic.outsider.files_in_clear(clinic.patient(), {NAMED: PDF, "b.docx": PDF})
    said = clinic.rejection(clinic.outsider, mail).text
    assert "une piece jointe ne l'est pas (PDF, DOCX)" in said
    assert "DUPONT" not in said


def test_an_emergency_is_not_refused_for_a_clear_attachment(clinic: Clinic) -> None:
    lines = clinic.patient()
    clinic.create(lines)
    text = f"Demande : urgence\nMotif : inconscient aux urgences\n{lines}"
    answer, *_ = clinic.host.exchange(
        clinic.anne, clinic.anne.files_in_clear(text, {NAMED: PDF})
    )
    assert "en clair (pièces jointes)" in answer.text.replace("\n", " ").replace("\r", "")


def test_a_text_in_clear_with_encrypted_files(clinic: Clinic) -> None:
    before = clinic.documents()
    mail = clinic.lab.text_in_clear(f"{clinic.patient()}\nVoici.\n", {"radio.pdf": PDF})
    said = clinic.rejection(clinic.lab, mail).text
    assert "a voyage en clair" in said
    assert "Chiffrez le message entier" in said
    assert clinic.documents() == before


def test_an_emergency_in_an_encrypted_file_below_a_clear_word_is_heard(
    clinic: Clinic,
) -> None:
    lines = clinic.patient()
    clinic.create(lines)
    text = f"Demande : urgence\nMotif : inconscient aux urgences\n{lines}"
    mail = clinic.anne.text_in_clear(
        "URGENT, voir le fichier\n", {"urgence.txt": text.encode()}
    )
    answer, *_ = clinic.host.exchange(clinic.anne, mail)
    assert "n'a pas été traité" not in answer.subject
    assert "en clair (texte ou pied de page)" in " ".join(answer.text.split())


def test_what_outlook_packs_into_winmail_dat(clinic: Clinic) -> None:
    sealed = clinic.lab.inline(clinic.patient() + "\nVoici.\n")
    packed = {"winmail.dat": b'\x78\x9f>"' + bytes(60) + sealed + PDF}
    reply = clinic.rejection(clinic.lab, clinic.lab.clear("", packed))
    assert "winmail.dat" in reply.text
    assert "Texte brut" in reply.text


def test_a_file_that_is_encrypted_twice_over(clinic: Clinic) -> None:
    mail = clinic.lab.layered(clinic.patient() + "\nVoici.\n", {"radio.pdf": PDF})
    assert "etait deja chiffree" in clinic.rejection(clinic.lab, mail).text


@pytest.mark.promise(number=6)
def test_an_unknown_sender(clinic: Clinic) -> None:
    mail = clinic.outsider.pgp_mime(clinic.patient())
    assert "ne sait pas qui" in clinic.rejection(clinic.outsider, mail).text


def test_an_enrolled_address_without_a_signature(clinic: Clinic) -> None:
    mail = clinic.lab.pgp_mime(clinic.patient(), sign=False)
    assert "ne sait pas qui" in clinic.rejection(clinic.lab, mail).text


def test_a_stranger_with_a_doctors_address(clinic: Clinic) -> None:
    mail = clinic.outsider.pgp_mime(clinic.patient())
    reply = clinic.outsider.send(
        clinic.host.postfix.smtp_port, mail, mail_from=clinic.paul.mail
    )
    assert reply.code == 550


def test_a_bad_signature(clinic: Clinic) -> None:
    mail = clinic.lab.signed_inside(clinic.patient(), forged=clinic.patient())
    assert (
        "La signature de ce message ne correspond pas"
        in clinic.rejection(clinic.lab, mail).text
    )


def test_a_mail_that_is_encrypted_to_somebody_else(clinic: Clinic) -> None:
    mail = clinic.outsider.pgp_mime(clinic.patient())
    other = clinic.host.doctor("Dr Autre CLE", "autre@cle.test", enrolled=False)
    other.service = other.mail
    wrong = other.pgp_mime(clinic.patient())
    assert wrong != mail
    assert "n'a pas pu etre dechiffre" in clinic.rejection(clinic.lab, wrong).text


@pytest.mark.promise(number=11)
def test_a_mail_that_is_too_large(clinic: Clinic) -> None:
    mail = clinic.lab.pgp_mime(clinic.patient(), {"grand.bin": bytes(range(256)) * 8000 + PDF})
    reply = clinic.host.send(clinic.lab, mail + b" " * 2_000_000)
    assert reply.code == 552
    assert clinic.lab.mail not in reply.text


@pytest.mark.promise(number=6)
def test_a_wrong_code_and_an_unknown_patient_read_the_same(clinic: Clinic) -> None:
    known, unknown = clinic.patient(), clinic.patient()
    clinic.create(known, code="JzbV7kQ2")
    answers = [
        clinic.refusal(
            clinic.anne, clinic.anne.pgp_mime(f"Demande : dossier\n{lines}Code : ZZZZ\n")
        )
        for lines in (known, unknown)
    ]
    assert "L'accès n'est pas accordé." in answers[0].text
    assert answers[0].text == answers[1].text


@pytest.mark.promise(number=5)
def test_a_deposit_with_a_number_that_contradicts(clinic: Clinic) -> None:
    lines = clinic.patient()
    clinic.create(lines + f"NIR : {nir(3)}\n")
    before = clinic.documents()
    mail = clinic.lab.pgp_mime(f"{lines}NIR : {nir(4)}\n\nVoici.\n")
    answer = clinic.refusal(clinic.lab, mail)
    assert "attribués avec certitude" in answer.text.replace("\n", " ")
    assert clinic.documents() == before


@pytest.mark.promise(number=5)
def test_homonyms(clinic: Clinic) -> None:
    lines = clinic.patient()
    clinic.create(lines + f"NIR : {nir(1)}\n")
    clinic.create(lines + f"NIR : {nir(2)}\n", by=clinic.anne)
    before = clinic.documents()
    doubtful = clinic.refusal(clinic.lab, clinic.lab.pgp_mime(lines + "\nVoici.\n"))
    assert "NIR" in doubtful.text
    assert clinic.documents() == before
    clinic.host.ask(clinic.lab, clinic.lab.pgp_mime(lines + f"NIR : {nir(2)}\n\nVoici.\n"))
    assert clinic.documents() == before + 1


def test_a_missing_header_field(clinic: Clinic) -> None:
    answer = clinic.refusal(
        clinic.lab, clinic.lab.pgp_mime("Patient : DUPONT Jean\n\nVoici.\n")
    )
    assert "« Né le » manque" in answer.text
    assert "Modèle à recopier" in answer.text


def test_a_creation_without_consent(clinic: Clinic) -> None:
    mail = clinic.paul.pgp_mime("Demande : création\n" + clinic.patient())
    assert "l'accord du patient" in clinic.refusal(clinic.paul, mail).text


def test_a_creation_by_a_laboratory(clinic: Clinic) -> None:
    text = "Demande : création\n" + clinic.patient() + "Consentement : oui\n"
    answer = clinic.refusal(clinic.lab, clinic.lab.pgp_mime(text))
    assert "seul un médecin" in answer.text


def test_a_code_that_is_too_easily_guessed(clinic: Clinic) -> None:
    text = "Demande : création\n" + clinic.patient() + "Consentement : oui\nCode : Jz\n"
    assert "trop vite\ndeviné" in clinic.refusal(clinic.paul, clinic.paul.pgp_mime(text)).text


def test_a_second_creation(clinic: Clinic) -> None:
    lines = clinic.patient()
    clinic.create(lines)
    text = "Demande : création\n" + lines + "Consentement : oui\n"
    assert "existe déjà" in clinic.refusal(clinic.paul, clinic.paul.pgp_mime(text)).text
    held = clinic.refusal(clinic.anne, clinic.anne.pgp_mime(text)).text
    assert "le service ne dit pas lequel" in held.replace("\n", " ")


def test_an_automatic_reply_is_swallowed_and_never_answered(clinic: Clinic) -> None:
    before = clinic.host.postfix.collected.count(clinic.lab.mail)
    mail = b"Auto-Submitted: auto-replied\r\n" + clinic.lab.clear("Je suis absent.")
    assert clinic.host.send(clinic.lab, mail).accepted
    null = clinic.lab.send(
        clinic.host.postfix.smtp_port, clinic.lab.clear("Undelivered"), mail_from=""
    )
    assert null.accepted
    clinic.host.ask(clinic.paul, clinic.paul.pgp_mime("Demande : aide\n"))
    assert clinic.host.postfix.collected.count(clinic.lab.mail) == before


def test_a_list_mail_that_an_enrolled_doctor_signed_is_his(clinic: Clinic) -> None:
    lines = clinic.patient()
    clinic.create(lines)
    before = clinic.documents()
    clinic.host.ask(
        clinic.lab, b"Precedence: bulk\r\n" + clinic.lab.pgp_mime(f"{lines}\nVoici.\n")
    )
    assert clinic.documents() == before + 1
    stranger = b"Precedence: list\r\n" + clinic.outsider.pgp_mime(f"{lines}\nVoici.\n")
    assert clinic.host.send(clinic.outsider, stranger).accepted
    assert clinic.documents() == before + 1


@pytest.mark.promise(number=7)
def test_the_keeper_down_defers_and_a_retry_then_succeeds(clinic: Clinic) -> None:
    lines = clinic.patient()
    clinic.create(lines)
    before = clinic.documents()
    mail = clinic.lab.pgp_mime(lines + "\nVoici.\n")
    clinic.host.service.kill(Part.KEEPER)
    reply = clinic.host.send(clinic.lab, mail)
    assert reply.code == 451
    assert clinic.documents() == before
    clinic.host.service.start(Part.KEEPER)
    clinic.host.service.wait_ready()
    clinic.host.ask(clinic.lab, mail)
    assert clinic.documents() == before + 1


def test_an_unknown_verb_is_explained(clinic: Clinic) -> None:
    answer = clinic.refusal(clinic.lab, clinic.lab.pgp_mime("Demande : café\n\n"))
    assert "café" in answer.text


def nir(serial: int) -> str:
    """Return a valid number: born 1959-01, the serial, and its key (97 minus the rest)."""
    body = 1_590_175_116_000 + serial
    return f"{body}{97 - body % 97:02}"
