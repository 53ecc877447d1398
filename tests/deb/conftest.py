import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from mail_host import Step

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


@pytest.fixture
def step(capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> Step:
    """Part a test of many minutes: each part is told of when it ends, though output is captured."""

    @contextmanager
    def taken(what: str) -> Iterator[None]:
        began, ended = time.monotonic(), "failed after"
        try:
            yield
            ended = "done in"
        finally:
            with capsys.disabled():
                said = f"{request.node.name}: {what}: {ended} {time.monotonic() - began:.0f} s"
                print(f"\n{said}", end="", flush=True)  # noqa: T201 -- who waits for it reads it

    return taken
