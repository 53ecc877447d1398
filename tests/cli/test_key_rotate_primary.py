"""``rmp key rotate service --primary``: in its order, killed at any point, what is handed out."""

import json
import shutil
from pathlib import Path

import pytest
from rmp_case import PlayedKeeper, Rmp
from test_key_rotate_waiting import MOST_STEPS, killed_at, started

from rmp_milter.certificates import read_certificate
from rmp_milter.config import Config, load
from rmp_milter.host.key_checks import key_findings
from rmp_milter.host.key_proofs import look
from rmp_milter.host.primary_rotation import begin_primary
from rmp_milter.keeper.keys import keys
from rmp_milter.milter.chores.service_news import ServiceNews


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have another key made than that of the service: test runs make one a user id."""
    made = keys._make_service_key("another <x@y.z>")
    monkeypatch.setattr(keys, "_make_service_key", lambda _user_id: made)


@pytest.fixture
def config(service: Path) -> Config:
    return load(service / "rmp.toml")


def handed(config: Config) -> str:
    return read_certificate((config.paths.public / "service.asc").read_bytes()).fingerprint


def former(config: Config) -> list[str]:
    return sorted(each.name for each in config.paths.keeper.glob("service-until-*.key"))


def news(config: Config) -> ServiceNews | None:
    file = config.paths.public / "service.asc"
    return ServiceNews.of(file, int(file.stat().st_mtime))


def test_the_new_key_signs_and_the_former_is_handed_out_until_it_is_taken_up(
    rmp: Rmp, config: Config
) -> None:
    before = handed(config)
    said = rmp("key", "rotate", "service", "--primary")
    (name,) = former(config)
    assert (said.status, f"the former in keeper/{name}" in said.out) == (0, True)
    found = started(config)
    assert found.service.fingerprint != before
    assert [each.fingerprint for each in found.former_service] == [before]
    assert (config.paths.keeper / name).stat().st_mode & 0o777 == 0o600
    assert (handed(config), news(config)) == (before, None)
    (waits,) = key_findings(config)
    assert "is not handed out yet" in waits.line
    assert rmp("key", "rotate", "service", "--primary").out == said.out  # the same one
    assert rmp("key", "rotate", "service", "--publish").status == 0  # no keeper runs
    assert handed(config) == found.service.fingerprint
    told = news(config)
    assert told
    assert (told.replaced, told.fingerprint) == (True, found.service.fingerprint)
    assert [*key_findings(config)] == []
    assert look(config).unproven == []
    rows = {each["file"]: each for each in json.loads(rmp("key", "list", "--json").out)}
    assert rows[f"keeper/{name}"]["use"] == "opens still"
    assert max(map(len, rmp("key", "list").out.splitlines())) <= 80


def test_a_keeper_that_was_started_before_holds_it_back(rmp: Rmp, config: Config) -> None:
    before = handed(config)
    config.sockets.keeper.touch()
    rmp("key", "rotate", "service", "--primary")
    said = rmp("key", "rotate", "service", "--publish")
    assert (said.status, "start the keeper anew first" in said.err) == (1, True)
    assert (handed(config), news(config)) == (before, None)


def test_the_options_go_one_after_the_other(
    rmp: Rmp, config: Config, keeper: PlayedKeeper
) -> None:
    assert rmp("key", "rotate", "service", "--primary", "--publish").status == 2
    assert (former(config), keeper.requests) == ([], [])


def test_killed_at_any_point_it_goes_on(config: Config, tmp_path: Path) -> None:
    folder, before = config.paths.keeper, handed(config)
    shutil.copytree(folder, tmp_path / "before")
    states = set()
    for step in range(MOST_STEPS):
        was_killed = killed_at(config, lambda: begin_primary(config, 30), step)
        found = started(config)
        assert before in found.fingerprints_at(0)
        states.add((found.service.fingerprint == before, len(former(config))))
        name = begin_primary(config, 30)
        settled = started(config)
        assert settled.service.fingerprint != before
        assert [(each.name, each.fingerprint) for each in settled.former_service] == [
            (name, before)
        ]
        assert (look(config).wrong, look(config).unproven) == ([], [])
        if not was_killed:
            break
        shutil.rmtree(folder)
        shutil.copytree(tmp_path / "before", folder)
    else:
        pytest.fail("it has more steps than were tried")
    assert states == {(True, 0), (True, 1), (False, 1)}
