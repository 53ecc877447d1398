import mmap
import os
from pathlib import Path

import pytest

from rmp_milter.calls.memory import FEW, Memory, keep_still


def test_what_is_written_is_read_in_place() -> None:
    with Memory() as memory:
        memory.write(b"one ")
        assert memory.write_all([b"two ", memoryview(b"three")]) == 9
        with memory.mapped() as view:
            assert bytes(view) == b"one two three"


def test_what_is_written_behind_what_was_handed_over_is_read_too() -> None:
    with Memory() as memory:
        memory.write(b"one ")
        with Memory(os.dup(memory.fd)) as other, memory.mapped() as own, other.mapped() as view:
            assert bytes(view) == bytes(own) == b"one "
        memory.write(b"two")
        with memory.mapped() as view:
            assert bytes(view) == b"one two"


def test_an_empty_one_can_be_mapped() -> None:
    with Memory() as memory, memory.mapped() as view:
        assert view == b""


@pytest.mark.promise(number=4)
def test_it_is_on_no_disk() -> None:
    with Memory() as memory:
        assert str(Path(f"/proc/self/fd/{memory.fd}").readlink()).startswith("/memfd:")


def test_it_takes_over_a_descriptor_and_closes_it() -> None:
    first = Memory()
    first.write(b"handed over")
    second = Memory(os.dup(first.fd))
    first.close()
    first.close()
    with second, second.mapped() as view:
        assert bytes(view) == b"handed over"
    assert second.fd == -1


def test_what_is_kept_still_is_written_by_nobody_and_read_by_all() -> None:
    with Memory() as memory:
        memory.write(b"as it came")
        other = Memory(os.dup(memory.fd))
        with memory.mapped():  # a milter that reads it already is no hindrance
            keep_still(other.fd)
        keep_still(other.fd)  # nor is a second call with the same
        for write in (
            lambda: memory.write(b"more"),
            lambda: os.pwrite(memory.fd, b"A", 0),
            lambda: os.ftruncate(memory.fd, 2),
            lambda: os.ftruncate(memory.fd, 200),
            lambda: mmap.mmap(memory.fd, 2, prot=mmap.PROT_WRITE),
        ):
            with pytest.raises(PermissionError):
                write()
        with other.mapped() as view:
            assert bytes(view) == b"as it came"
        other.close()


def test_what_somebody_may_still_write_to_is_not_taken(tmp_path: Path) -> None:
    with Memory() as memory:
        memory.write(b"as it came")
        with mmap.mmap(memory.fd, 4), pytest.raises(OSError, match="busy"):
            keep_still(memory.fd)
    file = tmp_path / "file"
    file.write_bytes(b"on disk")
    with file.open("rb+") as opened, pytest.raises(OSError, match=r"Invalid|not permitted"):
        keep_still(opened.fileno())


def test_a_slice_that_is_kept_hides_no_error() -> None:
    kept = []
    with Memory() as memory, pytest.raises(LookupError):  # noqa: PT012 -- the block is what is tested
        memory.write(b"kept")
        with memory.mapped() as view:
            kept.append(view[1:3])
            raise LookupError
    assert bytes(kept[0]) == b"ep"


def test_a_view_that_is_kept_keeps_no_memory() -> None:
    with Memory() as memory:
        memory.write(b"gone")
        with memory.mapped() as view:
            pass
        with pytest.raises(ValueError, match="released"):
            bytes(view)
        assert f"{os.fstat(memory.fd).st_ino} " not in Path("/proc/self/maps").read_text()


@pytest.mark.parametrize("size", [0, 1, FEW, FEW + 1])
def test_few_bytes_need_no_descriptor_until_it_is_asked_for(size: int) -> None:
    data = os.urandom(size)
    with Memory() as memory:
        before = len(list(Path("/proc/self/fd").iterdir()))
        memory.write_all([data[: size // 2], data[size // 2 :]])
        made = len(list(Path("/proc/self/fd").iterdir())) - before
        assert made == (size > FEW)
        with memory.mapped() as view:
            assert bytes(view) == data
        assert os.pread(memory.fd, size + 1, 0) == data
        memory.write(b"and more")
        with memory.mapped() as view:
            assert bytes(view) == data + b"and more"


def test_nothing_is_written_to_what_is_closed() -> None:
    memory = Memory()
    memory.close()
    with pytest.raises(OSError, match="descriptor"):
        memory.write(b"late")
