from collections.abc import Iterator
from pathlib import Path

import pytest
from inspect_case import Inspect

from testbed.doctor import Doctor


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
