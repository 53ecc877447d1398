"""The demonstration's doctor with Outlook: S/MIME and nothing else, in the same dossier."""

import json
import re
import shutil
import ssl
import time

from demo import mails
from demo.screen import Screen, texts_of
from testbed.doctor import Doctor
from testbed.folders import own_folder
from testbed.host import Host
from testbed.outlook import OpenedMail, Outlook
from testbed.reading import Opened
from testbed.service import rpps
from testbed.x509_maker import Maker

NAME, MAIL = "Dr Hélène VASSEUR", "h.vasseur@endocrino.test"
_RPPS = rpps(500)
_SERVICE = "CN = Résumé médical partagé"
_TRANSLATED = "Le service a ouvert ce document"
_SENTENCE = re.compile(rf"Signature de {NAME}[^\n]*\svérifiée le \d\d/\d\d/\d{{4}} : valable")


def _words(opened: OpenedMail) -> str:
    return "\n".join(texts_of(opened))


class WithOutlook:
    """She writes and reads by openssl, and her colleagues by gpg."""

    def __init__(self, screen: Screen, host: Host) -> None:
        self._screen = screen
        self._host = host
        self._folder = own_folder("rmp-outlook-")
        self._folder.chmod(0o711)
        (self._folder / "log").mkdir()
        (self._folder / "log").chmod(0o777)  # the keeper's user writes the export

    def close(self) -> None:
        """Forget her keys."""
        shutil.rmtree(self._folder)

    def enrol(self) -> None:
        """Have the host trust an authority, and enrol her with a certificate of it."""
        self._screen.step("a fourth doctor has Outlook: S/MIME alone (openssl plays it)")
        maker = Maker(int(time.time()), "RSA")
        authority = maker.authority("AC mail d'essai")
        own = maker.user(MAIL, authority)
        self._rmp("trust", "add", "ca", self._file("ca", authority.pem), "--purpose", "public")
        issued = maker.revocation_list(authority)
        self._rmp("trust", "add", "crl", self._file("list", issued))
        self._rmp(
            *("doctor", "add", "--name", NAME, "--rpps", _RPPS, "--mail", MAIL),
            *("--profession", "endocrinologue", "--certificate", self._file("own", own.pem)),
        )
        self._host.settle()  # what enrolling sends her, if anything, is no answer to her mails
        given = self._host.service.folder / "public" / "service-smime.cer"
        service = ssl.DER_cert_to_PEM_cert(given.read_bytes()).encode()
        trusted = service + authority.pem
        program = self._folder / "outlook"
        program.mkdir(mode=0o700)
        self._outlook = Outlook(program, NAME, MAIL, own, service=service, trusted=trusted)
        self._screen.say("rmp trust add ca, rmp trust add crl, rmp doctor add --certificate")
        self._screen.say(f"her keys lie in {self._folder} until the end")
        self._screen.say(
            f"{NAME}, certificate of « {own.certificate.issuer.rfc4514_string()} »"
        )

    def deposit(self) -> None:
        """Have her file a letter with a file."""
        self._screen.step("deposit by S/MIME: signed, then enveloped (AES-256)")
        files = {mails.ASSAY_NAME: mails.ASSAY}
        self._show(self._outlook.write(mails.CONSULTED, files))

    def consult(self) -> None:
        """Have her read the dossier with the patient's code."""
        self._screen.step("consultation by S/MIME: what OpenPGP sealed is translated for her")
        self._answers = self._show(self._outlook.write(mails.OTHER_ASKS))

    def prove(self, treating: Doctor, answers: list[Opened]) -> None:
        """Show that each has read what the other sealed, and who has signed for it."""
        self._screen.step("proof: one dossier for readers of both kinds")
        self._prove_file(treating.name, answers, mails.ASSAY_NAME, mails.ASSAY)
        told = (_SENTENCE.search(each.text) for each in answers)
        sentence = next((" ".join(each[0].split()) for each in told if each), "")
        claim = f"and is told: « {sentence} »"
        self._screen.proof(claim, holds=bool(sentence))
        self._prove_file(NAME, self._answers, mails.PDF_NAME, mails.PDF)
        self._prove_signers()

    def _prove_file(
        self, who: str, answers: list[Opened] | list[OpenedMail], name: str, sent: bytes
    ) -> None:
        got = [opened.files[name] for opened in answers if name in opened.files]
        claim = f"{who} got « {name} » byte for byte, translated"
        self._screen.proof(claim, holds=got == [sent])

    def _prove_signers(self) -> None:
        """Show that all is signed by the service, but her own report, which came as it was."""
        own = [each.signer for each in self._answers if mails.ASSAY_NAME in each.files]
        translated = [each.signer for each in self._answers if _TRANSLATED in _words(each)]
        claim = f"openssl verifies the service's signature on the {len(translated)} translated"
        held = bool(translated) and all(_SERVICE in signer for signer in translated)
        self._screen.proof(claim, holds=held)
        kept = len(own) == 1 and MAIL.partition("@")[0] in own[0]
        self._screen.proof(
            "and her own report came as she sealed it, signed by her", holds=kept
        )
        self._prove_logged(len(translated))

    def _prove_logged(self, translated: int) -> None:
        export = str(self._folder / "log" / "export")
        self._rmp("access", "export", export)
        kinds = ("--kind", "traduit", "--doctor", _RPPS)
        leaves = json.loads(self._rmp("access", "list", "--json", *kinds, export))
        claim = f"the access log has a leaf « traduit » for each of them, {len(leaves)} in all"
        self._screen.proof(claim, holds=0 < len(leaves) == translated)

    def _show(self, mail: bytes) -> list[OpenedMail]:
        answers = self._host.exchange(self._outlook, mail)
        for opened in answers:
            self._screen.smime(opened, NAME)
        return answers

    def _rmp(self, *arguments: str) -> str:
        return self._host.service.rmp(*arguments).stdout.decode()

    def _file(self, name: str, content: bytes) -> str:
        path = self._folder / f"{name}.pem"
        path.write_bytes(content)
        return str(path)
