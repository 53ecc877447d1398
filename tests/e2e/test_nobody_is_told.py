"""Rule 4: no answer tells a stranger whether a patient exists; measured over many pairs.

Each pair is a mail for a patient whom nobody knows and one for a dossier that must look like
him. In every run a few pairs are sent of each question, and what can be counted is compared;
times in the long campaign alone, where each is repeated until they mean something.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

import pytest
from alike import Bench, Done, Question, Side, bench, distance
from clinic import PDF, Clinic, small_clinic
from states import change, doctor_id, forgive, let_try

from rmp_milter.dossier.model import Closure, Mask, Slots, Takeover
from testbed.doctor import Doctor
from testbed.service import rpps
from testbed.vitale import CardSoftware, header_line

pytestmark = pytest.mark.integration

HOLD = 4
FEW = 1
MANY = 60
OPENS, WRONG = "JzbV7kQ2", "Fauxcode"
REST = 90
"""Wrong codes that let a dossier's code rest here: more than the pairs of a question."""

FAR = 3.0
"""How far apart two samples of times may be (Welch's t)."""

TABLE = "(table A2B3C)"
BROUGHT = {"bilan.pdf": PDF}


SETTINGS = {
    ("rules", "sender_codes"): "1000",
    ("rules", "global_codes"): "5000",
    ("rules", "wrong_codes"): str(REST),
    ("rules", "hold_seconds"): str(HOLD),
}


@pytest.fixture(scope="module")
def shut() -> Iterator[Clinic]:
    with small_clinic(SETTINGS) as made:
        yield made


@pytest.fixture(scope="module")
def timed() -> Iterator[Clinic]:
    """A host whose processes are ``rmp`` itself, where a code takes as long as at any host's."""
    with small_clinic(SETTINGS, by_command=True) as made:
        yield made


def software_at(clinic: Clinic) -> CardSoftware:
    made = CardSoftware()
    made.register(clinic.host.service)
    return made


def nir(serial: int) -> str:
    body = 1_590_175_116_000 + serial
    return f"{body}{97 - body % 97:02}"


@dataclass
class Asking:
    """Writes the questions; each has a dossier of its own, with documents, and a nobody."""

    clinic: Clinic
    software: CardSoftware
    documents: int
    shared: str = ""

    def __post_init__(self) -> None:
        self.anne, self.paul, self.lab = self.clinic.anne, self.clinic.paul, self.clinic.lab

    def nobody(self) -> str:
        return self.clinic.patient()

    def known(self, more: str = "") -> str:
        """Return a patient with a dossier that opens by a code; no answer is waited for."""
        lines = self.clinic.patient()
        text = f"Demande : création\n{lines}{more}Consentement : oui\nCode : {OPENS}\n"
        self.deliver(self.paul, text)
        for number in range(self.documents):
            self.deliver(self.lab, f"{lines}\nNuméro {number}.\n", files=True)
        return lines

    def deliver(self, by: Doctor, text: str, *, files: bool = False) -> None:
        mail = by.pgp_mime(text, BROUGHT if files else {})
        assert self.clinic.host.send(by, mail).accepted

    def question(  # noqa: PLR0913 -- what is asked, for whom, and what is made ready
        self,
        by: Doctor,
        text: str,
        one: str,
        other: str,
        *,
        files: bool = False,
        ready: Callable[[str], None] = lambda _: None,
    ) -> Question:
        """Return the question whose mails are ``text`` with the lines of one and the other."""

        def side(lines: str) -> Side:
            def mail() -> bytes:
                token = self.software.token(nir(999), rpps(1)) if "{card}" in text else ""
                said = text.format(who=lines, card=header_line(token) if token else "")
                return by.pgp_mime(said, BROUGHT if files else {})

            return Side(name_in(lines), mail, lambda: ready(name_in(lines)))

        return Question(by, side(one), side(other))

    def by_code(self, verb: str, more: str = "", *, files: bool = False) -> Question:
        """Return a verb asked with a wrong code."""
        text = f"{verb}\nService : {self.anne.service}\n{{who}}{more}Code : {WRONG}\n"
        return self.question(
            self.anne, f"Demande : {text}", self.any_known(), self.nobody(), files=files
        )

    def unclear(self, text: str) -> Question:
        """Return what is asked back before anything is looked at."""
        asked = f"{text}Code : {WRONG}\n"
        return self.question(self.anne, asked, self.any_known(), self.nobody())

    def any_known(self) -> str:
        """Return a patient whom several questions may share, since none of them changes him."""
        return self.shared or self.known()

    def in_state(
        self, state: Callable[[str], None], code: str = OPENS, more: str = ""
    ) -> Question:
        """Return a consultation of a dossier in a state in which the right code opens nothing."""
        lines = self.known()
        state(name_in(lines))
        text = f"Demande : dossier\n{{who}}{more}Code : {code}\n"
        return self.question(self.anne, text, lines, self.nobody())

    def changed(self, **fields: object) -> Callable[[str], None]:
        return lambda name: change(self.clinic.host.service, name, **fields)

    def id_of(self, doctor: Doctor) -> bytes:
        return doctor_id(self.clinic.host.service, doctor.mail)


def name_in(lines: str) -> str:
    return lines.split()[2]


def last_try(asking: Asking) -> Question:
    """The wrong code that lets the code rest, of which the médecin traitant is told."""

    return tried(asking, REST - 1, WRONG)


def resting(asking: Asking) -> Question:
    return tried(asking, REST, OPENS)


def tried(asking: Asking, tries: int, code: str) -> Question:
    """Return a consultation after just so many wrong codes, of both."""
    service = asking.clinic.host.service
    text = f"Demande : dossier\n{{who}}Code : {code}\n"
    return asking.question(
        *(asking.anne, text, asking.known(), asking.nobody()),
        ready=lambda name: let_try(service, name, tries),
    )


def homonyms(asking: Asking) -> Question:
    lines = asking.known(f"NIR : {nir(1)}\n")
    text = f"Demande : création\n{lines}NIR : {nir(2)}\nConsentement : oui\nCode : {OPENS}\n"
    asking.deliver(asking.paul, text)
    asked = f"Demande : dossier\n{{who}}Code : {OPENS}\n"
    return asking.question(asking.anne, asked, lines, asking.nobody())


def waiting(asking: Asking) -> Question:
    """Nobody, for whom a deposit waits, and nobody."""
    lines = asking.nobody()
    asking.deliver(asking.lab, f"{lines}\nAttend.\n", files=True)
    text = f"Demande : dossier\n{{who}}Code : {WRONG}\n"
    return asking.question(asking.anne, text, lines, asking.nobody())


def by_card(asking: Asking) -> Question:
    known = asking.known(f"NIR : {nir(3)}\n")
    return asking.question(
        asking.anne, "Demande : dossier\n{who}{card}", known, asking.nobody()
    )


def held_creation(asking: Asking) -> Question:
    """A number that contradicts: the doubt alone holds it, whether there is a dossier or not."""
    text = "Demande : création\n{who}NIR : 255081416802538\nConsentement : oui\n"
    return asking.question(asking.anne, text, asking.known(), asking.nobody())


def refused_prescriber(asking: Asking) -> Question:
    one, other = asking.known(), asking.known()
    asking.changed(opposed=(asking.id_of(asking.anne),))(name_in(one))
    text = f"{{who}}Prescripteur : {asking.anne.mail}\n\nVoici.\n"
    return asking.question(asking.lab, text, one, other, files=True)


def prescriber_of_nobody(asking: Asking) -> Question:
    text = f"{{who}}Prescripteur : {asking.anne.mail}\n\nVoici.\n"
    return asking.question(asking.lab, text, asking.known(), asking.nobody(), files=True)


def deposit(asking: Asking) -> Question:
    known, nobody = asking.known(), asking.nobody()
    return asking.question(asking.lab, "{who}\nVoici.\n", known, nobody, files=True)


def by_author(asking: Asking) -> Question:
    text = "Demande : rectification\n{who}Numéros : 1\n\nCorrigé.\n"
    return asking.question(asking.lab, text, asking.known(), asking.nobody(), files=True)


def contest(asking: Asking) -> Question:
    """A contest by somebody who is neither of those who may."""
    known = asking.known()
    takeover = Takeover(asking.id_of(asking.lab), 1, 4_000_000_000)
    asking.changed(takeover=takeover)(name_in(known))
    text = f"Demande : contestation\nService : {asking.anne.service}\n{{who}}"
    return asking.question(asking.anne, text, known, asking.nobody())


Making = Callable[[Asking], Question]
NUMBERED = f"Numéros : 1 {TABLE}\n"
COLLEAGUE = "Médecin : labo@labo.test\n"
VERBS: dict[str, Making] = {
    "dossier": lambda asking: asking.by_code("dossier"),
    "copie": lambda asking: asking.by_code("copie"),
    "renvoi": lambda asking: asking.by_code("renvoi"),
    "rectification": lambda asking: asking.by_code("rectification", NUMBERED, files=True),
    "masquage": lambda asking: asking.by_code("masquage", NUMBERED),
    "démasquage": lambda asking: asking.by_code("démasquage", NUMBERED),
    "opposition": lambda asking: asking.by_code("opposition", COLLEAGUE),
    "levée d'opposition": lambda asking: asking.by_code("levée d'opposition", COLLEAGUE),
    "nouveau code": lambda asking: asking.by_code("nouveau code"),
    "révocation du code": lambda asking: asking.by_code("révocation du code"),
    "accès": lambda asking: asking.by_code("accès"),
    "médecin traitant": lambda asking: asking.by_code(
        "médecin traitant", "Consentement : oui\n"
    ),
    "clôture": lambda asking: asking.by_code("clôture"),
}
SITUATIONS: dict[str, Making] = {
    "a revoked code": lambda asking: asking.in_state(
        asking.changed(slots=Slots(code=None, custody=b"gone"))
    ),
    "a masked number": lambda asking: asking.in_state(
        asking.changed(masks=(Mask(1, asking.id_of(asking.paul), 1),)),
        code=WRONG,
        more=NUMBERED,
    ),
    "an opposed doctor": lambda asking: asking.in_state(
        asking.changed(opposed=(asking.id_of(asking.anne),))
    ),
    "a closed dossier": lambda asking: asking.in_state(
        asking.changed(closure=Closure(1, 2_000_000_000))
    ),
    "a resting code": resting,
    "the wrong code that lets it rest": last_try,
    "two homonyms": homonyms,
    "a waiting deposit": waiting,
    "a card of another patient": by_card,
    "a held creation": held_creation,
    "a deposit": deposit,
    "a refused prescriber": refused_prescriber,
    "a prescriber of nobody": prescriber_of_nobody,
    "a correction by its author": by_author,
    "a contest by somebody else": contest,
}
ASKED_BACK: dict[str, Making] = {
    "a word misspelt": lambda asking: asking.unclear("Demmande : dossier\n{who}"),
    "two patients": lambda asking: asking.unclear(
        "Demande : dossier\n{who}Patient : MARTIN Luc\n"
    ),
    "no request": lambda asking: asking.unclear("{who}"),
    "a request below a quotation": lambda asking: asking.unclear(
        "Merci.\n\nLe 12/11 à 10:12, RMP a écrit :\n> table\nDemande : dossier\n{who}"
    ),
}
CODES_TRIED = VERBS.keys() - {"clôture"}  # which takes a médecin traitant beside the code
QUESTIONS = {**VERBS, **SITUATIONS, **ASKED_BACK}
Pairs = tuple[list[Done], list[Done]]


def ask(made: Bench, questions: dict[str, Question], count: int) -> dict[str, Pairs]:
    """Send pairs of all questions, then take all that came back."""
    made.host.settle(60)
    made.host.postfix.collected.clear()
    found: dict[str, Pairs] = {}
    for what, question in questions.items():
        found[what] = made.pairs(question, count)
    for by in {id(each.by): each.by for each in questions.values()}.values():
        mine = (pairs for what, pairs in found.items() if questions[what].by is by)
        made.collect(by, [done for one, other in mine for done in (*one, *other)])
    return found


@pytest.fixture(scope="module")
def few(shut: Clinic) -> dict[str, Pairs]:
    """A few pairs of every question: one wait for all of them."""
    asking = Asking(shut, software_at(shut), documents=1)
    asking.shared = asking.known()
    questions = {what: make(asking) for what, make in QUESTIONS.items()}
    with bench(shut) as made:
        return ask(made, questions, FEW)


@pytest.mark.parametrize("what", QUESTIONS)
@pytest.mark.promise(number=6)
def test_what_can_be_counted_is_that_of_nobody(few: dict[str, Pairs], what: str) -> None:
    compare(*few[what])
    if what in CODES_TRIED:  # nothing else was asked back
        (answer,) = few[what][0][0].answers
        assert "L'accès n'est pas accordé." in answer.words[1]


def compare(one: list[Done], other: list[Done]) -> None:
    """Hold all that was counted of the mails of both sides against each other."""
    for mine, his in zip(one, other, strict=True):
        assert len(mine.answers) == len(his.answers) == 1
        assert mine.counted == his.counted
        assert abs(mine.answers[0].size - his.answers[0].size) <= SIZE_NOISE
        assert abs(mine.answers[0].held - his.answers[0].held) <= 1  # whole seconds


SIZE_NOISE = 8
"""Octets: an integer of OpenPGP may lose leading zeros (of 256 one), and base64 goes by fours."""


@pytest.fixture(scope="module")
def of_timed(timed: Clinic) -> CardSoftware:
    return software_at(timed)


@pytest.mark.soak
@pytest.mark.parametrize("what", QUESTIONS)
@pytest.mark.promise(number=6)
def test_over_many_pairs_nothing_differs(
    timed: Clinic, of_timed: CardSoftware, what: str
) -> None:
    asking = Asking(timed, of_timed, documents=30)
    question = QUESTIONS[what](asking)
    for again in (True, False):
        forgive(timed.host.service, timed.anne.mail, timed.lab.mail)
        for side in (question.one, question.other):
            let_try(timed.host.service, side.name, 0)
        with bench(timed) as made:  # which has the keeper's log open, as forgiving has
            pairs = ask(made, {what: question}, MANY)[what]
        compare(*pairs)
        sizes = [median([done.answers[0].size for done in side]) for side in pairs]
        assert sizes[0] == sizes[1]
        far = {
            name: t
            for name in ("seconds", "processor")
            if abs(t := distance(*([getattr(each, name) for each in side] for side in pairs)))
            >= FAR
        }
        if not far:
            return
        # Of so many comparisons one is far by chance: what is so twice is no chance.
        assert again, far
