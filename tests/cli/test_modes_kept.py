"""Milter and courier can both use the store, whoever ran which command under which umask."""

import stat
import subprocess
from pathlib import Path

import pytest
from test_separate_users import (
    COURIER,
    MILTER,
    as_user,
    needs_public_code,
    needs_root,
    owner_and_mode,
    rmp_command,
    service,
)

__all__ = ["service"]

pytestmark = [pytest.mark.slow, needs_root, needs_public_code]

OUTBOX = """
import os, sys
from pathlib import Path
from rmp_milter.config import load
from rmp_milter.host.owners import owner_named
from rmp_milter.store.format.keys import read_key
from rmp_milter.store.opening import engine_at

name, file = sys.argv[1:]
user = owner_named(name)
os.setgroups(os.getgrouplist(name, user.gid)); os.setgid(user.gid); os.setuid(user.uid)
config = load(Path(file))
with engine_at(config.paths.store, config.store).outbox(read_key(config.paths.outbox_key)) as it:
    print(len(it.rows()))
"""


def rmp(service: Path, *arguments: str, umask: int = 0o077) -> str:
    """Run a command as root, under a strict umask."""
    command = [*rmp_command(service), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, umask=umask)
    assert done.returncode == 0, done.stderr
    return done.stdout


def courier_sees_the_outbox(service: Path) -> bool:
    done = as_user(COURIER, OUTBOX, str(service / "rmp.toml"))
    return (done.returncode, done.stdout) == (0, "0\n")


@pytest.mark.parametrize(
    "command", [("store", "check"), ("store", "stats"), ("doctor", "list"), ("outbox", "list")]
)
def test_a_lock_file_that_a_command_of_roots_makes_is_the_couriers_too(
    service: Path, command: tuple[str, ...]
) -> None:
    (service / "store" / "lock.mdb").unlink(missing_ok=True)
    rmp(service, *command)
    lock = service / "store" / "lock.mdb"
    assert owner_and_mode(lock) == (MILTER, "0o660")
    assert lock.stat().st_gid == (service / "store" / "data.mdb").stat().st_gid
    assert courier_sees_the_outbox(service)


def test_a_lock_file_that_was_made_too_strict_is_mended(service: Path) -> None:
    lock = service / "store" / "lock.mdb"
    rmp(service, "store", "check")
    lock.chmod(0o640)
    assert not courier_sees_the_outbox(service)
    rmp(service, "store", "check")
    assert owner_and_mode(lock) == (MILTER, "0o660")
    assert courier_sees_the_outbox(service)


def test_answers_leave_after_the_store_was_compacted_as_documented(service: Path) -> None:
    before = stat_of(service / "store")
    steps = rmp(service, "store", "compact", str(service / "compact")).splitlines()[1:]
    for step in (line.strip() for line in steps if line.strip().startswith("mv ")):
        subprocess.run(step.split(), check=True)
    rmp(service, "store", "check", umask=0o027)
    assert stat_of(service / "store") == before
    assert {owner_and_mode(service / "store" / name) for name in ("data.mdb", "lock.mdb")} == {
        (MILTER, "0o660")
    }
    assert courier_sees_the_outbox(service)


def stat_of(folder: Path) -> tuple[int, int, int]:
    status = folder.stat()
    return status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)
