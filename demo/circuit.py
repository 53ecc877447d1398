"""The steps of the demonstration: invented persons, real mails, and what they prove."""

import hashlib
from pathlib import Path

from demo import mails
from demo.emergency import Emergency
from demo.screen import Screen
from demo.smime import WithOutlook
from testbed import traces
from testbed.doctor import Doctor
from testbed.gpg import Standing, Verdict
from testbed.host import Host
from testbed.reading import Opened

STEPS = 20
ACCOUNT, PASSWORD = "radio", "Rayon-X-2026"


class Demonstration:
    """Four doctors and one patient; each method is one step on the screen."""

    def __init__(self, screen: Screen, host: Host) -> None:
        self._screen = screen
        self._host = host
        self._outlook = WithOutlook(screen, host)

    def play(self) -> None:
        """Go through all steps; what they need outside the host is removed whatever happens."""
        try:
            self._play()
        finally:
            self._outlook.close()

    def _play(self) -> None:
        self._enrol()
        self._outlook.enrol()
        self._deposit_early()
        self._create()
        self._deposit()
        self._summarise()
        self._outlook.deposit()
        own = self._consult(
            self._treating,
            mails.TREATING_ASKS,
            "by the médecin traitant: a signature, no code, no slot is opened",
        )
        self._mask()
        other = self._consult(
            self._other,
            mails.OTHER_ASKS,
            "by another doctor, with the code that the patient gave her",
        )
        self._prove_masked(own, other)
        self._outlook.consult()
        self._prove_identical(own, other)
        self._outlook.prove(self._treating, own)
        Emergency(self._screen, self._host, self._other, self._treating).play()
        self._prove_no_trace()

    def _enrol(self) -> None:
        self._screen.step("three doctors make keys with gpg and are enrolled (rmp doctor add)")
        host = self._host
        self._treating = host.doctor("Dr Anne MOREL", "anne.morel@cabinet.test")
        self._radiologist = host.doctor(
            "Dr Karim BENALI", "k.benali@imagerie.test", "médecin radiologue", account=ACCOUNT
        )
        self._other = host.doctor(
            "Dr Lucie FONTAINE", "l.fontaine@clinique.test", "cardiologue"
        )
        host.postfix.add_account(ACCOUNT, PASSWORD)
        for doctor in (self._treating, self._other):
            doctor.import_key(self._radiologist.certificate)
        self._other.import_key(self._treating.certificate)
        self._note_names()

    def _note_names(self) -> None:
        for doctor in (self._treating, self._radiologist, self._other):
            self._screen.names[doctor.fingerprint] = doctor.name
            self._screen.say(f"{doctor.name}, key {doctor.fingerprint[-16:]}")
        self._screen.names[self._service_fingerprint()] = "the service"

    def _service_fingerprint(self) -> str:
        shown = self._host.service.rmp("key", "show", "--json").stdout.decode()
        compact = "".join(shown.split()).lower()
        known = self._treating.keyring.fingerprints()
        return next(one for one in known if one in compact)

    def _deposit_early(self) -> None:
        self._screen.step("a report for a patient without a dossier: it waits, sealed")
        self._show(self._radiologist, self._radiologist.pgp_mime(mails.EARLY))
        self._screen.proof("the store holds no dossier yet", holds=self._entries() == (0, 0))

    def _create(self) -> None:
        self._screen.step("création, as Thunderbird sends it (PGP/MIME): what waited joins it")
        self._show(self._treating, self._treating.pgp_mime(mails.CREATION))
        self._screen.proof("the report is its first entry", holds=self._entries() == (1, 1))

    def _entries(self) -> tuple[int, int]:
        stored = self._host.stored()
        return stored["dossiers"], stored["entries"]

    def _deposit(self) -> None:
        self._screen.step("deposit of a PDF, partitioned as PGP Desktop does, with SMTP AUTH")
        doctor = self._radiologist
        mail = doctor.partitioned(mails.REPORT, {mails.PDF_NAME: mails.PDF})
        for opened in self._host.ask(doctor, mail, login=ACCOUNT, password=PASSWORD):
            self._screen.mail(opened, doctor.name)

    def _summarise(self) -> None:
        self._screen.step("the résumé médical with a file, as PGP/MIME")
        mail = self._treating.pgp_mime(mails.SUMMARY, {mails.LEAF_NAME: mails.LEAF})
        self._show(self._treating, mail)

    def _mask(self) -> None:
        self._screen.step("the patient wants the first report masked; her doctor writes so")
        self._show(self._treating, self._treating.pgp_mime(mails.MASK))

    def _prove_masked(self, own: list[Opened], other: list[Opened]) -> None:
        title = mails.MASKED_TITLE
        told = any(title in opened.text for opened in own)
        self._screen.proof("the médecin traitant was sent the masked report", holds=told)
        hidden = not any(title in opened.text + opened.subject for opened in other)
        self._screen.proof("the other doctor is not told that there is one", holds=hidden)

    def _consult(self, doctor: Doctor, text: str, how: str) -> list[Opened]:
        self._screen.step(f"consultation {how}")
        return self._show(doctor, doctor.pgp_mime(text))

    def _show(self, doctor: Doctor, mail: bytes) -> list[Opened]:
        answers = self._host.exchange(doctor, mail)
        for opened in answers:
            self._screen.mail(opened, doctor.name)
        return answers

    def _prove_identical(self, own: list[Opened], other: list[Opened]) -> None:
        self._screen.step(
            "proof: what came out is what went in, and still signed by its author"
        )
        self._screen.say(f"SHA-256 of the PDF sent: {hashlib.sha256(mails.PDF).hexdigest()}")
        author = Verdict(Standing.GOOD, self._radiologist.fingerprint)
        for doctor, answers in ((self._treating, own), (self._other, other)):
            self._prove_file(doctor, answers, mails.PDF_NAME, mails.PDF)
            self._prove_file(doctor, answers, mails.LEAF_NAME, mails.LEAF)
            found = any(author in opened.verdicts for opened in answers)
            claim = f"gpg of {doctor.name} verifies the radiologist's signature on the PDF"
            self._screen.proof(claim, holds=found)

    def _prove_file(
        self, doctor: Doctor, answers: list[Opened], name: str, sent: bytes
    ) -> None:
        got = [opened.files[name] for opened in answers if name in opened.files]
        digest = hashlib.sha256(got[0]).hexdigest()[:16] if got else "nothing"
        claim = f"{doctor.name} got « {name} » byte for byte ({digest}…)"
        self._screen.proof(claim, holds=got == [sent])

    def _prove_no_trace(self) -> None:
        self._screen.step(
            "proof: no name, no text and no code in store, spool, logs, processes"
        )
        host, words = self._host, mails.SECRETS
        folders = [host.service.root, host.postfix.plan.root]
        found = traces.in_files(folders, words)
        names = [word for word in words if isinstance(word, str)]
        found += traces.in_processes(host.service.pids(), names)
        files = traces.count_files(folders)
        claim = f"{len(words)} words, each in many encodings, in none of {files} files"
        self._screen.proof(claim, holds=not found)
        for trace in found:
            self._screen.say(f"{trace.word} stands in {trace.place}")
        self._prove_search_works(host.service.root / "control.txt")
        checked = host.service.rmp("store", "check", check=False)
        self._screen.proof(
            "rmp store check finds every record sound", holds=checked.returncode == 0
        )

    def _prove_search_works(self, control: Path) -> None:
        """Show that the search is not blind: it finds the words in a clear file."""
        control.write_text(mails.SUMMARY)
        found = traces.in_files([control], ["CASTAING", "lévothyroxine"])
        self._screen.proof(
            "the same search finds them in a clear file put there for it", holds=len(found) == 2
        )
        control.unlink()
