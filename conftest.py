"""Puts the repository's root on the path, so that tests find the testbed; keeps runs apart.

Each run, and each of its workers, has a temporary folder of its own. And only a test that
is marked ``integration`` may start a Postfix or a process of the service.
"""

import gc
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from functools import cache
from pathlib import Path

import pkcs11
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from openpgp.composed import SignedSecretKey

from rmp_milter.courier import dkim_key
from rmp_milter.keeper.keys import keys
from testbed import examples
from testbed.folders import DISK
from testbed.once import SHARED, once
from testbed.ready_rmp import PARTS_READY, READY, proven_once
from testbed.rsa_keys import RsaKeys
from testbed.softhsm import CONFIGURATION, MODULE, SoftToken

PROCESSES = {"serve", "keeper", "milter", "courier"}
"""The commands of ``rmp`` that run until they are ended."""

LONGEST_FIRST = (
    *("test_nobody_is_told", "test_change_points", "test_kills", "test_separate_users"),
    *("test_treating", "test_shapes_whole", "test_auditors"),
    *("e2e", "deb", "host", "testbed", "postfix", "cli", "keeper", "store"),
    *("inspection", "courier", "project", "tunnel", "witness"),
)
"""Files, then folders; the others follow."""

TEMPORARY = "TMPDIR"
IN_MEMORY, ENOUGH = "/dev/shm", 2 << 30  # noqa: S108 -- a folder of our own is made there
"""Thousands of folders are made and removed, each of which takes a disk some milliseconds."""

_own_folder, _disk = pytest.StashKey[Path](), pytest.StashKey[Path]()
_may_start = True

examples.register()


def pytest_configure(config: pytest.Config) -> None:
    """Give this process a temporary folder that all users can enter, as they can /tmp."""
    # What must be durable lies on a disk, whatever the rest does.
    disk = Path(tempfile.mkdtemp(prefix="rmp-", dir=os.environ.get(DISK)))
    disk.chmod(0o755)
    config.stash[_disk] = disk
    # Beside it pytest keeps what failed tests leave.
    place = os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", _temporary_folder())
    folder = Path(tempfile.mkdtemp(prefix="rmp-", dir=os.environ.get(TEMPORARY, place)))
    folder.chmod(0o755)
    config.stash[_own_folder] = folder
    os.environ[TEMPORARY] = tempfile.tempdir = str(folder)
    os.environ[DISK] = str(disk)
    os.environ[READY] = os.environ[PARTS_READY] = "yes"
    if not hasattr(config, "workerinput"):  # whoever starts the workers, or is the only one
        os.environ[SHARED] = str(folder)
    sys.addaudithook(_refuse_unmarked)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the temporary folder."""
    shutil.rmtree(config.stash[_own_folder], ignore_errors=True)
    shutil.rmtree(config.stash[_disk], ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Spare the collector of garbage what stays to the end: modules, and a million parts of tests.

    Looked through again and again while they are read, they take as long as the reading; and later,
    when a test has it collect, half a second each time.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes long first, so that no worker is left with it at the end."""
    items.sort(key=_place)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Note whether this test may start what only ``integration`` tests start."""
    global _may_start  # noqa: PLW0603 -- an audit hook stays, and sees only this
    _may_start = item.get_closest_marker("integration") is not None


def _temporary_folder() -> str:
    """Return what ``TMPDIR`` says; else a folder in memory, if there is room."""
    room = shutil.disk_usage(IN_MEMORY).free if Path(IN_MEMORY).is_dir() else 0
    return IN_MEMORY if TEMPORARY not in os.environ and room > ENOUGH else tempfile.gettempdir()


@pytest.fixture(scope="session", autouse=True)
def _each_rsa_key_once() -> Iterator[None]:
    """Make the service's key once for each address in a run, and let OpenSSL prove each once.

    The first takes seconds.
    """
    others = RsaKeys()
    with pytest.MonkeyPatch.context() as patch:
        name = "_make_service_key"
        patch.setattr(keys, name, _made_once(getattr(keys, name)))
        for module in (rsa, dkim_key):
            patch.setattr(module, "generate_private_key", others.make)
        for module, name in proven_once():
            own = getattr(module, name)
            patch.setattr(
                module, name, others.load if own is load_pem_private_key else cache(own)
            )
        yield


def _made_once(make: Callable[[str], SignedSecretKey]) -> Callable[[str], SignedSecretKey]:
    """Return what makes a key by whichever worker asks first for that of an address."""

    @cache
    def made(user_id: str) -> SignedSecretKey:
        def write(place: Path) -> None:
            (place / "key").write_bytes(make(user_id).to_bytes())

        name = hashlib.sha256(user_id.encode()).hexdigest()[:32]
        return SignedSecretKey.from_bytes((once(f"key-{name}", write) / "key").read_bytes())

    return made


@pytest.fixture
def soft_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SoftToken]:
    """Make a PKCS#11 token, for this process and those that it starts."""
    token = SoftToken(tmp_path / "token")
    monkeypatch.setenv(CONFIGURATION, str(token.configuration))
    yield token
    # The module reads its configuration once, when it begins.
    for_next = pkcs11.lib(MODULE)
    for_next.finalize()


def _place(item: pytest.Item) -> int:
    names = {item.path.stem, item.path.parent.name}
    found = (at for at, name in enumerate(LONGEST_FIRST) if name in names)
    return next(found, len(LONGEST_FIRST))


def _refuse_unmarked(event: str, arguments: tuple[object, ...]) -> None:
    if event != "subprocess.Popen" or _may_start:
        return
    command = arguments[1]
    words = [os.fsdecode(word) for word in command] if isinstance(command, list) else []
    if _starts_postfix(words) or _starts_service(words):
        raise AssertionError(f"only a test marked integration may start {' '.join(words)}")


def _starts_postfix(words: list[str]) -> bool:
    return bool(words) and Path(words[0]).name == "postfix" and "start" in words


def _starts_service(words: list[str]) -> bool:
    ours = any(Path(word).name == "rmp" or word == "rmp_milter.cli" for word in words[:3])
    return ours and not PROCESSES.isdisjoint(words)
