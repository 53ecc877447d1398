"""What another user reads, as it comes: in its order, with its fault, and never all at once."""

import os
from collections.abc import Generator
from itertools import islice
from pathlib import Path

import pytest

from rmp_milter.host.streams import AT_ONCE, streamed

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes others")


@pytest.fixture(params=["own", pytest.param("another's", marks=needs_root)])
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    if request.param != "own":
        os.chown(tmp_path, 65534, 65534)
    return tmp_path


def numbers(count: int, end: Exception | None = None) -> Generator[int, None, None]:
    yield from range(count)
    if end:
        raise end


def users() -> Generator[int, None, None]:
    yield os.geteuid()


@pytest.mark.parametrize("count", [0, 1, AT_ONCE, 3 * AT_ONCE + 1])
def test_all_comes_in_its_order(folder: Path, count: int) -> None:
    with streamed(folder, lambda: numbers(count), int) as items:
        assert [*items] == [*range(count)]


def test_it_is_read_by_the_folders_owner(folder: Path) -> None:
    with streamed(folder, users, int) as items:
        assert [*items] == [folder.stat().st_uid]
    assert os.geteuid() == os.getuid()


def test_a_fault_in_its_midst_is_an_error_behind_what_was_before(folder: Path) -> None:
    fault = OSError("the disk is gone")
    with streamed(folder, lambda: numbers(2 * AT_ONCE, fault), int) as items:
        assert [*islice(items, 2 * AT_ONCE)] == [*range(2 * AT_ONCE)]
        with pytest.raises(OSError, match="the disk is gone"):
            next(items)


def test_who_has_enough_leaves_it(folder: Path) -> None:
    with streamed(folder, lambda: numbers(10**9), int) as items:
        assert next(items) == 0


@needs_root
def test_a_child_that_dies_is_no_end(tmp_path: Path) -> None:
    os.chown(tmp_path, 65534, 65534)

    def dies() -> Generator[int, None, None]:
        yield from range(AT_ONCE)
        os._exit(9)

    with (
        streamed(tmp_path, dies, int) as items,
        pytest.raises(OSError, match="ended without a word"),
    ):
        list(items)
