"""kill -9 around a change of who reads: the mail comes again, and is done once, for all.

Keeper, milter and store each keep their part of it. Killed between any two of them, the cards must
fit again when the mail has come again: what the keeper knows, what the store has.
"""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import NamedTuple

import pytest
from clinic import Clinic, small_clinic
from keeper_proxy import KeeperProxy
from milter_proxy import MilterProxy
from states import change
from test_at_once import Stored
from test_deposit import chores, pending
from test_kills import answers_by_request, assert_sound, with_message_id

from rmp_milter.calls.protocol.answering import Seal
from rmp_milter.calls.protocol.calls import Reply, Request
from rmp_milter.calls.protocol.cards import Amend, Forget
from rmp_milter.calls.protocol.filing import Adopt, Create, Wait
from rmp_milter.calls.protocol.releasing import Recode
from rmp_milter.cli.leaves import operator
from rmp_milter.cli.standing import cards_in, compared
from rmp_milter.cli.stores import open_store
from rmp_milter.config import load
from rmp_milter.dossier.model import Closure
from rmp_milter.keeper.log.journal import Journal
from testbed.doctor import Doctor
from testbed.service import Part
from testbed.waiting import wait_until

pytestmark = pytest.mark.integration

CHANGES = (Amend, Create, Recode)
SECONDS = 30


class Asked(NamedTuple):
    """A mail that changes something: whose, under which Message-ID, and whether it is done."""

    sender: Doctor
    mail: bytes
    message_id: str
    is_done: Callable[[], bool]


class Couple(NamedTuple):
    """Two doctors with a patient of the first one's, in whose dossier a letter lies."""

    clinic: Clinic
    first: Doctor
    second: Doctor
    lines: str
    code: str

    def asked(
        self, sender: Doctor, text: str, is_done: Callable[[], bool], **keys: bytes
    ) -> Asked:
        message_id = f"<{next(self.clinic.names)}@points.test>"
        enclosed = {f"{name}.asc": data for name, data in keys.items()}
        mail = sender.pgp_mime(text, enclosed) if enclosed else sender.pgp_mime(text)
        return Asked(sender, with_message_id(mail, message_id), message_id, is_done)

    def treats(self, doctor: Doctor) -> bool:
        return Stored(self.clinic, self.lines).treating.mail == doctor.mail


@pytest.fixture(scope="module")
def house() -> Iterator[Clinic]:
    """A host of these tests' own, whose processes die again and again."""
    with small_clinic({}) as clinic:
        yield clinic


@pytest.fixture(scope="module")
def pair(house: Clinic) -> tuple[Doctor, Doctor]:
    return (
        house.host.doctor("Dr Alpha POINT", "alpha@cabinet.test"),
        house.host.doctor("Dr Omega POINT", "omega@cabinet.test"),
    )


@pytest.fixture
def couple(house: Clinic, pair: tuple[Doctor, Doctor]) -> Couple:
    return couple_of(house, *pair)


def couple_of(house: Clinic, first: Doctor, second: Doctor) -> Couple:
    lines = house.patient()
    code = house.create(lines, by=first)
    house.host.ask(house.lab, house.lab.pgp_mime(f"{lines}Document : biologie\n\nAvant.\n"))
    return Couple(house, first, second, lines, code)


@pytest.fixture
def other(couple: Couple) -> Iterator[Doctor]:
    """Another key, for the first doctor or for his patient."""
    with Doctor("Clé NOUVELLE", f"other{next(couple.clinic.names)}@cabinet.test") as made:
        yield made


def takeover(couple: Couple, _: Doctor) -> Asked:
    text = (
        f"Demande : médecin traitant\n{couple.lines}Code : {couple.code}\nConsentement : oui\n"
    )
    return couple.asked(couple.second, text, lambda: couple.treats(couple.second))


def contest(couple: Couple, other: Doctor) -> Asked:
    first = takeover(couple, other)
    couple.clinic.host.ask(first.sender, first.mail)
    text = f"Demande : contestation\n{couple.lines}"
    return couple.asked(couple.first, text, lambda: couple.treats(couple.first))


def new_key(couple: Couple, other: Doctor) -> Asked:
    number, host = (
        next(couple.clinic.names),
        couple.clinic.host,
    )  # who has another key afterwards
    changing = host.doctor(f"Dr Beta POINT{number}", f"beta{number}@cabinet.test")
    couple = couple_of(couple.clinic, changing, couple.second)
    text = f"Demande : nouvelle clé\nEmpreinte : {other.fingerprint.upper()}\n"

    def is_done() -> bool:
        treating = Stored(couple.clinic, couple.lines).treating
        return treating.fingerprint.upper() == other.fingerprint.upper()

    return couple.asked(changing, text, is_done, cle=other.certificate)


def patients_key(couple: Couple, other: Doctor) -> Asked:
    text = f"Demande : clé du patient\n{couple.lines}Courriel : {other.mail}\n"

    def is_done() -> bool:
        config = load(couple.clinic.host.service.config)
        with open_store(config) as store, store.snapshot() as view:
            return view.doctor_by_mail(other.mail) is not None

    return couple.asked(couple.first, text, is_done, cle=other.certificate)


def new_code(couple: Couple, _: Doctor) -> Asked:
    before = Stored(couple.clinic, couple.lines).dossier.slots.code

    def is_done() -> bool:
        return Stored(couple.clinic, couple.lines).dossier.slots.code != before

    return couple.asked(couple.first, f"Demande : code\n{couple.lines}", is_done)


def closure(couple: Couple, _: Doctor) -> Asked:
    text = f"Demande : clôture\n{couple.lines}Code : {couple.code}\n"

    def is_done() -> bool:
        return Stored(couple.clinic, couple.lines).dossier.closure is not None

    return couple.asked(couple.first, text, is_done)


def filed_for(clinic: Clinic, lines: str) -> list[int]:
    """Return how many entries each dossier of a patient has."""
    config, name = load(clinic.host.service.config), lines.split()[2]
    with open_store(config) as store, store.snapshot() as view:
        his = [each for each in view.dossiers() if each.patient.birth_name == name]
        return [len(view.entries(each.dossier_id)) for each in his]


def creation(couple: Couple, _: Doctor) -> Asked:
    """A creation that adopts what waited."""
    clinic, lines = couple.clinic, couple.clinic.patient()
    clinic.host.ask(clinic.lab, clinic.lab.pgp_mime(f"{lines}Document : biologie\n\nAvant.\n"))
    text = f"Demande : création\n{lines}Consentement : oui\n"
    return couple.asked(couple.first, text, lambda: filed_for(clinic, lines) == [1])


WAYS = (takeover, contest, new_key, patients_key, new_code, closure, creation)


def changes(request: Request, reply: Reply | None) -> bool:
    return isinstance(request, CHANGES) and reply is None


def changed(request: Request, reply: Reply | None) -> bool:
    return isinstance(request, CHANGES) and reply is not None


def sealed(request: Request, reply: Reply | None) -> bool:
    return isinstance(request, Seal) and reply is not None


POINTS = {
    "the keeper, asked for the change": (Part.KEEPER, changes),
    "the keeper, the leaf written": (Part.KEEPER, changed),
    "the milter, the change in hand": (Part.MILTER, changed),
    "the milter, before the commit": (Part.MILTER, sealed),
}

BEHIND, UNCOMMITTED = "the keeper, the leaf written", "the milter, before the commit"
"""The points that leave most behind; a long campaign has the other two as well."""

SHORT = {
    takeover: (BEHIND, UNCOMMITTED),
    contest: (UNCOMMITTED,),
    new_key: (BEHIND,),
    patients_key: (UNCOMMITTED,),
    new_code: (BEHIND,),
    closure: (UNCOMMITTED,),
    creation: (BEHIND,),
}
"""Where each way is broken off outside of a long campaign: all ways, both points, once each."""

OF_EACH_CALL = frozenset({takeover, new_code, creation})
"""One way for each call by which the keeper changes a card (``CHANGES``)."""


def soak_unless(short: bool) -> list[pytest.MarkDecorator]:  # noqa: FBT001 -- reads as it is said
    return [] if short else [pytest.mark.soak]


def until_accepted(clinic: Clinic, asked: Asked) -> None:
    """Send again, as mail servers do."""
    wait_until(lambda: clinic.host.send(asked.sender, asked.mail).accepted, SECONDS, "the 250")


def check_once(clinic: Clinic, asked: Asked, leaves: Counter[tuple[str, ...]]) -> None:
    """See that all of it was done, answered once, logged once, and that all parts agree."""
    clinic.host.settle()
    assert asked.is_done()
    answers = answers_by_request(clinic.host, asked.sender)
    assert len(answers[asked.message_id]) <= 2, "the answer, and a notice to a former key"
    new = leaves_of(clinic) - leaves
    again = {each for each, count in new.items() if count > 1 and "depot" not in each}
    assert not again
    check_sound(clinic)


def check_sound(clinic: Clinic) -> None:
    """See that the store is sound, and that its cards are those that the keeper goes by."""
    assert_sound(clinic.host)
    config = load(clinic.host.service.config)
    with operator(config) as keeper, open_store(config) as store, store.snapshot() as view:
        faults = [fault for stood in compared(keeper, cards_in(view)) for fault in stood.faults]
    assert not faults


def leaves_of(clinic: Clinic) -> Counter[tuple[str, ...]]:
    """Return how often each mail has a leaf of each action for each dossier."""
    folder = clinic.host.service.folder / "keeper" / "log"
    with Journal(folder) as log, log.snapshot() as seen:
        leaves = [json.loads(entry) for entry in seen.entries(0, len(log))]
    words = ("action", "request", "patient")
    return Counter(tuple(str(each.get(word, "")) for word in words) for each in leaves)


@pytest.mark.parametrize(
    ("way", "point"),
    [
        pytest.param(way, point, marks=soak_unless(point in SHORT[way]))
        for way in WAYS
        for point in POINTS
    ],
)
@pytest.mark.promise(number=7)
@pytest.mark.promise(number=8)
def test_a_change_is_done_once_wherever_a_process_dies(
    way: Callable[[Couple, Doctor], Asked], point: str, couple: Couple, other: Doctor
) -> None:
    clinic, service = couple.clinic, couple.clinic.host.service
    asked = way(couple, other)
    leaves, (part, is_there) = leaves_of(clinic), POINTS[point]
    killed = threading.Event()

    def passing(request: Request, reply: Reply | None) -> bool:
        if killed.is_set() or not is_there(request, reply):
            return True
        killed.set()
        service.kill(part)
        return False

    with closing(KeeperProxy(service.keeper_socket)) as proxy:
        proxy.passing = passing
        assert not clinic.host.send(asked.sender, asked.mail).accepted
    assert killed.is_set()
    service.start(part)
    service.wait_ready()
    assert not asked.is_done()
    until_accepted(clinic, asked)
    check_once(clinic, asked, leaves)


@pytest.mark.parametrize(
    "way", [pytest.param(way, marks=soak_unless(way in OF_EACH_CALL)) for way in WAYS]
)
@pytest.mark.promise(number=7)
def test_a_change_whose_250_is_lost_is_not_done_again(
    way: Callable[[Couple, Doctor], Asked], couple: Couple, other: Doctor
) -> None:
    clinic, service = couple.clinic, couple.clinic.host.service
    asked = way(couple, other)
    leaves = leaves_of(clinic)

    def done() -> bool:
        service.kill(Part.MILTER)
        return False

    with closing(MilterProxy(service.milter_socket, done)):
        assert not clinic.host.send(asked.sender, asked.mail).accepted
    assert asked.is_done()
    service.start(Part.MILTER)
    service.wait_ready()
    until_accepted(clinic, asked)
    check_once(clinic, asked, leaves)


@pytest.mark.promise(number=7)
def test_what_waited_is_adopted_once_where_the_milter_dies(house: Clinic) -> None:
    clinic, service, lines = house, house.host.service, house.patient()
    waits, go = threading.Event(), threading.Event()

    def held(request: Request, reply: Reply | None) -> bool:
        if isinstance(request, Wait) and reply is not None:
            waits.set()
            go.wait(SECONDS)
        return True

    mail = clinic.lab.pgp_mime(f"{lines}Document : biologie\n\nAu même moment.\n")
    with closing(KeeperProxy(service.keeper_socket)) as proxy:
        proxy.passing = held
        sending = threading.Thread(target=lambda: clinic.host.send(clinic.lab, mail))
        sending.start()
        assert waits.wait(SECONDS)
        clinic.create(lines)
        go.set()
        sending.join(SECONDS)
    assert len(pending(clinic)) == 1
    leaves, killed = leaves_of(clinic), threading.Event()

    def passing(request: Request, reply: Reply | None) -> bool:
        if isinstance(request, Adopt) and reply is not None:
            killed.set()
            return False
        return True

    with closing(KeeperProxy(service.keeper_socket)) as proxy:
        proxy.passing = passing
        service.rmp("chores", check=False)  # its part of it ends here, uncommitted
    assert killed.is_set()
    assert len(pending(clinic)) == 1
    chores(clinic)
    assert pending(clinic) == []
    assert filed_for(clinic, lines) == [1]
    assert max((leaves_of(clinic) - leaves).values()) == 1
    check_sound(clinic)


@pytest.mark.promise(number=16)
def test_an_erasure_that_breaks_off_behind_the_keeper_is_given_again(couple: Couple) -> None:
    clinic, service = couple.clinic, couple.clinic.host.service
    reference = Stored(clinic, couple.lines).dossier.dossier_id.hex()
    change(service, couple.lines.split()[2], closure=Closure(1, 1))
    with closing(KeeperProxy(load(service.config).sockets.operator)) as proxy:
        proxy.passing = lambda request, reply: not (isinstance(request, Forget) and reply)
        assert service.rmp("dossier", "erase", reference, check=False).returncode
    stood = service.rmp("store", "check", "--json", check=False)
    said = "\n".join(json.loads(stood.stdout)["findings"])
    assert f"rmp dossier erase {reference}" in said
    assert f"erased {reference}" in service.rmp("dossier", "erase", reference).stdout.decode()
    check_sound(clinic)
