import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from rmp_case import PlayedKeeper, Rmp, made_key

from rmp_milter.cli import leaves, main
from testbed.folders import own_folder


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "rmp"
    assert main.run(["init", str(folder), "--address", "rmp@chu.example"]) == 0
    return folder


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
