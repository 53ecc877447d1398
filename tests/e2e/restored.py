"""A host whose keeper or store is put back from an older copy, and what mails then hear."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clinic import Clinic
from states import named, open_store

from testbed.doctor import Doctor
from testbed.reading import Opened, code_told
from testbed.service import Part

WHY = "Motif : coma, traitement inconnu\n"
KEEPER, STORE = (Part.KEEPER,), (Part.MILTER, Part.COURIER)
WITNESSES = ("--witness", "Claire ROUX", "--witness", "Jean PETIT")


@dataclass
class Patient:
    """A patient's header lines, the codes that he was given, and his dossier's reference."""

    clinic: Clinic
    lines: str
    codes: list[str] = field(default_factory=list)
    reference: str = ""

    @property
    def birth_name(self) -> str:
        return self.lines.split()[2]

    @property
    def name(self) -> str:
        """What findings call his dossier."""
        return f"dossier {self.reference}"

    def ask(self, by: Doctor, request: str, more: str = "", answers: int = 1) -> Opened:
        return self.clinic.host.ask(by, self.mail(by, request, more), answers)[0]

    def mail(self, by: Doctor, request: str, more: str = "") -> bytes:
        return by.pgp_mime(f"Demande : {request}\n{self.lines}{more}")

    def recode(self, by: Doctor) -> None:
        self.codes.append(code_told(self.ask(by, "nouveau code").text))

    def take_over(self, by: Doctor) -> None:
        self.ask(by, "médecin traitant", f"Code : {self.codes[-1]}\nConsentement : oui\n")

    def reads(self, by: Doctor, code: str) -> bool:
        """Whether the code opens the dossier for another doctor."""
        answer = self.ask(by, "dossier", f"Code : {code}\n")
        return "n'a pas été traité" not in answer.subject

    def emergency(self, by: Doctor) -> str:
        """Return what an emergency's first answer says."""
        return self.ask(by, "urgence", WHY).text

    def deferred(self, by: Doctor, request: str, more: str = "") -> bool:
        """Whether a mail is put off, and nothing of it done."""
        before = self.clinic.documents()
        reply = self.clinic.host.send(by, self.mail(by, request, more))
        return reply.code == 451 and self.clinic.documents() == before


def patient(clinic: Clinic, by: Doctor) -> Patient:
    """Return a new patient of this doctor's; a document is there."""
    made = Patient(clinic, clinic.patient())
    made.codes.append(clinic.create(made.lines, by=by, summary="Anticoagulants."))
    with open_store(clinic.host.service) as store:
        made.reference = named(store, made.birth_name).dossier_id.hex()
    return made


def saved(clinic: Clinic, part: str) -> Path:
    """Copy the folder of the keeper, or of the store, while nobody writes to it."""
    service, copy = clinic.host.service, clinic.host.service.root / f"copy of {part}"
    with stopped(clinic, part):
        shutil.copytree(service.folder / part, copy)
    return copy


def put_back(clinic: Clinic, part: str, copy: Path) -> None:
    """Put such a copy in the place of what is there."""
    folder = clinic.host.service.folder / part
    clinic.host.settle()
    with stopped(clinic, part):
        shutil.rmtree(folder)
        shutil.copytree(copy, folder)


@contextmanager
def stopped(clinic: Clinic, part: str) -> Iterator[None]:
    """Stop those that have a folder open, for as long as the block."""
    service, parts = clinic.host.service, KEEPER if part == "keeper" else STORE
    service.stop(*parts)
    yield
    service.start(*parts)
    service.wait_ready()


def rmp(clinic: Clinic, *arguments: str) -> tuple[int, dict[str, Any]]:
    """Run a command of the host; return its status and what it says to programs."""
    done = clinic.host.service.rmp(*arguments, "--json", check=False)
    return done.returncode, json.loads(done.stdout) if done.stdout else {}


def findings(clinic: Clinic) -> list[str]:
    """Return what ``rmp store check`` finds; it must have compared with the keeper.

    Entries whose leaf was lost with the newer log are not of interest here.
    """
    _, said = rmp(clinic, "store", "check")
    assert not [note for note in said["notes"] if "not compared" in note]
    return [each for each in said["findings"] if not each.endswith("no leaf in the access log")]


def milter_log(clinic: Clinic) -> str:
    return clinic.host.service.log(Part.MILTER)
