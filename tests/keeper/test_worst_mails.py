"""The worst mails known, each the whole way from the milter's first look to the keeper's answer.

What counts is work, not time: calls of functions, which no other load on the machine changes.
A few cost a hundred times more in time than in calls (expressions, decompression): these show
in the campaign, which compares processor time with that of a loop in the same run.
"""

from pathlib import Path

import pytest
from keeper_case import NOW, desk_of
from openpgp.composed import SignedSecretKey

from rmp_milter.calls.memory import Memory
from rmp_milter.calls.protocol.message import Failed
from rmp_milter.calls.protocol.opening import Open, Opened
from rmp_milter.errors import MailError
from rmp_milter.keeper.desk.answer import answer
from rmp_milter.keeper.desk.desk import Desk, Limits
from rmp_milter.mail.incoming.digest import duplicate_digest
from rmp_milter.mail.incoming.mimetree import MimeLimit, scan
from rmp_milter.mail.incoming.shapes import recognise
from rmp_milter.milter.intake import admit, gather
from testbed.counting import calls_of, turns_of
from testbed.worst_mails import KINDS, Target

pytestmark = pytest.mark.slow

CALLS = 2_000_000
"""Calls that the smallest mail may cost: some tenths of a second."""
PER_OCTET = 300

_MIB = 1 << 20


@pytest.fixture(scope="module")
def desk(service: SignedSecretKey, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    limits = Limits(text=64 << 10, message=80 * _MIB, plaintext=80 * _MIB)
    return desk_of(service, Path(tmp_path_factory.mktemp("desk")), limits)


@pytest.fixture(scope="module")
def target(service: SignedSecretKey) -> Target:
    return Target(service.to_public_key().to_bytes())


def whole_way(mail: bytes, desk: Desk) -> str:
    """Do with a stranger's mail what milter and keeper do before they know its sender."""
    raw = memoryview(mail)
    try:
        root = scan(raw)
        duplicate_digest("eve@stranger.test", ["rmp@x.fr"], raw)
        shape = recognise(raw, root)
        admit(shape)
        with Memory() as bodies:
            refs = gather(raw, shape, bodies)
            request = Open(refs)
            reply, memory = answer(desk, request, bodies.fd, NOW)
    except (MimeLimit, MailError) as refused:
        return type(refused).__name__
    if memory is not None:
        memory.close()
    assert isinstance(reply, Opened | Failed), reply
    return "opened" if isinstance(reply, Opened) else reply.why.value


@pytest.mark.promise(number=11)
@pytest.mark.parametrize("kind", list(KINDS))
def test_a_small_mail_costs_little(kind: str, desk: Desk, target: Target) -> None:
    check_calls(KINDS[kind](target, 1_900), desk)


@pytest.mark.soak
@pytest.mark.parametrize("kind", list(KINDS))
def test_a_larger_mail_costs_no_more_than_its_size(
    kind: str, desk: Desk, target: Target
) -> None:
    check_calls(KINDS[kind](target, 20_000), desk)


def check_calls(mail: bytes, desk: Desk) -> None:
    assert calls_of(lambda: whole_way(mail, desk)) <= CALLS + PER_OCTET * len(mail)


def bound(size: int) -> float:
    """Return how many million turns a mail may cost, five times what was measured."""
    return 200 + size * 2e-5


@pytest.mark.soak
@pytest.mark.parametrize("size", [1_900, 64_000, _MIB, 8 * _MIB, 40 * _MIB])
@pytest.mark.parametrize("kind", list(KINDS))
def test_processor_time_of_the_worst_mails(
    kind: str, size: int, desk: Desk, target: Target
) -> None:
    mail = KINDS[kind](target, size)
    said = ""

    def work() -> None:
        nonlocal said
        said = whole_way(mail, desk)

    took = turns_of(work)
    assert took <= bound(len(mail)), f"{len(mail)} octets, {said}"
