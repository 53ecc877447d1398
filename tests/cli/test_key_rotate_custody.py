"""``rmp key rotate custody``: in its order, and what it says of dossiers that it cannot do."""

import os
import time
from pathlib import Path

import pytest
from msgspec.structs import replace
from rmp_case import AGAIN, PlayedKeeper, Rmp
from test_store_vouch import ANNE, DOSSIER, ERASED, OTHER, a_doctor, a_dossier

from rmp_milter.calls.protocol.cards import Show
from rmp_milter.calls.protocol.rotating import Reslot
from rmp_milter.cli.stores import open_store
from rmp_milter.config import Config, load
from rmp_milter.dossier.changes import Changes
from rmp_milter.dossier.model import Closure, Slots
from rmp_milter.host.key_checks import key_findings
from rmp_milter.host.key_proofs import look

NOW = int(time.time())
OLD = b"under the former key"


@pytest.fixture
def config(service: Path) -> Config:
    return load(service / "rmp.toml")


def taken_up(config: Config) -> None:
    """Have a keeper stand there that was started a while ago, the key being older."""
    config.sockets.keeper.touch()
    os.utime(config.paths.keeper / "custody.key", (NOW - 1000, NOW - 1000))
    os.utime(config.sockets.keeper, (NOW - 500, NOW - 500))


def former(config: Config) -> list[str]:
    return sorted(each.name for each in config.paths.keeper.glob("custody-*.key"))


def fill(config: Config, card: bytes = b"card") -> None:
    """An open dossier with a Vitale slot, a closed one, and one that is erased."""
    slots = Slots(None, OLD, OLD)
    dossiers = (
        a_dossier(DOSSIER, card=b"card", slots=slots),
        a_dossier(
            OTHER, card=card, slots=replace(slots, vitale=b""), closure=Closure(NOW, NOW + 5)
        ),
        a_dossier(ERASED, card=b"card", closure=Closure(NOW, NOW)),
    )
    with open_store(config) as store:
        store.commit(Changes(doctors=(a_doctor(ANNE, 1),), dossiers=dossiers), NOW)
        store.commit(Changes(erased=(ERASED,)), NOW)


def slots_of(config: Config) -> list[tuple[bytes, bytes, bytes]]:
    with open_store(config, read_only=True) as store, store.snapshot() as view:
        found = [view.dossier(each) for each in (DOSSIER, OTHER, ERASED)]
        return [(each.slots.custody, each.slots.vitale, each.card) for each in found if each]


def test_all_slots_go_over_and_then_the_former_key(
    rmp: Rmp, config: Config, keeper: PlayedKeeper
) -> None:
    fill(config)
    assert "no former key of custody.key" in rmp("key", "rotate", "custody", "--end").err
    said = rmp("key", "rotate", "custody")
    (name,) = former(config)
    assert (said.status, f"keeper/{name} is the former key" in said.out) == (0, True)
    taken_up(config)
    (finding,) = [each for each in key_findings(config) if name in each.line]
    assert "rmp key rotate custody --end" in finding.hint
    done = rmp("key", "rotate", "custody", "--end")
    assert (done.status, "new key since: 2" in done.out, name in done.out) == (0, True, True)
    assert former(config) == []
    open_, closed, erased = slots_of(config)
    assert (open_, closed) == ((AGAIN, AGAIN, b"card+"), (AGAIN, b"", b"card+"))
    assert erased[0] == b""
    shown = [each.cards for each in keeper.requests if isinstance(each, Show)]
    assert shown == [(b"card+", b"card+")]
    calls = [each for each in keeper.requests if isinstance(each, Reslot)]
    assert [len(each.dossiers) for each in calls] == [2, 2]  # all were looked at once more
    assert look(config).unproven == []


def test_a_dossier_that_cannot_be_done_is_named_and_the_key_stays(
    rmp: Rmp, config: Config
) -> None:
    fill(config, card=b"")
    rmp("key", "rotate", "custody")
    taken_up(config)
    said = rmp("key", "rotate", "custody", "--end")
    assert (said.status, f"dossier {OTHER.hex()}: not a dossier's card" in said.err) == (
        1,
        True,
    )
    assert len(former(config)) == 1
    open_, other, _ = slots_of(config)
    assert (open_[0], other[0]) == (AGAIN, OLD)
