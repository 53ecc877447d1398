"""The host and the doctors of the end-to-end tests, and what a test says of them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from zoneinfo import ZoneInfo

from testbed.doctor import NO_FILES, Doctor
from testbed.gpg import Kind
from testbed.host import Host
from testbed.reading import Opened, code_told
from testbed.sending import Reply
from testbed.service import Settings
from testbed.shapes import Files

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 300


PARIS = ZoneInfo("Europe/Paris")
"""Where the host is, as it is by default: the days that doctors read and write are its."""


def read_from(index: Opened) -> str:
    """Return how a request names the index that its numbers were read from."""
    found = re.search(r"\btable ([A-Z][A-Z2-9]{4})\b", index.text)
    assert found, index.text
    return f"(table {found[1]})"


@dataclass
class Clinic:
    """The host and its doctors, with what a test says again and again."""

    host: Host
    paul: Doctor  # médecin traitant
    anne: Doctor  # another doctor
    lab: Doctor  # a laboratory
    eudora: Doctor  # a doctor with an old client
    outsider: Doctor  # has the service's key, is not enrolled
    names: Iterator[int] = field(default_factory=lambda: count(1))

    def patient(self) -> str:
        """Return the header lines of a patient that no other test knows."""
        number = next(self.names)
        letters = "".join(chr(ord("A") + int(digit)) for digit in f"{number:03}")
        return f"Patient : TEST{letters} Jean\nNé le : 30/01/1959\n"

    def create(
        self,
        lines: str,
        code: str = "",
        by: Doctor | None = None,
        *,
        summary: str = "",
        files: Files = NO_FILES,
    ) -> str:
        """Create a dossier and return the code as the answer shows it.

        A ``summary`` is filed with it as its first résumé, with ``files``.
        """
        text = "Demande : création\n" + lines + "Consentement : oui\n"
        if code:
            text += f"Code : {code}\n"
        if summary:
            text += f"Document : Résumé médical\n\n{summary}\n"
        (answer,) = self.host.ask(by or self.paul, (by or self.paul).pgp_mime(text, files))
        return code_told(answer.text)

    def refusal(self, doctor: Doctor, mail: bytes) -> Opened:
        """Send a mail that is refused by letter; return the letter."""
        (answer,) = self.host.ask(doctor, mail)
        assert answer.subject == "RMP : votre message n'a pas été traité"
        return answer

    def rejection(self, doctor: Doctor, mail: bytes, **session: str) -> Reply:
        """Send a mail that is refused at SMTP time; return the reply."""
        before = self.documents()
        reply = self.host.send(doctor, mail, **session)
        assert 500 <= reply.code < 600, reply
        assert self.documents() == before
        return reply

    def documents(self) -> int:
        """Return how many bodies the store holds."""
        return self.host.stored()["documents"]


def whole_clinic_on(host: Host) -> Clinic:
    """Return doctors of every sort on a host that runs."""
    host.postfix.add_account("anne", "secret of anne")
    return Clinic(
        host=host,
        paul=host.doctor("Dr Paul DEMO", "paul@cabinet.test", kind=Kind.RSA),
        anne=host.doctor("Dr Anne AUTRE", "anne@clinique.test", account="anne"),
        lab=host.doctor("Laboratoire CENTRAL", "labo@labo.test", "laboratoire"),
        eudora=host.doctor(
            "Dr Vieux PLUGIN", "vieux@eudora.test", reply_form="partitioned", kind=Kind.RSA
        ),
        outsider=host.doctor("Dr Nul PART", "nul@part.test", enrolled=False),
    )


def by_gpg(clinic: Clinic) -> Clinic:
    """Return the clinic with others in the place of those who work by the library."""
    host = clinic.host
    host.postfix.add_account("ginette", "secret of ginette")
    anne = ("Dr Ginette GNU", "ginette@clinique.test")
    lab = ("Laboratoire DU GNOU", "labo@gnou.test", "laboratoire")
    return replace(
        clinic,
        anne=host.doctor(*anne, account="ginette", by_library=False),
        lab=host.doctor(*lab, by_library=False),
    )


@contextmanager
def small_clinic(
    settings: Settings, *, by_library: bool = True, by_command: bool = False
) -> Iterator[Clinic]:
    """Give a host of its own, for tests that change what all senders share."""
    with Host(settings, by_library=by_library, by_command=by_command) as host:
        yield clinic_on(host)


def clinic_on(host: Host) -> Clinic:
    """Return a few doctors on a host that runs."""
    host.postfix.add_account("anne", "secret of anne")
    anne = host.doctor("Dr Anne AUTRE", "anne@clinique.test", account="anne")
    return Clinic(
        host=host,
        paul=host.doctor("Dr Paul DEMO", "paul@cabinet.test"),
        anne=anne,
        lab=host.doctor("Laboratoire CENTRAL", "labo@labo.test", "laboratoire"),
        eudora=anne,
        outsider=anne,
    )
