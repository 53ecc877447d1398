"""Ways into a dossier: which mail opens what, and what a caller cannot make of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from dossier_case import Deposit, acts
from keeper_case import desk_of
from keeper_gpg import Gpg
from little_host import BOB, LittleHost
from openpgp.composed import SignedSecretKey

from rmp_milter.calls.protocol import Released, Why
from rmp_milter.keeper.desk.desk import Desk


@pytest.fixture
def host(gpg: Gpg, service: SignedSecretKey, tmp_path: Path) -> Iterator[LittleHost]:
    made: Desk = desk_of(service, tmp_path)
    yield LittleHost(gpg, made)
    made.journal.close()


def test_a_probe(host: LittleHost) -> None:
    deposit = Deposit(host, BOB)
    text, status = host.gpg.verdict(deposit.message(deposit.item.packets[0]))
    assert text == deposit.plain
    assert "GOODSIG" in status
    assert deposit.is_read(deposit.consultation())
    reply = host.ask(deposit.release(deposit.urgent())).reply
    assert isinstance(reply, Released), reply
    bad = host.ask(deposit.release(deposit.consultation("JzbW-7kQ2"))).failed
    assert bad.why is Why.WRONG_CODE
    assert acts(host.desk) == 1
