"""A real Thunderbird with S/MIME writes to the service and shows its answers.

A campaign (``make soak``): it needs Debian's package ``thunderbird``.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from clinic import PDF
from smime_forms import (
    AS_STORED,
    FROM_OPENPGP,
    FROM_THUNDERBIRD,
    INDEX,
    TRANSLATED,
    form_of,
    together,
)

from rmp_milter.keeper.keys.smime_making import KeyKind, make_private, make_self_signed
from testbed.doctor import Doctor
from testbed.host import Host
from testbed.outlook import Outlook
from testbed.reading import code_told
from testbed.smime_host import SmimeHost
from testbed.thunderbird.profile import Account, add_certificate
from testbed.thunderbird.program import Shown, Thunderbird
from testbed.x509_maker import Made

pytestmark = [pytest.mark.integration, pytest.mark.soak]

NAME, MAIL = "Dr Tom TONNERRE", "tom@thunderbird.test"
SERVICE = "rmp@rmp.test"
PATIENT = "Patient : OISEAU Jeanne\nNé le : 30/01/1959\n"
SUMMARY = PATIENT + "Document : Résumé médical\n\nHypertension traitée.\n"
REPORT = PATIENT + "Document : Compte-rendu radiologie\n\nLe cliché est normal.\n"
OWN = PATIENT + "Document : Compte-rendu échographie\n\nRien à dire.\n"
OURS, NOTHING_WRONG, OTHER_SENDER = "CN=Résumé médical partagé", 0, 1038
"""What Mozilla says of a signature (nsICMSMessageErrors): valid; not the sender's."""
UNTRUSTED_ISSUER = "failed to find an encryption certificate for rmp@rmp.test"


class Answers(NamedTuple):
    """The mails of an answer: what each is made of, and what is shown of it."""

    forms: list[tuple[str, ...]]
    shown: list[Shown]


class House(NamedTuple):
    """A host that an authority certified, a patient's code, and a doctor there.

    What he has besides Thunderbird opens his mail with the same key: it tells its form.
    """

    smime: SmimeHost
    gp: Doctor
    thunderbird: Thunderbird
    openssl: Outlook
    code: str

    def ask(self, text: str, files: Sequence[Path] = ()) -> Answers:
        """Write to the service in Thunderbird, and show what it answers."""
        host = self.smime.host
        before = host.postfix.collected.count(MAIL)
        written = self.thunderbird.write(SERVICE, "RMP", text, files)
        assert written.sent, written.said
        assert (written.signs, written.encrypts, written.openpgp) == (True, True, False)
        host.postfix.wait_mail(MAIL, before + 1, 20)
        host.settle()
        raw = sorted(host.postfix.collected.of(MAIL)[before:], key=host.outbox_row)
        forms = [form_of(each, self.openssl) for each in raw]
        return Answers(forms, [self.thunderbird.show(each) for each in raw])

    def dossier(self, reply_form: str) -> Answers:
        self.smime.host.service.rmp("doctor", "set", MAIL, "--reply-form", reply_form)
        return self.ask(f"Demande : dossier\n{PATIENT}Code : {self.code}\n")


def program(smime: SmimeHost, own: Made, mail: str = MAIL) -> Thunderbird:
    account = Account(NAME, mail, smime.host.postfix.smtp_port)
    trees = smime.trees
    believed = {"racine": trees.public_root.pem, "autorité": trees.public.pem}
    return Thunderbird(account, own, believed)


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
        own = smime.enrolled(NAME, MAIL)
        openssl, made = smime.program(NAME, MAIL, own), program(smime, own)
        service = host.service.rmp("key", "smime", "export").stdout
        add_certificate(made.profile, "service", service, trusted=False)
        with made:
            yield House(smime, gp, made, openssl, code_told(answer.text))


@pytest.fixture(scope="module")
def receipt(house: House) -> Shown:
    file = house.thunderbird.folder / "écho.pdf"
    file.write_bytes(PDF)
    forms, (shown,) = house.ask(OWN, [file])
    assert forms == [INDEX]
    return shown


def files(shown: Shown) -> dict[str, bytes]:
    assert [each.error for each in shown.files] == [""] * len(shown.files)
    return {each.name: each.data for each in shown.files}


def is_green(shown: Shown) -> bool:
    """Return whether both icons are good, and the signature is the service's."""
    icons = (shown.technology, shown.encrypted, shown.signed)
    assert icons[:2] == ("S/MIME", "message-encrypted-ok")
    ok = shown.signed == "message-signed-ok"
    assert ok == (shown.signature == NOTHING_WRONG)
    return ok and shown.signer == OURS


def is_of(shown: Shown, signer: str) -> bool:
    """Return whether it is an author's mail: his signature holds, and he is not the sender."""
    assert (shown.technology, shown.encrypted) == ("S/MIME", "message-encrypted-ok")
    assert shown.signed == "message-signed-mismatch"
    return shown.signature == OTHER_SENDER and signer in shown.signer


def test_a_deposit_is_filed_and_its_receipt_shown(receipt: Shown) -> None:
    assert is_green(receipt)
    assert "OISEAU" in receipt.text
    assert "écho.pdf" in receipt.text
    # Thunderbird reads protected subjects of OpenPGP alone.
    assert receipt.subject == receipt.listed == "Réponse du service RMP"


@pytest.mark.usefixtures("receipt")
def test_a_dossier_of_both_kinds_is_shown_mail_by_mail(house: House) -> None:
    forms, (index, summary, own, colleagues) = house.dossier("separate")
    assert forms == [INDEX, FROM_OPENPGP, FROM_THUNDERBIRD, AS_STORED]
    assert is_green(index)
    assert "OISEAU" in index.text
    assert is_green(summary)
    assert summary.text.startswith("Le service a ouvert ce document")
    assert "Signature de Dr Paul DEMO" in summary.text
    assert files(summary) == {"tension.pdf": PDF}
    assert is_of(own, "CN=tom")
    assert files(own) == {"écho.pdf": PDF}
    assert "Rien à dire." in own.text
    assert is_of(colleagues, "CN=remi")
    assert files(colleagues) == {"cliché.pdf": PDF}
    assert "Le cliché est normal." in colleagues.text


@pytest.mark.usefixtures("receipt")
def test_documents_that_travel_together_are_opened_one_by_one(house: House) -> None:
    forms, (index, summary, stapled) = house.dossier("grouped")
    assert forms == [INDEX, FROM_OPENPGP, together(FROM_THUNDERBIRD, AS_STORED)]
    assert is_green(index)
    assert is_green(summary)
    assert "smime.p7m" in stapled.text
    # Only what is opened of it is decrypted: nothing is shown beside it.
    assert (stapled.encrypted, stapled.signed, stapled.notes) == ("", "", ())
    opened = {each.name: each.opened for each in stapled.files if each.opened}
    assert sorted(opened) == ["document-02.eml", "document-03.eml"]
    assert is_of(opened["document-02.eml"], "CN=remi")
    assert files(opened["document-02.eml"]) == {"cliché.pdf": PDF}
    assert is_of(opened["document-03.eml"], "CN=tom")
    assert files(opened["document-03.eml"]) == {"écho.pdf": PDF}
    others = {each.name for each in stapled.files if not each.opened}
    assert others == {"smime.p7m"}


@pytest.mark.usefixtures("receipt")
def test_what_is_to_be_readable_has_one_green_mark_each(house: House) -> None:
    forms, (index, *documents) = house.dossier("lisible")
    assert forms[:2] == [INDEX, FROM_OPENPGP]
    assert TRANSLATED in forms[2:]
    assert is_green(index)
    assert len(documents) == 3
    assert all(is_green(each) for each in documents)
    found = {name: data for each in documents for name, data in files(each).items()}
    assert found == {"tension.pdf": PDF, "cliché.pdf": PDF, "écho.pdf": PDF}
    for each in documents:
        assert each.text.startswith("Le service a ouvert ce document")
        assert "Patient : OISEAU Jeanne" in each.text


def test_a_doctor_whose_key_is_of_a_curve_reads_as_well(house: House) -> None:
    smime, mail = house.smime, "claire@courbe.test"
    own = smime.maker.user(mail, smime.trees.public, key=smime.maker.key("P-256"))
    smime.outlook("Dr Claire COURBE", mail, own=own)
    made = program(smime, own, mail)
    service = smime.host.service.rmp("key", "smime", "export").stdout
    add_certificate(made.profile, "service", service, trusted=False)
    smime.host.settle()  # the welcome mail has come
    before = smime.host.postfix.collected.count(mail)
    with made:
        assert made.write(SERVICE, "RMP", "Demande : aide\n").sent
        (raw,) = smime.host.postfix.wait_mail(mail, before + 1, 20)[before:]
        shown = made.show(raw)
    assert is_green(shown)
    assert "mode d'emploi" in shown.text


def test_a_certificate_of_the_services_own_making_is_believed_by_no_click(
    house: House,
) -> None:
    smime = house.smime
    key = make_private(KeyKind.RSA)
    own = make_self_signed(key, "Essai", [SERVICE], smime.maker.now)
    path = smime.folder / "self-made.der"
    path.write_bytes(own)
    with program(smime, smime.maker.user(MAIL, smime.trees.public)) as thunderbird:
        # As the button "Import" of the certificate manager does, under "People".
        thunderbird.import_certificate(path)
        written = thunderbird.write(SERVICE, "RMP", "Demande : aide\n")
    assert not written.sent
    assert any(UNTRUSTED_ISSUER in each for each in written.said)
