"""After a change of médecin traitant: a false key of the patient's, the contest, who is told."""

from collections.abc import Iterator
from itertools import count

import pytest
from clinic import PDF, Clinic
from states import change

from rmp_milter.dossier.model import Takeover
from testbed.doctor import Doctor
from testbed.reading import Opened, code_told

pytestmark = pytest.mark.integration

NUMBERS = count(1)
REFUSED = "RMP : votre message n'a pas été traité"


class Sides:
    """A former médecin traitant, the new one, and a key that is the patient's, or said to be."""

    def __init__(self, clinic: Clinic, key: Doctor, both: tuple[Doctor, Doctor]) -> None:
        self.clinic, self.host, self.key = clinic, clinic.host, key
        self.old, self.new = both
        self.lines = clinic.patient()
        self.name = self.lines.split()[2]
        self.code = clinic.create(self.lines, by=self.old)
        self.enrol(self.old)

    def ask(self, by: Doctor, request: str, more: str = "", answers: int = 1) -> Opened:
        """Return the first answer to a request about the patient."""
        mail = by.pgp_mime(f"Demande : {request}\n{self.lines}{more}")
        return self.host.ask(by, mail, answers)[0]

    def by_key(self, request: str) -> Opened:
        """Return the answer to what the patient's key asks for."""
        mail = self.key.pgp_mime(f"Demande : {request}\n")
        return self.host.ask(self.key, mail)[0]

    def enrol(self, by: Doctor, key: Doctor | None = None) -> Opened:
        key = key or self.key
        text = f"Demande : clé du patient\n{self.lines}Courriel : {self.key.mail}\n"
        (answer,) = self.host.ask(by, by.pgp_mime(text, {"cle.asc": key.certificate}))
        self.host.settle()
        return answer

    def take_over(self, by: Doctor) -> Opened:
        said = f"Code : {self.code}\nConsentement : oui\n"
        answer = self.ask(by, "médecin traitant", said)
        self.host.settle()
        return answer

    def deposit(self) -> None:
        lab = self.clinic.lab
        text = f"{self.lines}Document : Radiologie\n\nAPRES LE CHANGEMENT\n"
        self.host.ask(lab, lab.pgp_mime(text, {"apres.pdf": PDF}))

    def told(self, whom: Doctor) -> str:
        """Return the newest mail that somebody has, on one line."""
        self.host.settle()
        return flat(whom.read(self.host.postfix.mailbox(whom.mail)[-1]).text)

    def reads(self, by: Doctor) -> bool:
        """Whether somebody is sent what came after the change, by his signature alone."""
        found = self.host.exchange(by, by.pgp_mime(f"Demande : dossier\n{self.lines}"))
        return any("APRES LE CHANGEMENT" in each.text for each in found)

    def days_over(self) -> None:
        """Let the days of the contest be over."""
        known = Takeover(former=b"f" * 16, at=1, until=2)
        change(self.host.service, self.name, takeover=known)


def flat(words: str) -> str:
    return " ".join(words.split())


@pytest.fixture(scope="module")
def both(clinic: Clinic) -> tuple[Doctor, Doctor]:
    """Who treats the patient of each test first, and afterwards."""
    return (
        clinic.host.doctor("Dr Ancien PARTI", "ancien@cab.test"),
        clinic.host.doctor("Dr Neuf VENU", "neuf@cab.test"),
    )


@pytest.fixture
def sides(clinic: Clinic, both: tuple[Doctor, Doctor]) -> Iterator[Sides]:
    number = next(NUMBERS)
    with Doctor(
        "Jean CIBLE", f"jean{number}@freemail.test", clinic.host.service.address
    ) as key:
        key.import_key(clinic.host.service.certificate)
        yield Sides(clinic, key, both)


def test_a_key_that_the_former_one_enrolled_as_the_patients_does_nothing(sides: Sides) -> None:
    """He went on reading, made a new code and closed the dossier, and nobody was told."""
    answer = flat(sides.take_over(sides.new).text)
    for said in (sides.key.mail, "est suspendue", "« clé du patient »", "« nouveau code »"):
        assert said in answer
    assert "Votre clé est suspendue" in sides.told(sides.key)
    sides.deposit()
    for request in ("dossier", "nouveau code", "révocation du code", "accès", "clôture"):
        refused = sides.by_key(request)
        assert refused.subject == REFUSED
        assert "Votre clé est suspendue" in flat(refused.text)
        assert refused.files == {}
    assert sides.reads(sides.new)
    coded = sides.ask(sides.clinic.anne, "index", f"Code : {sides.code}\n")
    assert coded.subject.startswith("RMP : dossier de")


def test_the_patients_own_key_is_confirmed_by_the_new_one_and_reads_all(sides: Sides) -> None:
    sides.take_over(sides.new)
    sides.deposit()
    answer = flat(sides.enrol(sides.new).text)
    assert "Votre demande la confirme" in answer
    assert sides.reads(sides.key)


def test_no_other_key_of_the_patients_and_no_closure_while_it_may_be_contested(
    sides: Sides,
) -> None:
    sides.take_over(sides.new)
    refused = sides.enrol(sides.new, sides.clinic.outsider)
    assert "seule la clé qui était là" in flat(refused.text)
    closing = ("clôture", f"Code : {sides.code}\n")
    assert "tant que cela peut être contesté" in flat(sides.ask(sides.new, *closing).text)
    sides.days_over()
    assert "Plus rien n'y est ajouté" in sides.ask(sides.new, *closing).text


def test_takeover_contest_takeover_stands(sides: Sides) -> None:
    sides.take_over(sides.new)
    assert "Vous pouvez aussi contester ce changement" in sides.told(sides.old)
    sides.deposit()
    contested = flat(sides.ask(sides.old, "contestation").text)
    assert "Vous êtes de nouveau le médecin traitant" in contested
    assert "1 document(s) de plus" in contested
    assert "a contesté le changement" in sides.told(sides.new)
    assert sides.reads(sides.old)
    refused = flat(sides.ask(sides.new, "dossier").text)
    assert "Le code du patient manque" in refused
    assert "ne pourra" not in flat(sides.take_over(sides.new).text)
    assert "Vous ne pouvez pas contester" in sides.told(sides.old)
    for refused in (
        sides.ask(sides.old, "contestation").text,
        sides.by_key("contestation").text,
    ):
        assert "a déjà été contesté" in flat(refused)
    assert sides.reads(sides.new)
    assert sides.host.service.rmp("store", "check").returncode == 0


def test_the_patient_contests_by_his_suspended_key(sides: Sides) -> None:
    sides.take_over(sides.new)
    sides.deposit()
    answer = flat(sides.by_key("contestation").text)
    assert f"{sides.old.name} est de nouveau le médecin traitant" in answer
    assert "Votre clé reste suspendue" in answer
    assert "Vous l'êtes de nouveau" in sides.told(sides.old)
    assert sides.reads(sides.old)
    assert "Votre clé est suspendue" in flat(sides.by_key("dossier").text)


@pytest.mark.promise(number=6)
def test_whoever_is_neither_gets_one_answer_from_a_contest(sides: Sides) -> None:
    sides.take_over(sides.new)
    nobody = sides.clinic.patient()
    stranger = sides.clinic.anne
    answers = [
        sides.clinic.refusal(stranger, stranger.pgp_mime(f"Demande : contestation\n{lines}"))
        for lines in (sides.lines, nobody)
    ]
    assert answers[0].text == answers[1].text.replace(nobody.split()[2], sides.name)


def test_who_governs_is_told_of_what_is_done_by_the_code(sides: Sides) -> None:
    anne = sides.clinic.anne
    said = f"Médecin : {sides.new.mail}\nCode : {sides.code}\n"
    sides.ask(anne, "opposition", said)
    for whom in (sides.old, sides.key):
        notice = sides.told(whom)
        assert anne.name in notice
        assert sides.new.name in notice
        assert "« levée d'opposition »" in notice
    new = code_told(sides.ask(anne, "nouveau code", f"Code : {sides.code}\n").text)
    assert new != sides.code
    assert "« nouveau code »" in sides.told(sides.old)
