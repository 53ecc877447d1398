"""The store's server is lost in the middle of a mail: the mail begins anew, and is done once.

It is started anew, or its standby promoted, while the keeper has the mail's call in hand and the
milter has a moment of the store open.
"""

from __future__ import annotations

import json
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest
from clinic import Clinic, clinic_on
from keeper_proxy import KeeperProxy
from test_emergency_points import POINTS, prepared, seen

from rmp_milter.calls.protocol.answering import Seal
from rmp_milter.calls.protocol.calls import Reply, Request
from rmp_milter.calls.protocol.filing import Reseal
from rmp_milter.calls.protocol.opening import Open
from rmp_milter.calls.protocol.releasing import Prove
from rmp_milter.milter.moments import MOST_LOST
from testbed.host import Host
from testbed.postgres import PrivatePostgres
from testbed.service import Part
from testbed.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Point = Callable[[Request, Reply | None], bool]

pytestmark = pytest.mark.integration


@contextmanager
def clinic_of(*servers: PrivatePostgres) -> Iterator[Clinic]:
    """Give a clinic whose store is on the first of these servers."""
    first, *_ = servers
    first.run_sql("CREATE ROLE root LOGIN")  # who all processes are here
    folders = ",".join(str(each.folder) for each in servers)
    host = Host(
        {
            ("store", "engine"): '"postgresql"',
            ("store", "host"): f'"{folders}"',
            ("store", "port"): "5432",
            ("store", "database"): '"postgres"',
        },
        by_library=True,
    )
    first.run_sql(host.service.rmp("store", "init", "--sql").stdout.decode())
    host.service.rmp("store", "move")
    with host:
        yield clinic_on(host)


@contextmanager
def at(clinic: Clinic, point: Point, act: Callable[[], None], times: int = 1) -> Iterator[None]:
    """Have ``act`` done so often, each time a mail comes to this point."""
    done = list[int]()

    def passing(request: Request, reply: Reply | None) -> bool:
        if len(done) < times and point(request, reply):
            done.append(1)
            act()
        return True

    with closing(KeeperProxy(clinic.host.service.keeper_socket)) as proxy:
        proxy.passing = passing
        yield
        proxy.passing = lambda _request, _reply: True
    assert len(done) == times


@pytest.fixture(scope="module")
def server() -> Iterator[PrivatePostgres]:
    with PrivatePostgres({"fsync": "on"}) as server:
        yield server


@pytest.fixture(scope="module")
def restart(server: PrivatePostgres) -> Iterator[Callable[[], None]]:
    """Give what starts the server anew: in a thread that lives on, since it ends with that."""

    def act() -> None:
        server.stop(signal.SIGQUIT)
        server.launch()

    with ThreadPoolExecutor(1) as one:
        yield lambda: one.submit(act).result()


@pytest.fixture(scope="module")
def clinic(server: PrivatePostgres, restart: Callable[[], None]) -> Iterator[Clinic]:
    assert callable(restart)  # what is ended before it
    with clinic_of(server) as clinic:
        yield clinic


def before(*kinds: type[object]) -> Point:
    return lambda request, reply: isinstance(request, kinds) and reply is None


# Before it has read anything another mail loses it below.
@pytest.mark.parametrize("kind", [pytest.param(Open, marks=pytest.mark.soak), Reseal, Seal])
def test_a_deposit_is_filed_once(
    clinic: Clinic, restart: Callable[[], None], kind: type[object]
) -> None:
    lines = clinic.patient()
    clinic.create(lines)
    documents, milter = clinic.documents(), clinic.host.service.pids_of(Part.MILTER)
    letter = clinic.lab.pgp_mime(f"{lines}Document : biologie\n\nPotassium 4,1.\n")
    with at(clinic, before(kind), restart):
        assert clinic.host.ask(clinic.lab, letter)
    assert clinic.documents() == documents + 1
    assert clinic.host.service.pids_of(Part.MILTER) == milter  # no other mail heard of it


@pytest.mark.promise(number=7)
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.soak if name == "before the leaf" else ())
        for name in POINTS
    ],
)
def test_an_emergency_is_answered(
    clinic: Clinic, restart: Callable[[], None], name: str
) -> None:
    mail, before_it = prepared(clinic), seen(clinic)
    with at(clinic, POINTS[name], restart):
        assert clinic.host.send(clinic.anne, mail).accepted
    wait_until(lambda: seen(clinic).since(before_it).answers == 2, 30, "the answers")
    clinic.host.settle()
    left = seen(clinic).since(before_it)
    assert left.answers == 2
    assert left.leaves >= 1  # a mail that began anew may have asked twice


def test_a_mail_that_loses_it_again_and_again_hears_451_and_why_is_in_the_log(
    clinic: Clinic, restart: Callable[[], None]
) -> None:
    lines = clinic.patient()
    code = clinic.create(lines)
    milter = clinic.host.service.pids_of(Part.MILTER)
    wish = clinic.anne.pgp_mime(f"Demande : dossier\n{lines}Code : {code}\n")
    with at(clinic, before(Prove), restart, times=MOST_LOST):
        reply = clinic.host.send(clinic.anne, wish)
    assert reply.code == 451
    assert "the store's server was lost in the middle" in clinic.host.service.log(Part.MILTER)
    assert clinic.host.service.pids_of(Part.MILTER) == milter
    assert clinic.host.send(clinic.anne, wish).accepted


def test_the_standby_is_promoted_in_the_middle_of_a_mail() -> None:
    with PrivatePostgres({"fsync": "on"}) as first, first.standby("second") as second:
        first.run_sql(
            "ALTER SYSTEM SET synchronous_standby_names = 'second'", "SELECT pg_reload_conf()"
        )

        def promote() -> None:
            first.stop(signal.SIGQUIT)
            second.run_sql("ALTER SYSTEM RESET synchronous_standby_names")
            second.run_sql("SELECT pg_reload_conf()", "SELECT pg_promote()")

        with clinic_of(first, second) as clinic:
            lines = clinic.patient()
            clinic.create(lines)
            documents = clinic.documents()
            letter = clinic.lab.pgp_mime(f"{lines}Document : biologie\n\nFerritine 55.\n")
            with at(clinic, before(Reseal), promote):
                assert clinic.host.ask(clinic.lab, letter)
            assert clinic.documents() == documents + 1
            mail = clinic.anne.pgp_mime(f"Demande : urgence\n{lines}Motif : coma\n")
            assert clinic.host.send(clinic.anne, mail).accepted
            found = json.loads(clinic.host.service.rmp("store", "check", "--json").stdout)
            assert found["findings"] == []
