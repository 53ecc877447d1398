"""A service whose configuration lies apart from its folder, as Debian's package has it."""

import os
import shutil
import stat
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from rmp_milter.cli import main
from rmp_milter.config import load
from rmp_milter.host import installation
from rmp_milter.host.installation import (
    InstallationError,
    Owners,
    Plan,
    auditor_key,
    make_service,
)
from rmp_milter.host.owners import Owner, owner_named
from testbed.folders import own_folder

KEEPER, MILTER, COURIER, FETCHER = "daemon", "bin", "games", "mail"

pytestmark = pytest.mark.slow
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


@pytest.fixture
def top() -> Iterator[Path]:
    folder = own_folder("rmp-")
    yield folder
    shutil.rmtree(folder)


def plan(config: Path) -> Plan:
    me = Owner(os.geteuid(), os.getegid())
    owners = Owners(me, me, me, me.gid, None)
    return Plan("rmp@chu.example", "Résumé médical partagé", owners, config=config)


def test_all_that_is_made_is_named_by_an_absolute_path(top: Path) -> None:
    made = make_service(top / "data", plan(top / "etc" / "rmp.toml"))
    file = top / "etc" / "rmp.toml"
    assert made == load(file)
    said = tomllib.loads(file.read_text())
    data = str(top / "data")
    assert [value for value in said["paths"].values() if not value.startswith(data)] == []
    sockets = {name: said["sockets"][name] for name in ("keeper", "milter", "operator")}
    assert [place for place in sockets.values() if not place.startswith(data)] == []
    assert auditor_key(made) == top / "data/auditor/auditor.key"
    assert auditor_key(made).exists()
    assert not (top / "data" / "rmp.toml").exists()


def test_a_configuration_that_is_there_is_left_alone(top: Path) -> None:
    file = top / "rmp.toml"
    file.write_text("# mine\n")
    with pytest.raises(InstallationError, match="is there, nothing was changed"):
        make_service(top / "data", plan(file))
    assert (file.read_text(), [*top.iterdir()]) == ("# mine\n", [file])


def test_a_failure_leaves_no_configuration_behind(
    top: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(installation, "_make_durable", fail)
    with pytest.raises(OSError, match="disk full"):
        make_service(top / "data", plan(top / "rmp.toml"))
    assert list(top.iterdir()) == []


def test_system_stands_for_the_places_and_users_of_the_package(
    capsys: pytest.CaptureFixture[str],
) -> None:
    unknown = "rmp-nobody-of-this-name"
    told = ["init", "--system", "--address", "rmp@chu.example", "--user-keeper", unknown]
    assert main.run(told) != 0
    assert f"there is no user {unknown}" in capsys.readouterr().err
    assert main.run(["init", "--address", "rmp@chu.example"]) != 0
    assert "Missing argument" in capsys.readouterr().err


@needs_root
def test_who_fetches_lists_may_write_them_and_the_keeper_read_them(top: Path) -> None:
    top.chmod(0o755)
    users = [
        *("--user-keeper", KEEPER, "--user-milter", MILTER, "--user-courier", COURIER),
        *("--user-trust", FETCHER, "--group-store", COURIER, "--group-milter", "mail"),
    ]
    places = [str(top / "data"), "--config", str(top / "rmp.toml")]
    told = ["init", "--system", "--address", "rmp@chu.example", *users, *places]
    assert main.run(told) == 0
    lists = (top / "data/keeper/trust/lists").stat()
    assert (lists.st_uid, lists.st_gid) == (owner_named(FETCHER).uid, owner_named(KEEPER).gid)
    assert stat.S_IMODE(lists.st_mode) == 0o2770
    assert (top / "data/keeper/trust/anchors").stat().st_uid == owner_named(KEEPER).uid
    assert load(top / "rmp.toml").keeper.users == (MILTER,)
