"""Rule 4: no answer tells a stranger whether a patient exists; measured over many pairs.

Each pair is a mail for a patient whom nobody knows and one for a dossier that must look
like him. Compared is what the asker, or who watches his mailbox, can measure: the words,
the length of the encrypted mail, and when it may leave. Times of the machine are not: the
calls of the keeper and their sizes are compared in tests/handlers/test_one_refusal.py.
"""

import json
import time
from collections.abc import Iterator
from datetime import datetime
from email import message_from_bytes

import pytest
from clinic import PDF, Clinic, small_clinic
from states import change, doctor_id, let_rest

from rmp_milter.dossier.model import Closure, Mask, Slots
from testbed.mailbox import CollectedMail

pytestmark = pytest.mark.integration

HOLD = 4
PAIRS = 6
DOCUMENTS = 3
STATES = ("wrong code", "revoked", "masked", "opposed", "closed", "resting")


@pytest.fixture(scope="module")
def shut() -> Iterator[Clinic]:
    settings = {
        ("rules", "sender_codes"): "900",
        ("rules", "global_codes"): "5000",
        ("rules", "wrong_codes"): "90",
        ("rules", "hold_seconds"): str(HOLD),
    }
    with small_clinic(settings) as made:
        yield made


@pytest.fixture(scope="module")
def dossiers(shut: Clinic) -> dict[str, str]:
    """The header lines of a dossier for each state, with documents in it: one wait for all."""
    made = {state: shut.patient() for state in STATES}
    for lines in made.values():
        shut.create(lines, code="JzbV7kQ2")
        for number in range(DOCUMENTS):
            mail = shut.lab.pgp_mime(f"{lines}\nNuméro {number}.\n", {"bilan.pdf": PDF})
            assert shut.host.send(shut.lab, mail).accepted
    shut.host.answers(shut.lab, DOCUMENTS * len(made))
    return made


def prepared(shut: Clinic, lines: str, state: str) -> str:
    """Bring a dossier into this state; return the header lines to ask with."""
    name = lines.split()[2]
    service = shut.host.service
    paul, anne = (doctor_id(service, each.mail) for each in (shut.paul, shut.anne))
    match state:
        case "revoked":
            change(service, name, slots=Slots(code=None, custody=b"gone"))
        case "masked":
            change(service, name, masks=(Mask(2, paul, 1),))
            lines += "Numéros : 2\n"
        case "opposed":
            change(service, name, opposed=(anne,))
        case "closed":
            change(service, name, closure=Closure(1, 2_000_000_000))
        case "resting":
            let_rest(service, name, 90)
    return lines


def asks(shut: Clinic, lines: str, code: str) -> float:
    """Send a request that is taken; return when it was."""
    mail = shut.anne.pgp_mime(f"Demande : dossier\n{lines}Code : {code}\n")
    reply = shut.host.send(shut.anne, mail)
    assert (reply.code, reply.text[:5]) == (250, "2.0.0")
    return time.time()


def due(shut: Clinic) -> list[float]:
    """Return when each answer to the asker may leave, of those that still wait, in order."""
    rows = json.loads(shut.host.service.rmp("outbox", "list", "--json").stdout)
    mine = [row for row in rows if row["recipient"] == shut.anne.mail]
    return [datetime.fromisoformat(row["next_try"]).timestamp() for row in mine]


def encrypted_size(raw: bytes) -> int:
    parts = list(message_from_bytes(raw).walk())
    return max(len(part.get_payload(decode=True) or b"") for part in parts)


def collected(shut: Clinic) -> CollectedMail:
    return shut.host.postfix.collected


@pytest.mark.parametrize("state", STATES)
@pytest.mark.promise(number=6)
def test_words_length_and_schedule_are_those_of_nobody(
    shut: Clinic, dossiers: dict[str, str], state: str
) -> None:
    known = prepared(shut, dossiers[state], state)
    # Where a wrong code is not the point, even the right one gets the same.
    code = "JzbV7kQ2" if state in {"opposed", "closed", "resting", "revoked"} else "Faux"
    before = collected(shut).count(shut.anne.mail)
    sent: list[float] = []
    for _ in range(PAIRS):
        nobody = shut.patient() + ("Numéros : 2\n" if state == "masked" else "")
        sent += [asks(shut, lines, code) for lines in (known, nobody)]
    waiting = due(shut)
    raw = shut.host.postfix.wait_mail(shut.anne.mail, before + 2 * PAIRS, 40)[before:]
    letters = {shut.anne.read(each).text for each in raw}
    assert len(letters) == 1
    assert "L'accès n'est pas accordé." in letters.pop()
    assert len({encrypted_size(each) for each in raw}) == 1
    assert waiting
    held = [at - said for at, said in zip(waiting, sent[-len(waiting) :], strict=True)]
    # Whole seconds from when the mail began to come in.
    assert all(HOLD - 2 < each <= HOLD for each in held), held


ASKED_BACK = (
    "Demmande : dossier\n{who}Code : Faux\n",
    "Demande : dossier\n{who}Patient : MARTIN Luc\nCode : Faux\n",
    "{who}Code : Faux\n",
    "Merci.\n\nLe 12/11 à 10:12, RMP a écrit :\n> table\nDemande : dossier\n{who}Code : Faux\n",
)


@pytest.mark.parametrize("said", ASKED_BACK)
@pytest.mark.promise(number=6)
def test_what_is_asked_back_is_that_of_nobody(
    shut: Clinic, dossiers: dict[str, str], said: str
) -> None:
    letters, sizes = set[str](), set[int]()
    before = collected(shut).count(shut.anne.mail)
    for who in (dossiers["wrong code"], shut.patient()):
        mail = shut.anne.pgp_mime(said.format(who=who))
        assert shut.host.send(shut.anne, mail).accepted
        before += 1
        raw = shut.host.postfix.wait_mail(shut.anne.mail, before, 40)[-1]
        letters.add(shut.anne.read(raw).text.replace(who.split()[2], "NOM"))
        sizes.add(encrypted_size(raw))
    assert len(letters) == 1
    assert "Rien n'a été fait" in letters.pop().replace("\n", " ")
    assert len(sizes) == 1
