"""A milter with two ways to a keeper: one goes in each phase of a mail, which is done once.

Both lead to the same keeper, since keepers cannot share their records yet. What was begun on one
is of no use on the other all the same: the mail is opened anew there.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from clinic import Clinic, small_clinic
from keeper_proxy import KeeperProxy
from test_change_points import check_sound, filed_for, leaves_of
from test_emergency_points import seen
from test_kills import answers_by_request, with_message_id

from rmp_milter.calls.protocol.answering import Seal
from rmp_milter.calls.protocol.calls import Reply, Request
from rmp_milter.calls.protocol.cards import Show
from rmp_milter.calls.protocol.filing import Reseal
from rmp_milter.calls.protocol.opening import Open
from rmp_milter.calls.protocol.releasing import Release
from testbed.service import Part, Service
from testbed.waiting import wait_until

pytestmark = pytest.mark.integration

WAIT = 20
NAMES = ("run/way-a.sock", "run/way-b.sock")
SETTINGS = {
    ("milter", "keepers"): json.dumps(NAMES),
    ("milter", "keeper_wait_seconds"): str(WAIT),
}
Point = Callable[[Request, Reply | None], bool]


def before(kind: type[object]) -> Point:
    return lambda request, reply: isinstance(request, kind) and reply is None


def behind(kind: type[object]) -> Point:
    return lambda request, reply: isinstance(request, kind) and reply is not None


POINTS = {
    "asked to open": before(Open),
    "opened": behind(Open),
    "asked to seal": before(Reseal),
    "sealed": behind(Reseal),
    "asked for the answer": before(Seal),
    "the answer made": behind(Seal),
}

SHORT = frozenset({"opened", "sealed", "the answer made"})
"""Where something was begun that is of no use on the other way; a long campaign has all points."""


def of_a_campaign(*points: str, short: frozenset[str] = SHORT) -> list[object]:
    return [
        pytest.param(each, marks=() if each in short else pytest.mark.soak) for each in points
    ]


LOGGED = frozenset({"sealed", "asked for the answer", "the answer made"})
"""Where a deposit has its leaf already: under other documents' numbers it is another."""


class Way:
    """One of the milter's sockets, in front of the keeper's: it can go, and come back."""

    def __init__(self, service: Service, name: str) -> None:
        self.path, self._keeper = service.folder / name, service.keeper_socket
        self._milters_log = lambda: service.log(Part.MILTER)
        self.goes_at: Point = lambda _request, _reply: False
        self.passed: list[str] = []
        self.went = threading.Event()
        self.proxy = self._stand()

    def _stand(self) -> KeeperProxy:
        proxy = KeeperProxy(self.path, beside=self._keeper)
        proxy.passing = self._passing
        return proxy

    def _passing(self, request: Request, reply: Reply | None) -> bool:
        if self.went.is_set():
            return False
        self.passed.append(type(request).__name__)
        if self.goes_at(request, reply):
            self.go()
            return False
        return True

    def go(self) -> None:
        if not self.went.is_set():
            self.went.set()
            self.proxy.close()

    def come_back(self) -> None:
        """Return when the milter does not think any more that it is away."""
        if self.went.is_set():
            self.goes_at = lambda _request, _reply: False
            self.went.clear()
            self.proxy = self._stand()
            self.wait_until_thought_there()

    def wait_until_thought_there(self) -> None:
        wait_until(self._is_thought_there, WAIT, "somebody who asks after it")

    def _is_thought_there(self) -> bool:
        said = self._milters_log()
        name = f"keeper at {self.path}"
        return said.count(f"{name} is away") == said.count(f"{name} is back")


class Ways:
    """Both of them, the first one first."""

    def __init__(self, service: Service) -> None:
        self.first, self.second = (Way(service, name) for name in NAMES)

    def close(self) -> None:
        self.first.go()
        self.second.go()


@pytest.fixture(scope="module")
def standing() -> Iterator[tuple[Clinic, Ways]]:
    with ExitStack() as stack:
        clinic = stack.enter_context(small_clinic(SETTINGS))
        ways = Ways(clinic.host.service)
        stack.callback(ways.close)
        yield clinic, ways


@pytest.fixture
def clinic(standing: tuple[Clinic, Ways]) -> Clinic:
    return standing[0]


@pytest.fixture
def ways(standing: tuple[Clinic, Ways]) -> Iterator[Ways]:
    ways = standing[1]
    for way in (ways.first, ways.second):
        way.come_back()
        way.passed.clear()
        way.goes_at = lambda _request, _reply: False
    return ways


def deposit(clinic: Clinic, lines: str) -> tuple[bytes, str]:
    message_id = f"<{next(clinic.names)}@lost.test>"
    mail = clinic.lab.pgp_mime(f"{lines}Document : biologie\n\nVoici.\n")
    return with_message_id(mail, message_id), message_id


def check_filed_once(clinic: Clinic, lines: str, message_id: str) -> None:
    clinic.host.settle()
    assert filed_for(clinic, lines) == [1]
    assert len(answers_by_request(clinic.host, clinic.lab)[message_id]) == 1
    check_sound(clinic)


@pytest.mark.parametrize("point", of_a_campaign(*POINTS))
@pytest.mark.promise(number=7)
@pytest.mark.promise(number=8)
def test_a_mail_goes_on_by_the_other_way_and_is_filed_once(
    point: str, clinic: Clinic, ways: Ways
) -> None:
    lines = clinic.patient()
    clinic.create(lines)
    leaves = leaves_of(clinic)
    ways.first.goes_at = POINTS[point]
    mail, message_id = deposit(clinic, lines)
    assert clinic.host.send(clinic.lab, mail).code == 250
    assert ways.first.went.is_set()
    assert ways.second.passed[0] == "Open"
    check_filed_once(clinic, lines, message_id)
    new = leaves_of(clinic) - leaves  # one of what was begun may be there as well
    assert max(new.values()) <= (2 if point in LOGGED else 1)


@pytest.mark.promise(number=7)
def test_what_is_committed_is_not_begun_anew(clinic: Clinic, ways: Ways) -> None:
    lines = clinic.patient()
    ways.first.goes_at = before(Show)
    clinic.create(lines)
    assert ways.first.went.is_set()
    assert ways.second.passed == []
    clinic.host.settle()
    assert filed_for(clinic, lines) == [0]
    check_sound(clinic)


@pytest.mark.parametrize(
    "point", of_a_campaign("opened", "sealed", "the answer made", short=frozenset({"sealed"}))
)
@pytest.mark.promise(number=7)
def test_where_both_ways_are_gone_the_mail_waits_for_the_first_that_is_back(
    point: str, clinic: Clinic, ways: Ways
) -> None:
    lines = clinic.patient()
    clinic.create(lines)
    ways.first.go()
    mail, message_id = deposit(clinic, lines)
    # Finds out that the first one is away, and begins with the second.
    ways.second.goes_at = POINTS[point]
    replies = []
    sending = threading.Thread(
        target=lambda: replies.append(clinic.host.send(clinic.lab, mail))
    )
    sending.start()
    assert ways.second.went.wait(WAIT)
    assert not replies
    ways.first.come_back()
    sending.join(WAIT)
    assert [reply.code for reply in replies] == [250]
    check_filed_once(clinic, lines, message_id)


@pytest.mark.parametrize(
    "point",
    of_a_campaign(
        *("asked to open", "asked for the key", "the key in hand", "the answer made"),
        short=frozenset({"the key in hand", "the answer made"}),
    ),
)
@pytest.mark.promise(number=8)
def test_an_emergency_goes_on_by_the_other_way(point: str, clinic: Clinic, ways: Ways) -> None:
    lines = clinic.patient()
    clinic.create(lines)
    clinic.host.ask(clinic.paul, clinic.paul.pgp_mime(f"{lines}Document : Résumé\n\nVoici.\n"))
    clinic.host.settle()
    leaves, before_it = leaves_of(clinic), seen(clinic).answers
    points = POINTS | {"asked for the key": before(Release), "the key in hand": behind(Release)}
    ways.first.goes_at = points[point]
    mail = clinic.anne.pgp_mime(f"Demande : urgence\n{lines}Motif : coma\n")
    assert clinic.host.send(clinic.anne, mail).code == 250
    assert ways.first.went.is_set()
    clinic.host.settle()
    assert seen(clinic).answers - before_it == 2  # the index and the résumé
    new = leaves_of(clinic) - leaves
    assert sum(count for each, count in new.items() if each[0] == "urgence") == 1
    check_sound(clinic)


@pytest.mark.promise(number=7)
def test_a_keeper_that_is_started_anew_in_the_middle_opens_the_mail_anew(
    clinic: Clinic, ways: Ways
) -> None:
    """It is there again before the next call: what it said before is void all the same."""
    lines, service = clinic.patient(), clinic.host.service
    clinic.create(lines)
    killed = threading.Event()

    def passing(request: Request, reply: Reply | None) -> bool:
        if isinstance(request, Open) and reply is not None and not killed.is_set():
            killed.set()
            service.kill(Part.KEEPER)
            service.start(Part.KEEPER)
            service.wait_ready()
        return False

    ways.first.goes_at = passing
    mail, message_id = deposit(clinic, lines)
    assert clinic.host.send(clinic.lab, mail).code == 250
    assert killed.is_set()
    # On a slow machine the start takes so long that it is looked whether the keeper stands still.
    assert next(each for each in ways.second.passed if each != "Show") == "Open"
    check_filed_once(clinic, lines, message_id)
