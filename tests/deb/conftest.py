import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from deb.build import build
from deb.releases import TARGETS
from testbed.folders import own_folder

TARGET = TARGETS[0]


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    made = own_folder("deb-")
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="session")
def package(folder: Path) -> Path:
    return build(TARGET, folder / "first")


@pytest.fixture(scope="session")
def root(package: Path, folder: Path) -> Path:
    subprocess.run(["dpkg-deb", "-R", str(package), str(folder / "root")], check=True)
    return folder / "root"
