"""Readers of both kinds through all that writes packets; the form ``lisible``; the originals."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from clinic import PDF

from testbed.doctor import Doctor
from testbed.gpg import Standing, Verdict
from testbed.host import Host
from testbed.outlook import OpenedMail, Outlook
from testbed.reading import code_told
from testbed.smime_host import SmimeHost

pytestmark = pytest.mark.integration

PATIENT = "Patient : TRADUIT Jeanne\nNé le : 30/01/1959\n"
OTHER = "Patient : ATTENTE Louis\nNé le : 02/03/1961\n"
SENTENCE = "Le service a ouvert ce document"


@pytest.fixture(scope="module")
def smime() -> Iterator[SmimeHost]:
    with Host({("limits", "message_bytes"): "2000000"}) as host, SmimeHost(host) as made:
        yield made


@pytest.fixture(scope="module")
def gp(smime: SmimeHost) -> Doctor:
    return smime.host.doctor("Dr Paul DEMO", "paul@cabinet.test")


@pytest.fixture(scope="module")
def radiologist(smime: SmimeHost) -> Outlook:
    return smime.outlook("Dr Rémi RAYON", "remi@radio.test")


def letter(patient: str, document: str, *more: str) -> str:
    return (
        patient
        + f"Document : {document}\n"
        + "".join(f"{each}\n" for each in more)
        + "\nVoici.\n"
    )


@pytest.fixture(scope="module")
def code(smime: SmimeHost, gp: Doctor, radiologist: Outlook) -> str:
    text = f"Demande : création\n{PATIENT}Consentement : oui\n"
    (answer,) = smime.host.ask(gp, gp.pgp_mime(text))
    smime.host.ask(gp, gp.pgp_mime(letter(PATIENT, "Résumé médical"), {"tension.pdf": PDF}))
    smime.ask(radiologist, radiologist.write(letter(PATIENT, "Radio"), {"cliché.pdf": PDF}))
    return code_told(answer.text)


def files_of(mails: list[OpenedMail]) -> dict[str, bytes]:
    return {name: data for each in mails for name, data in each.files.items()}


def test_a_prescriber_of_the_other_kind_is_sent_his_copy(
    smime: SmimeHost, gp: Doctor, radiologist: Outlook, code: str
) -> None:
    assert code
    collected = smime.host.postfix.collected
    before = collected.count(radiologist.mail)
    text = letter(PATIENT, "Ordonnance", "Prescripteur : Dr Rémi RAYON")
    smime.host.ask(gp, gp.pgp_mime(text, {"ordonnance.pdf": PDF}))
    raw = smime.host.postfix.wait_mail(radiologist.mail, before + 2, 20)[before:]
    opened = [radiologist.read(each) for each in raw]
    assert files_of(opened)["ordonnance.pdf"] == PDF
    assert any("Signature de Dr Paul DEMO" in each.text for each in opened)


def test_what_waited_is_adopted_for_a_reader_of_the_other_kind(
    smime: SmimeHost, gp: Doctor, radiologist: Outlook
) -> None:
    smime.ask(radiologist, radiologist.write(letter(OTHER, "Radio"), {"attente.pdf": PDF}))
    smime.host.ask(gp, gp.pgp_mime(f"Demande : création\n{OTHER}Consentement : oui\n"))
    mails = smime.host.exchange(gp, gp.pgp_mime(f"Demande : dossier\n{OTHER}"))
    found = next(each for each in mails if "attente.pdf" in each.files)
    assert found.files["attente.pdf"] == PDF
    assert "Signature de Dr Rémi RAYON" in found.text


def test_a_prescriber_whom_the_patient_has_refused_has_read_nothing(
    smime: SmimeHost, gp: Doctor, code: str, tmp_path: Path
) -> None:
    assert code
    host = smime.host
    other = smime.outlook("Dr Rose REFUS", "rose@refus.test")
    host.settle()
    welcomed = host.postfix.mailbox(other.mail)
    host.ask(gp, gp.pgp_mime(f"Demande : opposition\n{PATIENT}Médecin : Dr Rose REFUS\n"))
    text = letter(PATIENT, "Ordonnance", "Prescripteur : Dr Rose REFUS")
    host.ask(gp, gp.pgp_mime(text, {"ordonnance-2.pdf": PDF}))
    host.settle()
    assert host.postfix.mailbox(other.mail) == welcomed
    host.service.rmp("access", "export", str(tmp_path / "log"))
    listed = host.service.rmp("access", "list", "--json", str(tmp_path / "log"))
    last = [each for each in json.loads(listed.stdout) if each["action"] == "traduit"][-1]
    assert last["outcome"] == "none"


@pytest.mark.parametrize("request_", ["copie", "renvoi", "original"])
def test_each_way_of_asking_brings_what_can_be_opened(
    smime: SmimeHost, gp: Doctor, code: str, request_: str
) -> None:
    assert code
    mails = smime.host.exchange(gp, gp.pgp_mime(f"Demande : {request_}\n{PATIENT}"))
    found = next(each for each in mails if "cliché.pdf" in each.files)
    assert found.files["cliché.pdf"] == PDF
    assert ("original.p7m" in found.files) == (request_ == "original")


def test_the_original_in_outlook_is_what_gpg_verifies(
    smime: SmimeHost, gp: Doctor, radiologist: Outlook, code: str
) -> None:
    text = f"Demande : original\n{PATIENT}Code : {code}\nNuméros : 1 (table {{table}})\n"
    index, *_ = smime.ask(
        radiologist, radiologist.write(f"Demande : index\n{PATIENT}Code : {code}\n"), 1
    )
    table = index.text.partition("table ")[2].split(".")[0].split(",")[0].split()[0]
    _, mail = smime.ask(radiologist, radiologist.write(text.format(table=table)), 2)
    said = gp.keyring.verify(mail.files["original.eml"], mail.files["original.eml.sig"])
    assert said == (Verdict(Standing.GOOD, gp.fingerprint),)


def test_an_emergency_has_both_leaves(
    smime: SmimeHost, radiologist: Outlook, code: str, tmp_path: Path
) -> None:
    assert code
    text = f"Demande : urgence\n{PATIENT}Motif : inconsciente, AVC\n"
    _, *mails = smime.ask(radiologist, radiologist.write(text), 4)
    assert files_of(mails)["tension.pdf"] == PDF
    smime.host.service.rmp("access", "export", str(tmp_path / "log"))
    listed = smime.host.service.rmp("access", "list", "--json", str(tmp_path / "log"))
    actions = [each["action"] for each in json.loads(listed.stdout)]
    assert "traduit" in actions[actions.index("urgence") :]


def test_the_list_of_accesses_tells_who_was_sent_a_translation(
    smime: SmimeHost, gp: Doctor, code: str
) -> None:
    assert code
    (answer,) = smime.host.ask(gp, gp.pgp_mime(f"Demande : accès\n{PATIENT}"))
    flat = " ".join(answer.text.split())
    assert "Dr Paul DEMO a reçu un document que le service a ouvert et chiffré" in flat


def test_a_masked_document_comes_to_nobody_from_whom_it_is_hidden(
    smime: SmimeHost, gp: Doctor, radiologist: Outlook, code: str
) -> None:
    smime.ask(radiologist, radiologist.write(letter(PATIENT, "Secret"), {"secret.pdf": PDF}))
    index = smime.host.exchange(gp, gp.pgp_mime(f"Demande : index\n{PATIENT}"))[0]
    line = next(each for each in index.text.splitlines() if "Secret" in each)
    number = line.split(".")[0].strip()
    table = index.text.partition("la table ")[2].split(",")[0].split()[0]
    smime.host.ask(
        gp, gp.pgp_mime(f"Demande : masquage\n{PATIENT}Numéros : {number} (table {table})\n")
    )
    other = smime.host.doctor("Dr Anne AUTRE", "anne@autre.test")
    mails = smime.host.exchange(
        other, other.pgp_mime(f"Demande : dossier\n{PATIENT}Code : {code}\n")
    )
    names = {name for each in mails for name in each.files}
    assert "cliché.pdf" in names
    assert "secret.pdf" not in names


def test_a_new_medecin_traitant_of_the_other_kind_reads_all(
    smime: SmimeHost, radiologist: Outlook, code: str
) -> None:
    taking = f"Demande : médecin traitant\n{PATIENT}Code : {code}\nConsentement : oui\n"
    smime.ask(radiologist, radiologist.write(taking))
    index, *mails = smime.ask(
        radiologist, radiologist.write(f"Demande : dossier\n{PATIENT}"), 5
    )
    assert "TRADUIT" in index.text
    files = files_of(mails)
    assert {"tension.pdf", "ordonnance.pdf", "cliché.pdf"} <= files.keys()


def test_the_form_lisible_is_one_signature_and_no_keys(smime: SmimeHost) -> None:
    host = smime.host
    reader = host.doctor("Dr Lise LISIBLE", "lise@cabinet.test")
    patient = "Patient : CLAIR Denis\nNé le : 04/05/1963\n"
    host.ask(reader, reader.pgp_mime(f"Demande : création\n{patient}Consentement : oui\n"))
    author = host.doctor("Dr Aline AVANT", "aline@labo.test")
    host.ask(author, author.pgp_mime(letter(patient, "Avant"), {"avant.pdf": PDF}))
    said = host.service.rmp("doctor", "set", "lise@cabinet.test", "--reply-form", "lisible")
    assert b"filed before" in said.stdout + said.stderr
    host.ask(author, author.pgp_mime(letter(patient, "Après"), {"apres.pdf": PDF}))
    index, *mails = host.exchange(reader, reader.pgp_mime(f"Demande : dossier\n{patient}"))
    after = next(each for each in mails if "apres.pdf" in each.files)
    assert "Signature de Dr Aline AVANT" in after.text
    before = next(each for each in mails if "avant.pdf" in each.files)
    assert SENTENCE not in str(before)
    # The author's key serves for the one document that still bears the author's signature.
    assert index.keys

    patient = "Patient : NOUVEAU Denis\nNé le : 04/05/1963\n"
    host.ask(reader, reader.pgp_mime(f"Demande : création\n{patient}Consentement : oui\n"))
    host.ask(author, author.pgp_mime(letter(patient, "Après"), {"apres.pdf": PDF}))
    index, mail = host.exchange(reader, reader.pgp_mime(f"Demande : dossier\n{patient}"))
    assert not index.keys
    assert {each.standing for each in mail.verdicts} == {Standing.GOOD}
    assert {each.signer for each in mail.verdicts} == {each.signer for each in index.verdicts}


def test_the_form_lisible_in_outlook_has_the_services_signature_alone(
    smime: SmimeHost, radiologist: Outlook
) -> None:
    reader = smime.outlook("Dr Luc LISIBLE", "luc@cabinet.test", reply_form="lisible")
    patient = "Patient : OUTLOOK Denis\nNé le : 04/05/1963\n"
    creation = f"Demande : création\n{patient}Consentement : oui\n"
    (index,) = smime.ask(reader, reader.write(creation))
    smime.ask(radiologist, radiologist.write(letter(patient, "Radio"), {"cliché.pdf": PDF}))
    _, mail = smime.ask(reader, reader.write(f"Demande : dossier\n{patient}"), 2)
    assert mail.files == {"cliché.pdf": PDF}
    assert "Signature de Dr Rémi RAYON" in mail.text
    assert mail.signer == index.signer


def test_who_cannot_be_translated_for_is_told_so() -> None:
    settings = {("rules", "translates"): "false"}
    with Host(settings) as host, SmimeHost(host) as smime:
        gp = host.doctor("Dr Paul DEMO", "paul@cabinet.test")
        remi = smime.outlook("Dr Rémi RAYON", "remi@radio.test")
        host.ask(gp, gp.pgp_mime(f"Demande : création\n{PATIENT}Consentement : oui\n"))
        before = host.postfix.collected.count(gp.mail)
        text = letter(PATIENT, "Radio", "Prescripteur : Dr Paul DEMO")
        smime.ask(remi, remi.write(text, {"cliché.pdf": PDF}))
        host.settle()
        (copy,) = host.answers(gp, after=before)
        assert "ce service n'ouvre aucun document" in " ".join(copy.text.split())
        (index,) = host.exchange(gp, gp.pgp_mime(f"Demande : dossier\n{PATIENT}"))
        assert "comme votre logiciel ne sait pas l'ouvrir" in index.text
        said = host.service.rmp(
            "doctor", "set", gp.mail, "--reply-form", "lisible", check=False
        )
        assert b"translates no documents" in said.stderr


def test_a_doctor_who_goes_over_to_smime_reads_what_is_there(
    smime: SmimeHost, radiologist: Outlook
) -> None:
    host = smime.host
    doctor = host.doctor("Dr Marie CHANGE", "marie@cabinet.test")
    patient = "Patient : CHANGEANT Denis\nNé le : 04/05/1963\n"
    host.ask(doctor, doctor.pgp_mime(f"Demande : création\n{patient}Consentement : oui\n"))
    host.ask(doctor, doctor.pgp_mime(letter(patient, "Bilan"), {"bilan.pdf": PDF}))
    smime.ask(radiologist, radiologist.write(letter(patient, "Radio"), {"cliché.pdf": PDF}))
    own = smime.maker.user(doctor.mail, smime.trees.public)
    file = smime.file("marie", own.pem)
    host.service.rmp(
        *("doctor", "rekey", doctor.mail, "--certificate", file),
        *("--witness", "A. UN", "--witness", "B. DEUX"),
    )
    outlook = smime.program("Dr Marie CHANGE", doctor.mail, own)
    _, *mails = smime.ask(outlook, outlook.write(f"Demande : dossier\n{patient}"), 3)
    files = {name: data for each in mails for name, data in each.files.items()}
    assert files == {"bilan.pdf": PDF, "cliché.pdf": PDF}
