"""What two tables differ in, however their differences lie to the steps that are compared."""

from random import Random

import pytest

from rmp_milter.store import differences
from rmp_milter.store.differences import changed_keys

Table = dict[bytes, bytes]


def compared(was: Table, now: Table) -> list[bytes]:
    return list(changed_keys(sorted(was.items()), sorted(now.items())))


def wanted(was: Table, now: Table) -> list[bytes]:
    return sorted(key for key in {*was, *now} if was.get(key) != now.get(key))


@pytest.fixture(params=[1, 2, 3, 7, 1000])
def step(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(differences, "STEP", int(request.param))
    return int(request.param)


def test_tables_by_chance(step: int) -> None:
    random = Random(step)  # noqa: S311 -- the same tables at each run
    for _ in range(300):
        was = {bytes([random.randrange(40)]): b"was" for _ in range(random.randrange(30))}
        now = {key: b"was" for key in was if random.random() < 0.8}
        now |= {bytes([random.randrange(60)]): b"now" for _ in range(random.randrange(9))}
        assert compared(was, now) == wanted(was, now)


@pytest.mark.usefixtures("step")
@pytest.mark.parametrize(
    ("before", "after"),
    [(0, 0), (0, 20), (20, 0), (20, 20), (6, 20), (20, 6)],
)
def test_tables_that_begin_alike(before: int, after: int) -> None:
    was, now = ({bytes([key]): b"x" for key in range(size)} for size in (before, after))
    assert compared(was, now) == wanted(was, now)


@pytest.mark.usefixtures("step")
def test_all_is_another() -> None:
    was, now = ({bytes([key]): value for key in range(50)} for value in (b"was", b"now"))
    assert compared(was, now) == sorted(was)
