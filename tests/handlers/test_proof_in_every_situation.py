"""Every verb that takes a code or a card, in every situation: nobody's refusal and nobody's work.

A store's snapshot and a keeper note what is looked at and asked, in order. A refusal must have
looked at as much, and asked for as many octets, as that for a patient whom nobody knows; and
nothing that a dossier holds is looked at before the proof, nor after a refusal.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest
from handlers_case import (
    CODE_SLOT,
    DEMO,
    JEAN,
    LAB,
    NOON,
    OTHER,
    RecordingKeeper,
    World,
    asked,
    doctor,
    dossier,
    refusal_of,
    size_of,
)
from msgspec.structs import replace
from proof_case import (
    CARD,
    FILED,
    LOOSE,
    NIR,
    TRIALS,
    TRIALS_BY_POLICY,
    WAITING,
    Trial,
    mail_of,
    named,
)

from rmp_milter.calls.protocol.calls import Reply, Request
from rmp_milter.calls.protocol.releasing import Recode
from rmp_milter.dossier.model import (
    Closure,
    Dossier,
    Fault,
    Locum,
    Mask,
    Slots,
    Takeover,
    Tally,
    Verb,
)
from rmp_milter.dossier.rules import STRICTEST, Proof, Relation
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.outcome import Refusal
from rmp_milter.handlers.letters.refusal import refusal_letter
from rmp_milter.handlers.table import HANDLERS

pytestmark = pytest.mark.usefixtures("every_key_usable")

DAY = 86_400
STRANGERS = [
    (trial, policy)
    for trials, policy in ((TRIALS, STRICTEST), (TRIALS_BY_POLICY, LOOSE))
    for trial in trials
    if trial[1] is Relation.OTHER
]
HELD = {
    "entries": 1,
    "last_entry": 1,
    "key_packets": 1,
    "waiting_by_traits": 1,
    "patient_of": 1,
    "dossiers": 1,
    "dossiers_of": 1,
    "emergency": 1,
}
"""Looks into what a dossier holds, or at who has one."""

DIRECTORY = frozenset({"doctors_named", "doctor_by_mail", "doctor_by_rpps"})


class Noting(World):
    """A world that notes every look at it, by name, and a tally by what it counts."""

    def __init__(self, *of: Any) -> None:  # noqa: ANN401 -- as the world's
        super().__init__(*of)
        self.looks: list[str] = []

    def __getattribute__(self, name: str) -> Any:  # noqa: ANN401 -- any attribute
        found = super().__getattribute__(name)
        if not callable(found) or name.startswith("_"):
            return found

        def noted(*asked_for: Any) -> Any:  # noqa: ANN401 -- as the method's
            if name not in DIRECTORY:
                fault = f" {asked_for[0]}" if name == "tally" else ""
                self.looks.append(name + fault)
            return found(*asked_for)

        return noted


def known(**changed: Any) -> Noting:  # noqa: ANN401 -- whatever a dossier has
    return Noting([state(**changed)], FILED)


def state(**changed: Any) -> Dossier:  # noqa: ANN401 -- whatever a dossier has
    made = dossier(replace(JEAN, nir=NIR))
    made = replace(made, slots=replace(made.slots, vitale=CARD.slot))
    return replace(made, **changed)


def tried(made: Noting, *times: int) -> Noting:
    subject = state().dossier_id
    made.tallies = {(Fault.DOSSIER, subject): Tally(times=times)}
    return made


def with_doctors(made: Noting, *doctors: Any) -> Noting:  # noqa: ANN401 -- doctors
    made.known |= {each.doctor_id: each for each in doctors}
    return made


def waiting(made: Noting) -> Noting:
    made.deferred = (WAITING,)
    return made


def without_treating(made: Noting) -> Noting:
    del made.known[DEMO.doctor_id]
    return made


OLD = replace(state().slots, code=replace(CODE_SLOT, folded=False))
NO_CODE = replace(state().slots, code=None)
HIS_LOCUM = Locum(LAB.doctor_id, "2026-05-01", "2026-06-30", NOON)
PATIENT = replace(doctor("Jean DUPONT", 6, "patient"), rpps="", patient_of=state().dossier_id)
TAKEOVER = Takeover(LAB.doctor_id, NOON, NOON + DAY)
MONTH = tuple(NOON - 29 * DAY + at * 20 * 3600 for at in range(30))

SITUATIONS: dict[str, Callable[[], Noting]] = {
    "a wrong one": known,
    "nobody, for whom a deposit waits": lambda: waiting(Noting()),
    "a dossier, and a deposit waits": lambda: waiting(known()),
    "an empty dossier": lambda: Noting([state()]),
    "a closed dossier": lambda: known(closure=Closure(NOON, NOON + 9)),
    "an opposed doctor": lambda: known(opposed=(OTHER.doctor_id,)),
    "another opposed": lambda: known(opposed=(LAB.doctor_id,)),
    "masked documents": lambda: known(masks=(Mask(1, DEMO.doctor_id, NOON),)),
    "a revoked code": lambda: known(slots=NO_CODE),
    "no slot at all": lambda: known(slots=Slots(code=None, custody=b"")),
    "no card": lambda: known(slots=replace(state().slots, vitale=b"")),
    "a code of before": lambda: known(slots=OLD),
    "a code of before that rests": lambda: tried(known(slots=OLD), *MONTH),
    "the wrong one that lets a code of before rest": lambda: tried(
        known(slots=OLD), *MONTH[1:]
    ),
    "two homonyms": lambda: Noting([dossier(number=8), dossier(number=9)], FILED),
    "a homonym of another number": lambda: known(patient=replace(JEAN, nir="255081416802538")),
    "the last wrong one before it rests": lambda: tried(known(), *(NOON - 9,) * 3),
    "the wrong one that lets it rest": lambda: tried(known(), *(NOON - 9,) * 4),
    "a resting code": lambda: tried(known(), *(NOON - 9,) * 5),
    "nobody, tried often": lambda: tried(Noting(), *(NOON - 9,) * 5),
    "a médecin traitant with a locum": lambda: with_doctors(
        known(), replace(DEMO, locums=(HIS_LOCUM,))
    ),
    "a médecin traitant who left the directory": lambda: without_treating(known()),
    "a patient with a key of his own": lambda: with_doctors(known(), PATIENT),
    "a patient with a suspended key": lambda: with_doctors(known(suspended=True), PATIENT),
    "a takeover that can be contested": lambda: known(takeover=TAKEOVER),
    "a takeover from who asks": lambda: known(
        takeover=replace(TAKEOVER, former=OTHER.doctor_id)
    ),
}


class Measured(msgspec.Struct, frozen=True):
    """What could be measured of a refusal: words, time, looks, calls, and what is written."""

    said: tuple[str, dict[str, str], str, int]
    looks: tuple[str, ...]
    calls: tuple[tuple[str, int], ...]
    strikes: tuple[tuple[Fault, int], ...]
    notices: tuple[int, ...]
    once: tuple[bytes, ...]


def measured(trial: Trial, world: Noting, policy: Any = STRICTEST) -> Measured:  # noqa: ANN401 -- a Policy
    """Ask with a code or card that opens nothing; check what was looked at, and when."""
    keeper = RecordingKeeper(lambda request: opening_nothing(request, world))
    mail = mail_of(trial, policy)
    refusal = refusal_of(HANDLERS[trial[0]], mail, world, keeper)
    assert isinstance(refusal, Refusal)
    assert not [each for each in world.looks if each.partition(" ")[0] in HELD]
    letter = refusal_letter(refusal, mail.header, mail.opened.header, "fr")
    facts = dict(refusal.facts)
    return Measured(
        said=(refusal.text, facts, letter.subject + letter.text, refusal.not_before),
        looks=tuple(world.looks),
        calls=tuple((type(each).__name__, size_of(each)) for each in keeper.requests),
        strikes=tuple((each.fault, len(each.subject)) for each in refusal.effects.strikes),
        notices=tuple(len(each.letter.subject) for each in refusal.effects.notices),
        once=tuple(each.value for each in refusal.effects.once),
    )


def opening_nothing(request: Request, world: Noting) -> Reply | MailError:
    world.looks.append(f"keeper: {type(request).__name__}")
    return MailError("no-access")


def trial_named(case: Any) -> str:  # noqa: ANN401 -- a trial and its policy
    return named(case[0])


@pytest.mark.parametrize("case", STRANGERS, ids=trial_named)
@pytest.mark.promise(number=6)
def test_no_situation_differs_from_nobody(case: tuple[Trial, Any]) -> None:
    nobody = measured(case[0], Noting(), case[1])
    for what, made in SITUATIONS.items():
        assert (what, measured(case[0], made(), case[1])) == (what, nobody)


@pytest.mark.parametrize("case", STRANGERS, ids=trial_named)
@pytest.mark.promise(number=6)
def test_the_proof_is_the_only_call_and_what_counts_is_looked_at_around_it(
    case: tuple[Trial, Any],
) -> None:
    """The looks are named here one by one, so that a new one is thought about."""
    trial, policy = case
    before = ["dossiers_by_traits", "doctor", "tally sender", "tally global", "happened"]
    if Proof.CODE in trial[2]:
        before = [
            "dossiers_by_traits",
            "doctor",
            "tally sender",
            "tally global",
            "tally dossier",
        ]
    call = "Recode" if trial[0] is Verb.NOUVEAU_CODE else "Prove"
    after = ["doctor", "tally dossier"]
    looks = list(measured(trial, known(), policy).looks)
    assert looks == [*before, f"keeper: {call}", *after]


@pytest.mark.promise(number=6)
def test_a_new_codes_call_has_one_size_whatever_the_sheet_holds() -> None:
    """The number that a card's slot is made for goes with it, where there is one."""
    sizes = set[int]()
    for world in (World(), World([state(slots=replace(state().slots, vitale=b""))])):
        keeper = RecordingKeeper(lambda _: MailError("no-access"))
        text = "Demande : nouveau code\nPatient : DUPONT Jean\nNé le : 30/01/1959\n"
        mail = asked(text, by=OTHER, has_code=True)
        refusal_of(HANDLERS[Verb.NOUVEAU_CODE], mail, world, keeper)
        (recode,) = keeper.requests
        assert isinstance(recode, Recode)
        sizes.add(size_of(recode))
    assert len(sizes) == 1


class TestAHeldCreation:
    """It takes no code, but must not tell: nobody's doubt and somebody's dossier alike."""

    LINES = (
        "Demande : création\nPatient : DUPONT Jean\nNé le : 30/01/1959\nConsentement : oui\n"
    )
    DOUBT = "NIR : 2 55 08 14 168 025 38\n"  # a woman's number; he is Jean, in doubt

    def held(self, text: str, world: Noting) -> tuple[Sequence[Any], list[str]]:
        keeper = RecordingKeeper()
        refusal = refusal_of(HANDLERS[Verb.CREATION], asked(text, by=OTHER), world, keeper)
        assert isinstance(refusal, Refusal)
        sizes = [size_of(each) for each in keeper.requests]
        letters = [len(each.letter.subject) for each in refusal.effects.notices]
        held = (refusal.text, refusal.not_before, sizes, letters, refusal.effects.strikes)
        return held, world.looks

    @pytest.mark.parametrize(
        "what", ["a closed dossier", "an opposed doctor", "masked documents"]
    )
    @pytest.mark.promise(number=6)
    def test_is_that_of_a_doubt(self, what: str) -> None:
        nobody, looks = self.held(self.LINES + "Sexe : M\n" + self.DOUBT, Noting())
        somebody, as_many = self.held(self.LINES + "Sexe : M\n", SITUATIONS[what]())
        assert somebody == nobody
        assert as_many == looks
        assert not [each for each in looks if each in HELD]
