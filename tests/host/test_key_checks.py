"""Each key file lost, wrong, in another's place, of another owner, open to others."""

import os
import pwd
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from rmp_milter.cli import main
from rmp_milter.config import Config, load
from rmp_milter.host.checks import check_service
from rmp_milter.host.hints import BACKUP, DKIM
from rmp_milter.host.installation import AUDITOR_KEY, Owners, Plan, make_service
from rmp_milter.host.key_proofs import look, prove
from rmp_milter.host.owners import Owner
from rmp_milter.keeper.keys.checks import CHECKED
from rmp_milter.keeper.keys.key_files import PUT_BACK
from rmp_milter.keeper.log.journal import Journal
from rmp_milter.keeper.log.key_values import KEY
from rmp_milter.keeper.log.tables import LogTable
from rmp_milter.store.format.keys import read_store_keys
from rmp_milter.store.opening import engine_at
from testbed.command import run_rmp
from testbed.folders import own_folder
from testbed.past_service import unpack
from testbed.ready_rmp import prove_once

pytestmark = [pytest.mark.slow, pytest.mark.integration]

KEEPERS = (
    *("service.key", "custody.key", "waiting.key", "pepper.key", "acts.key", "log.key"),
    "auditor.pub",
)
PLACE = {
    **{name: ("keeper", f"keeper/{name}") for name in KEEPERS},
    "metadata.key": ("milter", "milter/metadata.key"),
    "index.key": ("milter", "milter/index.key"),
    "outbox.key": ("courier", "shared/outbox.key"),
    "dkim.key": ("courier", "courier/dkim.key"),
}
"""Each key file: whose start it stops, and where it lies."""
AS_OWNER = "as root: chown --reference="


NAME = "Résumé médical partagé"
"""As that of other tests: a run makes one key for a service of a name."""


def made_in(folder: Path, owner: Owner, name: str = NAME) -> Config:
    owners = Owners(owner, owner, owner, owner.gid, None)
    config = make_service(folder, Plan("rmp@chu.example", name, owners))
    (folder / AUDITOR_KEY).unlink()  # as its host is told to
    return config


ME = Owner(os.geteuid(), os.getegid())


@pytest.fixture(scope="module")
def two() -> Iterator[Path]:
    """Two services; the other one is what a restore may mix in."""
    top = own_folder("rmp-")
    for folder, name in (("ours", NAME), ("other", "Another service")):
        made_in(top / folder, ME, name)
        prove_once(top / folder / "keeper")
    yield top
    shutil.rmtree(top)


@pytest.fixture
def service(two: Path, tmp_path: Path) -> Config:
    return load(Path(shutil.copytree(two / "ours", tmp_path / "rmp")) / "rmp.toml")


def start(config: Config, part: str) -> str:
    """Return what a part says that refuses to start; fails where it starts."""
    done = run_rmp(["--config", str(config.file), part], timeout=60, check=False)
    assert done.returncode == 1, done.stderr
    return done.stderr.decode()


def errors(config: Config) -> list[tuple[str, str]]:
    return [
        (each.line, each.hint) for each in check_service(config) if each.severity == "error"
    ]


def said(name: str, found: list[tuple[str, str]]) -> str:
    """Return the hint of the first finding on a file."""
    return next(hint for line, hint in found if name in line)


@pytest.mark.parametrize("name", PLACE)
def test_a_key_of_another_service_stops_its_process_and_is_named(
    service: Config, two: Path, name: str
) -> None:
    part, place = PLACE[name]
    shutil.copy(two / "other" / place, service.file.parent / place)
    line, hint = start(service, part).splitlines()[-2:]
    assert name in line
    assert "back from your copy" in hint
    assert "back from" in said(name, errors(service))
    assert "init" not in hint


@pytest.mark.parametrize("name", PLACE)
def test_a_key_that_is_lost_stops_its_process_and_is_named(service: Config, name: str) -> None:
    part, place = PLACE[name]
    (service.file.parent / place).unlink()
    line = start(service, part)
    assert name in line
    assert "init" not in line
    assert said(name, errors(service)) in {PUT_BACK, BACKUP, DKIM}


@pytest.mark.parametrize("name", KEEPERS[:-1])
def test_a_key_that_others_may_read_is_named_with_what_to_do(
    service: Config, name: str
) -> None:
    file = service.paths.keeper / name
    file.chmod(0o644)
    assert f"hint: chmod 0600 {file}" in start(service, "keeper")
    assert said(name, errors(service)) == f"chmod 0600 {file}"


@pytest.mark.parametrize(
    ("one", "two_", "part"),
    [
        ("keeper/custody.key", "keeper/waiting.key", "keeper"),
        ("keeper/pepper.key", "keeper/log.key", "keeper"),
        ("milter/metadata.key", "milter/index.key", "milter"),
        ("milter/index.key", "shared/outbox.key", "milter"),
    ],
)
def test_keys_in_each_others_place_are_told_apart(
    service: Config, one: str, two_: str, part: str
) -> None:
    first, second = service.file.parent / one, service.file.parent / two_
    contents = first.read_bytes(), second.read_bytes()
    first.write_bytes(contents[1])
    second.write_bytes(contents[0])
    expected = (
        f"{first.name} holds what belongs in {second.name}",
        f"{second.name} holds what belongs in {first.name}",
    )
    line = start(service, part)
    assert all(each in line for each in expected)
    assert all(any(each in found for found, _ in errors(service)) for each in expected)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_key_of_another_owner_is_named_with_what_to_do() -> None:
    top = own_folder("rmp-")
    top.chmod(0o755)
    user = pwd.getpwnam("daemon")
    try:
        config = made_in(top / "rmp", Owner(user.pw_uid, user.pw_gid))
        file = config.paths.keeper / "custody.key"
        os.chown(file, 0, 0)
        wanted = f"{AS_OWNER}{config.paths.keeper} {file}"
        assert f"hint: {wanted}" in start(config, "keeper")
        assert said("custody.key", errors(config)) == wanted
    finally:
        shutil.rmtree(top)


def forget_values(config: Config) -> None:
    """Have the service be one from before there were check values."""
    with Journal(config.paths.keeper / "log") as log:
        assert log._write(lambda txn: txn.delete(LogTable.META, KEY))


def test_a_service_from_before_starts_and_says_what_is_not_known_again(
    service: Config,
) -> None:
    forget_values(service)
    (finding,) = [each for each in check_service(service) if "known again" in each.line]
    assert all(name in finding.line for name in CHECKED)
    assert "rmp key prove" in finding.hint
    done, found = prove(service)
    assert done == ["service.key"]  # nothing is stored yet that would show the others
    assert [*found.unproven] == [name for name in CHECKED if name != "service.key"]
    done, found = prove(service, found.unproven)
    assert ({*done}, found.unproven) == ({*CHECKED} - {"service.key"}, [])
    assert [line for line, _ in errors(service)] == []


def test_what_is_proven_wrong_is_not_accepted(service: Config, two: Path) -> None:
    forget_values(service)
    shutil.copy(two / "other/keeper/service.key", service.paths.keeper / "service.key")
    done, found = prove(service, CHECKED)
    assert "service.key" not in done
    assert found.wrong == [
        "service.key is not the key of public/service.asc, to which doctors write"
    ]


@pytest.fixture
def past(tmp_path: Path) -> Config:
    """A service of the first format, with dossiers and a deposit that waits, moved to today's."""
    config = load(unpack(tmp_path))
    keys = read_store_keys(config.paths.milter, config.paths.outbox_key)
    engine_at(config.paths.store, config.store).migrate(keys, lambda *_: None)
    return config


def test_what_is_stored_proves_the_keys_that_open_it(past: Config) -> None:
    done, found = prove(past)
    assert {"custody.key", "waiting.key", "log.key", "service.key"} <= {*done}
    assert found.wrong == []


@pytest.mark.parametrize("name", ["custody.key", "waiting.key", "log.key"])
def test_a_wrong_key_of_a_service_from_before_is_found_by_what_it_does_not_open(
    past: Config, two: Path, name: str
) -> None:
    shutil.copy(two / "other/keeper" / name, past.paths.keeper / name)
    (line,) = look(past).wrong
    assert line.startswith(f"{name} ")
    done, _ = prove(past, [name])
    assert name not in done
    assert any(name in found for found, _ in errors(past))


def test_the_auditors_key_is_changed_on_purpose(service: Config, tmp_path: Path) -> None:
    config = str(service.file)
    assert main.run(["access", "key", "new", str(tmp_path / "theirs")]) == 0
    install = ["access", "key", "install", str(tmp_path / "theirs.pub"), "--config", config]
    assert main.run(install) == 0
    assert look(service).wrong == []


def test_an_older_log_knows_an_older_key_of_the_auditors_and_a_way_on(
    service: Config, tmp_path: Path
) -> None:
    config, public = str(service.file), service.paths.keeper / "auditor.pub"
    assert main.run(["access", "key", "new", str(tmp_path / "theirs")]) == 0
    shutil.copy(tmp_path / "theirs.pub", public)  # as if the log were from before
    public.chmod(0o600)
    assert "rmp access key install" in start(service, "keeper")
    assert "rmp access key install" in said("auditor.pub", errors(service))
    assert main.run(["access", "key", "install", str(public), "--config", config]) == 0
    assert look(service).wrong == []


def test_a_dkim_key_that_was_changed_on_purpose_is_published(
    service: Config, two: Path
) -> None:
    shutil.copy(two / "other/courier/dkim.key", service.paths.courier / "dkim.key")
    assert main.run(["key", "dkim", "--publish", "--config", str(service.file)]) == 0
    assert [line for line, _ in errors(service)] == []
    record = service.paths.public / "dkim.txt"
    assert stat.S_IMODE(record.stat().st_mode) == 0o644


def test_an_smime_key_that_is_lost_stops_the_keeper(service: Config, two: Path) -> None:
    smime = service.paths.keeper / "smime"
    (key,) = smime.glob("*.key")
    key.unlink()
    assert "the private key of this certificate is missing" in start(service, "keeper")
    shutil.rmtree(smime)
    line, hint = start(service, "keeper").splitlines()[-2:]
    assert "smime: has no key of service-smime.cer" in line
    assert said("smime", errors(service)) == hint.removeprefix("hint: ")
    shutil.copytree(two / "other/keeper/smime", smime)
    assert "smime: has no key of service-smime.cer" in start(service, "keeper")
