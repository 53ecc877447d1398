"""Two milters on one PostgreSQL store: a crowd of wrong codes counts as through one."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from clinic import Clinic, clinic_on
from states import doctor_id, tries_of
from test_abuse import NO_ACCESS, SENDER_CODES, TOO_MANY, WRONG_CODES, told

from rmp_milter.dossier.model import Fault
from testbed.host import Host
from testbed.postgres import PrivatePostgres
from testbed.processes import is_listening
from testbed.service import Part
from testbed.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.integration

CROWD, SECONDS = 20, 60


@pytest.fixture(scope="module")
def hosts() -> Iterator[tuple[Clinic, Host]]:
    """A whole host, and another one's Postfix and milter, on one store and with one keeper."""
    with ExitStack() as stack:
        server = stack.enter_context(PrivatePostgres())
        server.run_sql("CREATE ROLE root LOGIN")
        settings = {
            ("store", "engine"): '"postgresql"',
            ("store", "host"): f'"{server.folder}"',
            ("store", "database"): '"postgres"',
            ("rules", "wrong_codes"): str(WRONG_CODES),
            ("rules", "sender_codes"): str(SENDER_CODES),
        }
        first, second = (Host(settings) for _ in range(2))
        for host in (first, second):
            stack.callback(host.close)
        server.run_sql(first.service.rmp("store", "init", "--sql").stdout.decode())
        first.service.rmp("store", "move")
        for file in (second.service.folder / "store").iterdir():
            file.unlink()
        way = json.dumps([str(first.service.keeper_socket)])
        second.service.configure({("milter", "keepers"): way})
        first.start()
        second.service.start(Part.MILTER)
        wait_until(lambda: is_listening(second.service.milter_socket), SECONDS, "the milter")
        second.postfix.start()
        yield clinic_on(first), second


@pytest.mark.promise(number=6)
def test_a_crowd_of_wrong_codes_through_both_counts_as_one_after_the_other(
    hosts: tuple[Clinic, Host],
) -> None:
    clinic, second = hosts
    lines = clinic.patient()
    clinic.create(lines, code="JzbV7kQ2")
    notices = len(told(clinic))
    texts = [f"Demande : dossier\n{lines}Code : Faux{number}\n" for number in range(CROWD)]
    mails = [clinic.anne.pgp_mime(text) for text in texts]
    before = clinic.host.postfix.collected.count(clinic.anne.mail)
    ways = (clinic.host, second)
    with ThreadPoolExecutor(CROWD) as pool:
        replies = list(
            pool.map(
                lambda number: ways[number % 2].send(clinic.anne, mails[number]), range(CROWD)
            )
        )
    assert {reply.code for reply in replies} == {250}
    answers = clinic.host.answers(clinic.anne, CROWD, after=before)
    assert sum(NO_ACCESS in each.text for each in answers) == SENDER_CODES
    assert sum(TOO_MANY in each.text for each in answers) == CROWD - SENDER_CODES
    sender = doctor_id(clinic.host.service, clinic.anne.mail)
    assert tries_of(clinic.host.service, Fault.SENDER, sender) == SENDER_CODES
    assert len(told(clinic)) == notices + 1
