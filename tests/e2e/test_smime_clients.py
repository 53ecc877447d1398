"""gpgsm and NSS's cmsutil write to the service and read the dossier of doctors of both kinds."""

from collections.abc import Iterator
from contextlib import closing
from typing import NamedTuple

import pytest
from clinic import PDF
from smime_forms import (
    AS_STORED,
    FROM_OPENPGP,
    INDEX,
    STORED_DETACHED,
    TRANSLATED,
    form_of,
    together,
)

from testbed.doctor import Doctor
from testbed.host import Host
from testbed.outlook import OpenedMail, Outlook
from testbed.reading import code_told
from testbed.smime_host import SmimeHost
from testbed.smime_programs import GpgsmProgram, NssProgram

pytestmark = pytest.mark.integration

PATIENT = "Patient : CLIENTS Jeanne\nNé le : 30/01/1959\n"
SUMMARY = PATIENT + "Document : Résumé médical\n\nHypertension traitée.\n"
REPORT = PATIENT + "Document : Compte-rendu radiologie\n\nLe cliché est normal.\n"
SERVICE = "Résumé médical partagé"


class House(NamedTuple):
    """A host whose certificate an authority has issued, a dossier in it, and its code."""

    smime: SmimeHost
    gp: Doctor
    code: str


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with Host({("limits", "message_bytes"): "2000000"}) as host, SmimeHost(host) as smime:
        smime.certified()
        gp = host.doctor("Dr Paul DEMO", "paul@cabinet.test")
        text = f"Demande : création\n{PATIENT}Consentement : oui\n"
        (answer,) = host.ask(gp, gp.pgp_mime(text))
        host.ask(gp, gp.pgp_mime(SUMMARY, {"tension.pdf": PDF}))
        radiologist = smime.outlook("Dr Rémi RAYON", "remi@radio.test")
        smime.ask(radiologist, radiologist.write(REPORT, {"cliché.pdf": PDF}))
        detached = radiologist.write(REPORT, {"profil.pdf": PDF}, detached=True)
        smime.ask(radiologist, detached)
        yield House(smime, gp, code_told(answer.text))


@pytest.fixture(scope="module")
def gpgsm(house: House) -> Iterator[Outlook]:
    smime, mail = house.smime, "greta@gpgsm.test"
    own = smime.enrolled("Dr Greta GPGSM", mail)
    has = smime.believed()
    with closing(GpgsmProgram(smime.folder / mail, "Dr Greta GPGSM", mail, own, has)) as made:
        yield made


@pytest.fixture(scope="module")
def nss(house: House) -> Outlook:
    smime, mail = house.smime, "nora@nss.test"
    own = smime.enrolled("Dr Nora NSS", mail)
    return NssProgram(smime.folder / mail, "Dr Nora NSS", mail, own, smime.believed())


@pytest.fixture(params=["gpgsm", "nss"])
def program(request: pytest.FixtureRequest) -> Outlook:
    found: Outlook = request.getfixturevalue(request.param)
    return found


def deposit(house: House, program: Outlook, mail: bytes) -> OpenedMail:
    (receipt,) = house.smime.ask(program, mail)
    return receipt


def document(kind: str) -> str:
    return PATIENT + f"Document : {kind}\n\nLettre de {kind}.\n"


# First these two: while the dossier is small, for gpgsm takes long for each mail.
@pytest.mark.parametrize(
    ("reply_form", "expected"),
    [
        ("separate", [INDEX, FROM_OPENPGP, STORED_DETACHED, AS_STORED]),
        ("grouped", [INDEX, FROM_OPENPGP, together(STORED_DETACHED, AS_STORED)]),
        ("lisible", [INDEX, FROM_OPENPGP, TRANSLATED, TRANSLATED]),
    ],
)
def test_answers_have_the_forms_that_thunderbird_shows(
    house: House, reply_form: str, expected: list[tuple[str, ...]]
) -> None:
    smime, mail = house.smime, f"olga@{reply_form}.test"
    olga = smime.outlook("Dr Olga OUTLOOK", mail, reply_form=reply_form)
    text = f"Demande : dossier\n{PATIENT}Code : {house.code}\n"
    raw = smime.ask_raw(olga, olga.write(text))
    assert [form_of(each, olga) for each in raw] == expected
    has_authors_own = reply_form != "lisible"
    index = olga.read(raw[0]).text
    assert ("l'expéditeur n'est pas le signataire" in index) == has_authors_own
    assert "garde l'objet" not in index
    if reply_form == "grouped":
        assert "« smime.p7m »".encode() in raw[-1]


def test_a_program_opens_all_of_a_dossier_of_both_kinds(house: House, program: Outlook) -> None:
    own = {f"{program.name}.pdf": PDF + program.name.encode()}
    deposit(house, program, program.write(document("Courrier"), own))
    text = f"Demande : dossier\n{PATIENT}Code : {house.code}\n"
    index, *documents = house.smime.ask(program, program.write(text))
    assert "CLIENTS" in index.text
    assert SERVICE in index.signer
    by_file = {name: each for each in documents for name in each.files}

    translated = by_file["tension.pdf"]
    assert translated.files["tension.pdf"] == PDF
    assert SERVICE in translated.signer
    assert translated.text.startswith("Le service a ouvert ce document")
    assert "Signature de Dr Paul DEMO" in translated.text

    colleagues = by_file["cliché.pdf"]
    assert colleagues.files["cliché.pdf"] == PDF
    assert colleagues.text.endswith("Le cliché est normal.\n")
    assert "remi" in colleagues.signer

    (name,) = own
    assert by_file[name].files == own
    assert program.mail.partition("@")[0] in by_file[name].signer


# Each cipher once, and both kinds of signature: what one is tells nothing of the other.
@pytest.mark.parametrize(
    ("cipher", "detached"),
    [
        ("aes-128-cbc", False),
        ("aes-192-cbc", True),
        ("aes-256-cbc", False),
        pytest.param("aes-128-cbc", True, marks=pytest.mark.soak),
        pytest.param("aes-192-cbc", False, marks=pytest.mark.soak),
        pytest.param("aes-256-cbc", True, marks=pytest.mark.soak),
    ],
)
def test_what_gpgsm_writes_is_filed_and_answered(
    house: House, gpgsm: Outlook, cipher: str, *, detached: bool
) -> None:
    text = document(f"Courrier {cipher}")
    mail = gpgsm.write(text, {"écho.pdf": PDF}, cipher=cipher, detached=detached)
    receipt = deposit(house, gpgsm, mail)
    assert "CLIENTS" in receipt.text
    assert "écho.pdf" in receipt.text
    assert SERVICE in receipt.signer


@pytest.mark.parametrize("detached", [False, True], ids=["opaque", "detached"])
def test_what_nss_writes_is_filed_and_answered(
    house: House, nss: Outlook, *, detached: bool
) -> None:
    mail = nss.write(document("Courrier"), {"écho.pdf": PDF}, detached=detached)
    receipt = deposit(house, nss, mail)
    assert "CLIENTS" in receipt.text
    assert "écho.pdf" in receipt.text
    assert receipt.signer == SERVICE


def test_the_gp_opens_what_each_program_wrote(house: House, program: Outlook) -> None:
    name = f"pour le médecin, {program.name}.pdf"
    data = PDF + program.mail.encode()
    deposit(house, program, program.write(document("Courrier"), {name: data}))
    mails = house.smime.host.exchange(
        house.gp, house.gp.pgp_mime(f"Demande : dossier\n{PATIENT}")
    )
    found = next(each for each in mails if name in each.files)
    assert found.files[name] == data
    assert f"Signature de {program.name}" in found.text
