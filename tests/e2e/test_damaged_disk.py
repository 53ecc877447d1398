"""One octet of a stored body changed on the host's disk: an emergency brings all the rest."""

import os
from collections.abc import Iterator
from functools import partial

import pytest
from clinic import PDF

from rmp_milter.cli.stores import open_store
from rmp_milter.config import load
from testbed.doctor import Doctor
from testbed.host import Host
from testbed.outlook import Outlook
from testbed.service import Part
from testbed.smime_host import SmimeHost
from testbed.waiting import wait_until

pytestmark = pytest.mark.integration

URGENT = "Demande : urgence\nMotif : coma, traitement inconnu\n"
KINDS = ("Résumé médical", "Radiologie", "Biologie")


@pytest.fixture(scope="module")
def smime() -> Iterator[SmimeHost]:
    with Host(by_library=True) as host, SmimeHost(host) as made:
        yield made


@pytest.fixture(scope="module")
def gp(smime: SmimeHost) -> Doctor:
    return smime.host.doctor("Dr Paul DEMO", "paul@cabinet.test")


@pytest.fixture(scope="module")
def anne(smime: SmimeHost) -> Doctor:
    return smime.host.doctor("Dr Anne SAMU", "anne@samu.test")


@pytest.fixture(scope="module")
def ute(smime: SmimeHost) -> Outlook:
    return smime.outlook("Dr Ute OUTLOOK", "ute@samu.test", "médecin urgentiste")


def filed(smime: SmimeHost, gp: Doctor, name: str) -> tuple[str, bytes, bytes]:
    """File three documents of a new patient; return his lines, the second's id and body."""
    lines = f"Patient : {name} Jean\nNé le : 30/01/1959\n"
    smime.host.ask(gp, gp.pgp_mime(f"Demande : création\n{lines}Consentement : oui\n"))
    for kind in KINDS:
        text = f"{lines}Document : {kind}\n\nVoici : {kind}.\n"
        smime.host.ask(gp, gp.pgp_mime(text, {"scan.pdf": PDF + os.urandom(20_000)}))
    smime.host.settle()
    config = load(smime.host.service.config)
    with open_store(config, read_only=True) as store, store.snapshot() as view:
        (his,) = [each for each in view.dossiers() if each.patient.birth_name == name]
        (document,) = view.entries(his.dossier_id)[1].entry.documents
        return lines, document.document_id, bytes(view.body(document.document_id) or b"")


def flip(host: Host, body: bytes) -> None:
    """Flip one bit of a body where it lies on disk, in the middle; again flips it back."""
    path = load(host.service.config).paths.store / "data.mdb"
    at = path.read_bytes().find(body[:4000])
    assert at >= 0
    with path.open("r+b") as file:
        file.seek(at + len(body) // 2)
        octet = file.read(1)
        file.seek(at + len(body) // 2)
        file.write(bytes((octet[0] ^ 1,)))


def parked(host: Host) -> list[str]:
    return [str(row["reason"]) for row in host.outbox() if row["state"] == "parked"]


def test_an_emergency_brings_the_others_and_the_damaged_one_waits_for_the_host(
    smime: SmimeHost, gp: Doctor, anne: Doctor
) -> None:
    host = smime.host
    lines, document, body = filed(smime, gp, "ABIME")
    flip(host, body)
    index, *mails = host.ask(anne, anne.pgp_mime(URGENT + lines), 3)
    assert "Cet accès en urgence" in index.text
    assert {kind for kind in KINDS for each in mails if f"Voici : {kind}" in each.text} == {
        "Résumé médical",
        "Biologie",
    }
    wait_until(partial(parked, host), 20, "the damaged document's row")
    said = f"body {document.hex()} is not what was stored: its SHA-256 differs"
    assert parked(host) == [f"554 never sent: {said}"]
    assert said in host.service.log(Part.COURIER)
    checked = host.service.rmp("store", "check", check=False)
    assert checked.returncode == 1
    assert said in (checked.stdout + checked.stderr).decode()
    flip(host, body)
    before = host.postfix.collected.count(anne.mail)
    host.service.rmp("outbox", "retry", "--all")
    (late,) = host.answers(anne, after=before)
    assert "Voici : Radiologie" in late.text


def test_an_emergency_in_outlook_says_which_document_is_damaged_and_brings_the_others(
    smime: SmimeHost, gp: Doctor, ute: Outlook
) -> None:
    host = smime.host
    lines, document, body = filed(smime, gp, "TRADUIT")
    flip(host, body)
    index, *mails = smime.ask(ute, ute.write(URGENT + lines), 4)
    assert "Cet accès en urgence" in index.text
    told = [each for each in mails if "n'est pas joint" in each.text]
    assert len(mails) == 3
    assert len(told) == 1
    assert not told[0].files
    whole = "\n".join(str(each) for each in mails)
    assert "Voici : Radiologie" not in whole
    said = f"body {document.hex()} is not what was stored: its SHA-256 differs"
    assert f"an answer goes without a document: {said}" in host.service.log(Part.MILTER)
    flip(host, body)
    whole_again = smime.ask(ute, ute.write(URGENT + lines), 4)
    assert not [each for each in whole_again if "n'est pas joint" in each.text]
