"""A subkey of the service's key waits until it is handed out, and ``rmp check`` says so."""

from pathlib import Path

import pytest
from rmp_case import Rmp

from rmp_milter.certificates import bound_key_ids
from rmp_milter.config import load
from rmp_milter.host.key_checks import key_findings
from rmp_milter.keeper.keys import keys


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have another key made than that of the service: test runs make one a user id."""
    made = keys._make_service_key("another <x@y.z>")
    monkeypatch.setattr(keys, "_make_service_key", lambda _user_id: made)


def test_it_waits_until_it_is_handed_out(rmp: Rmp, service: Path) -> None:
    config, file = load(service / "rmp.toml"), service / "public" / "service.asc"
    before = bound_key_ids(file.read_bytes())
    assert [*key_findings(config)] == []
    begun = rmp("key", "rotate", "service")
    assert (begun.status, "back up keeper/service.key" in begun.out) == (0, True)
    (waits,) = key_findings(config)
    assert (waits.severity, "is not handed out yet" in waits.line) == ("warning", True)
    assert bound_key_ids(file.read_bytes()) == before
    assert rmp("key", "rotate", "service").out == begun.out  # the same one, no other
    assert rmp("key", "rotate", "service", "--publish").status == 0  # no keeper runs
    assert len(bound_key_ids(file.read_bytes())) == len(before) + 1
    assert [*key_findings(config)] == []


def test_a_keeper_that_was_started_before_holds_it_back(rmp: Rmp, service: Path) -> None:
    config, file = load(service / "rmp.toml"), service / "public" / "service.asc"
    config.sockets.keeper.touch()
    before = file.read_bytes()
    rmp("key", "rotate", "service")
    said = rmp("key", "rotate", "service", "--publish")
    assert (said.status, "start the keeper anew first" in said.err) == (1, True)
    assert file.read_bytes() == before
    config.sockets.keeper.unlink()
    config.sockets.keeper.touch()
    assert rmp("key", "rotate", "service", "--publish").status == 0


def test_without_a_new_subkey_nothing_is_handed_out(rmp: Rmp, service: Path) -> None:
    before = (service / "public" / "service.asc").read_bytes()
    said = rmp("key", "rotate", "service", "--publish")
    assert (said.status, "no new subkey waits" in said.err) == (1, True)
    assert (service / "public" / "service.asc").read_bytes() == before
