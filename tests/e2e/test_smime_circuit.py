"""One dossier, readers of both kinds: real Postfix, real gpg, openssl as a doctor's Outlook."""

import json
from collections.abc import Iterator

import pytest
from clinic import PDF

from testbed.doctor import Doctor
from testbed.host import Host
from testbed.outlook import Outlook
from testbed.reading import code_told
from testbed.service import rpps
from testbed.smime_host import SmimeHost

pytestmark = [pytest.mark.integration, pytest.mark.promise(number=23)]

PATIENT = "Patient : MIXTE Jeanne\nNé le : 30/01/1959\n"
REPORT = (
    PATIENT + "Document : Compte-rendu radiologie\n\nCher confrère, le cliché est normal.\n"
)
SUMMARY = PATIENT + "Document : Résumé médical\n\nHypertension traitée.\n"


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


@pytest.fixture(scope="module")
def code(smime: SmimeHost, gp: Doctor, radiologist: Outlook) -> str:
    """Both have filed in the dossier; the patient's code."""
    text = f"Demande : création\n{PATIENT}Consentement : oui\n"
    (answer,) = smime.host.ask(gp, gp.pgp_mime(text))
    smime.host.ask(gp, gp.pgp_mime(SUMMARY, {"tension.pdf": PDF}))
    (receipt,) = smime.ask(radiologist, radiologist.write(REPORT, {"cliché.pdf": PDF}))
    assert "MIXTE" in receipt.text
    assert "CN = " in receipt.signer
    return code_told(answer.text)


@pytest.mark.usefixtures("code")
def test_the_gp_reads_what_came_by_smime_with_the_sentence(
    smime: SmimeHost, gp: Doctor
) -> None:
    text = f"Demande : dossier\n{PATIENT}"
    mails = smime.host.exchange(gp, gp.pgp_mime(text))
    found = next(each for each in mails if "cliché.pdf" in each.files)
    assert found.files["cliché.pdf"] == PDF
    assert "Signature de Dr Rémi RAYON" in found.text
    assert "le cliché est normal" in str(found)


def test_the_radiologist_reads_the_whole_dossier_in_outlook(
    smime: SmimeHost, radiologist: Outlook, code: str
) -> None:
    text = f"Demande : dossier\n{PATIENT}Code : {code}\n"
    index, *mails = smime.ask(radiologist, radiologist.write(text), 3)
    assert "MIXTE" in index.text
    files = {name: data for each in mails for name, data in each.files.items()}
    assert files["tension.pdf"] == PDF
    assert files["cliché.pdf"] == PDF


def test_a_third_with_a_card_and_an_openpgp_key_writes_by_one_and_reads_by_the_other(
    smime: SmimeHost, gp: Doctor, radiologist: Outlook, code: str
) -> None:
    host = smime.host
    third = host.doctor("Dr Clara CARTE", "clara@carte.test", "cardiologue")
    by_card = smime.with_card(third, smime.maker.card(rpps(2), smime.trees.igc))
    before = host.postfix.collected.count(third.mail)
    echo = PATIENT + "Document : Échocardiographie\n\nFraction d'éjection normale.\n"
    reply = by_card.send(host.postfix.smtp_port, by_card.write(echo, {"echo.pdf": PDF}))
    assert reply.accepted, reply
    (receipt,) = host.answers(third, after=before)
    assert "MIXTE" in receipt.text
    asking = f"Demande : dossier\n{PATIENT}Code : {code}\n"
    own = host.exchange(third, third.pgp_mime(asking))
    gps = host.exchange(gp, gp.pgp_mime(f"Demande : dossier\n{PATIENT}"))
    theirs = smime.ask(radiologist, radiologist.write(asking), 4)
    wanted = {"tension.pdf", "cliché.pdf", "echo.pdf"}
    for mails in (own, gps, theirs):
        files = {name: data for each in mails for name, data in each.files.items()}
        assert {name for name, data in files.items() if data == PDF} >= wanted
    for mails in (own, gps):
        assert any("Signature de Dr Clara CARTE" in each.text for each in mails)
    folder = str(host.service.root / "export")
    host.service.rmp("access", "export", folder)
    listed = host.service.rmp("access", "list", "--json", "--kind", "traduit", folder)
    readers = {each["rpps"] for each in json.loads(listed.stdout)}
    assert readers >= {rpps(1), rpps(2), rpps(501)}
