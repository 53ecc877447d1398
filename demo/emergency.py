"""The demonstration's emergency: sent, answered, told, justified, reviewed, verified."""

import json
import re
import shutil
from pathlib import Path

from demo import mails
from demo.screen import Screen
from testbed.doctor import Doctor
from testbed.folders import own_folder
from testbed.host import Host
from testbed.reading import Opened


class Emergency:
    """An access without card or code, and what an auditor proves of it afterwards."""

    def __init__(self, screen: Screen, host: Host, doctor: Doctor, treating: Doctor) -> None:
        self._screen = screen
        self._host = host
        self._doctor = doctor
        self._treating = treating
        self._folder = own_folder("rmp-audit-")
        self._folder.chmod(0o777)  # the keeper's user writes the export

    def play(self) -> None:
        """Go through all steps; the auditor's folder is removed whatever happens."""
        try:
            self._keep_checkpoint()
            reference = self._ask()
            self._justify(reference)
            self._review(reference)
            self._verify()
        finally:
            shutil.rmtree(self._folder)

    def _rmp(self, *arguments: str) -> str:
        return self._host.service.rmp(*arguments).stdout.decode()

    def _keep_checkpoint(self) -> None:
        self._screen.step("an auditor keeps a checkpoint of the access log (rmp access)")
        checkpoint = self._rmp("access", "checkpoint")
        (self._folder / "kept").write_text(checkpoint)
        for line in checkpoint.splitlines()[:3]:
            self._screen.say(line)

    def _ask(self) -> str:
        self._screen.step("emergency: no card, no code, only a name and about an age")
        (listed,) = self._exchange(self._doctor, mails.EMERGENCY)
        chosen = re.search(r"D(?:-[A-Z2-9]{4}){2}", listed.text)
        reference = chosen[0] if chosen else ""
        before = self._host.postfix.collected.count(self._treating.mail)
        index, *_ = self._exchange(self._doctor, mails.EMERGENCY_CHOSEN.format(reference))
        (notice,) = self._host.answers(self._treating, after=before)
        self._screen.mail(notice, self._treating.name)
        found = re.search(r"U(?:-[A-Z2-9]{4}){3}", index.text)
        self._screen.proof("the access has a reference", holds=found is not None)
        masked = mails.MASKED_TITLE in index.text
        self._screen.proof("what the patient masked stays masked", holds=not masked)
        return found[0] if found else ""

    def _justify(self, reference: str) -> None:
        self._screen.step("the doctor justifies it; only the auditors' key reads the words")
        self._exchange(self._doctor, mails.JUSTIFICATION.format(reference))

    def _review(self, reference: str) -> None:
        self._screen.step("the auditor reads the reason, reviews, and exports the log")
        self._export("before")
        key = self._host.service.folder / "auditor" / "auditor.key"
        for leaf in self._leaves("before"):
            shown = self._rmp(
                *("access", "show", str(self._folder / "before"), str(leaf), "--key", str(key))
            )
            for line in shown.splitlines():
                if line.startswith(("action", "words")):
                    self._screen.say(line)
        note = ("--state", "closed", "--note", "vu avec le médecin")
        self._rmp("access", "review", reference, *note)
        self._export("export")
        listed = self._rmp("access", "list", "--emergency", str(self._folder / "export"))
        for line in filter(None, listed.splitlines()):
            self._screen.say(line)

    def _leaves(self, name: str) -> list[int]:
        listed = json.loads(self._rmp("access", "list", "--json", str(self._folder / name)))
        wanted = {"urgence", "justification"}
        return [each["entry"] for each in listed if each["action"] in wanted]

    def _export(self, name: str) -> None:
        self._rmp("access", "export", str(self._folder / name))

    def _verify(self) -> None:
        self._screen.step("proof: the log only grew since the checkpoint; a changed copy shows")
        folder = self._folder / "export"
        self._screen.proof(
            "the exported log extends the checkpoint kept", holds=not self._findings(folder)
        )
        changed = self._folder / "changed"
        shutil.copytree(folder, changed)
        bundle = next(path for path in (changed / "tile/entries").rglob("*") if path.is_file())
        bundle.write_bytes(bundle.read_bytes().replace(b'"urgence"', b'"listes."', 1))
        found = self._findings(changed)
        self._screen.proof(
            "a copy in which the emergency was hidden is refused", holds=found != ""
        )
        for line in found.splitlines():
            self._screen.say(line)

    def _findings(self, folder: Path) -> str:
        """Return what ``rmp access verify`` finds wrong, or nothing."""
        kept = str(self._folder / "kept")
        done = self._host.service.rmp(
            *("access", "verify", "--checkpoint", kept, str(folder)), check=False
        )
        return "" if done.returncode == 0 else (done.stderr or done.stdout).decode()

    def _exchange(self, doctor: Doctor, text: str) -> list[Opened]:
        answers = self._host.exchange(doctor, doctor.pgp_mime(text))
        self._screen.mail(answers[0], doctor.name)
        return answers
