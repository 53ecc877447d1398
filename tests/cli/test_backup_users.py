"""A backup made and put back by root, of a service whose parts have users of their own."""

import os
import shutil
import stat
from pathlib import Path

import pytest
from test_modes_kept import courier_sees_the_outbox, rmp
from test_separate_users import (
    KEEPER,
    MILTER,
    may,
    needs_public_code,
    needs_root,
    owner_and_mode,
    service,
)

from rmp_milter.host.owners import gid_of, uid_of

__all__ = ["service"]

pytestmark = [pytest.mark.slow, needs_root, needs_public_code]


@pytest.fixture(scope="module")
def places(service: Path) -> tuple[Path, Path]:
    """A backup, and its keys, where all users may pass."""
    folder, keys = service.with_name("backups"), service.with_name("keys")
    rmp(service, "backup", str(folder), "--keys", str(keys), umask=0)
    return folder, keys


def all_of(folder: Path) -> dict[str, tuple[str, int, str]]:
    """Owner, group and mode of all that a backup holds of a service."""
    none = ("auditor", "lock.mdb", "diary", "run/keeper/", "run/milter/")
    found = {}
    for each in sorted(folder.rglob("*")):
        name = str(each.relative_to(folder))
        if not any(word in name for word in none):
            user, mode = owner_and_mode(each)
            found[name] = (user, each.stat().st_gid, mode)
    return found


def test_it_is_roots_alone_whatever_the_umask(places: tuple[Path, Path]) -> None:
    for top in places:
        kinds = {owner_and_mode(each) for each in (top, *top.rglob("*"))}
        assert kinds == {("root", "0o700"), ("root", "0o600")}
    (store,) = places[0].glob("*/store/data.mdb")
    for user in (MILTER, KEEPER):
        assert not may(user, store.read_bytes)
    rmp_verify = ("backup", "verify", str(places[0]))
    assert "access log" in rmp(places[0].with_name("rmp"), *rmp_verify)
    assert owner_and_mode(store) == ("root", "0o600")
    assert owner_and_mode(store.parents[1]) == ("root", "0o700")


def test_put_back_each_part_is_its_users_again_and_answers_leave(
    service: Path, places: tuple[Path, Path]
) -> None:
    folder, keys = places
    before = all_of(service)
    was = service.with_name("was")
    service.rename(was)
    try:
        rmp(service, "restore", str(folder), "--keys", str(keys), "--no-later-checkpoint")
        assert all_of(service) == before
        rmp(service, "store", "check")
        assert courier_sees_the_outbox(service)
        assert rmp(service, "check", "--no-postfix").endswith("0 errors, 2 warnings\n")
    finally:
        shutil.rmtree(service)
        was.rename(service)


def test_what_the_milters_user_may_not_read_he_gets_into_no_backup(service: Path) -> None:
    secret = service.with_name("secret")
    secret.write_bytes(b"root's own")
    secret.chmod(0o600)
    planted = service / "milter" / "planted.key"
    planted.symlink_to(secret)
    os.chown(planted, uid_of(MILTER), gid_of(MILTER), follow_symlinks=False)
    folder, keys = service.with_name("others"), service.with_name("others' keys")
    try:
        with pytest.raises(AssertionError, match="Permission denied"):
            rmp(service, "backup", str(folder), "--keys", str(keys))
    finally:
        planted.unlink()
    assert [*folder.iterdir()] == []
    assert not keys.exists() or not [*keys.iterdir()]


def test_a_machine_without_the_users_is_told_before_anything_is_made(
    service: Path, places: tuple[Path, Path]
) -> None:
    (manifest,) = places[0].glob("*/manifest.json")
    text = manifest.read_text()
    was = service.with_name("was")
    service.rename(was)
    manifest.write_text(text.replace(f'"{MILTER}"', '"rmp-milter-not-here"'))
    try:
        with pytest.raises(AssertionError, match="there is no user rmp-milter-not-here"):
            rmp(service, "restore", str(places[0]), "--no-later-checkpoint")
        assert not service.exists()
    finally:
        was.rename(service)
        manifest.write_text(text)
        assert stat.S_IMODE(manifest.stat().st_mode) == 0o600
