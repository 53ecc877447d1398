from collections.abc import Iterator
from pathlib import Path

import pytest
from list_server import ListServer, serving

from testbed.x509_maker import Authorities, Maker, authorities

NOW = 1_790_000_000


@pytest.fixture(scope="session")
def maker() -> Maker:
    return Maker(NOW)


@pytest.fixture(scope="session")
def trees(maker: Maker) -> Authorities:
    return authorities(maker)


@pytest.fixture
def server() -> Iterator[ListServer]:
    with serving() as found:
        yield found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "trust"
