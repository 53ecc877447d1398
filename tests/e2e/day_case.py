"""A GP's practice for a day: who is there, what each does, and what has happened so far.

Each step does one thing by mail, reads the answer as its sender would, and notes what must
stand in the patient's list of accesses.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from clinic import PARIS
from states import leaves_of, named, open_store, patient_in

from rmp_milter.keeper.log.journal import Journal
from testbed.doctor import Doctor
from testbed.host import Host
from testbed.reading import Opened, code_told
from testbed.service import rpps

Access = tuple[str, str, str]
"""What was done, the RPPS number of who did it, and with which outcome."""


@dataclass
class Patient:
    """Somebody who consults: his header lines, his code, and what happened to his dossier.

    ``awaited`` are those who sent documents before he had one.
    """

    name: str
    given: str
    born: str
    code: str = ""
    awaited: list[Doctor] = field(default_factory=list)
    happened: list[Access] = field(default_factory=list)

    @property
    def lines(self) -> str:
        """The lines that name him in a mail."""
        return f"Patient : {self.name} {self.given}\nNé le : {self.born}\n"


class Practice:
    """A host with its doctors; ``numbers`` are their RPPS numbers by mail address."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.numbers: dict[str, str] = {}
        self.names: dict[str, str] = {}
        self.entries: dict[str, int] = {}

    def enrol(self, name: str, mail: str, profession: str = "médecin généraliste") -> Doctor:
        """Return a doctor whom the host has enrolled."""
        doctor = self.host.doctor(name, mail, profession)
        self.numbers[mail] = rpps(len(self.numbers) + 1)
        self.names[self.numbers[mail]] = name
        return doctor

    def create(self, doctor: Doctor, patient: Patient, summary: str) -> None:
        """Open a patient's dossier with its first résumé."""
        text = f"Demande : création\n{patient.lines}Consentement : oui\n"
        files = {"Résumé médical.txt": summary.encode()}
        mail = doctor.pgp_mime(f"{text}Document : Résumé médical\n\n{summary}\n", files)
        (answer,) = self.host.ask(doctor, mail)
        patient.code = code_told(answer.text)
        self.note(patient, "creation", doctor)
        self.filed(patient, doctor)
        for author in patient.awaited:
            assert author.name in answer.text
            self.entries[patient.name] += 1
            self.note(patient, "rattachement", author)

    def deposit(
        self, author: Doctor, patient: Patient, kind: str, name: str, *, more: str = ""
    ) -> Opened:
        """Add a document; return the receipt."""
        receipt = self.send_document(author, patient, kind, name, more)
        self.filed(patient, author)
        return receipt

    def deposit_early(self, author: Doctor, patient: Patient, kind: str, name: str) -> None:
        """Add a document for somebody who has no dossier yet; it waits, in the same words."""
        self.send_document(author, patient, kind, name)
        patient.awaited.append(author)

    def send_document(
        self, author: Doctor, patient: Patient, kind: str, name: str, more: str = ""
    ) -> Opened:
        """Send a document; return the receipt."""
        text = f"{patient.lines}Document : {kind}\n{more}\nCher confrère, voici : {kind}.\n"
        (receipt,) = self.host.ask(author, author.pgp_mime(text, {name: kind.encode()}))
        assert name in receipt.text
        return receipt

    def read(
        self, reader: Doctor, patient: Patient, *, code: str = "", more: str = ""
    ) -> list[Opened]:
        """Ask for a dossier; return the index and what came with it."""
        text = f"Demande : dossier\n{patient.lines}{more}"
        text += f"Code : {code}\n" if code else ""
        answers = self.host.exchange(reader, reader.pgp_mime(text))
        assert f"Dossier de {patient.name.upper()} {patient.given}" in answers[0].text
        self.note(patient, "consultation", reader)
        return answers

    def fails_to_read(self, reader: Doctor, patient: Patient, code: str) -> None:
        """Ask for a dossier with a wrong code."""
        text = f"Demande : dossier\n{patient.lines}Code : {code}\n"
        (answer,) = self.host.ask(reader, reader.pgp_mime(text))
        assert "L'accès n'est pas accordé." in answer.text
        self.note(patient, "consultation", reader, "refused")

    def replace(self, doctor: Doctor, locum: Doctor) -> None:
        """Have a doctor declare who acts for him, from today for a week."""
        first = datetime.now(PARIS)
        last = first + timedelta(7)
        days = f"Du : {first:%d/%m/%Y}\nAu : {last:%d/%m/%Y}\n"
        text = f"Demande : remplacement\nRemplaçant : {locum.name}\n{days}"
        (answer,) = self.host.ask(doctor, doctor.pgp_mime(text))
        assert f"Le remplacement par {locum.name} est enregistré" in answer.text

    def wish(
        self, doctor: Doctor, patient: Patient, request: str, act: str, more: str = ""
    ) -> str:
        """Carry out a patient's wish for him; return what the doctor is told."""
        text = f"Demande : {request}\n{patient.lines}{more}"
        answers = self.host.exchange(doctor, doctor.pgp_mime(text))
        self.note(patient, act, doctor)
        return answers[0].text

    def knows_the_accesses(self, doctor: Doctor, patient: Patient) -> None:
        """Ask for the list of accesses: it names each who did something, as often as he did."""
        told = self.wish(doctor, patient, "accès", "acces")
        lines = [line for line in told.splitlines() if re.match(r"\d\d/\d\d/\d{4} ", line)]
        assert len(lines) == len(patient.happened)
        for line, (_, number, outcome) in zip(lines, patient.happened, strict=True):
            assert self.names[number] in line, line
            assert ("refuser" in line) == (outcome == "refused"), line

    def refused(self, sender: Doctor, text: str, said: str) -> None:
        """Send what is refused; read why."""
        (answer,) = self.host.ask(sender, sender.pgp_mime(text))
        assert answer.subject == "RMP : votre message n'a pas été traité"
        assert said in answer.text.replace("\n", " ")

    def listed(self, doctor: Doctor, letters: str = "") -> str:
        """Ask for the doctor's patients; return the list."""
        text = "Demande : liste\n" + (f"Lettres : {letters}\n" if letters else "")
        (answer,) = self.host.ask(doctor, doctor.pgp_mime(text))
        return answer.text

    def filed(self, patient: Patient, author: Doctor) -> None:
        """Note that an entry was appended."""
        self.entries[patient.name] = self.entries.get(patient.name, 0) + 1
        self.note(patient, "depot", author)

    def note(
        self, patient: Patient, action: str, doctor: Doctor, outcome: str = "granted"
    ) -> None:
        """Note what must stand in the patient's list of accesses."""
        patient.happened.append((action, self.numbers[doctor.mail], outcome))

    def log_of(self, patient: Patient) -> list[Access]:
        """Return what the access log says of the patient's dossier, oldest first."""
        with open_store(self.host.service) as store:
            dossier_id = named(store, patient.name).dossier_id
        with Journal(self.host.service.folder / "keeper" / "log") as journal:
            wanted = patient_in(journal, dossier_id)
            leaves = leaves_of(journal)
        return [
            (leaf["action"], leaf["rpps"], leaf["outcome"])
            for leaf in leaves
            if leaf["patient"] == wanted
        ]

    def close_the_day(self, patients: Sequence[Patient]) -> None:
        """Hold the store and the access log to what happened."""
        self.host.settle()
        self.host.service.rmp("store", "check")
        stored = self.host.stored()
        assert stored["dossiers"] == len(patients)
        assert stored["entries"] == sum(self.entries.values())
        for patient in patients:
            assert self.log_of(patient) == patient.happened, patient.name
