import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from deb.build import QUICK, build
from deb.releases import TARGETS
from testbed.folders import own_folder
from testbed.once import once

TARGET = TARGETS[0]


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    made = own_folder("deb-")
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="session")
def package() -> Path:
    """The package, not as small as the published one."""
    (made,) = once("package", lambda place: build(TARGET, place, QUICK)).glob("*.deb")
    return made


@pytest.fixture(scope="session")
def root(package: Path, folder: Path) -> Path:
    subprocess.run(["dpkg-deb", "-R", str(package), str(folder / "root")], check=True)
    return folder / "root"
