"""A rotation that is killed, fails, or is not to be: both old, both new, or ended by the next."""

import os
import select
import shutil
import subprocess
import sys
from pathlib import Path

import lmdb
import pytest
from killed_case import is_killed_rotating
from rotation_case import (
    KEY_FILE,
    content,
    kept_files,
    keys_in,
    rotate,
    sound,
)
from store_case import (
    KEYS,
)

from rmp_milter.store import StoreError, StoreKeyError, StoreKeys, lmdb_rotating
from rmp_milter.store.format.former_keys import read_former
from rmp_milter.store.format.keys import INDEX, METADATA, OUTBOX, read_key
from rmp_milter.store.format.succession import Rotated, unfinished
from rmp_milter.store.resealing import reseal

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent

CALLS = {
    "begin": 1,
    "check_room": 1,
    "verify": 2,
    "reseal": 1,
    "make_like": 1,
    "sync_folder": 1,
    "settle": 1,
    "write_whole": 2,
}
MORE_CALLS = {
    Rotated.METADATA: {"replace": 2},
    Rotated.INDEX: {"replace": 2},
    Rotated.OUTBOX: {"replace": 3, "keep_former": 1},
}
OF_ONE_KEY = {"settle", "replace"}
"""What differs by the key; the other calls are the same, and killed in each run for one of them."""
MOMENTS = [
    pytest.param(
        which,
        f"{when} {call} {number}",
        marks=() if which is Rotated.OUTBOX or call in OF_ONE_KEY else pytest.mark.soak,
    )
    for which in Rotated
    for call, times in {**CALLS, **MORE_CALLS[which]}.items()
    for number in range(1, times + 1)
    for when in ("before", "behind")
]
"""Each step of a rotation: the files that it makes, what it verifies, every rename."""


@pytest.mark.parametrize(("which", "moment"), MOMENTS)
def test_a_kill_leaves_all_old_or_a_second_call_ends_it(
    home: Path, which: Rotated, moment: str
) -> None:
    found = content(home / "store")
    assert is_killed_rotating(home, which, moment)
    old = content(home / "store") == found
    if getattr(keys_in(home), which) != getattr(KEYS, which):
        assert not unfinished(home, home / OUTBOX)  # all new
        assert not old
        assert sound(home, keys_in(home))
        return
    assert sound(home, KEYS) == old
    assert old or unfinished(home, home / OUTBOX)
    assert rotate(home, which) == (not old)
    assert keys_in(home) != KEYS
    assert sound(home, keys_in(home))
    assert read_key(home / f"{KEY_FILE[which]}.before") == getattr(KEYS, which)
    assert [each.key for each in read_former(home / OUTBOX)] == (
        [KEYS.outbox] if which is Rotated.OUTBOX else []
    )
    assert not [each for each in home.iterdir() if each.suffix in {".next", ".part", ".new"}]
    assert sorted(each.name for each in (home / "store").iterdir()) == ["data.mdb", "lock.mdb"]


def test_a_chain_that_was_tampered_with_is_not_made_whole(home: Path, which: Rotated) -> None:
    with lmdb.Environment(str(home / "store"), max_dbs=64, map_size=0) as handle:
        table = handle.open_db(b"entries", create=False)
        with handle.begin(write=True, db=table) as txn:
            last = next(key for key, _ in txn.cursor() if key.endswith(b"\x03"))
            assert txn.delete(last)
    before = (home / "store/data.mdb").read_bytes()
    said = r"and its keys stay as they were: the store is not sound, \d+ findings"
    with pytest.raises(StoreError, match=said):
        rotate(home, which)
    assert (home / "store/data.mdb").read_bytes() == before
    assert kept_files(home) == set()


def test_what_fails_leaves_all_as_it_was(
    home: Path, which: Rotated, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (home / "store/data.mdb").read_bytes()
    small = shutil.disk_usage(home)._replace(free=len(before) // 2)
    faults = {
        "reseal": OSError(28, "No space left on device"),
        "make_like": lmdb.MapFullError("the map is full"),
    }
    for call, fault in faults.items():
        with monkeypatch.context() as broken:
            broken.setattr(lmdb_rotating, call, raising(fault))
            with pytest.raises(StoreError, match=f"stay as they were: .*{fault.args[-1]}"):
                rotate(home, which)
    with monkeypatch.context() as full:
        full.setattr(shutil, "disk_usage", lambda _folder: small)
        with pytest.raises(StoreError, match=f"and {small.free} are free"):
            rotate(home, which)
    assert (home / "store/data.mdb").read_bytes() == before
    assert kept_files(home) == set()
    assert sorted(each.name for each in (home / "store").iterdir()) == ["data.mdb", "lock.mdb"]


def raising(fault: Exception):  # noqa: ANN201 -- a stand-in for any call
    def call(*_: object) -> None:
        raise fault

    return call


def test_what_was_sealed_wrongly_is_found_before_it_takes_the_place(
    home: Path, which: Rotated, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (home / "store/data.mdb").read_bytes()

    def forgets(
        source: Path, target: Path, old: StoreKeys, _new: StoreKeys, tell: object
    ) -> None:
        reseal(source, target, old, old, tell)

    monkeypatch.setattr(lmdb_rotating, "reseal", forgets)
    with pytest.raises(StoreError, match="the new store is not sound"):
        rotate(home, which)
    assert (home / "store/data.mdb").read_bytes() == before
    assert kept_files(home) == set()


def test_a_key_that_is_anothers_is_told_and_nothing_is_forgotten(
    home: Path, which: Rotated
) -> None:
    file = home / KEY_FILE[which]
    next_key = file.with_name(f"{file.name}.next")
    other = METADATA if which is Rotated.INDEX else INDEX
    shutil.copy(home / other, file)
    shutil.copy(home / other, next_key)
    with pytest.raises(StoreKeyError, match=f"{KEY_FILE[which]} holds what belongs in {other}"):
        rotate(home, which)
    assert next_key.exists()


def test_a_store_in_use_is_left_alone(home: Path, which: Rotated) -> None:
    hold = "import lmdb, sys; env = lmdb.open(sys.argv[1]); print('open', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(home / "store")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as service:
        assert service.stdout is not None
        assert service.stdout.readline() == "open\n"
        with pytest.raises(StoreError, match="stop milter and courier first"):
            rotate(home, which)
        service.communicate("\n")
    assert kept_files(home) == set()
    assert keys_in(home) == KEYS


def test_each_file_is_on_disk_before_what_needs_it(
    home: Path, which: Rotated, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a power cut could leave a key that nothing is sealed under, and no other."""
    done, flush, rename = list[str](), os.fsync, Path.replace

    def flushed(fd: int) -> None:
        done.append(f"flush {Path(f'/proc/self/fd/{fd}').readlink().name}")
        flush(fd)

    def renamed(old: Path, new: Path) -> Path:
        done.append(f"to {new.name}")
        return rename(old, new)

    monkeypatch.setattr(os, "fsync", flushed)
    monkeypatch.setattr(Path, "replace", renamed)
    rotate(home, which)
    key, folder = KEY_FILE[which], f"flush {home.name}"
    former = [f"flush {key}.former.new", folder, f"to {key}.former", folder]
    assert done == [
        folder,  # nothing was there to be forgotten
        *(f"flush {key}.next.part", folder, folder),
        *("flush data.mdb", "to data.mdb", "flush store"),
        *(former if which is Rotated.OUTBOX else []),
        *(f"flush {key}.before.part", folder, folder),
        *(f"to {key}", folder),
    ]


def test_a_service_that_starts_meanwhile_waits_and_reads_the_keys_anew(
    home: Path, which: Rotated, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[str]] = []

    def meanwhile(*arguments: object) -> None:
        service = subprocess.Popen(
            [sys.executable, "rotation_case.py", str(home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=HERE,
            text=True,
        )
        started.append(service)
        assert service.stdout is not None
        assert service.stdout.readline() == "read\n"
        assert not select.select([service.stdout], [], [], 0.5)[0]
        reseal(*arguments)

    monkeypatch.setattr(lmdb_rotating, "reseal", meanwhile)
    rotate(home, which)
    (service,) = started
    out, _ = service.communicate("", timeout=60)
    assert (out, service.returncode) == ("read\nopen\n", 0)
