"""Milter and courier can both use the store, whoever ran which command under which umask."""

import stat
import subprocess
from pathlib import Path

import pytest
from test_separate_users import (
    COURIER,
    MILTER,
    may,
    needs_public_code,
    needs_root,
    owner_and_mode,
    service,
)

from rmp_milter.config import load
from rmp_milter.store import StoreError
from rmp_milter.store.format.keys import read_key
from rmp_milter.store.opening import engine_at
from testbed.ready_rmp import run_ready

__all__ = ["service"]

pytestmark = [pytest.mark.slow, needs_root, needs_public_code]


def rmp(service: Path, *arguments: str, umask: int = 0o077) -> str:
    """Run a command as root, under a strict umask."""
    done = run_ready(["--config", str(service / "rmp.toml"), *arguments], 120, umask=umask)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def courier_sees_the_outbox(service: Path) -> bool:
    config = load(service / "rmp.toml")

    def look() -> None:
        key = read_key(config.paths.outbox_key)
        try:
            with engine_at(config.paths.store, config.store).outbox(key) as outbox:
                assert outbox.rows() == []
        except StoreError as error:
            raise PermissionError from error

    return may(COURIER, look)


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
