"""``rmp key rotate metadata``, ``index`` and ``outbox``: what is said, and what else sees of it."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from rmp_case import Rmp

from rmp_milter.cli import key_rotate_store
from rmp_milter.store.format.former_keys import read_former
from rmp_milter.store.format.keys import read_index_keys
from testbed.command import run_rmp

FILES = {
    "metadata": "milter/metadata.key",
    "index": "milter/index.key",
    "outbox": "shared/outbox.key",
}
DONE = {"metadata": "sealed", "index": "keyed", "outbox": "sealed"}
DAY = 86_400


@pytest.fixture(params=list(FILES))
def which(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def checked(rmp: Rmp) -> str:
    return rmp("check", "--no-postfix").out


def test_the_key_is_another_and_all_is_well(rmp: Rmp, service: Path, which: str) -> None:
    file, before = service / FILES[which], checked(rmp)
    old, since = read_index_keys(file), file.stat().st_mtime
    said = rmp("key", "rotate", which)
    assert (said.status, said.err) == (0, "")
    assert said.out.splitlines()[0] == f"{DONE[which]} anew and verified: {file} is another key"
    assert f"    rm {file}.before" in said.out.splitlines()
    assert (f"{file}.former" in said.out) == (which == "outbox")
    assert read_index_keys(file) != old
    assert read_index_keys(file.with_name(f"{file.name}.before")) == old
    assert file.stat().st_mtime > since
    assert rmp("store", "check").out.endswith("the store is sound\n")
    assert rmp("doctor", "list").status == rmp("outbox", "list").status == 0
    assert checked(rmp) == before


def test_what_a_migration_has_kept_is_said_to_be_under_the_key_of_before(
    rmp: Rmp, service: Path, which: str
) -> None:
    kept = service / "store/data.mdb.format-2"
    shutil.copy2(service / "store/data.mdb", kept)
    said = rmp("key", "rotate", which).out.splitlines()
    assert said[said.index(f"    rm {kept}") - 1].startswith("this too is under the key")
    assert kept.exists()


def test_what_is_kept_is_listed(rmp: Rmp, which: str) -> None:
    rmp("key", "rotate", which)
    found = {each["file"]: each for each in json.loads(rmp("key", "list", "--json").out)}
    assert found[FILES[which]]["use"] == "in use"
    assert found[f"{FILES[which]}.before"]["use"] == "kept"
    rows = rmp("key", "list").out.splitlines()
    assert max(map(len, rows)) <= 80
    if which == "outbox":
        former = found["shared/outbox.key.former"]
        assert (former["use"], former["until"] > former["since"]) == ("kept", True)


@contextmanager
def in_use(service: Path) -> Iterator[None]:
    """Have the store open in another process."""
    program = (
        "import lmdb, sys; env = lmdb.open(sys.argv[1]); print('open', flush=True); input()"
    )
    command = [sys.executable, "-c", program, str(service / "store")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        yield
        other.communicate("\n")


@pytest.fixture
def not_nicer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the tests' own process as quick as it is."""
    monkeypatch.setattr(key_rotate_store.os, "nice", lambda _by: 0)


@pytest.mark.usefixtures("not_nicer")
def test_beside_a_running_service_it_is_prepared_and_then_finished(
    rmp: Rmp, service: Path, which: str
) -> None:
    file, before = service / FILES[which], checked(rmp)
    old, since = read_index_keys(file), time.strftime("%Y-%m-%d", time.gmtime())
    command = ("key", "rotate", which)
    with in_use(service):
        said = rmp(*command)
        assert (said.status, said.err) == (0, "")
        assert f"    rmp key rotate {which} --finish" in said.out.splitlines()
        assert rmp(*command).out == said.out
        refused = rmp(*command, "--finish")
        assert (refused.status, refused.out) == (1, "")
        assert "a process has the store open: stop milter and courier first" in refused.err
    assert read_index_keys(file) == old
    told = checked(rmp)
    assert f"another {which} key is prepared since {since}" in told
    assert f"{' '.join(command)} --finish; or: rmp key rotate {which} --abandon" in told
    assert rmp("doctor", "list").status == rmp("outbox", "list").status == 0
    said = rmp(*command, "--finish")
    assert (said.status, said.err) == (0, "")
    assert said.out.splitlines()[0] == f"{DONE[which]} anew and verified: {file} is another key"
    assert read_index_keys(file) != old
    assert rmp("store", "check").out.endswith("the store is sound\n")
    assert checked(rmp) == before


@pytest.mark.usefixtures("not_nicer")
def test_what_is_prepared_can_be_given_up(rmp: Rmp, service: Path, which: str) -> None:
    file, before = service / FILES[which], checked(rmp)
    command = ("key", "rotate", which)
    assert rmp(*command, "--abandon").out == "nothing was prepared\n"
    with in_use(service):
        rmp(*command)
        assert rmp(*command, "--abandon").out == "thrown away: all stays as it is\n"
    assert checked(rmp) == before
    assert not file.with_name(f"{file.name}.next").exists()
    assert not (service / "store/rotation").exists()
    refused = rmp(*command, "--finish")
    assert (refused.status, "nothing is prepared" in refused.err) == (1, True)
    assert rmp(*command, "--finish", "--abandon").status == 2


@pytest.mark.usefixtures("not_nicer")
def test_a_compacted_store_has_nothing_prepared(
    rmp: Rmp, service: Path, which: str, tmp_path: Path
) -> None:
    with in_use(service):
        rmp("key", "rotate", which)
    said = rmp("store", "compact", str(tmp_path / "compacted"))
    destroyed = [line.split()[2] for line in said.out.splitlines() if "shred" in line]
    assert [each.split("/store.old/")[1] for each in destroyed] == [
        *("data.mdb", "rotation/base/data.mdb", "rotation/next/data.mdb")
    ]
    (service / "store").rename(service / "store.old")
    (tmp_path / "compacted").rename(service / "store")
    assert "interrupted: give it again" in checked(rmp)
    refused = rmp("key", "rotate", which, "--finish")
    assert (refused.status, "nothing is prepared" in refused.err) == (1, True)
    assert rmp("key", "rotate", which).status == 0
    assert rmp("store", "check").out.endswith("the store is sound\n")


def test_one_from_another_time_is_not_lost(rmp: Rmp, service: Path, which: str) -> None:
    rmp("key", "rotate", which)
    key = (service / FILES[which]).read_bytes()
    said = rmp("key", "rotate", which)
    assert said.status == 1
    assert f"{service / FILES[which]}.before is there from another time" in said.err
    assert (service / FILES[which]).read_bytes() == key


def interrupted(rmp: Rmp, service: Path, which: str, to: pytest.MonkeyPatch) -> None:
    """Rotate up to the store's rename, and no further."""

    def fails(*_: object) -> None:
        raise OSError(5, "Input/output error")

    with to.context() as broken:
        broken.setattr("rmp_milter.store.lmdb_rotating.sync_folder", fails)
        said = rmp("key", "rotate", which)
    assert (said.status, "Input/output error" in said.err) == (1, True)
    assert f"hint: rmp key rotate {which} was interrupted: give it again" in said.err
    assert (service / f"{FILES[which]}.next").exists()


def test_what_was_interrupted_is_said_by_all_and_ended_by_a_second_call(
    rmp: Rmp, service: Path, which: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = read_index_keys(service / FILES[which])
    interrupted(rmp, service, which, monkeypatch)
    hint = f"rmp key rotate {which} was interrupted: give it again; nothing is lost"
    commands = (
        ("doctor", "list"),
        ("outbox", "list"),
        ("store", "check"),
        ("check", "--no-postfix"),
    )
    for command in commands:
        said = rmp(*command)
        concerned = which == "outbox" or command != ("outbox", "list")
        assert (hint in said.err + said.out) == concerned, command
    said = rmp("key", "rotate", which)
    assert said.out.startswith("the rotation that was interrupted is ended: ")
    assert read_index_keys(service / f"{FILES[which]}.before") == old
    assert rmp("store", "check").out.endswith("the store is sound\n")
    assert hint not in checked(rmp)


def test_the_other_keys_wait_for_the_interrupted_one(
    rmp: Rmp, service: Path, which: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(rmp, service, which, monkeypatch)
    others = {*FILES} - {which}
    for other in others:
        said = rmp("key", "rotate", other)
        assert said.status == 1
        assert f"hint: rmp key rotate {which} was interrupted: give it again" in said.err
        assert not (service / f"{FILES[other]}.next").exists()
    for each in (which, *others):
        assert rmp("key", "rotate", each).status == 0
    assert rmp("store", "check").out.endswith("the store is sound\n")


@pytest.mark.integration
@pytest.mark.slow
@pytest.mark.parametrize(
    ("which", "part"),
    [("metadata", "milter"), ("index", "milter"), ("outbox", "milter"), ("outbox", "courier")],
)
def test_a_process_that_starts_in_between_says_so_and_ends(
    rmp: Rmp, service: Path, which: str, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(rmp, service, which, monkeypatch)
    done = run_rmp(["--config", str(rmp.config), part], timeout=60, check=False)
    assert done.returncode == 1
    assert f"rmp key rotate {which} was interrupted: give it again" in done.stderr.decode()


def test_an_old_key_put_back_in_between_loses_nothing(
    rmp: Rmp, service: Path, which: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kept = Path(shutil.copy2(service / FILES[which], tmp_path))
    interrupted(rmp, service, which, monkeypatch)
    shutil.copy2(kept, service / FILES[which])
    assert rmp("key", "rotate", which).status == 0
    assert rmp("store", "check").out.endswith("the store is sound\n")


def test_check_says_when_the_former_key_is_of_no_use(
    rmp: Rmp, service: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    month_ago = time.time() - 31 * DAY
    monkeypatch.setattr(key_rotate_store.time, "time", lambda: month_ago)
    rmp("key", "rotate", "outbox")
    monkeypatch.undo()
    file = service / "shared/outbox.key.former"
    assert f"warning: {file}: no bounce is recognised by it any more" in checked(rmp)
    (service / "shared/outbox.key.before").unlink()
    rmp("key", "rotate", "outbox")
    (former,) = read_former(service / "shared/outbox.key")  # the one that is over is gone
    assert former.until > time.time() + 29 * DAY
    assert "recognised" not in checked(rmp)


@pytest.mark.parametrize(
    "content", [b"", b"x\n", b"A" * 43 + b"= 1\n", b"A" * 43 + b"= 01 2\n", b"\xff" * 99]
)
def test_a_file_of_former_keys_that_is_none_is_told(
    rmp: Rmp, service: Path, content: bytes
) -> None:
    file = service / "shared/outbox.key.former"
    file.write_bytes(content)
    file.chmod(0o600)
    told = f"error: key file {file} does not hold former keys" in checked(rmp)
    assert told == (content != b"")
    assert rmp("key", "list").status == 0


def test_keys_of_before_open_to_others_are_told(rmp: Rmp, service: Path) -> None:
    for which, file in FILES.items():
        rmp("key", "rotate", which)
        (service / f"{file}.before").chmod(0o640)
    (service / "shared/outbox.key.former").chmod(0o644)
    said = checked(rmp)
    assert said.count("others may reach it") == 4


def test_a_backup_of_keys_has_them_all_and_an_older_one_opens_by_its_own(
    rmp: Rmp, tmp_path: Path
) -> None:
    for name in ("old", "old-keys", "new", "new-keys"):
        (tmp_path / name).mkdir()
    backup = ("backup", str(tmp_path / "old"), "--keys", str(tmp_path / "old-keys"))
    assert rmp(*backup).status == 0
    for each in FILES:
        assert rmp("key", "rotate", each).status == 0
    backup = ("backup", str(tmp_path / "new"), "--keys", str(tmp_path / "new-keys"))
    said = rmp(*backup)
    assert said.status == 0, said.err
    (new_keys,) = (tmp_path / "new-keys").iterdir()
    kept = {each.name for each in new_keys.rglob("*.key*")}
    assert kept >= {"outbox.key", "outbox.key.before", "outbox.key.former"}
    assert kept >= {"metadata.key", "metadata.key.before"}
    assert kept >= {"index.key", "index.key.before"}
    for age in ("old", "new"):
        (copy,) = (tmp_path / age).iterdir()
        (keys,) = (tmp_path / f"{age}-keys").iterdir()
        verified = rmp("backup", "verify", str(copy), "--keys", str(keys))
        assert verified.status == 0, verified.err
