"""A process counts what it does and writes it down; what cannot be read is no sign of life."""

import json
import os
from pathlib import Path

import pytest

from rmp_milter.status import pulse
from rmp_milter.status.diary import FOLDER
from rmp_milter.status.pulse import Beating, Heart, Life, Tick, felt


def test_what_is_counted_is_felt(tmp_path: Path) -> None:
    moments = iter([100.0, 101.0, 102.0, 103.0])
    heart = Heart(tmp_path, Beating.MILTER, clock=lambda: next(moments))
    heart.count(Tick.TAKEN)
    heart.count(Tick.REFUSED)
    heart.beat()
    found = felt(tmp_path, Beating.MILTER)
    assert found == pulse.Pulse(
        os.getpid(), 100, 103, 102, {"taken": 1, "refused": 1, "deferred": 0}
    )
    assert felt(tmp_path, Beating.COURIER) is None
    heart.beat()  # too soon: the clock would have no more to give
    assert felt(tmp_path, Beating.MILTER) == found


def test_a_store_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    life = Life(Heart(tmp_path / "no store", Beating.COURIER))
    life.count(Tick.SENT)
    life.sign()
    assert felt(tmp_path / "no store", Beating.COURIER) is None


def written(**changed: object) -> bytes:
    usual = {"pid": 4711, "started": 1, "at": 2, "last": 3, "counts": {"taken": 1}}
    return json.dumps(usual | changed).encode()


HOSTILE = [
    written(pid=0),  # every process of root's group
    written(pid=-1),  # every process there is
    written(pid=1 << 40),
    written(at=-1),
    written(at=1 << 80),
    written(counts={'x"} 1\nevil{a="': 1}),  # a line of his own in what monitoring reads
    written(counts={"taken": -1}),
    written(counts={"taken": 1.5}),
]
"""What who has the milter might write there: root's commands read it."""


def test_the_usual_is_read(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "pulse-milter.json").write_bytes(written())
    assert felt(tmp_path, Beating.MILTER)


@pytest.mark.parametrize("content", [b"", b"{", b'{"pid": "x"}', b"[" * 9999, *HOSTILE])
def test_what_cannot_be_read_is_no_pulse(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "pulse-milter.json").write_bytes(content)
    assert felt(tmp_path, Beating.MILTER) is None
