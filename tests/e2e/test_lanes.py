"""Who is served while others hold the keeper: an emergency, and who is known.

A hand between milter and keeper has as many workers as the keeper and holds calls of the
others, as long as it is told to.
"""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle, islice

import pytest
from clinic import Clinic, small_clinic
from keeper_proxy import KeeperProxy, Passing

from rmp_milter.calls.gate import ordinary_of, processes_of
from rmp_milter.calls.protocol.calls import Reply, Request
from rmp_milter.calls.protocol.filing import Reseal
from rmp_milter.calls.protocol.opening import Open
from rmp_milter.calls.protocol.releasing import Release
from rmp_milter.certificates import read_certificate
from testbed.doctor import Doctor
from testbed.sending import Reply as Answer
from testbed.sending import send
from testbed.service import Part
from testbed.waiting import wait_until
from testbed.worst_mails import KINDS, Target

pytestmark = pytest.mark.integration

WORKERS, OTHERS, STRANGERS = 2, 6, 20
SECONDS = 30
PLACES = ordinary_of(WORKERS)
SETTINGS = {("keeper", "workers"): str(WORKERS)}


@pytest.fixture(scope="module")
def clinic() -> Iterator[Clinic]:
    with small_clinic(SETTINGS) as made:
        yield made


@pytest.fixture(autouse=True)
def settled(clinic: Clinic) -> Iterator[None]:
    """Let all answers and notices of a test leave before the next one waits for its own."""
    yield
    clinic.host.settle()


class Held:
    """Calls that are held until they are let go, and how many were at the keeper at once."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.came = 0

    def hold(self) -> bool:
        """Wait until the calls are let go."""
        self.came += 1
        return self.go.wait(SECONDS)


@contextmanager
def keeper_of(clinic: Clinic, passing: Passing) -> Iterator[None]:
    proxy = KeeperProxy(clinic.host.service.keeper_socket, processes_of(WORKERS))
    proxy.passing = passing
    try:
        yield
    finally:
        proxy.close()


@contextmanager
def sending(
    clinic: Clinic, mails: list[tuple[Doctor, bytes]]
) -> Iterator[list[Future[Answer]]]:
    with ThreadPoolExecutor(len(mails)) as pool:
        yield [pool.submit(clinic.host.send, *each) for each in mails]


def test_an_emergency_passes_mails_that_hold_all_workers(clinic: Clinic) -> None:
    lines, other = clinic.patient(), clinic.patient()
    clinic.create(lines)
    clinic.create(other)
    text = f"{other}Document : Biologie\n\nBilan"
    deposits = [
        (clinic.lab, clinic.lab.pgp_mime(f"{text} {each}.\n")) for each in range(OTHERS)
    ]
    urgent = clinic.anne.pgp_mime(f"Demande : urgence\n{lines}Motif : coma\n")
    emergency, others = Held(), Held()

    def passing(request: Request, reply: Reply | None) -> bool:
        if reply is None and isinstance(request, Release):
            return emergency.hold()
        if reply is None and isinstance(request, Reseal):
            return others.hold()
        return True

    with keeper_of(clinic, passing), ThreadPoolExecutor(1) as pool:
        asked = pool.submit(clinic.host.send, clinic.anne, urgent)
        wait_until(lambda: emergency.came == 1, SECONDS, "the emergency's call")
        with sending(clinic, deposits) as sent:
            wait_until(lambda: others.came == PLACES, SECONDS, "calls of the others")
            emergency.go.set()
            answered = asked.result(SECONDS)
            waiting = [each for each in sent if not each.done()]
            assert others.came == PLACES
            others.go.set()
        assert answered.accepted
        assert len(waiting) == OTHERS
        assert all(each.result().accepted for each in sent)


def test_who_is_known_and_an_emergency_pass_strangers_whose_mails_take_long(
    clinic: Clinic,
) -> None:
    lines = clinic.patient()
    clinic.create(lines)
    deposit = clinic.lab.pgp_mime(f"{lines}Document : Biologie\n\nBilan.\n")
    urgent = clinic.anne.pgp_mime(f"Demande : urgence\n{lines}Motif : coma\n")
    strangers = Held()

    def passing(request: Request, reply: Reply | None) -> bool:
        if reply is None and isinstance(request, Open) and not request.persons:
            return strangers.hold()
        return True

    with Doctor("Dr Eve", "eve@stranger.test") as eve, keeper_of(clinic, passing):
        eve.import_key(clinic.host.service.certificate)
        mails = [(eve, eve.pgp_mime(f"Demande : aide {each}\n")) for each in range(OTHERS)]
        with sending(clinic, mails) as sent:
            wait_until(lambda: strangers.came > 0, SECONDS, "a stranger's call")
            assert clinic.host.send(clinic.lab, deposit).accepted
            assert clinic.host.send(clinic.anne, urgent).accepted
            waiting = [each for each in sent if not each.done()]
            assert strangers.came == PLACES - 1
            strangers.go.set()
        assert len(waiting) == OTHERS
        assert {each.result().code for each in sent} == {550}


def test_a_keeper_that_was_away_is_served_again_in_all_its_places(clinic: Clinic) -> None:
    lines = clinic.patient()
    clinic.create(lines)
    text = f"{lines}Document : Biologie\n\nBilan"
    mails = [(clinic.lab, clinic.lab.pgp_mime(f"{text} {each}.\n")) for each in range(OTHERS)]
    with keeper_of(clinic, lambda _request, _reply: False), sending(clinic, mails) as sent:
        assert {each.result().code for each in sent} == {451}
    held = Held()

    def passing(request: Request, reply: Reply | None) -> bool:
        return held.hold() if reply is None and isinstance(request, Open) else True

    with keeper_of(clinic, passing), sending(clinic, mails) as sent:
        wait_until(lambda: held.came == PLACES, SECONDS, "calls in all places")
        held.go.set()
        assert all(each.result().accepted for each in sent)


def worst_mails(clinic: Clinic, sender: str, size: int) -> list[bytes]:
    service = read_certificate(clinic.host.service.certificate).binary
    known = bytes.fromhex(clinic.lab.fingerprint[-16:])
    target = Target(service, sender, clinic.lab.service, known)
    return [make(target, size) for make in KINDS.values()]


def answered_among(clinic: Clinic, sender: str, mails: list[bytes]) -> set[int]:
    """Have an emergency answered while twenty send these mails; return what they heard."""
    lines = clinic.patient()
    clinic.create(lines)
    clinic.host.settle()
    before = clinic.host.postfix.collected.count(clinic.anne.mail)
    urgent = clinic.anne.pgp_mime(f"Demande : urgence\n{lines}Motif : coma\n")
    workers = clinic.host.service.pids_of(Part.KEEPER)
    done, heard = threading.Event(), set[int]()

    def flood(number: int) -> None:
        """Send one mail after the other until the emergency is answered."""
        rest = islice(cycle(mails), number, None)
        while not done.is_set():
            reply = send(
                clinic.host.postfix.smtp_port, next(rest), sender, [clinic.lab.service]
            )
            heard.add(reply.code)

    with ThreadPoolExecutor(STRANGERS) as pool:
        floods = [pool.submit(flood, number) for number in range(STRANGERS)]
        wait_until(lambda: bool(heard), SECONDS, "the first refusal")
        try:
            assert clinic.host.send(clinic.anne, urgent).accepted
            (index,) = clinic.host.answers(clinic.anne, 1, after=before)
        finally:
            done.set()
        for each in floods:
            each.result()
    assert "Cet accès en urgence" in index.text
    assert clinic.host.service.pids_of(Part.KEEPER) == workers
    return heard


@pytest.mark.parametrize(
    ("sender", "size"),
    [
        ("eve@stranger.test", 2_000),
        pytest.param("eve@stranger.test", 1_000_000, marks=pytest.mark.soak),
        pytest.param("labo@labo.test", 2_000, marks=pytest.mark.soak),
        pytest.param("labo@labo.test", 1_000_000, marks=pytest.mark.soak),
    ],
)
def test_an_emergency_is_answered_while_twenty_strangers_send_the_worst_mails_known(
    clinic: Clinic, sender: str, size: int
) -> None:
    """Under an address of their own, and under that of somebody who is enrolled."""
    assert answered_among(clinic, sender, worst_mails(clinic, sender, size)) <= {550, 451}
