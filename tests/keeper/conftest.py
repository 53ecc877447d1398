"""Keyrings of a real gpg, one per test session, and the service's own key."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from keeper_case import ORIGIN, desk_of
from keeper_gpg import Gpg, rsa_service
from little_host import LittleHost
from log_places import ENGINES, place_in
from openpgp.composed import SignedSecretKey
from smime_mails import outlook, with_keys
from smime_mails import service as smime_service

from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.keeper.keys import sealing
from rmp_milter.keeper.log import journal
from rmp_milter.keeper.log.place import LogPlace
from testbed.folders import own_folder
from testbed.once import once
from testbed.outlook import Outlook


@pytest.fixture(params=ENGINES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> LogPlace:
    """An empty log, in each of the engines."""
    made = place_in(tmp_path, request.param)
    journal.create(made, ORIGIN)
    return made


@pytest.fixture(scope="module", autouse=True)
def cheap_codes() -> Iterator[None]:
    """Have codes hashed in no time: how long that takes is a matter of two numbers.

    Whoever opens what a service made long ago has a fixture of this name that does nothing.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sealing, "ARGON2_MEMORY", 8)
        patch.setattr(sealing, "ARGON2_ITERATIONS", 1)
        yield


@pytest.fixture(scope="session")
def gpg() -> Iterator[Gpg]:
    """A keyring that holds the doctors alice and bob, and eve who is not enrolled."""
    home = own_folder("g")
    # By itself the agent hashes passphrases for as long as a tenth of a second, each time.
    (home / "gpg-agent.conf").write_text("s2k-count 65536\n")
    keyring = Gpg(str(home))
    for name in ("alice@x.fr", "bob@x.fr", "eve@x.fr"):
        keyring.make(name)
    yield keyring
    subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False)
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def service(gpg: Gpg) -> SignedSecretKey:
    """The service's RSA key, known to gpg as rmp@x.fr (public part only)."""

    def make(place: Path) -> None:
        (place / "key").write_bytes(rsa_service().to_bytes())

    key = SignedSecretKey.from_bytes((once("keeper-rsa", make) / "key").read_bytes())
    gpg.run("--import", data=key.to_public_key().to_bytes())
    return key


@pytest.fixture
def host(gpg: Gpg, desk: Desk) -> LittleHost:
    """A little host around the test's own desk."""
    return LittleHost(gpg, desk)


@pytest.fixture
def desk(service: SignedSecretKey, tmp_path: Path) -> Iterator[Desk]:
    """A desk with keys of its own and an empty log."""
    made = desk_of(service, tmp_path)
    yield made
    made.journal.close()


@pytest.fixture
def smime_desk(desk: Desk) -> Desk:
    """A desk whose service has a certificate, RSA, and whose host trusts some authorities."""
    return with_keys(desk, smime_service())


@pytest.fixture
def paul(tmp_path: Path) -> Outlook:
    """Dr Paul's program, with an openssl behind it."""
    return outlook(tmp_path)
