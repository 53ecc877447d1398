"""A doctor's Outlook whose certificate was renewed, or replaced: real Postfix, real openssl."""

import hashlib
import time
from collections.abc import Iterator

import pytest
from clinic import PDF

from testbed.host import Host
from testbed.openssl import openssl
from testbed.outlook import CannotOpen, Outlook
from testbed.sending import Reply
from testbed.smime_host import SmimeHost
from testbed.x509_maker import DAY, Made

pytestmark = pytest.mark.integration

PATIENT = "Patient : DURABLE Jeanne\nNé le : 30/01/1959\n"
SUMMARY = PATIENT + "Document : Résumé médical\n\nHypertension traitée.\n"
READING = f"Demande : dossier\n{PATIENT}"
FILES = {"tension.pdf": PDF}


@pytest.fixture(scope="module")
def smime() -> Iterator[SmimeHost]:
    with Host({("limits", "message_bytes"): "2000000"}) as host, SmimeHost(host) as made:
        yield made


class Practice:
    """A GP whose certificate ends soon, with a dossier that he reads by his signature."""

    def __init__(self, smime: SmimeHost, name: str) -> None:
        self.smime, self.mail = smime, f"{name}@cabinet.test"
        self.old = self.certificate(300)
        self.gp = smime.outlook(f"Dr {name}", self.mail, "médecin généraliste", own=self.old)
        text = f"Demande : création\n{PATIENT.replace('DURABLE', name)}Consentement : oui\n"
        self.ask(self.gp, text)
        self.patient = PATIENT.replace("DURABLE", name)
        self.ask(self.gp, SUMMARY.replace("DURABLE", name), FILES)

    def certificate(self, days: int) -> Made:
        start = int(time.time()) - days * DAY
        return self.smime.maker.user(self.mail, self.smime.trees.public, start=start)

    def program(self, own: Made) -> Outlook:
        return self.smime.program(self.gp.name, self.mail, own)

    def ask(
        self, doctor: Outlook, text: str, files: dict[str, bytes] | None = None, more: int = 1
    ) -> list[str]:
        answers = self.smime.ask(doctor, doctor.write(text, files or {}), more)
        self.files = {name: data for each in answers for name, data in each.files.items()}
        return [each.text for each in answers]

    def refused(self, doctor: Outlook, text: str) -> Reply:
        return doctor.send(self.smime.host.postfix.smtp_port, doctor.write(text))


def fingerprint(made: Made, digest: str = "sha256") -> str:
    return hashlib.new(digest, made.der).hexdigest()


def test_after_the_renewal_he_opens_old_documents_with_the_new_certificate(
    smime: SmimeHost,
) -> None:
    practice = Practice(smime, "ROLLIN")
    newer = practice.certificate(1)
    renewed = practice.program(newer)
    index, *_ = practice.ask(renewed, f"Demande : dossier\n{practice.patient}", more=2)
    assert "Votre certificat renouvelé" in index
    assert practice.files["tension.pdf"] == PDF
    again, *_ = practice.ask(renewed, f"Demande : dossier\n{practice.patient}", more=2)
    assert "renouvelé" not in again
    shown = smime.host.service.rmp("doctor", "show", practice.mail).stdout.decode()
    assert fingerprint(newer) in shown.replace(" ", "").lower()
    reply = practice.refused(practice.program(practice.old), READING)
    assert reply.code == 550
    with pytest.raises(CannotOpen):
        practice.program(practice.old).read(
            smime.host.postfix.wait_mail(practice.mail, 1, 20)[-1]
        )


def test_the_renewed_one_comes_in_a_mail_that_the_present_one_signed(smime: SmimeHost) -> None:
    practice = Practice(smime, "PASSAGE")
    newer = practice.certificate(1)
    read = practice.program(newer)
    mail = practice.gp.write("Demande : aide\n", {"nouveau.cer": newer.der})
    assert practice.gp.send(smime.host.postfix.smtp_port, mail).accepted
    raw = smime.host.postfix.wait_mail(practice.mail, 4, 20)[-1]
    assert "Votre certificat renouvelé" in read.read(raw).text


@pytest.mark.parametrize(("digest", "name"), [("sha1", "CHANGE"), ("sha256", "AUTRE")])
def test_another_certificate_by_nouvelle_cle(smime: SmimeHost, digest: str, name: str) -> None:
    practice = Practice(smime, name)
    start = int(time.time()) - DAY
    other = smime.maker.user(practice.mail, smime.trees.public_root, start=start)
    text = (
        "Demande : nouvelle clé\nService : rmp@rmp.test\n"
        f"Empreinte : {fingerprint(other, digest)}\n"
    )
    practice.gp.send(
        smime.host.postfix.smtp_port, practice.gp.write(text, {"moi.p7b": p7b(other, smime)})
    )
    smime.host.settle()
    raw = smime.host.postfix.wait_mail(practice.mail, 5, 20)
    told = [practice.program(each) for each in (other, practice.old)]
    words = [opened(each, told) for each in raw[3:]]
    assert any("Votre nouvelle clé est enregistrée" in each for each in words)
    assert any("Votre clé a été remplacée" in each for each in words)
    practice.ask(practice.program(other), f"Demande : dossier\n{practice.patient}", more=2)
    assert practice.files["tension.pdf"] == PDF


def opened(raw: bytes, programs: list[Outlook]) -> str:
    for each in programs:
        try:
            return each.read(raw).text
        except CannotOpen:
            continue
    return ""


def p7b(made: Made, smime: SmimeHost) -> bytes:
    """Return a file as Windows exports it: the certificate, and those above it."""
    file = smime.file("chain", made.pem + smime.trees.public_root.pem)
    return openssl("crl2pkcs7", "-nocrl", "-certfile", file, "-outform", "DER")
