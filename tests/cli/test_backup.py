"""``rmp backup`` and ``rmp restore``: what is copied, verified, refused, and never overwritten."""

import fcntl
import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lmdb
import pytest
from rmp_case import Rmp

from rmp_milter.calls.protocol.message import heartbeat_at
from rmp_milter.config import load
from rmp_milter.host.backup import moments
from rmp_milter.host.backup.manifest import FORMAT, MANIFEST, NAME
from rmp_milter.host.backup.restoring import without_places
from rmp_milter.host.log_rotation import begin, take_up
from rmp_milter.keeper.keys.keys import load_log_key
from rmp_milter.keeper.log.journal import Journal
from rmp_milter.keeper.log.lmdb_log import LmdbLog
from rmp_milter.status.diary import HostWork, last

NONE_LATER = "--no-later-checkpoint"


class Backups:
    """A service, and folders for its backups and their keys."""

    def __init__(self, rmp: Rmp, service: Path) -> None:
        self.rmp, self.service = rmp, service
        self.folder, self.keys = service.with_name("backups"), service.with_name("keys")

    def make(self, *options: str) -> dict[str, Any]:
        said = self.rmp(
            "backup", str(self.folder), "--keys", str(self.keys), "--json", *options
        )
        assert said.status == 0, said.err
        made = json.loads(said.out)
        assert isinstance(made, dict)
        return made

    def restore(self, *options: str) -> tuple[int, dict[str, Any], str]:
        where = ("restore", str(self.folder), "--keys", str(self.keys), "--json")
        said = self.rmp(*where, *options)
        return said.status, json.loads(said.out) if said.out else {}, said.err

    def lose(self, *names: str) -> None:
        for name in names:
            path = self.service / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def log(self, leaves: int) -> None:
        """Write so many leaves."""
        with Journal(self.service / "keeper" / "log") as log:
            for number in range(leaves):
                log.append(heartbeat_at(number + 1), int(time.time()))

    def checkpoint(self) -> Path:
        """Return a file with a checkpoint of the log as it is now."""
        file = self.service.with_name(f"checkpoint {len([*self.folder.parent.iterdir()])}")
        with Journal(self.service / "keeper" / "log") as log:
            file.write_bytes(log.checkpoint(load_log_key(self.service / "keeper")))
        return file


def wait_for_the_next_second() -> None:
    """Backups are called by the second in which they were made."""
    time.sleep(1.01 - time.time() % 1)


@pytest.fixture
def backups(rmp: Rmp, service: Path) -> Backups:
    return Backups(rmp, service)


def modes(folder: Path) -> set[tuple[bool, int]]:
    return {(each.is_dir(), each.stat().st_mode & 0o777) for each in folder.rglob("*")}


def content(folder: Path) -> dict[str, bytes]:
    return {
        str(each.relative_to(folder)): each.read_bytes()
        for each in folder.rglob("*")
        if each.is_file() and "lock" not in each.name and "diary" not in each.parts
    }


@pytest.mark.promise(number=1)
def test_keys_are_copied_on_demand_alone_and_never_beside_what_they_open(
    backups: Backups,
) -> None:
    for keys in ("backups", "backups/keys", "."):
        place = backups.folder.parent / keys
        said = backups.rmp("backup", str(backups.folder), "--keys", str(place))
        assert (said.status, "keys never lie with what they open" in said.err) == (1, True)
        assert not backups.folder.exists()
    made = backups.make()
    secrets = {
        each.read_bytes()
        for each in backups.service.rglob("*.key")
        if "auditor" not in str(each)
    }
    apart = content(Path(made["keys"]))
    assert secrets <= {*apart.values()}
    assert not secrets & {*content(Path(made["folder"])).values()}
    assert modes(backups.folder) == modes(backups.keys) == {(True, 0o700), (False, 0o600)}
    said = backups.rmp("backup", str(backups.folder.with_name("alone")))
    assert "not copied (--keys DIR, on another medium)" in said.out


def test_it_is_whole_verified_noted_and_of_old_ones_few_stay(backups: Backups) -> None:
    backups.log(3)
    taken = []
    for _ in range(3):
        made = backups.make("--keep", "2")
        taken.append(Path(made["folder"]).name)
        wait_for_the_next_second()
    assert (made["sound"], made["entries"], len(made["removed"])) == (True, 3, 2)
    assert all(NAME.fullmatch(name) for name in taken)
    assert sorted(each.name for each in backups.folder.iterdir()) == taken[1:]
    assert sorted(each.name for each in backups.keys.iterdir()) == taken[1:]
    done = last(backups.service / "store", HostWork.BACKUP)
    assert done
    assert (done.fine, done.said) == (True, taken[-1])
    assert backups.rmp("backup", "verify", str(backups.folder)).status == 0
    done = last(backups.service / "store", HostWork.BACKUP_VERIFY)
    assert done
    assert (done.fine, done.said) == (True, taken[-1])


def changed(name: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        data = bytearray((folder / name).read_bytes())
        data[len(data) // 2] ^= 1
        (folder / name).write_bytes(bytes(data))

    return change


def without(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def with_another_leaf(folder: Path) -> None:
    with lmdb.open(str(folder / "keeper" / "log"), max_dbs=32, lock=False) as env:
        leaves = env.open_db(b"leaves", create=False)
        with env.begin(write=True) as txn:
            first = bytes(txn.get(bytes(8), b"", db=leaves))
            txn.put(bytes(8), first + b" ", db=leaves)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (changed("config/rmp.toml"), "config/rmp.toml: is not what was written"),
        (without("public/dkim.txt"), "public/dkim.txt: cannot be read"),
        (with_another_leaf, "leaf 0 is not the one that the tree was built over"),
    ],
)
def test_verifying_names_what_is_wrong(
    backups: Backups, harm: Callable[[Path], None], said: str
) -> None:
    backups.log(3)
    made = backups.make()
    harm(Path(made["folder"]))
    found = backups.rmp("backup", "verify", str(backups.folder), "--json")
    assert found.status == 1
    assert said in " ".join(json.loads(found.out)["findings"])
    assert "this backup is not sound" in found.err
    done = last(backups.service / "store", HostWork.BACKUP_VERIFY)
    assert done
    assert not done.fine
    backups.lose("store")
    assert backups.restore()[0] == 1
    assert not (backups.service / "store").exists()


def test_a_store_that_is_not_sound_is_kept_told_and_displaces_none(backups: Backups) -> None:
    backups.make()
    with lmdb.open(str(backups.service / "store"), max_dbs=64, map_size=1 << 26) as env:
        words = env.open_db(b"words", create=False)
        with env.begin(write=True) as txn:
            txn.put(b"nobody's word...", b"\0\0\0\1", db=words)
    wait_for_the_next_second()
    said = backups.rmp("backup", str(backups.folder), "--keep", "1", "--json")
    made = json.loads(said.out)
    assert (said.status, made["sound"], made["removed"]) == (1, False, [])
    assert len([*backups.folder.iterdir()]) == 2
    done = last(backups.service / "store", HostWork.BACKUP)
    assert done
    assert not done.fine


def test_days_of_unsound_ones_push_out_no_sound_one(backups: Backups) -> None:
    made = Path(backups.make()["folder"])
    sound = made.rename(made.with_name("20000101T000000Z"))
    others = [made.with_name(f"2001010{day}T000000Z") for day in range(1, 4)]
    for each in others:
        manifest = shutil.copytree(sound, each) / MANIFEST
        said = json.loads(manifest.read_text())
        manifest.write_text(json.dumps({**said, "findings": ["store: a finding"]}))
    wait_for_the_next_second()
    assert backups.make("--keep", "2")["removed"] == []
    wait_for_the_next_second()
    gone = [str(each) for each in (sound, *others)]
    assert backups.make("--keep", "2")["removed"][:4] == gone


def test_a_copy_of_a_key_that_no_newer_copy_has_stays(backups: Backups) -> None:
    first = backups.make("--keep", "1")
    custody = backups.service / "keeper" / "custody.key"
    content_before = custody.read_bytes()
    backups.lose("keeper/custody.key")
    for _ in range(2):
        wait_for_the_next_second()
        made = backups.make("--keep", "1")
        assert made["stays"] == {first["keys"]: ["keeper/custody.key"]}
        assert first["keys"] not in made["removed"]
    custody.write_bytes(content_before)
    custody.chmod(0o600)
    wait_for_the_next_second()
    made = backups.make("--keep", "1")
    assert made["stays"] == {}
    assert first["keys"] in made["removed"]
    assert [str(each) for each in backups.keys.iterdir()] == [made["keys"]]


def test_what_fails_leaves_nothing_half_made(
    backups: Backups, monkeypatch: pytest.MonkeyPatch
) -> None:
    backups.lose("keeper/log.state")
    said = backups.rmp("backup", str(backups.folder))
    assert said.status == 1
    assert "log.state is missing" in said.err
    assert [*backups.folder.iterdir()] == []
    monkeypatch.setattr(moments, "_check_room", lambda folder, _needed: full(folder))
    said = backups.rmp("backup", str(backups.folder))
    assert said.status == 1
    assert [*backups.folder.iterdir()] == []


def full(folder: Path) -> None:
    raise OSError(28, "No space left on device", str(folder))


def test_a_backup_of_a_later_version_is_refused_in_one_line(backups: Backups) -> None:
    file = Path(backups.make()["folder"]) / MANIFEST
    later = FORMAT._replace(number=FORMAT.number + 1).mark.decode()
    file.write_text(file.read_text().replace(FORMAT.mark.decode(), later))
    for command in (("backup", "verify"), ("restore",)):
        said = backups.rmp(*command, str(backups.folder))
        assert said.status == 1
        assert "written by a later version of rmp-milter" in said.err
        assert len(said.err.splitlines()) == 1


@pytest.mark.parametrize("name", ["../outside", "/etc/outside", "keeper/../../outside"])
def test_a_manifest_that_leads_outside_is_refused(backups: Backups, name: str) -> None:
    file = Path(backups.make()["folder"]) / MANIFEST
    file.write_text(file.read_text().replace("public/dkim.txt", name))
    said = backups.rmp("restore", str(backups.folder))
    assert (said.status, "names a file outside of its places" in said.err) == (1, True)


def test_what_is_there_is_never_overwritten(backups: Backups) -> None:
    backups.make()
    (backups.service / "milter" / "index.key").write_bytes(b"another")
    before = content(backups.service)
    status, said, _ = backups.restore()
    assert (status, said["put"]) == (0, [])
    assert "nothing is missing here" in said["said"][0]
    assert content(backups.service) == before
    backups.lose("keeper/log.state")
    status, _, told = backups.restore(NONE_LATER)
    assert (status, "a part of an access log is here" in told) == (1, True)


def test_on_an_empty_machine_all_is_as_it_was(backups: Backups) -> None:
    backups.log(2)
    before = content(backups.service)
    backups.make()
    shutil.rmtree(backups.service)
    status, said, told = backups.restore()
    assert (status, said) == (2, {})
    assert "goes to entry 2 in this backup" in told
    assert "would see a fork" in told
    assert not backups.service.exists()
    status, said, _ = backups.restore(NONE_LATER)
    assert (status, said["left"], said["missing"]) == (0, [], [])
    after = content(backups.service)
    assert {name for name in before if name not in after} == {"auditor/auditor.key"}
    assert all(after[name] == before[name] for name in after if not name.endswith(".mdb"))
    assert backups.rmp("store", "check").status == 0
    assert backups.rmp("check", "--no-postfix").out.endswith("0 errors, 2 warnings\n")


def test_without_the_keys_it_is_said_which_are_missing(backups: Backups) -> None:
    backups.make()
    shutil.rmtree(backups.service)
    said = backups.rmp("restore", str(backups.folder), NONE_LATER)
    assert said.status == 1
    assert f"{backups.service}/keeper/custody.key" in said.out
    assert (backups.service / "store").is_dir()
    status, shown, _ = backups.restore()
    assert (status, shown["missing"]) == (0, [])
    assert backups.rmp("store", "check").status == 0


def test_a_log_that_is_behind_a_checkpoint_does_not_go_on_under_its_name(
    backups: Backups,
) -> None:
    backups.log(3)
    old = backups.checkpoint()
    backups.log(2)
    backups.make()
    backups.log(1)
    new = backups.checkpoint()
    shutil.rmtree(backups.service)
    status, _, told = backups.restore("--checkpoint", str(new))
    assert status == 1
    assert "holds 5 leaves, but 6 were signed" in told
    assert "--new-log NAME and tell the auditors" in told
    assert not backups.service.exists()
    name = load_origin(backups)
    assert backups.restore("--new-log", name)[0] == 1
    assert backups.restore("--new-log", "a/b", NONE_LATER)[0] == 2
    status, said, _ = backups.restore("--new-log", f"{name}-2")
    assert status == 0
    assert "tell the auditors of the new log: rmp access key" in said["said"]
    with Journal(backups.service / "keeper" / "log") as log:
        assert (log.origin, len(log)) == (f"{name}-2", 0)
    (kept,) = (backups.service / "keeper").glob("log-*Z")
    with Journal(kept) as log:
        assert (log.origin, len(log)) == (name, 5)
    shutil.rmtree(backups.service)
    assert backups.restore("--checkpoint", str(old))[0] == 0


def load_origin(backups: Backups) -> str:
    made = json.loads(backups.rmp("backup", "verify", str(backups.folder), "--json").out)
    assert isinstance(made["log"], str)
    return made["log"]


def test_verifying_holds_the_log_to_a_checkpoint_that_somebody_kept(backups: Backups) -> None:
    backups.log(3)
    old = backups.checkpoint()
    backups.make()
    backups.log(1)
    new = backups.checkpoint()
    verify = ("backup", "verify", str(backups.folder), "--checkpoint")
    assert backups.rmp(*verify, str(old)).status == 0
    said = backups.rmp(*verify, str(new))
    assert said.status == 1
    assert "holds 3 leaves, but 4 were signed" in said.err


def test_it_is_said_which_side_is_the_older_one(backups: Backups) -> None:
    backups.log(3)
    backups.make()
    backups.log(2)
    backups.lose("store")
    _, said, _ = backups.restore()
    assert "has 2 entries more" in said["said"][0]
    assert "the store is the older one" in said["said"][0]
    assert any("rmp store relearn" in line for line in said["said"])
    backups.lose("keeper/log", "keeper/log.state")
    _, said, _ = backups.restore(NONE_LATER)
    assert "the store that was here is of that moment or later" in said["said"][0]


def test_keys_of_another_service_are_refused(backups: Backups, tmp_path: Path) -> None:
    backups.make()
    other = tmp_path / "other"
    assert backups.rmp.bare("init", str(other), "--address", "rmp@rmp.test").status == 0
    config = ("--config", str(other / "rmp.toml"))
    keys = tmp_path / "other keys"
    backups.rmp.bare(*config, "backup", str(tmp_path / "other backup"), "--keys", str(keys))
    said = backups.rmp("restore", str(backups.folder), "--keys", str(keys))
    assert (said.status, "the keys of another service" in said.err) == (1, True)
    said = backups.rmp("restore", str(backups.keys))
    assert (said.status, "name it by --keys" in said.err) == (1, True)


def handed_over(backups: Backups) -> None:
    """Have the log go over to the key that waits, as the keeper does when it starts."""
    take_up(folder := backups.service / "keeper", LmdbLog(folder / "log"), int(time.time()))


def test_from_before_and_behind_a_handover_the_log_is_verified_and_put_back(
    backups: Backups,
) -> None:
    backups.log(3)
    old = backups.checkpoint()
    begin(load(backups.service / "rmp.toml"))
    handed_over(backups)
    backups.log(2)
    new = backups.checkpoint()
    backups.make()
    for kept in (old, new):
        said = backups.rmp("backup", "verify", str(backups.folder), "--checkpoint", str(kept))
        assert (said.status, said.err) == (0, "")
    backups.lose("keeper")
    status, said, _ = backups.restore("--checkpoint", str(new))
    assert (status, "goes on behind entry 6" in str(said)) == (0, True)
    assert backups.checkpoint().read_bytes() == new.read_bytes()
    assert backups.rmp("check", "--no-postfix").status == 0


def test_keys_copied_before_the_handover_go_with_a_backup_from_behind_it(
    backups: Backups,
) -> None:
    """As the admin is told: back the next key up, then start the keeper anew."""
    backups.log(3)
    config = load(backups.service / "rmp.toml")
    backups.make()
    wait_for_the_next_second()
    begin(config)
    made = backups.make()
    handed_over(backups)
    backups.log(2)
    new = backups.checkpoint()
    wait_for_the_next_second()
    assert backups.rmp("backup", str(backups.folder)).status == 0
    with Journal(backups.service / "keeper" / "log") as log:
        handovers = log.handovers()
    backups.lose("keeper")
    backups.keys = Path(made["keys"])
    status, _, said = backups.restore("--checkpoint", str(new))
    assert status == 0, said
    handed_over(backups)  # which only puts the key into its place
    with Journal(backups.service / "keeper" / "log") as log:
        assert log.handovers() == handovers
    assert backups.checkpoint().read_bytes() == new.read_bytes()


def test_keys_that_lack_the_one_that_signs_now_are_refused(backups: Backups) -> None:
    backups.log(3)
    backups.make()
    begin(load(backups.service / "rmp.toml"))
    handed_over(backups)
    wait_for_the_next_second()
    assert backups.rmp("backup", str(backups.folder)).status == 0
    backups.lose("keeper")
    _, _, said = backups.restore(NONE_LATER)
    assert "another key, which is not among them" in said
    assert not (backups.service / "keeper").exists()
    status, _, said = backups.restore("--new-log", "chu.example/rmp-2")
    assert status == 0, said
    assert backups.checkpoint().read_bytes().startswith(b"chu.example/rmp-2\n0\n")


def test_beside_the_service_it_is_put_for_a_look(backups: Backups, tmp_path: Path) -> None:
    backups.log(2)
    backups.make()
    before = content(backups.service)
    aside = tmp_path / "aside"
    status, said, _ = backups.restore("--beside", str(aside))
    assert (status, said["left"], said["missing"]) == (0, [], [])
    config = load(aside / "rmp.toml")
    assert config.paths.store == aside / "store"
    assert config.service == load(backups.rmp.config).service
    assert backups.rmp.bare("--config", str(aside / "rmp.toml"), "store", "check").status == 0
    assert content(backups.service) == before
    assert backups.restore("--beside", str(aside))[0] == 1


def test_a_configuration_beside_says_nothing_of_places() -> None:
    ours, places = '[service]\nname = "x"\n', '[paths]\nkeeper = "/x"\n'
    log = '[log]\nlevel = "info"\n'
    assert without_places(f"format = 1\n{ours}{places}{log}[sockets]\n") == (
        f"format = 1\n{ours}{log}"
    )


def test_a_log_that_was_moved_away_is_no_key_and_stays_out(backups: Backups) -> None:
    backups.log(2)
    keeper = backups.service / "keeper"
    shutil.copytree(keeper / "log", keeper / "log before")
    shutil.copy(keeper / "log.state", keeper / "log before.state")
    backups.make()
    for top in (backups.folder, backups.keys):
        assert [*top.rglob("log before*")] == []


def test_two_are_not_made_at_once_in_one_folder(backups: Backups) -> None:
    backups.folder.mkdir()
    unfinished = backups.folder / "20200101T000000Z.part"
    unfinished.mkdir()
    fd = os.open(backups.folder, os.O_RDONLY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        said = backups.rmp("backup", str(backups.folder))
        assert (said.status, "another backup is being made there" in said.err) == (1, True)
        assert unfinished.exists()
    finally:
        os.close(fd)
    backups.make()
    assert not unfinished.exists()  # of one that was killed


def test_a_dir_without_a_backup_is_told(backups: Backups, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for command in (("backup", "verify"), ("restore",)):
        for name in ("empty", "nowhere"):
            said = backups.rmp(*command, str(tmp_path / name))
            assert said.status == 1
            assert str(tmp_path / name) in said.err
