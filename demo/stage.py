"""The demonstration: real mails through a real Postfix, and what they prove."""

import hashlib
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from demo import mails
from demo.emergency import Emergency
from demo.screen import Screen
from testbed import traces
from testbed.command import CommandError, program
from testbed.doctor import Doctor
from testbed.gpg import Standing, Verdict
from testbed.host import Host
from testbed.reading import Opened

PROGRAMS = {
    "postfix": "postfix",
    "gpg": "gnupg",
    "saslpasswd2": "sasl2-bin",
}
STEPS = 14
INTERRUPTED = 130  # as a shell reports SIGINT
ACCOUNT, PASSWORD = "radio", "Rayon-X-2026"


def main() -> int:
    """Run the demonstration; return 0 if all that it claims holds."""
    missing = _missing()
    if missing:
        print(missing, file=sys.stderr)
        return 1
    interruption = Interruption()
    try:
        return _run(Screen(STEPS), interruption)
    except (KeyboardInterrupt, CommandError, TimeoutError, AssertionError, OSError) as error:
        return _tell(error, interrupted=interruption.asked_for)


class Interruption:
    """Ctrl-C or SIGTERM: ends the demonstration by KeyboardInterrupt, at first.

    What is cut off may turn it into an error of its own, so that it is noted here too.
    """

    def __init__(self) -> None:
        self.asked_for = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._interrupt)

    @staticmethod
    def ignore() -> None:
        """Let nothing cut short what follows: the clean-up."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        self.asked_for = True
        raise KeyboardInterrupt


def _tell(error: BaseException, *, interrupted: bool) -> int:
    if interrupted:
        print("\ninterrupted; everything was ended and removed")
        return INTERRUPTED
    print(f"\nthe demonstration failed: {error}", file=sys.stderr)
    print("\n".join(getattr(error, "__notes__", [])), file=sys.stderr)
    return 1


def _missing() -> str:
    """Return what this machine lacks, and what to do, or nothing."""
    if os.geteuid() != 0:
        return "make demo starts a Postfix of its own, and that needs root: sudo make demo"
    packages = [package for name, package in PROGRAMS.items() if not _installed(name)]
    return f"install first: apt-get install {' '.join(packages)}" if packages else ""


def _installed(name: str) -> bool:
    try:
        program(name)
    except CommandError:
        return False
    return True


def _run(screen: Screen, interruption: Interruption) -> int:
    print("rmp-milter: a shared medical summary that lives in encrypted mail")
    screen.step("a private Postfix with SMTP AUTH, and keeper, milter and courier")
    host = Host()
    try:
        host.start()
        folders = (host.service.folder, host.postfix.plan.root)
        _say_started(screen, host)
        Demonstration(screen, host).play()
    finally:
        interruption.ignore()
        host.close()
    gone = not any(folder.exists() for folder in folders)
    print(f"\nall processes ended, all folders removed, {screen.seconds:.0f} seconds in all")
    return 1 if screen.failed or not gone else 0


def _say_started(screen: Screen, host: Host) -> None:
    postfix, service = host.postfix, host.service
    screen.say(
        f"Postfix: clients on port {postfix.smtp_port}, answers on "
        f"{postfix.reinject_port}; ours: {len(service.pids())} processes"
    )
    screen.say(f"in {postfix.plan.root} and {service.root} until the end")


class Demonstration:
    """Three doctors and one patient; each method is one step on the screen."""

    def __init__(self, screen: Screen, host: Host) -> None:
        self._screen = screen
        self._host = host

    def play(self) -> None:
        """Go through all steps."""
        self._enrol()
        self._create()
        self._deposit()
        self._summarise()
        own = self._consult(
            self._treating,
            mails.TREATING_ASKS,
            "by the médecin traitant: a signature, no code, no slot is opened",
        )
        other = self._consult(
            self._other,
            mails.OTHER_ASKS,
            "by another doctor, with the code that the patient gave her",
        )
        self._prove_identical(own, other)
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

    def _create(self) -> None:
        self._screen.step("création, as Thunderbird sends it (PGP/MIME)")
        self._show(self._treating, self._treating.pgp_mime(mails.CREATION))

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
