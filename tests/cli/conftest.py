import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from rmp_case import PlayedKeeper, Rmp, made_key

from rmp_milter.cli import leaves, main
from testbed.folders import own_folder
from testbed.once import once
from testbed.past_service import unpack


@pytest.fixture(scope="session")
def made() -> Path:
    """What ``rmp init`` made, once in a run: to be copied."""

    def init(folder: Path) -> None:
        assert main.run(["init", str(folder / "rmp"), "--address", "rmp@chu.example"]) == 0

    return once("init-for-commands", init) / "rmp"


@pytest.fixture(scope="session")
def moved() -> Path:
    """The service of the first format, its store moved to this one: to be copied."""

    def move(folder: Path) -> None:
        file = unpack(folder)
        assert main.run(["--config", str(file), "store", "migrate"]) == 0

    return once("moved-from-format-1", move) / "rmp"


@pytest.fixture
def service(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "rmp"))


@pytest.fixture(scope="session")
def gpg_home() -> Iterator[Path]:
    folder = own_folder("g")
    yield folder
    subprocess.run(["gpgconf", "--homedir", folder, "--kill", "all"], check=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def key(gpg_home: Path) -> Path:
    return made_key(gpg_home, "anne", "default", "default", "never")


@pytest.fixture(scope="session")
def signing_key(gpg_home: Path) -> Path:
    return made_key(gpg_home, "signs-only", "ed25519", "sign", "never")


@pytest.fixture
def keeper(monkeypatch: pytest.MonkeyPatch) -> PlayedKeeper:
    played = PlayedKeeper()
    monkeypatch.setattr(leaves, "KeeperLine", played.line)
    return played


@pytest.fixture
def rmp(service: Path, capsys: pytest.CaptureFixture[str], keeper: PlayedKeeper) -> Rmp:  # noqa: ARG001 -- plays
    return Rmp(service, capsys)
