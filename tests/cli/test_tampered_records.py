"""What somebody wrote into the store does not become the keeper's word by a host's command."""

import time
from pathlib import Path

import pytest
from msgspec.structs import replace
from rmp_case import RPPS, PlayedKeeper, Rmp

from rmp_milter.calls.protocol.cards import Vouch
from rmp_milter.cli.stores import open_store
from rmp_milter.config import load
from rmp_milter.dossier.changes import Changes
from rmp_milter.dossier.model import Doctor
from rmp_milter.dossier.revisions import revised


@pytest.fixture
def anne(rmp: Rmp, key: Path, keeper: PlayedKeeper) -> Doctor:
    assert rmp.add(key).status == 0
    keeper.requests.clear()
    return stored(rmp)


def stored(rmp: Rmp) -> Doctor:
    with open_store(load(rmp.config)) as store, store.snapshot() as view:
        found = view.doctor_by_rpps(RPPS)
    assert found is not None
    return found


def tamper(rmp: Rmp, doctor: Doctor, **fields: object) -> None:
    with open_store(load(rmp.config)) as store:
        store.commit(Changes(doctors=(revised(doctor, **fields),)), int(time.time()))


@pytest.mark.parametrize("fields", [{"account": "intrus"}, {"mail": "intrus@evil.test"}])
def test_a_changed_account_or_address_is_named_and_not_vouched_for(
    rmp: Rmp, anne: Doctor, keeper: PlayedKeeper, fields: dict[str, str]
) -> None:
    tamper(rmp, anne, **fields)
    said = rmp("doctor", "set", RPPS, "--receipts", "daily")
    (field,) = fields
    assert said.status == 1
    assert f"RPPS {RPPS} is not what the keeper vouched for: {field}" in said.err
    assert not [each for each in keeper.requests if isinstance(each, Vouch)]
    assert stored(rmp).receipts == anne.receipts


def test_what_no_card_holds_may_differ(rmp: Rmp, anne: Doctor, keeper: PlayedKeeper) -> None:
    tamper(rmp, anne, hprim=True)
    assert rmp("doctor", "set", RPPS, "--receipts", "daily").status == 0
    (vouch,) = [each for each in keeper.requests if isinstance(each, Vouch)]
    assert vouch.before == anne.card
    after = stored(rmp)
    assert replace(after, card=b"", revision=0, receipts=anne.receipts) == replace(
        anne, card=b"", revision=0, hprim=True
    )
