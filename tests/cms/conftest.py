from collections.abc import Iterator

import pytest
from cms_openssl import OpenSsl, person

from testbed.smime_clients import Gpgsm, Nss


@pytest.fixture(scope="session")
def openssl(tmp_path_factory: pytest.TempPathFactory) -> OpenSsl:
    return OpenSsl(tmp_path_factory.mktemp("openssl"))


@pytest.fixture(scope="session")
def gpgsm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gpgsm]:
    client = Gpgsm(tmp_path_factory.mktemp("gpgsm"))
    client.take(person("reader"), secret=True)
    client.take(person("author"), secret=False)
    yield client
    client.end()


@pytest.fixture(scope="session")
def nss(tmp_path_factory: pytest.TempPathFactory) -> Nss:
    client = Nss(tmp_path_factory.mktemp("nss"))
    client.take(person("reader"))
    client.take(person("author"))
    return client
