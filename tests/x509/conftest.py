import pytest

from testbed.x509_maker import Authorities, Maker, authorities

NOW = 1_790_000_000


@pytest.fixture(scope="session")
def maker() -> Maker:
    return Maker(NOW)


@pytest.fixture(scope="session")
def trees(maker: Maker) -> Authorities:
    return authorities(maker)
