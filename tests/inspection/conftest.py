import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path

import pytest
from inspect_case import Inspect, enrol

from rmp_milter.cli import main
from rmp_milter.keeper.keys import smime_identity
from testbed.doctor import Doctor
from testbed.folders import own_folder
from testbed.processes import is_listening
from testbed.waiting import wait_until


@pytest.fixture(scope="session", autouse=True)
def _each_key_proven_once() -> Iterator[None]:
    """Let OpenSSL prove each key of a file once, not for each mail that it opens."""
    with pytest.MonkeyPatch.context() as patch:
        name = "load_pem_private_key"
        patch.setattr(smime_identity, name, cache(getattr(smime_identity, name)))
        yield


@pytest.fixture
def inspect(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Inspect:
    """The command on a machine without a configuration."""
    monkeypatch.delenv("RMP_CONFIG", raising=False)
    return Inspect(tmp_path, capsys)


@pytest.fixture(scope="session")
def reader() -> Iterator[Doctor]:
    """Whoever the mails are encrypted to."""
    with Doctor("Service", "rmp@rmp.test") as doctor:
        yield doctor


@pytest.fixture(scope="session")
def anne(reader: Doctor) -> Iterator[Doctor]:
    with Doctor("Dr Anne MOREL", "anne@cab.example") as doctor:
        doctor.import_key(reader.certificate)
        yield doctor


@pytest.fixture(scope="session")
def secret_key(reader: Doctor) -> bytes:
    return reader.keyring.export_secret()


@pytest.fixture(scope="module")
def service() -> Iterator[Path]:
    """The folder of a service; short, for its sockets' sake."""
    folder = own_folder("g") / "rmp"
    assert main.run(["init", str(folder), "--address", "rmp@rmp.test"]) == 0
    yield folder
    shutil.rmtree(folder.parent)


@pytest.fixture(scope="module")
def config(service: Path) -> tuple[str, str]:
    return "--config", str(service / "rmp.toml")


@pytest.fixture(scope="module")
def keeper(service: Path, config: tuple[str, str]) -> Iterator[None]:
    command = [sys.executable, "-m", "rmp_milter.cli", *config, "keeper"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    wait_until(partial(is_listening, service / "run" / "keeper.sock"), 30, "the keeper")
    assert process.poll() is None
    yield
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0


@pytest.fixture(scope="module")
def paul(service: Path, config: tuple[str, str], keeper: None) -> Iterator[Doctor]:  # noqa: ARG001 -- runs
    """An enrolled doctor who has the service's key."""
    with Doctor("Dr Paul DURAND", "paul@cab.example") as doctor:
        doctor.import_key((service / "public" / "service.asc").read_bytes())
        enrol(service, config, doctor, "10003456786")
        yield doctor
