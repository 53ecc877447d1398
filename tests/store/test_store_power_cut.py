"""The store as a disk holds it when the power fails at any moment: sound, and complete."""

import random
import shutil
import sys
from pathlib import Path

import pytest
from power_cut import Recording, disks, record
from store_case import KEYS, MAP_BYTES, NOW, a_doctor

from rmp_milter.dossier.changes import Changes
from rmp_milter.store import RowState, StoreError
from rmp_milter.store.check.whole import check
from rmp_milter.store.lmdb_outbox import LmdbOutbox
from rmp_milter.store.store import LmdbStore

pytestmark = pytest.mark.slow

WRITER = Path(__file__).with_name("recorded_writer.py")


def recorded(folder: Path, deposits: int) -> Recording:
    command = [sys.executable, WRITER, folder / "store", "3", str(deposits)]
    try:
        return record(command, "data.mdb", folder / "trace")
    except OSError as error:
        pytest.skip(f"no process can be traced here: {error}")


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return recorded(tmp_path_factory.mktemp("recorded"), 24)


def cuts(recording: Recording) -> list[int]:
    """Return the moments from which on a store must be there."""
    created, _ = recording.said[0]
    return [moment for moment in recording.moments() if moment >= created]


def assert_sound(folder: Path, disk: bytes, said: list[str]) -> None:
    """Verify a store that lies on such a disk, and that it goes on."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "data.mdb").write_bytes(disk)
    assert check(folder, KEYS).findings == ()
    with LmdbStore.open(folder, KEYS, map_bytes=MAP_BYTES) as store:
        with (
            LmdbOutbox.open(folder, KEYS.outbox, MAP_BYTES) as outbox,
            store.snapshot() as view,
        ):
            sent = {row.row for row in outbox.rows(sent=True) if row.state is RowState.SENT}
            for word, what in (line.split() for line in said if " " in line):
                assert view.seen(bytes.fromhex(what)) if word == "seen" else int(what) in sent
        store.commit(Changes(doctors=(a_doctor(),)), NOW)
    assert check(folder, KEYS).findings == ()


def test_the_recording_holds_the_run(recording: Recording) -> None:
    words = [line.split()[0] for _, line in recording.said]
    assert words[0] == "created"
    assert words.count("seen") == 24
    assert words.count("sent") >= 8
    assert len(recording.flushes) > 20
    assert any(write.flushed for write in recording.writes)


@pytest.mark.promise(number=7)
def test_a_power_cut_at_any_moment_loses_nothing_acknowledged(
    recording: Recording, tmp_path: Path
) -> None:
    chance = random.Random(20261124)  # noqa: S311 -- chooses what a disk kept
    every = cuts(recording)
    for cut in sorted(chance.sample(every, 60)):
        for disk in disks(recording, cut, chance, some=1):
            assert_sound(tmp_path / "disk", disk, recording.said_by(cut))


def test_a_flush_left_out_would_be_noticed(recording: Recording, tmp_path: Path) -> None:
    """The same with writes that nothing flushed: then this test must find damage."""
    careless = recording._replace(flushes=())
    last = cuts(careless)[-1]
    (without, *_) = disks(careless, last, random.Random(1), some=0)  # noqa: S311 -- as above
    with pytest.raises((AssertionError, StoreError)):
        assert_sound(tmp_path / "disk", without, careless.said_by(last))


@pytest.mark.soak
@pytest.mark.promise(number=7)
def test_every_moment_of_a_long_run_may_be_the_last(tmp_path: Path) -> None:
    chance = random.Random(1)  # noqa: S311 -- as above
    recording = recorded(tmp_path, 60)
    for cut in cuts(recording):
        for disk in disks(recording, cut, chance, some=4):
            assert_sound(tmp_path / "disk", disk, recording.said_by(cut))
